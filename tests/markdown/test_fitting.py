"""How much of a text a number of messages holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.markdown import fitting, split

LIMIT = 300
TEXT = "\n\n".join(f"Paragraph {number} has some words, and `code` of its own." for number in range(200))


def count(text: str) -> int:
    return len(split(text, LIMIT))


@pytest.mark.parametrize("messages", [1, 2, 5])
def test_the_last_message_is_filled(messages: int) -> None:
    kept = fitting(TEXT, messages, LIMIT, count)
    assert TEXT.startswith(kept)
    assert count(kept) == messages
    assert count(TEXT[: len(kept) + LIMIT]) > messages


def test_without_a_message_nothing_fits_and_with_enough_of_them_all() -> None:
    assert fitting(TEXT, 0, LIMIT, count) == ""
    assert fitting(TEXT, 1000, LIMIT, count) == TEXT


@settings(deadline=None, max_examples=100)
@given(st.text(st.sampled_from("ab가 \n`*|-"), max_size=3_000), st.integers(0, 6))
def test_no_text_takes_more_messages_than_there_are(text: str, messages: int) -> None:
    kept = fitting(text, messages, LIMIT, count)
    assert text.startswith(kept)
    assert count(kept) <= messages
