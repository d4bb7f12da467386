"""The facts that we keep of a channel and of a guild, and whether we may read there. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from bot.platforms.discord.places.payloads import Json, mapping, mappings, number, text
from bot.platforms.discord.places.place import KINDS, PRIVATE_THREAD, Kind

# Discord, "Permissions"
ADMINISTRATOR, VIEW_CHANNEL, READ_MESSAGE_HISTORY, CONNECT = 1 << 3, 1 << 10, 1 << 16, 1 << 20
SEND_MESSAGES, ATTACH_FILES = 1 << 11, 1 << 15
CREATE_PUBLIC_THREADS, SEND_MESSAGES_IN_THREADS = 1 << 35, 1 << 38
_READING = VIEW_CHANNEL | READ_MESSAGE_HISTORY | CONNECT
_ANSWERING = SEND_MESSAGES | ATTACH_FILES | CREATE_PUBLIC_THREADS | SEND_MESSAGES_IN_THREADS
_KEPT = ADMINISTRATOR | _READING | _ANSWERING
_LONGEST_NAME = 100  # characters, of channels and roles


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """A channel, or a thread of its *parent*. *overwrites*: target, allowed, denied; of the bits that matter here."""

    guild: str
    parent: str | None
    kind: Kind
    name: str
    locked: bool = False
    archived: bool = False
    private: bool = False  # a private thread
    overwrites: tuple[tuple[str, int, int], ...] = ()


@dataclass(slots=True)
class KnownGuild:
    roles: dict[str, tuple[str, int]] = field(default_factory=dict)  # name, permissions
    own_role: str | None = None
    own_roles: frozenset[str] = frozenset()
    own_name: str = ""
    is_known: bool = False  # what we may do there: our roles, and what those are for
    locale: str | None = None
    channels: set[str] = field(default_factory=set)  # threads, too

    def update(self, guild: Json, own_id: str) -> None:
        """From a guild object."""
        features = guild.get("features")
        is_community = isinstance(features, list) and "COMMUNITY" in features
        # Any other guild has Discord's default, whatever is spoken there.
        self.locale = text(guild, "preferred_locale")[:16] or None if is_community else None
        if "roles" in guild:
            self.roles.clear()
            for role in mappings(guild, "roles"):
                self.add_role(role, own_id)

    def add_role(self, role: Json, own_id: str) -> None:
        id_ = text(role, "id")
        if not id_:
            return
        self.roles[id_] = (text(role, "name")[:_LONGEST_NAME], _bits(role.get("permissions")))
        if own_id and mapping(role, "tags").get("bot_id") == own_id:
            self.own_role = id_


def channel_of(described: Json, guild: str) -> KnownChannel | None:
    """From a channel object; None for what holds no messages. *guild*: where the object does not say it."""
    kind = KINDS.get(-1 if (type_ := number(described.get("type"))) is None else type_)
    if kind is None:
        return None
    metadata = mapping(described, "thread_metadata")
    return KnownChannel(
        guild=text(described, "guild_id") or guild,
        parent=text(described, "parent_id") or None if kind is Kind.THREAD else None,
        kind=kind,
        name=text(described, "name")[:_LONGEST_NAME],
        locked=metadata.get("locked") is True,
        archived=metadata.get("archived") is True,
        private=number(described.get("type")) == PRIVATE_THREAD,
        overwrites=tuple(
            (text(each, "id"), allowed, denied)
            for each in mappings(described, "permission_overwrites")
            for allowed, denied in [(_bits(each.get("allow")), _bits(each.get("deny")))]
            if allowed or denied
        ),
    )


def may_read(channel: KnownChannel, guild: KnownGuild, own_id: str) -> bool:
    """Whether we may read the history of a channel; where it is not known, to try is the way to find out."""
    if not guild.is_known:
        return True
    wanted = VIEW_CHANNEL | READ_MESSAGE_HISTORY | (CONNECT if channel.kind is Kind.VOICE else 0)
    return bits_in(channel, guild, guild.own_roles, own_id) & wanted == wanted


def is_open(channel: KnownChannel, guild: KnownGuild) -> bool:
    """Whether everybody in the guild sees a channel."""
    return bool(bits_in(channel, guild, (), "") & VIEW_CHANNEL)


def bits_in(channel: KnownChannel, guild: KnownGuild, roles: Collection[str], member: str) -> int:
    """
    What a *member* with *roles* may do in a channel, of the permissions above.

    Source: Discord, "Permission Overwrites"; the role of everybody has the guild's id.
    """
    bits = 0
    for role in (channel.guild, *roles):
        bits |= guild.roles.get(role, ("", 0))[1]
    if bits & ADMINISTRATOR:
        return _KEPT
    for targets in ((channel.guild,), roles, (member,)):
        allowed = denied = 0
        for target, allow, deny in channel.overwrites:
            if target in targets:
                allowed, denied = allowed | allow, denied | deny
        bits = bits & ~denied | allowed
    return bits


def _bits(permissions: object) -> int:
    """Discord writes them as a number in a text."""
    return max(number(permissions) or 0, 0) & _KEPT
