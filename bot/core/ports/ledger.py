"""What the core, and the doors through it, need of the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from bot.core.conversation import Acted, Deleted, Reacted, Said, ThreadRef
from bot.core.decide.policy import Decide, Decision
from bot.core.interruption import Interrupt
from bot.core.ports.model import Example, Sampling
from bot.core.ports.platform import ThreadRead
from bot.core.turn import Claim, Completion, History, Notice, Outcome, ReplyPart, Turn, TurnState


@dataclass(frozen=True, slots=True)
class Given:
    """The form in which a version is sent to models from now on."""

    version: int
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class KnownName:
    name: str
    refreshed_at: datetime | None  # when the platform was last asked for it; None: it came with an event
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class CompletionStart:
    """What is stored before the model is called."""

    model: str
    prompt: Sequence[str]  # the keys of its entries, in the order in which they are sent: see entries.py
    system_prompt: str
    given: Sequence[Given]  # versions that are sent for the first time
    max_tokens: int
    sampling: Sampling
    prompt_tokens: int  # our own count
    estimated_tokens: int  # the same in the model's tokens, as far as they were learned
    window_start: int
    window_position: int
    examples: Sequence[Example] = ()  # sent after the system prompt
    continues: int | None = None  # the completion whose text it goes on with


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of something said. *due*: there is a turn to work on; *known*: its thread has a conversation."""

    decision: Decision
    due: bool = False
    known: bool = False


@dataclass(frozen=True, slots=True)
class Renewal:
    lost: Collection[Claim]  # no longer the newest ones
    interrupted: Mapping[Claim, Interrupt]


class Ledger(Protocol):
    """
    The record of all that was said, asked and answered. One method, one transaction.

    Methods that take a Claim raise LeaseLost when it is no longer the newest one. All raise LedgerError when the
    database cannot be used just now.
    """

    async def record(self, said: Said, decide: Decide) -> Recorded:
        """
        Decide what becomes of a message, by what is known of its thread; store it and, if it asks, a pending turn.

        A message that is already there is not stored again, but one that was only listened to may become one to
        answer, once. An edit adds a version, if the text is another one than before. With Action.LISTEN a message
        outside of any conversation is not stored. A command is carried out, once, and has a turn that confirms it.

        An edit of a question has it answered anew, in the same reply, if nothing was asked in the thread since; the
        turn that is at work on it, in whatever process, is told by renew(). Otherwise its answer is stale.
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

    async def claim(
        self,
        owner: str,
        platforms: Collection[str],
        limit: int,
        held: Collection[int] = (),
        *,
        take_over: bool = True,
    ) -> Sequence[Turn]:
        """
        The oldest due turns, at most *limit*, one of a conversation, now owned by *owner* for the lease's time.

        Each takes every message of its conversation that has no turn yet. Turns whose lease has ended are due, except
        those that are *held*: the caller still works on them, and has what they will be answered with. Those of another
        owner only if the caller may *take_over*: it knows that the owner could have renewed its lease, and has not.
        """

    async def history(self, turn: Turn) -> History: ...

    async def questions(self, turn: Turn) -> Sequence[str]:
        """The platform's ids of all that a turn was to answer, oldest first; also of what was hidden, or deleted."""

    async def names(self, thread: ThreadRef, participants: Collection[str]) -> Mapping[str, KnownName]:
        """The names of people and bots in the workspace of *thread*, by id, as far as they are known."""

    async def fill(self, claim: Claim, since: int, read: ThreadRead) -> None:
        """
        Store what was read of the turn's thread, as context of its question; what was said later is left to the next
        turn. Nothing of it asks for an answer.

        What is there already stays, or gets the version that it was edited to; what was erased stays erased; parts of
        our replies are left out. What is not there any more is erased, answers too, and each mark is what it is there.
        From then on nothing is missing, unless a gap was noted since *since* was read.
        """

    async def name_participants(
        self, thread: ThreadRef, names: Mapping[str, str], locales: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Note the names of people and bots in the workspace of *thread*, as they are now, and the locales of some."""

    async def begin(self, claim: Claim, start: CompletionStart) -> int:
        """
        Note a call of the model before it is made. Returns the completion's id.

        Raises Interrupted when what the prompt holds has changed since it was read.
        """

    async def count_before(self, turn: Turn, window: tuple[int, int]) -> int:
        """
        How many messages and answers a *window* of *turn*'s conversation leaves out that people have not cut off.

        It starts at a turn and, in it, at a position.
        """

    async def abandon(
        self, claim: Claim, completion: int, error: str, cost: int | None = None, result: Completion | None = None
    ) -> None:
        """
        Note that a call ended without an answer; *cost* in nano-dollars, as far as it is known.

        *result*: what came back all the same, and has no words.
        """

    async def complete(
        self,
        claim: Claim,
        completion: int,
        result: Completion,
        notices: Sequence[Notice],
        language: str,
        *,
        stopped: bool = False,
    ) -> None:
        """
        Store an answer and what is to be said with it: the turn is answered.

        *stopped*: somebody wanted no more of it. An earlier variant of the answer is no longer sent. A notice that
        tells of the conversation's window is not needed again until it moves.
        """

    async def conclude(self, claim: Claim, reason: str, notices: Sequence[Notice], language: str) -> None:
        """
        No answer will come: what is to be said instead is stored, and the turn is answered.

        Where there is an earlier variant of the answer, that one stays, and is stale.
        """

    async def shorten(self, claim: Claim, text: str, tokens: int, notices: Sequence[Notice], language: str) -> None:
        """
        Somebody stopped the answered turn while its answer was shown: of that, *text* is there and nothing else.

        Without any there is no answer.
        """

    async def outcome(self, claim: Claim) -> Outcome:
        """What is to be shown for an answered turn."""

    async def shown(self, claim: Claim) -> TurnState:
        """
        All of it was shown: the turn is *shown*, *failed* when it has no answer, or *stopped*. Returns its new state.

        It is *pending* again if its question has changed meanwhile.
        """

    async def remove(self, claim: Claim, reason: str) -> TurnState:
        """Nobody asks any more, and nothing is shown: the turn is *removed*. Returns its new state, as shown() does."""

    async def restart_turn(self, claim: Claim) -> None:
        """Give the turn back because what it asks has changed; it is due when that has been quiet for a while."""

    async def give_up(self, claim: Claim, reason: str, *, erase: bool = False) -> TurnState:
        """
        Nothing can be shown, now or later: the turn is *failed*. Returns its new state, as shown() does.

        *erase*: its answer is erased, too, with all variants.
        """

    async def release(self, claim: Claim, wait: timedelta, reason: str, said: Sequence[Notice] = ()) -> None:
        """
        Give the turn back, to be claimed again after *wait*, by the ledger's clock. An answered turn stays answered.

        *said*: what the asker was told meanwhile.
        """

    async def note_said(self, claim: Claim, said: Sequence[Notice]) -> None:
        """Note what the asker is about to be told, as release() notes what they were told."""

    async def renew(self, owner: str, claims: Collection[Claim]) -> Renewal:
        """Extend the leases of *owner*'s turns, and say what became of them. Without any it asks the database, too."""

    async def intend_part(self, claim: Claim, number: int) -> None: ...

    async def note_part(self, claim: Claim, number: int, id: str) -> None: ...  # noqa: A002 - the platform's word

    async def forget_part(self, claim: Claim, number: int) -> None:
        """It is no part of the reply any more."""

    async def parts(self, claim: Claim) -> Sequence[ReplyPart]:
        """The parts of the turn's reply, as they are noted now."""

    async def check(self, claim: Claim) -> None:
        """Raise LeaseLost when the claim is not the newest one."""


WHOLE_WORKSPACE = ""  # in the place of a channel


class Watermarks(Protocol):
    """
    How far a platform's messages are known to be stored, for a door that reads what it missed.

    A position orders the messages of a workspace, as in Posted. A channel's watermark is the later one of its own and
    that of the whole workspace. All methods raise LedgerError.
    """

    async def seen_until(self, platform: str, workspace: str) -> Mapping[str, int]:
        """Positions by channel, with that of WHOLE_WORKSPACE; empty when nothing was ever noted."""

    async def advance(self, platform: str, workspace: str, channel: str, position: int) -> None:
        """Move a watermark forward; never back. Call once all that was said before *position* is committed."""

    async def note_gap(self, platform: str, workspace: str, channel: str, *, since: int | None = None) -> None:
        """
        Something may have happened that nobody told us of, after *since*: each conversation's next turn reads it.

        In the threads of *channel*, or of all channels for WHOLE_WORKSPACE. Without *since*: after the newest message
        that we have of each.
        """

    async def recent_threads(self, platform: str, workspace: str, since: datetime) -> Sequence[ThreadRef]:
        """Threads whose conversation had a turn since then, the last one first; as many as are worth a look."""


@dataclass(frozen=True, slots=True)
class LearnedFacts:
    """What its server's answers have told of a model; None: nothing yet."""

    token_factor: float | None = None  # its own tokens for each that we count
    window: int | None = None  # tokens, as its server said lately
    sees: bool | None = None  # whether it takes images; as its server said lately


class ModelFactStore(Protocol):
    """What every process on this database has learned of models. All methods raise LedgerError."""

    async def learned(self, model: str) -> LearnedFacts: ...

    async def note_factor(self, model: str, factor: float) -> None: ...

    async def note_window(self, model: str, window: int) -> None: ...

    async def note_sight(self, model: str, *, sees: bool) -> None: ...
