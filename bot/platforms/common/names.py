"""
Looks up names when they are needed, within a short time, and remembers them for a while.

The platform makes the calls; the core uses the names. The ledger keeps the names of people and bots for a day.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from bot.core.errors import PlatformError

logger = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds for all names together: an answer waits for them
CALLS_AT_A_TIME = 20
MOST_ASKED = 60  # names for one answer: a text can refer to any number of ids
KEPT = 600.0  # seconds
KEPT_WITHOUT = 60.0  # seconds, after a failure
MOST = 10_000  # names in memory


@dataclass(frozen=True, slots=True)
class FoundName:
    """*name* is None if there is none. *kept* in seconds."""

    name: str | None
    kept: float = KEPT
    private: bool = False  # not for everybody to know
    locale: str | None = None


NAMELESS = FoundName(None, KEPT_WITHOUT)


class Names:
    """*ask* makes the call for one id, and raises PlatformError. *clock* in seconds."""

    def __init__(
        self,
        platform: str,
        ask: Callable[[str], Awaitable[FoundName]],
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._platform, self._ask_for, self._clock, self._patience = platform, ask, clock, patience
        self._known: dict[str, tuple[FoundName, float]] = {}  # until when
        self._calls = asyncio.Semaphore(CALLS_AT_A_TIME)
        self._under_way = WeakValueDictionary[str, asyncio.Lock]()

    async def asked(self, ids: Collection[str]) -> Mapping[str, FoundName]:
        """
        The known names of *ids*, in order; the first ones are looked up first. Never raises for a platform error: an id
        whose name does not come in time is missing or has no name.
        """
        wanted = list(dict.fromkeys(ids))
        await self._ask([each for each in wanted if not self._is_fresh(each)][:MOST_ASKED])
        return {each: known[0] for each in wanted if (known := self._known.get(each))}

    def note(self, id_: str, found: FoundName) -> None:
        """Remember a name that the platform told us."""
        self._known.pop(id_, None)
        while len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[id_] = found, self._clock() + found.kept

    def _is_fresh(self, id_: str) -> bool:
        known = self._known.get(id_)
        return known is not None and self._clock() < known[1]

    async def _ask(self, ids: Sequence[str]) -> None:
        if not ids:
            return
        for each in ids:
            self._known.pop(each, None)
        try:
            async with asyncio.timeout(self._patience), asyncio.TaskGroup() as calls:
                for each in ids:
                    calls.create_task(self._learn(each))
        except TimeoutError:
            logger.info("%s: names do not come in time", self._platform)
            for each in ids:
                if each not in self._known:
                    self.note(each, NAMELESS)

    async def _learn(self, id_: str) -> None:
        async with self._under_way.setdefault(id_, asyncio.Lock()), self._calls:
            if self._is_fresh(id_):
                return  # somebody else asked meanwhile
            try:
                found = await self._ask_for(id_)
            except PlatformError as error:
                logger.info("%s: a name is not known: %s", self._platform, error.code)
                found = NAMELESS
        self.note(id_, found)
