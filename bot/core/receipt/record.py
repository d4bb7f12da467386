"""
What a model was sent, put together again from what is stored of it. Pure.

A completion names what it was sent, entry by entry; entries.py joins them now as it did then. Text that was deleted
since stands as [deleted DATE, N tokens]. Why something was not sent is in left_out.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.core.conversation import Operation, Participant, ParticipantKind, ThreadRef
from bot.core.errors import BotError
from bot.core.files import File, FileOutcome, Reading
from bot.core.ports import Example, Role, Sampling
from bot.core.prompt import file_form
from bot.core.prompt.build import Counting
from bot.core.prompt.entries import (
    GO_ON_KEY,
    TRUNCATED_KEY,
    UNNAMED_TOKENS,
    Entry,
    Joined,
    Key,
    instructions,
    join,
    read_key,
    summarized,
)
from bot.core.prompt.speakers import GO_ON, TRUNCATED, unbracketed
from bot.core.turn import Place, TurnState, Usage


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
class SentPrompt:
    """The messages of a request, each with its tokens and what it was joined from. *erased*: keys of deleted texts."""

    messages: Sequence[Joined]
    erased: Sequence[str]


class UnknownEntryError(BotError):
    """A prompt names something that is not stored, or that this version does not know."""


def deleted(at: datetime | None, tokens: int | None) -> str:
    """What stands for a text that was deleted since."""
    said = ["deleted" if at is None else f"deleted {at:%Y-%m-%d}"]
    if tokens is not None:
        said.append(f"{tokens} tokens")
    return f"[{', '.join(said)}]"


def put_together(completion: StoredCompletion, record: ConversationRecord, counting: Counting) -> SentPrompt:
    """The messages of *call* in their order, from its system prompt on. Raises UnknownEntryError."""
    before = instructions(completion.system_prompt, completion.examples)
    entries = [_entry(key, read_key(key), record, counting) for key in completion.entries]
    first = [Joined(message, _cost(message.content, counting), ()) for message in before]
    joined = join((entry for entry, _ in entries), counting.per_message)
    return SentPrompt([*first, *joined], [entry.key for entry, is_erased in entries if is_erased and entry.text])


def _entry(key: str, read: Key, record: ConversationRecord, counting: Counting) -> tuple[Entry, bool]:
    """One of them, and whether its text was deleted since."""
    try:
        if key == TRUNCATED_KEY:
            return Entry(key, "user", TRUNCATED, _cost(TRUNCATED, counting)), False
        if key == GO_ON_KEY:
            return Entry(key, "user", GO_ON, _cost(GO_ON, counting)), False
        if read.kind == "v":
            return _said(key, read, record, counting)
        if read.kind == "c":
            return _answered(key, read, record.answers[read.id], counting)
        if read.kind == "s":
            return _summary(key, record.summaries[read.id], counting)
        if read.kind == "f":
            return _file(key, read, record, counting)
    except KeyError:
        raise UnknownEntryError(f"The prompt names {key}, which is no longer stored.") from None
    raise UnknownEntryError(f"The prompt names {key}, which this version of Threadbot does not know.")


def _said(key: str, read: Key, record: ConversationRecord, counting: Counting) -> tuple[Entry, bool]:
    version = record.versions[read.id]
    message = record.messages[version.message]
    text = version.given
    if text is None:  # nothing stood there for what was blank
        text = deleted(message.erased_at, version.tokens) if version.tokens != 0 else ""
    tokens = (version.tokens or 0) + counting.per_message + (UNNAMED_TOKENS if read.unnamed else 0)
    role: Role = "assistant" if message.author.kind is ParticipantKind.SELF else "user"
    return Entry(key, role, text, tokens, unnamed=read.unnamed), version.given is None


def _answered(key: str, read: Key, answer: StoredAnswer, counting: Counting) -> tuple[Entry, bool]:
    text = deleted(answer.erased_at, answer.tokens) if answer.text is None else answer.text
    form = unbracketed(text) if read.unbracketed else text
    return Entry(key, "assistant", form, (answer.tokens or 0) + counting.per_message), answer.text is None


def _summary(key: str, summary: StoredSummary, counting: Counting) -> tuple[Entry, bool]:
    text = deleted(summary.erased_at, summary.tokens) if summary.text is None else summary.text
    form = summarized(text)
    return Entry(key, "user", form, _cost(form, counting)), summary.text is None


def _file(key: str, read: Key, record: ConversationRecord, counting: Counting) -> tuple[Entry, bool]:
    stored, was_read = record.files[read.id], read.outcome is FileOutcome.READ
    erased_at = record.messages[stored.message].erased_at
    is_gone = stored.file.reading.outcome is not FileOutcome.READ
    if erased_at is not None or (was_read and is_gone):
        text = deleted(erased_at or stored.erased_at, stored.tokens)
        tokens = (stored.tokens or 0) + counting.per_message
        return Entry(key, "user", text, tokens, file=stored.file), True
    # As it was then: what could not be read may have been read since.
    file = stored.file if was_read else replace(stored.file, reading=Reading(read.outcome))
    text = file_form.form(file, sees=not read.unseen)
    image = bool(file.reading.image) and not read.unseen
    tokens = stored.tokens if image and stored.tokens else counting.count(text)
    return Entry(key, "user", text, tokens + counting.per_message, file=file, image=image), False


def _cost(text: str, counting: Counting) -> int:
    return counting.per_message + counting.count(text)
