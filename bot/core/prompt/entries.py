"""
What a prompt consists of, entry by entry, and how entries become the messages of the API. Pure.

A prompt that is sent (build.py) and one that is shown later (record.py) are joined here, by the same function. What was
sent is stored as the keys of its entries:

    v12           a version of a message; v12:unnamed is one that follows on names and has none
    f7            what was read of a file; f7:unseen is a picture that was only named, f7:broken (or any other outcome
                  of FileOutcome) a file that could not be read
    c5            a completion: an earlier answer; c5:unbracketed is one whose brackets were taken out
    t             TRUNCATED, which belongs to no message
    s3            a summary of what the window has left behind
    g             GO_ON, after the beginning of the answer that is to be continued (c5)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.core.files import File, FileOutcome, image_tokens
from bot.core.ports import Example, PromptImage, PromptMessage, Role
from bot.core.prompt.speakers import SUMMARY, SUMMARY_END, UNNAMED, is_named, unbracketed, without_ours

BETWEEN = "\n\n"  # messages of one side, said in a row
BETWEEN_TOKENS = 1  # at most: it joins the punctuation before it
UNNAMED_TOKENS = 7  # at most, of UNNAMED: its bytes
TRUNCATED_KEY, GO_ON_KEY = "t", "g"
_UNNAMED_MARK, _UNSEEN_MARK, _UNBRACKETED_MARK = "unnamed", "unseen", "unbracketed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message, file or line, ready to be sent; *tokens* with all that it costs when it stands alone."""

    key: str
    role: Role
    text: str
    tokens: int
    pinned: bool = False
    file: File | None = None
    image: bool = False  # the file's picture is sent
    unnamed: bool = False  # is marked as having no name

    @property
    def named(self) -> bool:
        """Whether it says who speaks. A file belongs to the message before it."""
        return self.file is None and is_named(self.text)


@dataclass(frozen=True, slots=True)
class Joined:
    """One message of the API, and what it was joined from."""

    message: PromptMessage
    tokens: int
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Key:
    """A key, read: what *kind* of entry (v, f, c, t, s or g), which one, and in what form."""

    kind: str
    id: int = 0
    form: str = ""

    @property
    def unnamed(self) -> bool:
        return self.form == _UNNAMED_MARK

    @property
    def unseen(self) -> bool:
        return self.form == _UNSEEN_MARK

    @property
    def unbracketed(self) -> bool:
        return self.form == _UNBRACKETED_MARK

    @property
    def outcome(self) -> FileOutcome:
        """The state of the file when it was sent."""
        return FileOutcome(self.form) if self.form and not self.unseen else FileOutcome.READ


def read_key(key: str) -> Key:
    name, _, form = key.partition(":")
    return Key(name[:1], int(name[1:] or 0), form)


def formless(key: str) -> str:
    """*key* without the form: the same for whatever was made of a version, a file or an answer."""
    return key.partition(":")[0]


def answer_entry(completion: int, text: str, tokens: int, *, pinned: bool = False) -> Entry:
    """An earlier answer as prompts hold it. *tokens* with all that it costs when it stands alone."""
    form = unbracketed(text)
    key = f"c{completion}" if form == text else f"c{completion}:{_UNBRACKETED_MARK}"
    return Entry(key, "assistant", form, tokens, pinned)


def file_key(file: File, *, sees: bool) -> str:
    outcome = file.reading.outcome
    if outcome is not FileOutcome.READ:
        return f"f{file.id}:{outcome.value}"
    return f"f{file.id}:{_UNSEEN_MARK}" if file.reading.image and not sees else f"f{file.id}"


def instructions(system_prompt: str, examples: Sequence[Example]) -> list[PromptMessage]:
    """The messages before the conversation, which are joined with nothing."""
    messages = [PromptMessage("system", system_prompt)] if system_prompt else []
    for example in examples:
        messages += [PromptMessage("user", example.user), PromptMessage("assistant", example.assistant)]
    return messages


def summarized(text: str) -> str:
    """The form in which a summary stands in a prompt."""
    return f"{SUMMARY}\n{without_ours(text)}\n{SUMMARY_END}"


def marked(entries: Iterable[Entry]) -> list[Entry]:
    """*entries*, of which those that have no name and follow on names are marked, in their keys, too."""
    named, found = False, []
    for entry in entries:
        is_said = bool(entry.text) and entry.role == "user" and entry.file is None
        named = named or (is_said and entry.named)
        if named and is_said and not entry.named:
            found.append(replace(entry, unnamed=True, key=f"{entry.key}:{_UNNAMED_MARK}"))
        else:
            found.append(entry)
    return found


def join(entries: Iterable[Entry], per_message: int) -> list[Joined]:
    """
    Messages for the API, with their tokens: what one side says in a row is one message; blank entries are left out.

    *per_message*: tokens that each message costs beside its content.
    """
    said = groupby((entry for entry in entries if entry.text), key=lambda entry: entry.role)
    return [_joined(role, list(row), per_message) for role, row in said]


def _joined(role: Role, entries: Sequence[Entry], per_message: int) -> Joined:
    texts: list[str] = []
    images: list[PromptImage] = []
    length = -len(BETWEEN)
    for entry in entries:
        texts.append(UNNAMED + entry.text if entry.unnamed else entry.text)
        length += len(BETWEEN) + len(texts[-1])
        if entry.image and entry.file is not None:
            images.append(_picture(entry.file, length))
    tokens = sum(entry.tokens for entry in entries) - (len(entries) - 1) * (per_message - BETWEEN_TOKENS)
    return Joined(PromptMessage(role, BETWEEN.join(texts), tuple(images)), tokens, entries)


def _picture(file: File, at: int) -> PromptImage:
    """*at*: it follows on what stands for it."""
    reading = file.reading
    return PromptImage(at, reading.image, reading.media_type, image_tokens(reading.width, reading.height))
