"""How entries of a prompt become messages, and how their keys are read again."""

from __future__ import annotations

import pytest

from bot.core.files import File, FileOutcome, FileRef, Reading
from bot.core.ports import PromptImage, PromptMessage
from bot.core.prompt.entries import Entry, Joined, Key, file_key, join, marked, read_key

PER_MESSAGE = 4


def said(key: str, text: str, tokens: int = 10) -> Entry:
    return Entry(key, "user", text, tokens)


def answered(key: str, text: str) -> Entry:
    return Entry(key, "assistant", text, 10)


def photo(outcome: FileOutcome = FileOutcome.READ) -> File:
    image = b"pixels" if outcome is FileOutcome.READ else b""
    return File(7, FileRef("F7", "photo.png", "image/png"), Reading(outcome, "", image, "image/png", 64, 32), 5)


def test_what_one_side_says_in_a_row_is_one_message_and_costs_as_one() -> None:
    first, second, answer = said("v1", "하나"), said("v2", "둘"), answered("c1", "셋")
    assert join([first, said("v3", ""), second, answer], PER_MESSAGE) == [
        Joined(PromptMessage("user", "하나\n\n둘"), 10 + 10 - PER_MESSAGE + 1, [first, second]),
        Joined(PromptMessage("assistant", "셋"), 10, [answer]),
    ]


def test_a_picture_follows_on_what_stands_for_it() -> None:
    shown = Entry("f7", "user", "⟦image ⟦photo.png⟧⟧", 30, file=photo(), image=True)
    [joined] = join([said("v1", "see"), shown, said("v2", "well?")], PER_MESSAGE)
    at = len("see\n\n⟦image ⟦photo.png⟧⟧")
    assert joined.message.images == (PromptImage(at, b"pixels", "image/png", 3),)
    assert joined.message.content[:at].endswith("⟧⟧")


def test_what_has_no_name_and_follows_on_names_is_marked_and_its_key_says_so() -> None:
    file = Entry("f7", "user", "⟦image ⟦photo.png⟧⟧", 30, file=photo(), image=True)
    entries = marked([said("v1", "a"), said("v2", "⟦Kim⟧ b"), file, answered("c1", "c"), said("v3", "d")])
    assert [entry.key for entry in entries] == ["v1", "v2", "f7", "c1", "v3:unnamed"]
    assert join(entries, PER_MESSAGE)[-1].message == PromptMessage("user", "⟦⟧ d")


@pytest.mark.parametrize(
    ("key", "read"),
    [("v12", Key("v", 12)), ("v3:unnamed", Key("v", 3, "unnamed")), ("c5", Key("c", 5)), ("t", Key("t"))],
)
def test_a_key_says_what_it_stands_for(key: str, read: Key) -> None:
    assert read_key(key) == read
    assert read.unnamed == key.endswith("unnamed")


@pytest.mark.parametrize("outcome", FileOutcome)
def test_the_key_of_a_file_says_what_had_become_of_it(outcome: FileOutcome) -> None:
    key = read_key(file_key(photo(outcome), sees=True))
    assert (key.kind, key.id, key.outcome, key.unseen) == ("f", 7, outcome, False)


def test_a_picture_that_a_model_cannot_see_is_read_and_unseen() -> None:
    key = read_key(file_key(photo(), sees=False))
    assert (key.outcome, key.unseen) == (FileOutcome.READ, True)
