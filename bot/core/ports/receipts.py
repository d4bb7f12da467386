"""The core's port to the database for receipts: all that is stored of a turn and its conversation, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.core.conversation import MessageRef, Operation, Participant, ThreadRef
from bot.core.files import File
from bot.core.ports.model import Example, Sampling
from bot.core.turn import Place, TurnState, Usage


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who wants to see something, by the platform's id."""

    platform: str
    workspace: str
    id: str


@dataclass(frozen=True, slots=True)
class StoredCompletion:
    """A call of the model: what it was sent, by name, and what is known of its end."""

    id: int  # of the completion
    variant: int
    chosen: bool
    outcome: str
    model: str
    system_prompt: str
    examples: Sequence[Example]
    entries: Sequence[str]  # keys: see entries.py
    max_tokens: int
    sampling: Sampling
    counted_tokens: int  # by us, before the call
    estimated_tokens: int | None  # the same in the model's own
    window: Place | None  # where the conversation's window started
    started_at: datetime
    usage: Usage  # as the server said
    cost_nanodollars: int | None
    finish_reason: str | None
    response_id: str | None
    response_model: str | None
    total_seconds: float | None
    first_token_seconds: float | None = None
    fingerprint: str | None = None
    likes: int = 0  # people who think well of what came of it
    dislikes: int = 0


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """*turn* is None until one takes it. *hidden*: no model is sent it."""

    id: int
    platform_id: str
    turn: int | None
    position: int
    author: Participant
    posted_at: datetime
    erased_at: datetime | None
    hidden: bool = False
    addressed: bool = False


@dataclass(frozen=True, slots=True)
class StoredVersion:
    id: int
    message: int
    text: str | None
    given: str | None
    tokens: int | None  # of *given*, also once that is erased


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A completion of the conversation. *text* is None while there is none, and once it is erased."""

    completion: int
    turn: int
    variant: int
    number: int  # within the variant: the text of a later one begins with that of an earlier
    chosen: bool
    text: str | None
    tokens: int | None  # also once it is erased
    started_at: datetime
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """*tokens*: those of what was read of it, also once that is gone."""

    file: File
    message: int
    tokens: int | None
    erased_at: datetime | None  # its own; when its message is erased, it is, too


@dataclass(frozen=True, slots=True)
class StoredSummary:
    """*text* is None once it is erased, as something that it told of was; *tokens* are there still."""

    id: int
    text: str | None
    tokens: int | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredTurn:
    id: int
    state: TurnState
    reason: str | None
    command: bool


@dataclass(frozen=True, slots=True)
class StoredReaction:
    """
    A reaction that steers, as it was last changed: set, or taken away again.

    It stands on *message*, or, where that is None, on the answer of *turn*.
    """

    operation: Operation
    message: int | None
    turn: int | None
    by: Participant
    at: datetime
    active: bool


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """All that is stored of a conversation, each by its id."""

    turns: Mapping[int, StoredTurn]
    messages: Mapping[int, StoredMessage]
    versions: Mapping[int, StoredVersion]  # oldest first
    answers: Mapping[int, StoredAnswer]
    files: Mapping[int, StoredFile]  # with their pictures only where the call was sent them
    reactions: Sequence[StoredReaction] = ()
    summaries: Mapping[int, StoredSummary] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn, its calls (oldest first), and the one that is to be shown; None: it never came to one."""

    turn: StoredTurn
    thread: ThreadRef
    completions: Sequence[StoredCompletion]
    completion: StoredCompletion | None
    record: ConversationRecord


@dataclass(frozen=True, slots=True)
class Opinions:
    """How many people said so of an answer."""

    good: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """The use by one person's questions. *cost_nanodollars*: as far as prices are known."""

    turns: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_nanodollars: int = 0


class ReceiptStore(Protocol):
    """Read only. All methods raise LedgerError when the database cannot be used just now."""

    async def turn_record(self, turn: int, completion_id: int | None = None) -> TurnRecord | None:
        """Of *completion*, or else of the answer that is shown; None where there is no such turn."""

    async def opinions(self, completion_id: int) -> Opinions: ...

    async def turn_of(self, message: MessageRef) -> int | None:
        """The turn whose answer, or a part of it, a message of ours is."""

    async def newest_turn(self, viewer: Viewer, channel: str, thread: str | None = None) -> int | None:
        """The last one there in which *viewer* asked something; without a *thread* in all of *channel*."""

    async def use(self, viewer: Viewer, since: datetime) -> Use: ...

    async def locale(self, viewer: Viewer) -> str | None:
        """In which language somebody reads the platform, as far as we know them."""
