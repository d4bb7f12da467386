"""
The names of people and bots, asked for once a day. What they are used for is the core's business.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.errors import PlatformError
from bot.platforms.slack.api import BOT, USER, SlackApi

logger = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds for all names together: an answer waits for them
AT_ONCE = 20  # calls; Slack's tier 4 allows more than 100 users.info a minute
KEPT = 24 * 3600.0  # seconds; people seldom rename themselves
KEPT_WITHOUT = 60.0  # seconds, after a failure
MOST = 10_000  # names in memory


@dataclass(frozen=True, slots=True)
class _Known:
    name: str | None
    until: float


class SlackDirectory:
    """As the Directory port. *clock* in seconds."""

    def __init__(self, api: SlackApi, clock: Callable[[], float] = time.monotonic, patience: float = PATIENCE) -> None:
        self._api, self._clock, self._patience = api, clock, patience
        self._known: dict[str, _Known] = {}
        self._calls = asyncio.Semaphore(AT_ONCE)

    async def names(self, participants: Collection[str]) -> Mapping[str, str]:
        """Of those whose ids begin with B as bots. Who has no name, or whose name does not come in time, is absent."""
        wanted = dict.fromkeys(participants)
        await self._ask([each for each in wanted if not self._fresh(each)])
        return {each: known.name for each in wanted if (known := self._known.get(each)) and known.name}

    def _fresh(self, participant: str) -> bool:
        known = self._known.get(participant)
        return known is not None and self._clock() < known.until

    async def _ask(self, participants: Collection[str]) -> None:
        if not participants:
            return
        for each in participants:
            self._known.pop(each, None)
        try:
            async with asyncio.timeout(self._patience), asyncio.TaskGroup() as calls:
                for each in participants:
                    calls.create_task(self._learn(each))
        except TimeoutError:
            logger.info("slack: names do not come in time")
            for each in participants:
                if each not in self._known:
                    self._remember(each, None)

    async def _learn(self, participant: str) -> None:
        async with self._calls:
            if self._fresh(participant):
                return  # somebody else asked meanwhile
            try:
                name = await self._called(participant)
            except PlatformError as error:
                logger.info("slack: a name is not known: %s", error.code)
                name = None
        self._remember(participant, name)

    async def _called(self, participant: str) -> str | None:
        method, call = (BOT, self._api.bot) if participant.startswith("B") else (USER, self._api.user)
        await self._api.pauses.admit(method, final=False)
        return name_of(await call(participant))

    def _remember(self, participant: str, name: str | None) -> None:
        while len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[participant] = _Known(name, self._clock() + (KEPT_WITHOUT if name is None else KEPT))


def name_of(who: Mapping[str, Any]) -> str | None:
    """What a user or a bot object calls itself, on one line: the display name, else the real one, else the handle."""
    profile = who.get("profile")
    profile = profile if isinstance(profile, Mapping) else {}
    for name in (profile.get("display_name"), profile.get("real_name"), who.get("real_name"), who.get("name")):
        if isinstance(name, str) and (words := " ".join(name.split())):
            return words
    return None
