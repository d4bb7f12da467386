"""
Reconstructs the prompt that a model was sent from the stored records. Pure.

A completion names the entries of its prompt, and entries.py joins them as it did then. A text that was deleted since
appears as [deleted DATE, N tokens]. left_out.py says why something was not sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.conversation import ParticipantKind
from bot.core.errors import BotError
from bot.core.files import FileOutcome, Reading
from bot.core.ports import ConversationRecord, Role, StoredAnswer, StoredCompletion, StoredSummary
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


@dataclass(frozen=True, slots=True)
class SentPrompt:
    """The messages of a request, each with its tokens and entries. *erased*: keys of deleted texts."""

    messages: Sequence[Joined]
    erased: Sequence[str]


class UnknownEntryError(BotError):
    """A prompt names an entry that is not stored, or unknown to this version."""


def deleted(at: datetime | None, tokens: int | None) -> str:
    """The placeholder for a deleted text."""
    said = ["deleted" if at is None else f"deleted {at:%Y-%m-%d}"]
    if tokens is not None:
        said.append(f"{tokens} tokens")
    return f"[{', '.join(said)}]"


def put_together(completion: StoredCompletion, record: ConversationRecord, counting: Counting) -> SentPrompt:
    """The messages of *completion* in order, from the system prompt on. Raises UnknownEntryError."""
    before = instructions(completion.system_prompt, completion.examples)
    entries = [_entry(key, read_key(key), record, counting) for key in completion.entries]
    first = [Joined(message, _cost(message.content, counting), ()) for message in before]
    joined = join((entry for entry, _ in entries), counting.per_message)
    return SentPrompt([*first, *joined], [entry.key for entry, is_erased in entries if is_erased and entry.text])


def _entry(key: str, read: Key, record: ConversationRecord, counting: Counting) -> tuple[Entry, bool]:
    """One entry, and whether its text was deleted since."""
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
    if text is None:  # blank texts have no entry text
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
    # As at the time of the call: a file that was unreadable then may have been read since.
    file = stored.file if was_read else replace(stored.file, reading=Reading(read.outcome))
    text = file_form.form(file, sees=not read.unseen)
    image = bool(file.reading.image) and not read.unseen
    tokens = stored.tokens if image and stored.tokens else counting.count(text)
    return Entry(key, "user", text, tokens + counting.per_message, file=file, image=image), False


def _cost(text: str, counting: Counting) -> int:
    return counting.per_message + counting.count(text)
