"""
The names of people, bots, user groups and channels in Slack, and the locales of people, which come with them.

When they are asked for, and how long they are remembered, is in common/names.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping

from bot.platforms.common.names import KEPT, KEPT_WITHOUT, NAMELESS, PATIENCE, FoundName, Names
from bot.platforms.common.payloads import string
from bot.platforms.slack.calls.api import BOT, CHANNEL, GROUPS, USER, SlackApi
from bot.platforms.slack.incoming.events import PLATFORM
from bot.platforms.slack.incoming.participants import name_of

KEPT_CHANNEL = 24 * 3600.0  # seconds; nobody else keeps them, and channels are seldom renamed
PRIVATE = "private-channel"  # Slack's own word for one that the reader is not in


class SlackDirectory:
    """As the Directory port. *clock* in seconds."""

    def __init__(self, api: SlackApi, clock: Callable[[], float] = time.monotonic, patience: float = PATIENCE) -> None:
        self._api, self._names = api, Names(PLATFORM, self._called, clock, patience)
        self._clock = clock
        self._listing = asyncio.Lock()
        self._groups: Mapping[str, str] = {}  # handles, by id
        self._groups_until = clock()

    async def names(self, participants: Collection[str]) -> Mapping[str, str]:
        """
        Of those whose ids begin with B as bots, with S as user groups.

        Who has no name, or whose name does not come in time, is absent.
        """
        return {each: found.name for each, found in (await self._names.asked(participants)).items() if found.name}

    async def locales(self, participants: Collection[str]) -> Mapping[str, str]:
        """From the same calls as names()."""
        return {each: found.locale for each, found in (await self._names.asked(participants)).items() if found.locale}

    async def channel_names(self, channels: Collection[str], here: str) -> Mapping[str, str]:
        """Of a private channel, only where it is talked of in itself: elsewhere Slack hides its name from strangers."""
        return {
            each: found.name if each == here or not found.private else PRIVATE
            for each, found in (await self._names.asked(channels)).items()
            if found.name
        }

    async def _called(self, id_: str) -> FoundName:
        if id_[:1] in "CG":
            return await self._channel(id_)
        if id_.startswith("S"):
            return await self._group(id_)
        method, call = (BOT, self._api.bot) if id_.startswith("B") else (USER, self._api.user)
        self._api.limits.admit(method)
        found = await call(id_)
        name, locale = name_of(found), found.get("locale")
        if name is None:
            return NAMELESS
        return FoundName(name, locale=locale[:16] if isinstance(locale, str) else None)

    async def _group(self, group: str) -> FoundName:
        """Its handle. One call tells all of them; the scope is optional."""
        async with self._listing:
            if self._clock() >= self._groups_until:
                self._groups_until = self._clock() + KEPT_WITHOUT
                self._api.limits.admit(GROUPS)
                listed = await self._api.user_groups()
                self._groups = {string(each, "id"): " ".join(string(each, "handle").split()) for each in listed}
                self._groups_until = self._clock() + KEPT
        name = self._groups.get(group)
        return FoundName(name) if name else NAMELESS

    async def _channel(self, channel: str) -> FoundName:
        self._api.limits.admit(CHANNEL)
        found = await self._api.channel(channel)
        name, private = string(found, "name"), found.get("is_private") is not False
        if not name:
            return NAMELESS
        return FoundName(name, KEPT_CHANNEL, private)
