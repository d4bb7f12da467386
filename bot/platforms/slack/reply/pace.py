"""
How often one answer is shown again while it is written, and how many calls it may cost. Pure.

What all answers of a workspace may cost together is in calls/limits.py.
"""

from __future__ import annotations

from bot.core.ports import PaceSettings

PACE = PaceSettings(first=0.3, second=2.5, later=1.15, growth=1.13, longest=30.0)
BUTTON_SECONDS = 4.0  # after the first words: who reads that long may want to stop it

BASE_CALLS, CHARACTERS_A_CALL = 35, 3_300  # 53 calls for 60,000 characters; its end takes a few more


def affordable(calls: int, characters: int) -> bool:
    """Whether an answer that is *characters* long by now may cost another call, after *calls*, just to be seen."""
    return calls < BASE_CALLS + characters // CHARACTERS_A_CALL
