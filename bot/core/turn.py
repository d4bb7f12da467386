"""
Turns, the units of work, and the completions that answer them.

A turn is the messages since the last answer, and the answer to them. How a turn moves from state to state is
written in the ledger; what is done for it, in answer.py.
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

    A running turn goes back to pending after a passing error or when its worker's lease ends. An *answered* turn has
    all that is to be shown in the ledger; the model is not asked again for it, whatever happens.
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
    """A sentence of ours to be shown with, or instead of, an answer: its key in texts/ and the values it names."""

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

    It is noted before it is posted; *id* is None until the platform's id is noted too. A part without one may or may
    not have been posted: whoever resumes the reply looks before posting again.
    """

    number: int
    id: str | None
    intended_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A claimed turn, with what is needed to go on from where an earlier attempt ended."""

    claim: Claim
    conversation: Conversation
    state: TurnState  # RUNNING or ANSWERED
    attempts: int  # of asking the model, this one included
    first_attempt_at: datetime
    parts: Sequence[ReplyPart] = ()
    said: Sequence[Notice] = ()  # to the asker, by earlier attempts
    closed: bool = False  # asked anew: it has its messages and takes no others
    variant: int = 1  # of the answer, counted from 1
    stop_requested: bool = False
    command: Notice | None = None  # what to say; no model is asked
    continues: int | None = None  # the completion that ended too early, to be gone on with
    in_vain: int = 0  # calls by earlier attempts that brought something, and no answer


@dataclass(frozen=True, slots=True)
class TurnChange:
    """A line of the log. *attempts*: those made until then."""

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
    """A turn that is over, as later prompts see it. *answer* is None when it has none (it failed, or was stopped)."""

    id: int
    messages: Sequence[Message]
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Answer:
    completion: int
    text: str
    tokens: int  # of *text*, without the overhead of a message
    pinned: bool = False  # not to be dropped by the budget


@dataclass(frozen=True, slots=True)
class Summary:
    """What was said before a window, in the words of a model."""

    id: int
    text: str
    tokens: int  # of *text*


@dataclass(frozen=True, slots=True)
class History:
    """The window of a conversation and the messages that the turn is to answer, both oldest first."""

    past: Sequence[PastTurn]
    messages: Sequence[Message]
    alone: bool  # one person only has spoken in the whole conversation
    newcomer: bool = False  # nobody of those who ask was answered in a direct message before
    cut: bool = False  # people cut off what was said before
    pinned: Sequence[PastTurn] = ()  # what was said before the window and is pinned, and nothing else of it
    summary: Summary | None = None  # of what was said before the window; it may end a while before that
    continued: Answer | None = None  # what there is of the answer, if that is to be gone on with
    preferences: Preferences = DEFAULTS  # that hold there

    @property
    def said(self) -> Sequence[Message]:
        """All messages, oldest first."""
        past = [*self.pinned, *self.past]
        return [*(message for earlier in past for message in earlier.messages), *self.messages]

    @property
    def characters(self) -> int:
        """Of all its texts, those of files aside."""
        past = [*self.pinned, *self.past]
        answers = sum(len(earlier.answer.text) for earlier in past if earlier.answer)
        return answers + sum(len(message.version.text) for message in self.said)

    @property
    def question(self) -> Sequence[Message]:
        """What is to be answered: all from the first message to the bot on."""
        return self.messages[self._first_asked :]

    @property
    def context(self) -> Sequence[Message]:
        """What was said before the question, since the last answer."""
        return self.messages[: self._first_asked]

    @property
    def _first_asked(self) -> int:
        return next((number for number, message in enumerate(self.messages) if message.addressed), 0)

    @property
    def asked(self) -> Message:
        """The newest question of *messages*, of which there is one at least; what was read of a thread may be newer."""
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
    """What came of one call of the model."""

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
    reasoning: str = ""  # what the model thought before; it is not stored


Place = tuple[int, int]
"""Where in a conversation: a turn's id, and in that turn a message's position. What was said before has a lower one."""

ANSWER = 2**62
"""The position of a turn's answer in its turn: after all messages."""

OVERRUN = "overrun"  # finish reason: we cut it off, as the server did not keep to the length that was asked for
CUT_SHORT = frozenset({"length", OVERRUN})  # finish reasons of an answer that may be continued


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that is to be shown for an answered turn."""

    text: str | None  # the chosen completion's; None when there is none: the turn failed
    notices: Sequence[Notice]
    language: str  # of the notices
    completion: int | None = None  # the chosen one that *text* is of
    finish_reason: str | None = None  # of that one
