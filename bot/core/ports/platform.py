"""The core's port to a chat service. Each thing that only some services can do is a capability: a Protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from bot.core.controls import NO_CONTROLS, Controls
from bot.core.conversation import Deleted, Incoming, Reacted, Said, ThreadRef
from bot.core.turn import ReplyPart

Receive = Callable[[Incoming], Awaitable[None]]
"""Returns once the event is stored, or ignored with a reason; raises LedgerError when it must be delivered again."""

CLOCK_SKEW = timedelta(minutes=2)
"""How far a platform's clock, which dates all that is said and done there, may be from ours, either way."""


class PartLog(Protocol):
    """Where a reply notes its posts. Each call is one committed transaction; raises LeaseLost or LedgerError."""

    async def intend(self, number: int) -> None:
        """Call before posting part *number* (from 1)."""

    async def posted(self, number: int, id: str) -> None:  # noqa: A002 - the platform's word
        """Call as soon as the platform has named the post."""

    async def removed(self, number: int) -> None:
        """Call after we removed part *number*, so that its deletion event is not taken for somebody's doing."""

    async def check(self) -> None:
        """Raise LeaseLost if another worker owns the turn by now. Cheap: call before each change on the platform."""


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """The reply that a door is asked to open, or to take up again."""

    thread: ThreadRef
    turn: int  # travels with every part, so that a part whose id was never noted can be found
    parts: Sequence[ReplyPart]  # of an earlier attempt; empty for a new reply
    log: PartLog
    asker: str | None = None  # who is answered, by the platform's id, as far as that is known already
    language: str = "en"  # of what we say beside the answer
    as_file: bool = False  # what one message cannot hold is wanted as a file, where the platform takes one
    asker_home: str | None = None  # the asker's workspace, where that is another one than the thread's
    question: str | None = None  # the newest of what is answered, by the platform's id


@dataclass(frozen=True, slots=True)
class PaceSettings:
    """How often a platform wants to be shown an answer that grows. All in seconds, but *growth*."""

    first: float  # from the first words to the first text: a short answer that is complete by then costs one call
    second: float  # from the first text to the second: an answer that is complete by then costs two
    later: float  # from the second to the third; a longer answer is shown less often:
    growth: float  # each later interval is so many times the one before it
    longest: float


class Reply(Protocol):
    """
    One answer on a platform, in as many parts as the platform needs. Its methods are not called concurrently.

    Texts are Markdown and not to be trusted: they cannot ping anyone or break the markup around them. All methods
    raise PlatformError.
    """

    @property
    def pause(self) -> float:
        """Seconds from one show() until the next one is worth a call, beyond what the pace asks; 0 mostly."""

    async def show(self, text: str) -> None:
        """
        Show what there is so far: a beginning of the answer. May skip, when the platform is busy.

        Called again with the same text: what was skipped may be shown now.
        """

    async def finish(self, text: str, notes: Sequence[str] = (), controls: Controls = NO_CONTROLS) -> None:
        """
        Show *text* as the whole answer, in the same parts; what an earlier attempt showed beyond it is removed.

        *notes* are sentences of ours, shown small below the answer; without a *text* they are the message. They are
        plain text and can be trusted. The message records which lines are notes, for read_thread(). *controls* stand
        below its last part, as far as the platform has such.
        """

    def halt(self) -> None:
        """
        Post no further message: a show() or finish() that is under way ends once the last one that is there is filled.

        It holds until the next finish().
        """

    async def kept(self, text: str) -> str:
        """
        The beginning of the answer *text* that finish() shows without a further message; empty where there is none yet.

        No file is posted from then on.
        """

    async def remove(self) -> None:
        """Remove every part. A part that the platform does not let us delete stays; the next text is edited into it."""


class Platform(Protocol):
    name: str  # as in ThreadRef.platform
    pace: PaceSettings

    @property
    def ready(self) -> bool:
        """Whether turns can be worked on: the door knows by what name it is called, so that readable() is right."""

    @property
    def connected(self) -> bool:
        """Whether events can reach us now, as far as this machine knows."""

    async def run(self, receive: Receive) -> None:
        """
        Deliver events until cancelled. Each is handed to *receive* before the platform is told that we have it.

        Connections that break are made again here. Raises PlatformError when that is pointless.
        """

    async def open_reply(self, request: ReplyRequest) -> Reply:
        """Open a reply without posting anything; parts without an id are looked for and noted."""

    def readable(self, text: str, names: Mapping[str, str] | None = None) -> str:
        """
        A message's text as a person reads it: the bot's own mention is gone, escapes are undone. Pure.

        *names*: of those whom the text refers to by their ids, as far as they are known.
        """


@runtime_checkable
class DirectTopics(Protocol):
    """A capability: direct messages have no threads there; what is said in them is one topic after the other."""

    @property
    def direct_topics(self) -> bool:
        """Always true."""


@runtime_checkable
class Closing(Protocol):
    """A capability: people can close a thread, so that nothing more is said in it."""

    async def check_open(self, thread: ThreadRef, *, begun: bool) -> None:
        """
        Raises ThreadClosed, and nothing else: where the platform does not say it, the thread counts as open.

        *begun*: something stands in it, by all that is known; else a call to find that out is not worth its time.
        """


@dataclass(frozen=True, slots=True)
class References:
    """Whom and what a text refers to by ids, in the order of the text."""

    people: Sequence[str] = ()  # bots, too
    channels: Sequence[str] = ()  # those that the text itself does not name


@runtime_checkable
class Directory(Protocol):
    """A capability: names of people, other bots and channels. Never raises for what the platform says."""

    @property
    def own_id(self) -> str | None:
        """Ours, as a participant; None until it is known."""

    def own_name(self, workspace: str) -> str | None:
        """Ours, as people see it there; None until it is known. Pure."""

    def references(self, text: str) -> References:
        """Pure; of a text as in Posted."""

    async def names(self, workspace: str, participants: Collection[str]) -> Mapping[str, str]:
        """Display names by id, as far as the platform tells them in a moment. The first are asked for first."""

    async def locales(self, workspace: str, participants: Collection[str]) -> Mapping[str, str]:
        """
        In which languages people read the platform (ko-KR), as they have set it; no call for those whom names() was
        just asked for.
        """

    def place_locale(self, thread: ThreadRef) -> str | None:
        """In which language people there have agreed to read the platform, where they have; it makes no call."""

    async def channel_names(self, thread: ThreadRef, channels: Collection[str]) -> Mapping[str, str]:
        """The names of channels, as far as everybody who reads *thread* may know them."""


@runtime_checkable
class Status(Protocol):
    """A capability: letting the asker see that a message was noticed, before there are words. Never raises."""

    async def show_status(self, thread: ThreadRef, message: str, text: str, title: str = "") -> None:
        """
        *text* says what we are doing, where the platform shows a text: a sentence without our name before it.

        Cancelled, a call that is under way goes on: what it shows is there until clear_status().

        *title*: of a conversation that begins, where the platform shows one; empty for one that goes on.
        """

    async def clear_status(self, thread: ThreadRef, message: str, *, left_behind: bool = False) -> None:
        """
        Take that away, if it is there: now, or as soon as the platform lets us.

        *left_behind*: also what a process that is gone may have shown, beside what we have.
        """


@dataclass(frozen=True, slots=True)
class ThreadRead:
    """
    What a thread holds now, oldest first, our own messages included; *truncated*: older ones were left out.

    *positions*, by id, are those of all that stands in it, of what was left out, too, and of what is no message to us.
    What was said between the first and the last of them and is not there was deleted. Empty: nobody knows.
    """

    messages: Sequence[Said]
    deleted: Sequence[Deleted] = ()  # as far as the platform still shows where they stood
    reactions: Sequence[Reacted] = ()  # all that leave a mark and stand there, dated when they surely stood
    truncated: bool = False
    positions: Mapping[str, int] = field(default_factory=dict)
    at: datetime | None = None  # aware, UTC, by the platform's clock: what had happened until then is in it


@runtime_checkable
class ThreadReader(Protocol):
    """A capability: what was said in a thread before anybody told us of it."""

    async def read_thread(self, thread: ThreadRef) -> ThreadRead:
        """
        All of a thread, or the newest part of a long one; empty when the platform no longer has it.

        Texts are as of now, edits included. Of our own messages they are what is an answer's, without notices: empty
        where a message has nothing else. What is a notice the platform keeps with the message; its words may have
        changed since. Raises PlatformError.
        """
