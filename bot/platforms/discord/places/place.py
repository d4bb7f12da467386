"""The place of a message: which conversation it may belong to follows from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DIRECT = "@me"  # in the place of a guild, as in the addresses of Discord's client
PRIVATE_THREAD = 12


class Kind(StrEnum):
    """The kinds of places that we tell apart; media channels are forums, stages are voice channels with a chat."""

    TEXT = "text"
    ANNOUNCEMENT = "announcement"
    FORUM = "forum"
    THREAD = "thread"
    VOICE = "voice"
    DIRECT = "direct"


KINDS: Mapping[int, Kind] = {
    0: Kind.TEXT,
    1: Kind.DIRECT,
    2: Kind.VOICE,
    3: Kind.DIRECT,
    5: Kind.ANNOUNCEMENT,
    10: Kind.THREAD,
    11: Kind.THREAD,
    PRIVATE_THREAD: Kind.THREAD,
    13: Kind.VOICE,
    15: Kind.FORUM,
    16: Kind.FORUM,
}
"""By Discord's channel types; what is not here holds no messages."""


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a message stands. *channel* is the parent of a thread; *thread* is the thread itself, or the chat of a voice
    channel, which is one conversation, and None elsewhere.

    *own_role*: the role of ours in the guild, by which people may mention us as well. *own_name*: as people see it
    there; empty where nobody told us. *locale*: the guild's, where it
    is a community.
    """

    workspace: str
    channel: str
    thread: str | None
    kind: Kind
    locked: bool = False
    archived: bool = False
    name: str = ""
    own_role: str | None = None
    own_name: str = field(default="", compare=False)
    locale: str | None = None

    @property
    def id(self) -> str:
        """The channel or the thread that the API is asked about."""
        return self.thread or self.channel

    @property
    def direct(self) -> bool:
        return self.kind is Kind.DIRECT
