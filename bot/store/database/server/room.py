"""How many connections to a server are used at a time. The caller says what the server refuses."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

log = logging.getLogger(__name__)

REGAIN_SECONDS = 30.0  # until one more is tried, after the server refused one


class ConnectionRoom:
    """
    Places for *most* operations, each of which has a connection; fewer after the server has refused one.

    Who finds no place waits for one, in the order of coming.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = self._places = most
        self._clock = clock
        self._changed = 0.0  # when the number of places last changed
        self._taken = 0
        self._warned = False  # once is enough: another one is tried every now and then
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def shortage(self) -> str:
        """How many places there are of those that were wanted; empty when there are all."""
        return "" if self._places == self._most else f"{self._places} of {self._most}"

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        self._regain()
        if self._taken < self._places and not self._waiting:
            self._taken += 1
        else:
            await self._wait()
        try:
            yield
        finally:
            self._taken -= 1
            self._regain()
            self._serve()

    def refused(self, reason: str) -> bool:
        """
        The server has no connection for whoever says so, who has a place.

        Returns whether others have one: then a place is free once one of them is done. Else there is nobody to wait
        for but the server.
        """
        others = self._taken - 1
        if not self._warned:
            self._warned = True
            log.warning(
                "database: the server takes no more connections (%s); what needs one waits. "
                "Lower DATABASE_CONNECTIONS (%d), or raise the server's limit",
                reason,
                self._most,
            )
        self._places = max(1, min(self._places, others))
        self._changed = self._clock()
        return others > 0

    def _regain(self) -> None:
        if self._places < self._most and self._clock() - self._changed >= REGAIN_SECONDS:
            self._places += 1
            self._changed = self._clock()

    async def _wait(self) -> None:
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(given)
        try:
            await given
        except asyncio.CancelledError:
            if given.cancelled():
                with suppress(ValueError):  # _serve() may have met it
                    self._waiting.remove(given)
            else:  # it was given a place in the same moment
                self._taken -= 1
                self._serve()
            raise

    def _serve(self) -> None:
        while self._waiting and self._taken < self._places:
            given = self._waiting.popleft()
            if not given.done():
                self._taken += 1
                given.set_result(None)
