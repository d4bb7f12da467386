"""
Leases: what one process of several may do at a time, and until when. What is leased is the platform's business.

Where there are several processes, store/leases.py keeps them in the database; one that is alone keeps its own here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

Choose = Callable[[Mapping[str, str]], Collection[str]]
"""Told who holds which lease now (name → owner), it says which ones to hold from now on."""


class Leases(Protocol):
    """Names are at most 64 characters long. Both methods raise LedgerError."""

    shared: bool  # whether there may be other processes

    async def hold(self, platform: str, owner: str, seconds: float, choose: Choose) -> frozenset[str]:
        """
        Hold what *choose* wants for *seconds* from now, and let go of all else of this *owner*'s. What is held then.

        What another owner holds stays theirs. Nobody else is at the platform's leases between the choice and its end.
        """

    async def pass_by(self, platform: str, name: str, seconds: float) -> float:
        """
        0 if *name* was free: now it is nobody's for *seconds*. Else how many seconds it is not free yet.

        So that something is done once in so many seconds, whoever does it.
        """


class OwnLeases:
    """Of a process that has no others beside it. *clock* in seconds."""

    shared = False

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[str, frozenset[str]] = {}
        self._passing: dict[tuple[str, str], float] = {}

    async def hold(self, platform: str, owner: str, seconds: float, choose: Choose) -> frozenset[str]:  # noqa: ARG002 - nobody waits for their end
        passing = {name: "" for (of, name), until in self._passing.items() if of == platform and until > self._clock()}
        self._held[platform] = frozenset(choose(dict.fromkeys(self._held.get(platform, ()), owner) | passing))
        return self._held[platform]

    async def pass_by(self, platform: str, name: str, seconds: float) -> float:
        left = self._passing.get((platform, name), 0.0) - self._clock()
        if left > 0.0:
            return left
        self._passing[platform, name] = self._clock() + seconds
        return 0.0
