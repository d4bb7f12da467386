"""
How often one answer is shown again while it is written, and how many calls it may cost. Pure.

What all answers of a workspace may cost together is in limits.py.
"""

from __future__ import annotations

FIRST_PAUSE = 2.5  # seconds; an answer that is complete by then costs two calls
USUAL_PAUSE = 1.0
USUAL = 8  # shows, from then on they become rarer
GROWTH = 1.2
LONGEST_PAUSE = 30.0
BUTTON_SECONDS = 4.0  # after the first words: who reads that long may want to stop it

BASE_CALLS, CHARACTERS_A_CALL = 35, 3_300  # 53 calls for 60,000 characters; its end takes a few more


def pause(shows: int) -> float:
    """Seconds from the last of *shows* until the next one."""
    if shows == 0:
        return 0.0
    if shows == 1:
        return FIRST_PAUSE
    return min(LONGEST_PAUSE, USUAL_PAUSE * GROWTH ** max(0, shows - USUAL))


def affordable(calls: int, characters: int) -> bool:
    """Whether an answer that is *characters* long by now may cost another call, after *calls*, just to be seen."""
    return calls < BASE_CALLS + characters // CHARACTERS_A_CALL
