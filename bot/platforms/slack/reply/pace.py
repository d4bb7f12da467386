"""
How often an unfinished answer is updated, and how many calls it may cost. Pure.

calls/limits.py limits all answers of a workspace together.
"""

from __future__ import annotations

from bot.core.ports import PaceSettings

PACE = PaceSettings(first=0.3, second=2.5, later=1.15, growth=1.13, longest=30.0)
BUTTON_SECONDS = 4.0  # after the first words: a longer answer needs a stop button

BASE_CALLS, CHARACTERS_A_CALL = 35, 3_300  # 53 calls for 60,000 characters; its end takes a few more


def affordable(calls: int, characters: int) -> bool:
    """Whether an unfinished answer of *characters* may cost another intermediate call, after *calls*."""
    return calls < BASE_CALLS + characters // CHARACTERS_A_CALL
