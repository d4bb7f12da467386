"""The core's port to the record of messages: written as they come, read for a turn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from bot.core.conversation import Acted, Deleted, MessageRef, Moved, Posted, Reacted, Said, ThreadRef
from bot.core.decide.policy import Decide, Decision
from bot.core.ports.platform import ThreadRead
from bot.core.ports.turn_queue import ClaimRequest
from bot.core.turn import Claim, History, Turn


@dataclass(frozen=True, slots=True)
class Recorded:
    """
    What became of something said. *due*: there is a turn to work on; *known*: its thread has a conversation.

    *claimed*: turns that now belong to the worker that asked for them. *history*: that of the one turn that is claimed,
    where it was no trouble to read it, too.
    """

    decision: Decision
    due: bool = False
    known: bool = False
    claimed: Sequence[Turn] = ()
    history: History | None = None


@dataclass(frozen=True, slots=True)
class KnownName:
    name: str
    refreshed_at: datetime | None  # when the platform was last asked for it; None: it came with an event
    locale: str | None = None


class ConversationStore(Protocol):
    """
    What was said, and what a turn reads of it. One method, one transaction.

    The method that takes a Claim raises LeaseLost when it is no longer the newest one. All raise LedgerError when the
    database cannot be used just now.
    """

    async def record(self, said: Said, decide: Decide, claim: ClaimRequest | None = None) -> Recorded:
        """
        Decide what becomes of a message, by what is known of its thread; store it and, if it asks, a pending turn.

        A message that is already there is not stored again, but one that was only listened to may become one to
        answer, once. An edit adds a version, if the text is another one than before. With Action.LISTEN a message
        outside of any conversation is not stored. A command is carried out, once, and has a turn that confirms it.

        An edit of a question has it answered again, in the same reply, if nothing was asked in the thread since; the
        turn that is at work on it, in whatever process, is told by renew(). Otherwise its answer is stale.

        With *claim*, what is due may be claimed in the same transaction, if the message is to be answered. That spares
        one where a single worker has the database to itself; elsewhere nothing is claimed here.
        """

    async def erase(self, deleted: Deleted) -> None:
        """
        Erase all that a message said; it does not come back, whatever is delivered later.

        A turn that is at work on it is told by renew(). An answer of ours that somebody deleted is erased as well.
        """

    async def react(self, reacted: Reacted) -> None:
        """Do what a reaction stands for, if it stands on a message of a conversation or on an answer. Idempotent."""

    async def act(self, acted: Acted) -> bool:
        """
        Do what a control stands for, once however often it is pressed. Whether anything is to be done, or left, now.

        STOP ends the asking of the turn, wherever it is at work. REPEAT and CONTINUE hold only while the completion is
        the one that is shown; CONTINUE makes the turn due again, to go on in the same variant. An opinion is noted
        beside the completion, the last one of each person. A press in another channel than the turn's does nothing.
        """

    async def move(self, moved: Moved) -> None:
        """Move a channel's rows to its new id. A turn that is at work there starts over."""

    async def fill(self, claim: Claim, since: int, read: ThreadRead) -> None:
        """
        Store what was read of the turn's thread, as context of its question; what was said later is left to the next
        turn. Nothing of it asks for an answer.

        What is there already stays, or gets the version that it was edited to; what was erased stays erased; parts of
        our replies are left out. What is not there any more is erased, answers too, and each mark is what it is there.
        From then on nothing is missing, unless a gap was noted since *since* was read.
        """

    async def history(self, turn: Turn) -> History: ...

    async def questions(self, turn: Turn) -> Sequence[str]:
        """The platform's ids of all that a turn was to answer, oldest first; also of what was hidden, or deleted."""

    async def count_before(self, turn: Turn, window: tuple[int, int]) -> int:
        """
        How many messages and answers a *window* of *turn*'s conversation leaves out that people have not cut off.

        It starts at a turn and, in it, at a position.
        """


class ThreadIndex(Protocol):
    """
    In which thread something stands, for a platform whose messages do not say that themselves.

    Both methods raise LedgerError.
    """

    async def thread_of(self, message: MessageRef) -> ThreadRef | None:
        """That of a message that is stored, or of a part of a reply of ours; None for any other."""

    async def newest_thread(self, platform: str, workspace: str, channel: str, before: int) -> ThreadRef | None:
        """Of all in *channel*, the one in which somebody spoke last before that position; replies of ours aside."""


class PlaceContents(Protocol):
    """The messages in a place that is deleted as a whole, for a platform that names none of them then."""

    async def standing_in(self, platform: str, workspace: str, channel: str, thread: str | None) -> Sequence[str]:
        """
        The ids of all messages that are not erased, and of the parts of our replies; without *thread* in all of
        *channel*. Raises LedgerError.
        """


class ChannelIds(Protocol):
    """The ids of channels, for a platform that gives some of them another one. All methods raise LedgerError."""

    async def moved(self, platform: str, workspace: str) -> Mapping[str, str]:
        """The new id of each channel that has moved, by every id that it had: see Moved."""

    async def kept_under(self, platform: str, workspace: str, beginning: str) -> Collection[str]:
        """The ids that begin so, letters and digits, under which something was said or set."""


class Foresight(Protocol):
    """The decision that a message would get, for a platform that is not shown all of the message."""

    async def would_answer(self, posted: Posted) -> bool:
        """Whether it would be answered. Raises LedgerError."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """
    Something that was asked by a command instead of a message: the platform takes the answer by a *token* as well.

    *message* is its address as that of what was said; there is no message there. *token*: a secret, until *ends_at*;
    None once it is over, or cannot be used. *private*: only the asker may see the question and the answer.
    """

    message: MessageRef
    ends_at: datetime  # aware, UTC
    token: str | None = field(default=None, repr=False)
    private: bool = False


class InteractionStore(Protocol):
    """Questions asked by commands; kept as long as messages, tokens aside. All methods raise LedgerError."""

    async def note(self, interaction: Interaction) -> None:
        """Call before it is handed in as something said. Noted again, it stays as it is."""

    async def of_turn(self, turn: int) -> Sequence[Interaction]:
        """Those that a turn answers or confirms, oldest first."""

    async def has(self, message: MessageRef) -> bool:
        """Whether that one was noted."""

    async def is_awaited(self, message: MessageRef) -> bool:
        """Whether what was said there, in whatever way, is to be answered or confirmed, or was."""

    async def end(self, message: MessageRef) -> None:
        """The token of that one cannot be used any more."""

    async def ending(self, within: timedelta) -> Sequence[tuple[Interaction, str | None]]:
        """Private ones that wait for an answer and end soon, and the locale of the asker."""

    async def forget_tokens(self) -> int:
        """Forget those that are over; how many."""


class NameStore(Protocol):
    """Names and locales that platforms told of their participants. Methods raise LedgerError."""

    async def names(self, thread: ThreadRef, participants: Collection[str]) -> Mapping[str, KnownName]:
        """The names of people and bots in the workspace of *thread*, by id, as far as they are known."""

    async def name_participants(
        self, thread: ThreadRef, names: Mapping[str, str], locales: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Note the names of people and bots in the workspace of *thread*, as they are now, and the locales of some."""
