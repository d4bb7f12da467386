"""
How often one answer is shown again while it is written, and how many calls it may cost. Pure.

What all calls may cost together is in calls/limits.py.
"""

from __future__ import annotations

from bot.core.ports import PaceSettings

PACE = PaceSettings(first=0.3, second=2.5, later=1.2, growth=1.13, longest=20.0)

BASE_CALLS, CHARACTERS_A_CALL = 30, 1_200  # a message holds 1,900 characters, so longer answers need more calls


def affordable(calls: int, characters: int) -> bool:
    """Whether an answer that is *characters* long by now may cost another call, after *calls*, just to be seen."""
    return calls < BASE_CALLS + characters // CHARACTERS_A_CALL
