"""
The names of people, bots and channels, asked for as they are needed, and the locales of people, which come with them.
What they are used for is the core's business.

Those of people and bots are kept in the ledger for a day; here they are remembered only for a while.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from bot.core.errors import PlatformError
from bot.platforms.slack.calls.api import BOT, CHANNEL, USER, SlackApi
from bot.platforms.slack.incoming.participants import name_of

logger = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds for all names together: an answer waits for them
CALLS_AT_A_TIME = 20  # calls; Slack's tier 4 allows more than 100 users.info a minute
MOST_ASKED = 60  # names for one answer: a text can refer to any number of ids
KEPT = 600.0  # seconds
KEPT_CHANNEL = 24 * 3600.0  # seconds; nobody else keeps them, and channels are seldom renamed
KEPT_WITHOUT = 60.0  # seconds, after a failure
MOST = 10_000  # names in memory
PRIVATE = "private-channel"  # Slack's own word for one that the reader is not in


@dataclass(frozen=True, slots=True)
class _Known:
    name: str | None
    until: float
    private: bool = False
    locale: str | None = None


class SlackDirectory:
    """As the Directory port. *clock* in seconds."""

    def __init__(self, api: SlackApi, clock: Callable[[], float] = time.monotonic, patience: float = PATIENCE) -> None:
        self._api, self._clock, self._patience = api, clock, patience
        self._known: dict[str, _Known] = {}
        self._calls = asyncio.Semaphore(CALLS_AT_A_TIME)
        self._under_way = WeakValueDictionary[str, asyncio.Lock]()

    async def names(self, participants: Collection[str]) -> Mapping[str, str]:
        """Of those whose ids begin with B as bots. Who has no name, or whose name does not come in time, is absent."""
        return {each: known.name for each, known in (await self._asked(participants)).items() if known.name}

    async def locales(self, participants: Collection[str]) -> Mapping[str, str]:
        """From the same calls as names()."""
        return {each: known.locale for each, known in (await self._asked(participants)).items() if known.locale}

    async def channel_names(self, channels: Collection[str], here: str) -> Mapping[str, str]:
        """Of a private channel, only where it is talked of in itself: elsewhere Slack hides its name from strangers."""
        return {
            each: known.name if each == here or not known.private else PRIVATE
            for each, known in (await self._asked(channels)).items()
            if known.name
        }

    async def _asked(self, ids: Collection[str]) -> Mapping[str, _Known]:
        wanted = list(dict.fromkeys(ids))
        await self._ask([each for each in wanted if not self._fresh(each)][:MOST_ASKED])
        return {each: known for each in wanted if (known := self._known.get(each))}

    def _fresh(self, id_: str) -> bool:
        known = self._known.get(id_)
        return known is not None and self._clock() < known.until

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
            logger.info("slack: names do not come in time")
            for each in ids:
                if each not in self._known:
                    self._remember(each, self._nameless())

    async def _learn(self, id_: str) -> None:
        async with self._under_way.setdefault(id_, asyncio.Lock()), self._calls:
            if self._fresh(id_):
                return  # somebody else asked meanwhile
            try:
                known = await self._called(id_)
            except PlatformError as error:
                logger.info("slack: a name is not known: %s", error.code)
                known = self._nameless()
        self._remember(id_, known)

    async def _called(self, id_: str) -> _Known:
        if id_[:1] in "CG":
            return await self._channel(id_)
        method, call = (BOT, self._api.bot) if id_.startswith("B") else (USER, self._api.user)
        self._api.limits.admit(method)
        found = await call(id_)
        name, locale = name_of(found), found.get("locale")
        if name is None:
            return self._nameless()
        return _Known(name, self._clock() + KEPT, locale=locale[:16] if isinstance(locale, str) else None)

    async def _channel(self, channel: str) -> _Known:
        self._api.limits.admit(CHANNEL)
        found = await self._api.channel(channel)
        name, private = found.get("name"), found.get("is_private") is not False
        if not isinstance(name, str) or not name:
            return self._nameless()
        return _Known(name, self._clock() + KEPT_CHANNEL, private)

    def _nameless(self) -> _Known:
        return _Known(None, self._clock() + KEPT_WITHOUT)

    def _remember(self, id_: str, known: _Known) -> None:
        while len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[id_] = known
