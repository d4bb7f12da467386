"""
Leases: the right of one of several processes to do something until a time. The platform decides what is leased.

With several processes, store/leases.py keeps them in the database. A single process keeps its own here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

Lease = tuple[str, float]
"""Its owner, empty for what pass_by() blocks, and the seconds until it ends unless it is renewed."""

Choose = Callable[[Mapping[str, Lease]], Collection[str]]
"""Gets the current leases by their names and returns the names to hold from now on."""


class Leases(Protocol):
    """Names are at most 64 characters long. Both methods raise LedgerError."""

    shared: bool  # whether there may be other processes

    async def hold(self, platform: str, owner: str, seconds: float, choose: Choose) -> frozenset[str]:
        """
        Hold the leases that *choose* returns for *seconds*, and release this *owner*'s others. Returns the held ones.

        Another owner's leases stay theirs. No other process changes the platform's leases during the call.
        """

    async def pass_by(self, platform: str, name: str, seconds: float) -> float:
        """
        0 if *name* was free: then it is blocked for *seconds*. Else the seconds until it is free.

        Limits an action to once in *seconds*, over all processes.
        """


class OwnLeases:
    """The leases of a single process. *clock* in seconds."""

    shared = False

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[str, dict[str, float]] = {}  # their ends
        self._passing: dict[tuple[str, str], float] = {}

    async def hold(self, platform: str, owner: str, seconds: float, choose: Choose) -> frozenset[str]:
        now = self._clock()
        passing = {name: ("", until - now) for (of, name), until in self._passing.items() if of == platform}
        there = {name: (owner, until - now) for name, until in self._held.get(platform, {}).items()}
        chosen = choose(there | {name: lease for name, lease in passing.items() if lease[1] > 0.0})
        self._held[platform] = dict.fromkeys(chosen, now + seconds)
        return frozenset(chosen)

    async def pass_by(self, platform: str, name: str, seconds: float) -> float:
        left = self._passing.get((platform, name), 0.0) - self._clock()
        if left > 0.0:
            return left
        self._passing[platform, name] = self._clock() + seconds
        return 0.0
