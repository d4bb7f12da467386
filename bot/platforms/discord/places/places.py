"""
Guilds, channels and threads, as the gateway tells of them, and the API where it does not.

Only what somebody asks for is kept of each: one connection may serve thousands of guilds. Threads that are archived are
forgotten, and asked for when something happens in them. Where another process is connected for a guild nobody tells us
of it: what there is is asked for as well, and again after a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from bot.core.errors import PlatformError
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.errors import MISSING_ACCESS, MISSING_PERMISSIONS, UNKNOWN_CHANNEL
from bot.platforms.discord.calls.limits import CHANNEL, GUILD
from bot.platforms.discord.places import guilds
from bot.platforms.discord.places.guilds import KnownChannel, KnownGuild, channel_of
from bot.platforms.discord.places.payloads import (
    Json,
    mapping,
    mappings,
    name_of,
    shard_in,
    snowflake,
    text,
    texts,
)
from bot.platforms.discord.places.place import DIRECT, Kind, Place

MOST_ASKED = 2_000  # places that were asked for: the oldest is forgotten
CHANNEL_SECONDS, GUILD_SECONDS = 60.0, 600.0  # for which they are known where nobody tells of changes
GONE = frozenset({UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS, "http_403", "http_404"})
"""Discord's errors for a channel that does not exist for us."""


class Places:
    """Nothing that note() is given makes it raise."""

    def __init__(self, api: DiscordApi, own_id: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        """*own_id*: our user's; READY tells it as well. *clock* in seconds."""
        self._api, self.own_id, self._clock = api, own_id, clock
        self.own_name = ""  # where we have no other; empty until the gateway tells it
        self._guilds: dict[str, KnownGuild] = {}
        self._channels: dict[str, KnownChannel] = {}
        self._threads: dict[str, set[str]] = {}  # the active ones, by their parent
        self._asked: dict[str, tuple[KnownChannel, float]] = {}  # and until when, where nobody tells of changes
        self._met: dict[str, tuple[KnownGuild, float]] = {}
        self._last: dict[str, int] = {}

    # Questions of other rooms

    async def find(self, channel: str, guild: str | None) -> Place | None:
        """
        Where *channel* is; without a *guild* it is a direct message. None when it is gone, or not for us to see.

        Asks the API for what no event told of, such as an archived thread. Raises PlatformError.
        """
        if guild is None or guild == DIRECT:
            return Place(DIRECT, channel, None, Kind.DIRECT, own_name=self.own_name)
        known = self._known(channel) or await self._ask(channel, guild)
        return None if known is None else self._place(channel, known)

    async def meet(self, guild: str) -> None:
        """Ask for a guild that no event tells of: its roles and its locale. Raises PlatformError."""
        if guild == DIRECT or self.hears(guild) or self._guild(guild) is not None:
            return
        found = await self._api.limits.call(GUILD, lambda: self._api.guild(guild), final=True, channel=guild)
        while len(self._met) >= MOST_ASKED:
            del self._met[next(iter(self._met))]
        known = KnownGuild()
        known.update(found, self.own_id)
        self._met[guild] = known, self._clock() + GUILD_SECONDS

    def hears(self, guild: str) -> bool:
        """Whether events tell of it."""
        return guild in self._guilds

    @property
    def guilds(self) -> Collection[str]:
        return self._guilds.keys()

    def readable_channels(self) -> Sequence[str]:
        """Those whose history we may read, forums and the chats of voice channels included; no threads."""
        return [channel for channel, known in self._channels.items() if self._is_readable(known)]

    def threads_of(self, channel: str) -> Collection[str]:
        """The active threads of a channel, or posts of a forum, as far as we see them."""
        return tuple(self._threads.get(channel, ()))

    def guild_of(self, channel: str) -> str | None:
        """None for a direct message, and for what is not known."""
        known = self._known(channel)
        return known.guild if known else None

    def kind_of(self, channel: str) -> Kind | None:
        known = self._known(channel)
        return known.kind if known else None

    def last_message(self, channel: str) -> int:
        """The position of the last message that is known of a channel or a thread; 0 for none."""
        return self._last.get(channel, 0)

    def own_role(self, guild: str) -> str | None:
        """The role that Discord made for us there."""
        known = self._guild(guild)
        return known.own_role if known else None

    def own_name_in(self, guild: str) -> str:
        """As people see it there."""
        known = self._guild(guild)
        return (known.own_name if known else "") or self.own_name

    def role_names(self, guild: str) -> Mapping[str, str]:
        known = self._guild(guild)
        return {role: name for role, (name, _) in known.roles.items()} if known else {}

    def is_locked(self, channel: str) -> bool:
        """As far as is known without asking."""
        known = self._known(channel)
        return known is not None and known.locked

    def channel_name(self, channel: str) -> str | None:
        known = self._known(channel)
        return known.name or None if known else None

    def is_open(self, channel: str) -> bool:
        """Whether everybody in the guild sees a channel or a thread; not where that is unknown."""
        known = self._known(channel)
        above = self._known(known.parent or "") if known and known.kind is Kind.THREAD else known
        guild = self._guild(known.guild) if known else None
        if known is None or above is None or guild is None or known.private:
            return False
        return guilds.is_open(above, guild)

    def lacks(self, channel: str, permission: int) -> bool:
        """Whether we surely may not do that in a channel: as we hear it, whoever may not see it is not us."""
        known = self._channels.get(channel)
        guild = self._guilds.get(known.guild) if known else None
        if known is None or guild is None or not guild.is_known:
            return False
        bits = guilds.bits_in(known, guild, guild.own_roles, self.own_id)
        return bool(bits & guilds.VIEW_CHANNEL) and not bits & permission

    def guild_locale(self, guild: str) -> str | None:
        """The locale that a community has set."""
        known = self._guild(guild)
        return known.locale if known else None

    # Events of the gateway

    def note(self, payload_type: str, data: object) -> None:
        """Take what a dispatch says of places. Never raises."""
        if not isinstance(data, Mapping):
            return
        match payload_type:
            case "MESSAGE_CREATE":
                self._note_last(text(data, "channel_id"), data.get("id"))
            case "READY":
                self._ready(data)
            case "THREAD_LIST_SYNC":
                self._synced(data)
            case "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE":
                self._noted(data, text(data, "guild_id"))
            case "CHANNEL_DELETE" | "THREAD_DELETE":
                self._deleted(text(data, "id"))
            case "GUILD_CREATE":
                self._guild_created(data)
            case "GUILD_DELETE":
                if data.get("unavailable") is not True:  # else it is an outage, and comes back as it was
                    self._forget_guild(text(data, "id"))
            case _:
                self._note_change(payload_type, data)

    def forget(self, which: Callable[[str], bool]) -> None:
        """Forget guilds that nobody tells us of any more."""
        for guild in [each for each in self._guilds if which(each)]:
            self._forget_guild(guild)

    def _note_change(self, payload_type: str, data: Json) -> None:
        if payload_type == "USER_UPDATE":
            self._renamed(data)
        guild = self._guilds.get(text(data, "id" if payload_type == "GUILD_UPDATE" else "guild_id"))
        if guild is None:
            return
        match payload_type:
            case "GUILD_UPDATE":
                guild.update(data, self.own_id)
            case "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE":
                guild.add_role(mapping(data, "role"), self.own_id)
            case "GUILD_ROLE_DELETE":
                guild.roles.pop(text(data, "role_id"), None)
            case "GUILD_MEMBER_UPDATE":
                self._note_own_roles(data, guild)

    def _ready(self, data: Json) -> None:
        """The guilds of a new session are told next; those that are not among them were left meanwhile."""
        self.own_id = text(mapping(data, "user"), "id") or self.own_id
        self._renamed(mapping(data, "user"))
        self._asked.clear()
        there = {text(each, "id") for each in mappings(data, "guilds")}
        shard, count = shard_in(data)
        for guild in [each for each in self._guilds if each not in there]:
            if ((snowflake(guild) or 0) >> 22) % count == shard:
                self._forget_guild(guild)

    def _renamed(self, user: Json) -> None:
        if text(user, "id") == self.own_id:
            self.own_name = name_of(user) or self.own_name

    def _guild_created(self, data: Json) -> None:
        guild = text(data, "id")
        if not guild or data.get("unavailable") is True:
            return
        self._forget_guild(guild)
        self._guilds[guild] = known = KnownGuild()
        known.update(data, self.own_id)
        for member in mappings(data, "members"):
            self._note_own_roles(member, known)
        for channel in (*mappings(data, "channels"), *mappings(data, "threads")):
            self._noted(channel, guild)

    def _note_own_roles(self, member: Json, guild: KnownGuild) -> None:
        """Nothing is kept of other members."""
        if not self.own_id or text(mapping(member, "user"), "id") != self.own_id:
            return
        if "nick" in member:
            guild.own_name = text(member, "nick").strip()
        if "roles" in member:
            guild.own_roles = frozenset(texts(member, "roles"))
            guild.is_known = bool(guild.roles)

    def _synced(self, data: Json) -> None:
        """All active threads of some channels, or of all of a guild."""
        guild = text(data, "guild_id")
        known = self._guilds.get(guild)
        every = [*known.channels] if known else []
        synced = texts(data, "channel_ids") if isinstance(data.get("channel_ids"), list) else every
        for thread in [each for channel in synced for each in self.threads_of(channel)]:
            self._forget(thread)
        for described in mappings(data, "threads"):
            self._noted(described, guild)

    def _noted(self, data: Json, guild: str) -> None:
        """A channel or a thread, new or changed."""
        channel, found = text(data, "id"), channel_of(data, guild)
        if not channel or found is None or found.kind is Kind.DIRECT:
            return
        self._forget(channel, last=found.archived)
        if found.archived:
            if found.locked:  # nobody tells of it until somebody opens it again
                self._keep(channel, found)
            return
        self._channels[channel] = found
        self._note_last(channel, data.get("last_message_id"))
        if found.guild in self._guilds:
            self._guilds[found.guild].channels.add(channel)
        if found.parent:
            self._threads.setdefault(found.parent, set()).add(channel)

    def _deleted(self, channel: str) -> None:
        for thread in self.threads_of(channel):
            self._forget(thread)
        self._forget(channel)

    def _forget_guild(self, guild: str) -> None:
        known = self._guilds.pop(guild, None)
        for channel in known.channels if known else ():
            self._forget(channel)

    def _forget(self, channel: str, *, last: bool = True) -> None:
        """*last*: also which message was the last one there."""
        self._asked.pop(channel, None)
        if last:
            self._last.pop(channel, None)
        known = self._channels.pop(channel, None)
        if known is None:
            return
        if known.guild in self._guilds:
            self._guilds[known.guild].channels.discard(channel)
        siblings = self._threads.get(known.parent or "", set())
        siblings.discard(channel)
        if not siblings:
            self._threads.pop(known.parent or "", None)

    def _note_last(self, channel: str, message: object) -> None:
        position = snowflake(message)
        if channel and position is not None:
            self._last[channel] = max(position, self._last.get(channel, 0))

    # Responses of the API

    async def _ask(self, channel: str, guild: str) -> KnownChannel | None:
        try:
            found = await self._api.limits.call(
                CHANNEL, lambda: self._api.channel(channel), final=True, channel=channel
            )
        except PlatformError as error:
            if error.code not in GONE:
                raise
            return None
        known = channel_of(found, guild)
        if known is None:
            return None
        self._keep(channel, known)
        self._note_last(channel, found.get("last_message_id"))
        return known

    def _keep(self, channel: str, known: KnownChannel) -> None:
        while len(self._asked) >= MOST_ASKED:
            del self._asked[next(iter(self._asked))]
        self._asked[channel] = known, self._clock() + CHANNEL_SECONDS

    # Conclusions

    def _known(self, channel: str) -> KnownChannel | None:
        asked, until = self._asked.get(channel, (None, 0.0))
        if asked is not None and not self.hears(asked.guild) and self._clock() > until:
            asked = None
        return self._channels.get(channel) or asked

    def _guild(self, guild: str) -> KnownGuild | None:
        met, until = self._met.get(guild, (None, 0.0))
        return self._guilds.get(guild) or (met if self._clock() <= until else None)

    def _is_readable(self, known: KnownChannel) -> bool:
        guild = self._guilds.get(known.guild)
        return known.kind is not Kind.THREAD and guild is not None and guilds.may_read(known, guild, self.own_id)

    def _place(self, channel: str, known: KnownChannel) -> Place:
        guild, kind, name = known.guild, known.kind, known.name
        own_role, locale = self.own_role(guild), self.guild_locale(guild)
        own_name = self.own_name_in(guild)
        place = Place(guild, channel, None, kind, name=name, own_role=own_role, own_name=own_name, locale=locale)
        match known.kind:
            case Kind.THREAD:
                parent = known.parent or channel
                return replace(place, channel=parent, thread=channel, locked=known.locked, archived=known.archived)
            case Kind.VOICE:
                return replace(place, thread=channel)
            case Kind.DIRECT:
                return Place(DIRECT, channel, None, Kind.DIRECT, own_name=self.own_name)
        return place
