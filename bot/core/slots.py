"""Slots that people share fairly: one person's waiting work does not hold up the others."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class FairSlots:
    """
    *total* slots, of which one owner holds at most *each*.

    A free slot goes to the waiting owner who holds the fewest. Several such owners take turns. Requests of one owner
    are served in order.
    """

    def __init__(self, total: int, each: int) -> None:
        self._total, self._each = total, each
        self._taken: Counter[Hashable] = Counter()
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}  # in the order of their turns

    @asynccontextmanager
    async def slot(self, owner: Hashable) -> AsyncIterator[None]:
        await self._take(owner)
        try:
            yield
        finally:
            self._give_back(owner)

    async def _take(self, owner: Hashable) -> None:
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(given)
        self._serve()
        try:
            await given
        except asyncio.CancelledError:
            if given.cancelled():
                self._forget(owner, given)
            else:  # the slot was given to us just before
                self._give_back(owner)
            raise

    def _give_back(self, owner: Hashable) -> None:
        self._taken[owner] -= 1
        self._taken += Counter()  # without owners who have none
        self._serve()

    def _serve(self) -> None:
        while self._taken.total() < self._total and (owner := self._next()) is not None:
            waiting = self._waiting.pop(owner)
            given = waiting.popleft()
            if waiting:
                self._waiting[owner] = waiting
            if not given.cancelled():
                self._taken[owner] += 1
                given.set_result(None)

    def _next(self) -> Hashable | None:
        served = [owner for owner in self._waiting if self._taken[owner] < self._each]
        return min(served, key=self._taken.__getitem__, default=None)

    def _forget(self, owner: Hashable, given: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(owner, deque())
        if given in waiting:
            waiting.remove(given)
        if not waiting:
            self._waiting.pop(owner, None)
