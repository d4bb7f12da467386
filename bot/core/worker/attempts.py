"""
How often this process has tried something for a turn, and since when.

What the ledger knows of a turn's attempts reaches back over outages and absences: patience starts over where the
trouble is another one. Where several processes share the work each counts its own tries, so that the limit in number
is one for each of them; the limit in time holds about the same. Pure: the caller brings the clock.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

REMEMBERED = 4096  # turns; more do not fail at the same time


class Phase(StrEnum):
    """Different troubles, each with a patience of its own."""

    ASKING = "asking"
    BROKEN = "broken"  # the model had begun to answer
    SHOWING = "showing"


@dataclass(frozen=True, slots=True)
class AttemptCount:
    since: datetime
    times: int


class AttemptCounts:
    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._tried: OrderedDict[tuple[int, Phase], AttemptCount] = OrderedDict()

    def failed(self, turn: int, phase: Phase, now: datetime) -> AttemptCount:
        """Count one more failure, and say how many there were."""
        before = self._tried.pop((turn, phase), AttemptCount(now, 0))
        tried = self._tried[turn, phase] = replace(before, times=before.times + 1)
        if len(self._tried) > self._remembered:
            self._tried.popitem(last=False)
        return tried

    def forget(self, turn: int) -> None:
        for phase in Phase:
            self._tried.pop((turn, phase), None)
