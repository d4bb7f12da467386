"""
Threads, participants and messages: the values that every platform hands in.

Turns and completions are in turn.py. Nothing here can do I/O.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.files import Cut, File, FileRef


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """
    The address of one thread, in the platform's own ids.

    On Slack *workspace* is the team, *channel* the channel or direct message, and *thread* the ts of the root
    (`thread_ts or ts`): a top-level message is the root of a thread of its own, in direct messages too.
    """

    platform: str
    workspace: str
    channel: str
    thread: str

    @property
    def opaque(self) -> str:
        """32 hex digits that identify the thread without revealing its address; always the same."""
        address = "\0".join((self.platform, self.workspace, self.channel, self.thread))
        return hashlib.sha256(address.encode()).hexdigest()[:32]


class ParticipantKind(StrEnum):
    PERSON = "person"
    BOT = "bot"  # another bot
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Participant:
    """
    A person or a bot that speaks. *name* and *locale* (ko-KR) are None until we have asked the platform.

    *home* is the workspace that they belong to, if they speak in another one (Slack Connect).
    """

    id: str
    kind: ParticipantKind = ParticipantKind.PERSON
    name: str | None = None
    locale: str | None = None
    home: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """
    A message as its platform delivered it, once for every delivery.

    *id* is the platform's own and is unique within (platform, workspace, channel). *text* is kept as the platform
    wrote it, escapes and mention tokens included; `Platform.readable` turns it into what a person reads.

    The platform's own code finds out whom the message speaks to; policy.py uses the result.
    """

    thread: ThreadRef
    id: str
    position: int  # orders the messages of a thread; Slack: ts in microseconds, because ids do not sort as text
    author: Participant
    text: str
    posted_at: datetime  # aware, UTC
    addressed: bool = False  # mentions this bot
    asks: bool = False  # cannot be a command, whatever its words
    direct: bool = False  # said in a direct message
    threadless: bool = False  # people see no threads there: their settings hold in the whole channel
    recovered: bool = False  # read back later: its event may never have come
    plain: str | None = None  # as a person reads it, without our mention; None: same as *text*
    calls_bot: bool = False  # by its name, without a mention
    mentions: frozenset[str] = frozenset()  # other people, bots, groups or everybody, as the platform reports them
    broadcast: bool = False  # a reply that is shown in the channel, too
    root_author: str | None = None  # who opened the thread, if the platform says so
    aliases: frozenset[str] = frozenset()  # further ids of the author: Slack knows a bot by up to three
    files: tuple[FileRef, ...] = ()
    place_locale: str | None = None  # in which people there have agreed to read the platform
    closed: bool = False  # people have closed the thread: nobody but its moderators can write there
    follows: bool = False  # on something said before its thread began: a reply that opens one
    cut: Cut | None = None  # of what is attached to it, such as a message that is forwarded: only this is in *text*

    @property
    def words(self) -> str:
        """The text as a person reads it, without the mention of the bot."""
        return self.text if self.plain is None else self.plain

    @property
    def ref(self) -> MessageRef:
        return MessageRef(self.thread.platform, self.thread.workspace, self.thread.channel, self.id)

    @property
    def opens_thread(self) -> bool:
        """Whether it stands at the top level of its channel."""
        return self.thread.thread == self.id


@dataclass(frozen=True, slots=True)
class Edited:
    """
    Somebody edited a message: *message* is all of it, as it reads since *edited_at*.

    A mention that an edit adds counts as a mention. A platform may report an edit that leaves the text as it was (Slack
    does when it unfurls a link), so the ledger compares the texts.
    """

    message: Posted
    edited_at: datetime  # aware, UTC


@dataclass(frozen=True, slots=True)
class MessageRef:
    """The address of one message: *id* is unique within the rest."""

    platform: str
    workspace: str
    channel: str
    id: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message is gone. *message* is its last version, if the platform tells it. The ledger may not know it."""

    ref: MessageRef
    message: Posted | None
    deleted_at: datetime  # aware, UTC


class Operation(StrEnum):
    """An operation on a conversation, by a reaction on a message or an answer, or by a button."""

    PIN = "pin"  # never dropped by the budget
    HIDE = "hide"  # never sent to a model
    CUT = "cut"  # nothing before it is sent
    REPEAT = "repeat"  # write another answer
    STOP = "stop"
    CONTINUE = "continue"  # continue an answer that reached the length limit
    LIKE = "like"
    DISLIKE = "dislike"


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody added or removed a reaction that stands for *operation*."""

    ref: MessageRef
    operation: Operation
    by: Participant
    added: bool
    at: datetime  # aware, UTC; events may arrive in any order


@dataclass(frozen=True, slots=True)
class Acted:
    """
    Somebody pressed a control of an answer: *operation* is STOP, CONTINUE, REPEAT, LIKE or DISLIKE.

    *turn* is the answer's; None means the running turn of the thread. *completion* is the one shown with the control;
    None while the answer is written.
    """

    thread: ThreadRef
    operation: Operation
    by: Participant
    at: datetime  # aware, UTC
    turn: int | None = None
    completion: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A channel has another id from now on: *to*. All that was said and set in *channel* was said and set there."""

    platform: str
    workspace: str
    channel: str
    to: str


Said = Posted | Edited
"""A message that policy.py decides on."""


def posted_of(said: Said) -> Posted:
    """The message as it reads now."""
    return said.message if isinstance(said, Edited) else said


def said_at(said: Said) -> datetime:
    """Since when the message reads as it does now."""
    return said.edited_at if isinstance(said, Edited) else said.posted_at


Incoming = Posted | Edited | Deleted | Reacted | Acted | Moved
"""Whatever a door may hand in."""


@dataclass(frozen=True, slots=True)
class Version:
    """One text of a message. *given* and *tokens* are None until the message is first sent to a model."""

    id: int
    text: str
    given: str | None = None
    tokens: int | None = None  # of *given*, without the overhead of a message
    cut: Cut | None = None  # as in Posted


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the ledger holds it, with its newest version."""

    id: int
    platform_id: str
    position: int
    author: Participant
    version: Version
    addressed: bool
    posted_at: datetime  # aware, UTC
    files: Sequence[File] = ()
    pinned: bool = False  # the budget never drops it


@dataclass(frozen=True, slots=True)
class Conversation:
    """
    Our record of one thread.

    The window is the part that the model is sent: the turns from *window_start* on, and in that first turn the messages
    from *window_position* on.

    *unread_since* is a position: our record may lack messages after it, so the thread must be read. At 0 or below,
    nothing was read yet. None: the record is complete, and events keep it so. *truncated*: the thread was too long to
    be read completely.
    """

    id: int
    thread: ThreadRef
    direct: bool
    window_start: int = 0  # a turn's id
    window_position: int = 0  # a message's position
    told_start: int = 0  # the last window whose start people were told
    told_position: int = 0
    unread_since: int | None = None
    truncated: bool = False
