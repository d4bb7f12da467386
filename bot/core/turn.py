"""
Turns, the units of work, and the completions that answer them.

A turn is the messages since the last answer, and the answer to them. The ledger moves a turn from state to state;
answer/answer.py does its work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.core.conversation import Conversation, Message
from bot.core.preferences.setting import DEFAULTS, Preferences


class TurnState(StrEnum):
    """
    pending → running → answered → shown, or failed, stopped, removed.

    A running turn goes back to pending after a passing error or when its worker's lease ends. For an *answered* turn
    the ledger holds everything to show, and the model is never asked again.
    """

    PENDING = "pending"
    RUNNING = "running"
    ANSWERED = "answered"
    SHOWN = "shown"
    FAILED = "failed"
    STOPPED = "stopped"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence of ours that is shown with or instead of an answer: its key in texts/ and its values."""

    key: str
    values: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a turn. The ledger refuses every write that names an old *fence*."""

    turn: int
    owner: str
    fence: int


@dataclass(frozen=True, slots=True)
class ReplyPart:
    """
    One message of ours on the platform: *number* counts from 1 within a turn's variant.

    The ledger notes it before it is posted, and its *id* afterwards. A part without an id may or may not have been
    posted: an attempt that resumes the reply looks for it before posting again.
    """

    number: int
    id: str | None
    intended_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A claimed turn, with everything needed to continue where an earlier attempt ended."""

    claim: Claim
    conversation: Conversation
    state: TurnState  # RUNNING or ANSWERED
    attempts: int  # to ask the model, this one included
    first_attempt_at: datetime
    parts: Sequence[ReplyPart] = ()
    said: Sequence[Notice] = ()  # to the asker, by earlier attempts
    closed: bool = False  # asked again: it takes no further messages
    variant: int = 1  # of the answer, counted from 1
    stop_requested: bool = False
    command: Notice | None = None  # what to say; no model is asked
    continues: int | None = None  # the completion that ended too early and is to be continued
    in_vain: int = 0  # calls by earlier attempts that brought something, and no answer


@dataclass(frozen=True, slots=True)
class TurnChange:
    """A line of the log. *attempts*: made so far."""

    turn: int
    conversation: int
    platform: str
    state: TurnState
    reason: str
    attempts: int = 0

    @classmethod
    def of(cls, turn: Turn, state: TurnState, reason: str = "") -> TurnChange:
        conversation = turn.conversation
        return cls(turn.claim.turn, conversation.id, conversation.thread.platform, state, reason, turn.attempts)


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A finished turn, as later prompts see it. *answer* is None if it failed or was stopped."""

    id: int
    messages: Sequence[Message]
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Answer:
    completion: int
    text: str
    tokens: int  # of *text*, without the overhead of a message
    pinned: bool = False  # the budget never drops it


@dataclass(frozen=True, slots=True)
class Summary:
    """A model's summary of the messages before a window."""

    id: int
    text: str
    tokens: int  # of *text*


@dataclass(frozen=True, slots=True)
class History:
    """The window of a conversation and the messages that the turn answers, both oldest first."""

    past: Sequence[PastTurn]
    messages: Sequence[Message]
    alone: bool  # only one person has spoken in the whole conversation
    newcomer: bool = False  # none of the askers was answered in a direct message before
    cut: bool = False  # somebody cut off the earlier messages
    pinned: Sequence[PastTurn] = ()  # only the pinned messages and answers from before the window
    summary: Summary | None = None  # of the messages before the window; it may end some messages earlier
    continued: Answer | None = None  # the answer so far, if the turn continues one
    preferences: Preferences = DEFAULTS  # that hold in the thread

    @property
    def said(self) -> Sequence[Message]:
        """All messages, oldest first."""
        past = [*self.pinned, *self.past]
        return [*(message for earlier in past for message in earlier.messages), *self.messages]

    @property
    def characters(self) -> int:
        """The length of all texts, without files."""
        past = [*self.pinned, *self.past]
        answers = sum(len(earlier.answer.text) for earlier in past if earlier.answer)
        return answers + sum(len(message.version.text) for message in self.said)

    @property
    def question(self) -> Sequence[Message]:
        """The messages to answer: all from the first message to the bot on."""
        return self.messages[self._first_asked :]

    @property
    def context(self) -> Sequence[Message]:
        """The messages before the question, since the last answer."""
        return self.messages[: self._first_asked]

    @property
    def _first_asked(self) -> int:
        return next((number for number, message in enumerate(self.messages) if message.addressed), 0)

    @property
    def asked(self) -> Message:
        """The newest question of *messages*, which is not empty. Messages read from the thread may be newer."""
        return next((message for message in reversed(self.messages) if message.addressed), self.messages[-1])


@dataclass(frozen=True, slots=True)
class Usage:
    """
    Tokens as the server billed them; None where it does not say.

    Source: the `usage` object of a Chat Completions response.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None  # part of prompt_tokens
    cache_write_tokens: int | None = None  # part of prompt_tokens
    reasoning_tokens: int | None = None  # part of completion_tokens


@dataclass(frozen=True, slots=True)
class Completion:
    """The result of one model call."""

    text: str
    text_tokens: int  # as later prompts hold it: see speakers.py
    finish_reason: str | None  # None: the stream ended without one
    refusal: str | None
    response_id: str | None
    model: str
    fingerprint: str | None
    usage: Usage
    first_token_seconds: float | None
    total_seconds: float
    cost_nanodollars: int | None  # None: no price is known for the model
    reasoning: str = ""  # the model's reasoning before the answer; not stored


Place = tuple[int, int]
"""A place in a conversation: a turn's id, and a message's position in that turn. Earlier messages have lower places."""

ANSWER = 2**62
"""The position of a turn's answer in its turn: after all messages."""

OVERRUN = "overrun"  # finish reason: we cut the answer off, because the server exceeded the requested length
CUT_SHORT = frozenset({"length", OVERRUN})  # finish reasons of an answer that may be continued


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything to show for an answered turn."""

    text: str | None  # of the chosen completion; None if the turn failed
    notices: Sequence[Notice]
    language: str  # of the notices
    completion: int | None = None  # the chosen one
    finish_reason: str | None = None  # of the chosen completion
