"""plain_text: what a notification says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markdown import plain_text
from tests.markdown.writing import documents, scribbles

CASES = {
    "marks": ("# Title\n\n**굵게**은 *it* ~~no~~", "Title 굵게은 it no"),
    "marks that CommonMark does not close": ('**"굵게"**은 그렇다', '"굵게"은 그렇다'),
    "links as their labels": ("see [the **docs**](https://x.org) and ![a view](p.png)", "see the docs and a view"),
    "code as it is": ("run `a * b`\n\n```sh\nmake **all**\n```", "run a * b make **all**"),
    "lists": ("- one\n- two\n  1. three", "one two three"),
    "tables": ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2"),
    "quotes and lines": ("> one\n> two  \nthree", "one two three"),
    "tags are text": ("<b>bold</b> &amp; <!channel>", "<b>bold</b> & <!channel>"),
    "nothing": (" \n", ""),
}


@pytest.mark.parametrize(("markdown", "expected"), CASES.values(), ids=CASES.keys())
def test_plain(markdown: str, expected: str) -> None:
    assert plain_text(markdown) == expected


@given(st.one_of(documents, scribbles))
def test_it_is_one_line(markdown: str) -> None:
    text = plain_text(markdown)

    assert text == " ".join(text.split())


@given(documents)
def test_words_are_kept_and_marks_are_not(markdown: str) -> None:
    text = plain_text(markdown)

    assert "](" not in text
    assert "**" not in text
    for word in ("Threadbot", "snake_case", "한국어로"):
        assert (word in text) == (word in markdown)
