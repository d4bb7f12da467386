"""
Threads, participants and what is said in them: the values that every door hands in.

What becomes of them (turns, completions) is in turn.py. Nothing here can do I/O.
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
        """32 hex digits that stand for the thread where others need not know where it is; always the same."""
        address = "\0".join((self.platform, self.workspace, self.channel, self.thread))
        return hashlib.sha256(address.encode()).hexdigest()[:32]


class ParticipantKind(StrEnum):
    PERSON = "person"
    BOT = "bot"  # somebody else's
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Participant:
    """
    A person or a bot that speaks; *name* and *locale* (ko-KR) are None until somebody asked the platform.

    *home* is the workspace that they belong to, where that is another one than they speak in (Slack Connect).
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

    What it says of whom the message speaks to, the door finds in it: see policy.py.
    """

    thread: ThreadRef
    id: str
    position: int  # orders the messages of a thread; Slack: ts in microseconds, because ids do not sort as text
    author: Participant
    text: str
    posted_at: datetime  # aware, UTC
    addressed: bool = False  # mentions this bot
    asks: bool = False  # in a way that can only ask: no command, whatever its words
    direct: bool = False  # said in a direct message
    threadless: bool = False  # people see no threads there: what they set holds in the whole channel
    recovered: bool = False  # read back later: the event that should have told us of it may never have come
    plain: str | None = None  # as a person reads it, without our mention; None: *text* is
    calls_bot: bool = False  # by its name, without a mention
    mentions: frozenset[str] = frozenset()  # others that the platform tells of it: people, bots, groups, everybody
    broadcast: bool = False  # a reply that is shown in the channel, too
    root_author: str | None = None  # who opened the thread, where the platform says so
    aliases: frozenset[str] = frozenset()  # further ids of the author: Slack knows a bot by up to three
    files: tuple[FileRef, ...] = ()
    place_locale: str | None = None  # in which people there have agreed to read the platform
    closed: bool = False  # people have closed the thread: nobody but its moderators can write there
    follows: bool = False  # on something said before its thread began: a reply that opens one
    cut: Cut | None = None  # of what is attached to it, such as a message that is forwarded: only this is in *text*

    @property
    def words(self) -> str:
        """What a person reads of it, without the mention of the bot."""
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
    A message has another text now: *message* is the whole of it, as it reads from *edited_at* on.

    A mention that an edit adds is a mention. A platform may call a message edited whose text is the same (Slack does
    when it unfurls a link): the ledger compares.
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
    """A message is gone. *message* is what it said last, where the platform tells; we may not know it yet."""

    ref: MessageRef
    message: Posted | None
    deleted_at: datetime  # aware, UTC


class Operation(StrEnum):
    """What people do to a conversation: with a reaction on one of its messages or on an answer, or with a button."""

    PIN = "pin"  # never dropped by the budget
    HIDE = "hide"  # never sent to a model
    CUT = "cut"  # nothing before it is sent
    REPEAT = "repeat"  # answer anew
    STOP = "stop"
    CONTINUE = "continue"  # go on with an answer that ended for its length
    LIKE = "like"
    DISLIKE = "dislike"


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody put a reaction on a message that stands for *operation*, or took it away."""

    ref: MessageRef
    operation: Operation
    by: Participant
    added: bool
    at: datetime  # aware, UTC; events may arrive in any order


@dataclass(frozen=True, slots=True)
class Acted:
    """
    Somebody pressed a control of an answer: *operation* is STOP, CONTINUE, REPEAT, LIKE or DISLIKE.

    *turn* is the answer's, None for whatever is at work in the thread. *completion* is the one that was shown with the
    control, None while it is written.
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
"""What is decided upon: whether it is to be answered."""


def posted_of(said: Said) -> Posted:
    """The message as it reads now."""
    return said.message if isinstance(said, Edited) else said


def said_at(said: Said) -> datetime:
    """Since when it reads so."""
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
    pinned: bool = False  # not to be dropped by the budget


@dataclass(frozen=True, slots=True)
class Conversation:
    """
    Our record of one thread.

    The window is the part of it that a model is sent: the turns from *window_start* on, and of that first turn the
    messages from *window_position* on.

    *unread_since* is a position: what was said after it may be missing in our record, and is to be read. At 0 or below
    nothing was read yet; None: all is there, and events keep it so. *truncated*: it was too long to be read whole.
    """

    id: int
    thread: ThreadRef
    direct: bool
    window_start: int = 0  # a turn's id
    window_position: int = 0  # a message's position
    told_start: int = 0  # the window that people were told of
    told_position: int = 0
    unread_since: int | None = None
    truncated: bool = False
