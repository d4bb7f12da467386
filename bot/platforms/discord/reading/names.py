"""
The names of people, bots, roles and channels on Discord. Events tell most of them; the others are asked for.

How long they are remembered is in common/names.py. Discord tells the language of a person only with what they press or
command.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.platforms.common.names import KEPT, NAMELESS, PATIENCE, FoundName, Names
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.errors import UNKNOWN_MEMBER
from bot.platforms.discord.calls.limits import MEMBER, USER
from bot.platforms.discord.incoming.events import PLATFORM
from bot.platforms.discord.incoming.participants import ROLE, name_of
from bot.platforms.discord.places import DIRECT, Places
from bot.platforms.discord.places.payloads import Json, mapping, mappings, snowflake, text

HIDDEN = "no-access"  # Discord's own words for a channel that the reader does not see
MESSAGES = ("MESSAGE_CREATE", "MESSAGE_UPDATE")
INTERACTION = "INTERACTION_CREATE"
MOST_LOCALES = 10_000
_APART = "/"


class DiscordDirectory:
    """As the Directory port. *clock* in seconds."""

    def __init__(
        self,
        api: DiscordApi,
        places: Places,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        self._api, self._places, self._patience = api, places, patience
        self._names = Names(PLATFORM, self._called, clock, patience)
        self._locales: dict[str, str] = {}  # of people

    async def names(self, workspace: str, participants: Collection[str]) -> Mapping[str, str]:
        """In the guild, or everywhere for direct messages; of roles by their ids after ROLE."""
        people = [each for each in participants if not each.startswith(ROLE)]
        found, _ = await asyncio.gather(
            self._names.asked([_key(workspace, each) for each in people]), self._meet(workspace)
        )
        roles = self._places.role_names(workspace)
        names = {each: found[key].name for each in people if (key := _key(workspace, each)) in found}
        names |= {each: roles.get(each.removeprefix(ROLE)) for each in participants if each.startswith(ROLE)}
        return {each: name for each in participants if (name := names.get(each))}

    def locales(self, participants: Collection[str]) -> Mapping[str, str]:
        """Of those who have pressed or commanded something; no call is made."""
        return {each: self._locales[each] for each in participants if each in self._locales}

    async def channel_names(self, thread: ThreadRef, channels: Collection[str]) -> Mapping[str, str]:
        """Of a channel that not everybody sees, only where it is talked of in itself."""
        here = (thread.channel, thread.thread)
        asked = [each for each in channels if self._places.channel_name(each) is None]
        found = await self._names.asked([_channel_key(thread.workspace, each) for each in asked])
        names: dict[str, str] = {}
        for each in channels:
            unasked, told = self._places.channel_name(each), found.get(_channel_key(thread.workspace, each))
            if name := unasked or (told.name if told else None):
                names[each] = name if each in here or self._places.is_open(each) else HIDDEN
        return names

    # Events

    def note(self, payload_type: str, data: Json) -> None:
        """Take the names from a message, of its author and of those whom it mentions. Never raises."""
        if payload_type in MESSAGES:
            workspace = text(data, "guild_id") or DIRECT
            if not text(data, "webhook_id"):
                self._note(workspace, mapping(data, "author"), mapping(data, "member"))
            for each in mappings(data, "mentions"):
                self._note(workspace, each, mapping(each, "member"))
        elif payload_type == INTERACTION:
            member = mapping(data, "member")
            user = mapping(member, "user") or mapping(data, "user")
            self._note(text(data, "guild_id") or DIRECT, user, member)
            self._note_locale(text(user, "id"), text(data, "locale"))

    def _note(self, workspace: str, user: Json, member: Json) -> None:
        """Whoever is told of without the member that they are in the guild may have another name there."""
        id_, name = text(user, "id"), name_of(user, member)
        if name is not None and snowflake(id_) is not None and (workspace == DIRECT or member):
            self._names.note(_key(workspace, id_), FoundName(name))

    def _note_locale(self, user: str, locale: str) -> None:
        if not user or not locale:
            return
        while len(self._locales) >= MOST_LOCALES:
            del self._locales[next(iter(self._locales))]
        self._locales[user] = locale[:16]

    # Responses of the API

    async def _meet(self, workspace: str) -> None:
        """For its roles and its locale, where another process is connected for it."""
        with suppress(PlatformError, TimeoutError):
            async with asyncio.timeout(self._patience):
                await self._places.meet(workspace)

    async def _called(self, key: str) -> FoundName:
        workspace, _, id_ = key.partition(_APART)
        if id_.startswith("#"):
            return await self._channel(workspace, id_[1:])
        if snowflake(id_) is None:
            return NAMELESS
        if workspace != DIRECT:
            self._api.limits.admit(MEMBER, workspace)
            try:
                member = await self._api.member(workspace, id_)
            except PlatformError as error:
                if error.code != UNKNOWN_MEMBER:
                    raise
            else:
                return _found(name_of(mapping(member, "user"), member))
        self._api.limits.admit(USER)
        return _found(name_of(await self._api.user(id_)))

    async def _channel(self, workspace: str, channel: str) -> FoundName:
        """Of one that no event told of: an archived thread, or one that is not for us to see."""
        if snowflake(channel) is None or workspace == DIRECT:
            return NAMELESS
        place = await self._places.find(channel, workspace)
        if place is None:
            return NAMELESS
        if not self._places.hears(workspace):  # to know who sees it
            await self._places.find(place.channel, workspace)
            await self._places.meet(workspace)
        return _found(self._places.channel_name(channel))


def _found(name: str | None) -> FoundName:
    return FoundName(name, KEPT) if name else NAMELESS


def _key(workspace: str, user: str) -> str:
    return f"{workspace}{_APART}{user}"


def _channel_key(workspace: str, channel: str) -> str:
    return f"{workspace}{_APART}#{channel}"
