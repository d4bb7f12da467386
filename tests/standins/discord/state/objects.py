"""The things of Discord, as the stand-in keeps them. How the API shows them is in wire.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

Json = dict[str, Any]


class ChannelType(IntEnum):
    GUILD_TEXT = 0
    DM = 1
    GUILD_VOICE = 2
    GUILD_CATEGORY = 4
    GUILD_ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    GUILD_STAGE_VOICE = 13
    GUILD_FORUM = 15
    GUILD_MEDIA = 16


THREADS = (ChannelType.ANNOUNCEMENT_THREAD, ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD)
FORUMS = (ChannelType.GUILD_FORUM, ChannelType.GUILD_MEDIA)
WITHOUT_MESSAGES = (*FORUMS, ChannelType.GUILD_CATEGORY)


class MessageType(IntEnum):
    DEFAULT = 0
    CHANNEL_PINNED_MESSAGE = 6
    THREAD_CREATED = 18
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    THREAD_STARTER_MESSAGE = 21
    CONTEXT_MENU_COMMAND = 23


BASIC_MESSAGES = (
    MessageType.DEFAULT,
    MessageType.REPLY,
    MessageType.CHAT_INPUT_COMMAND,
    MessageType.CONTEXT_MENU_COMMAND,
)  # those that can be replied to, edited and forwarded; the others are system messages


class MessageFlag(IntFlag):
    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_VOICE_MESSAGE = 1 << 13
    HAS_SNAPSHOT = 1 << 14
    IS_COMPONENTS_V2 = 1 << 15


@dataclass(slots=True)
class User:
    id: str
    name: str
    bot: bool = False
    locale: str = "en-US"
    refuses_direct: bool = False  # their privacy settings let no bot write to them

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(slots=True)
class Member:
    user: str
    joined_at: float
    roles: set[str] = field(default_factory=set)
    nick: str | None = None
    timed_out_until: float = 0.0


@dataclass(slots=True)
class Role:
    id: str
    name: str
    permissions: int
    position: int = 0
    mentionable: bool = False
    bot: str | None = None  # the bot that a managed role belongs to

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"


@dataclass(slots=True)
class Overwrite:
    """*member*: of one member, else of a role."""

    member: bool
    allow: int = 0
    deny: int = 0


@dataclass(slots=True)
class Guild:
    id: str
    name: str
    owner: str
    roles: dict[str, Role]
    members: dict[str, Member] = field(default_factory=dict)
    available: bool = True
    has_bot: bool = True
    community: str | None = None  # the locale that a guild with the feature COMMUNITY has set
    active_threads_allowed: int = 1000  # "Maximum number of active threads reached" names no number

    @property
    def features(self) -> list[str]:
        return ["COMMUNITY"] if self.community else []

    @property
    def locale(self) -> str:
        return self.community or "en-US"  # "Guild Object": the default

    def shard(self, count: int) -> int:
        return (int(self.id) >> 22) % count


@dataclass(slots=True)
class ThreadState:
    owner: str
    created: float
    archived_changed: float
    auto_archive_minutes: int = 1440
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    members: dict[str, float] = field(default_factory=dict)  # user: when they joined
    message_count: int = 0
    sent: int = 0
    active_at: float = 0.0
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Channel:
    """A channel, a direct message or a thread; a thread's *parent* is the channel that it was started in."""

    id: str
    type: ChannelType
    name: str | None = None
    guild: str | None = None
    parent: str | None = None
    topic: str | None = None
    recipients: list[str] = field(default_factory=list)
    overwrites: dict[str, Overwrite] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)  # ephemeral ones too; see shown
    pins: dict[str, float] = field(default_factory=dict)  # message: when it was pinned
    last_message: str | None = None
    nsfw: bool = False
    rate_limit_per_user: int = 0
    default_auto_archive_minutes: int | None = None
    thread: ThreadState | None = None

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    @property
    def shown(self) -> list[Message]:
        """The messages that everybody here sees, oldest first."""
        return [message for message in self.messages.values() if not message.ephemeral]


@dataclass(slots=True)
class Attachment:
    id: str
    name: str
    content: bytes
    content_type: str | None
    channel: str
    description: str | None = None
    title: str | None = None
    duration: float | None = None
    waveform: str | None = None


@dataclass(slots=True)
class Message:
    """*pinged*: who was called when it was made; *highlighted*: whom it mentioned ever, also after an edit."""

    id: str
    channel: str
    author: str
    content: str
    created: float
    type: MessageType = MessageType.DEFAULT
    flags: int = 0
    tts: bool = False
    nonce: str | int | None = None
    mentions: list[str] = field(default_factory=list)
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    pinged: set[str] = field(default_factory=set)
    highlighted: set[str] = field(default_factory=set)
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    sticker_items: list[Json] = field(default_factory=list)
    poll: Json | None = None
    reference: Json | None = None
    snapshots: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)  # emoji as in the path: users, oldest first
    edits: int = 0
    edited: float | None = None
    application: str | None = None  # of an answer to an interaction, and its webhook
    interaction: Json | None = None
    only_for: str | None = None  # the one who sees an ephemeral message

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & MessageFlag.EPHEMERAL)
