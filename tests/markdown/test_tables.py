"""Tables as aligned code."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markdown import aligned
from tests.markdown.writing import documents, scribbles, table

CASES = {
    "two tables": (
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nc | d\n--|--\n3 | 4",
        "```\na | b\n--+--\n1 | 2\n```\n\n```\nc | d\n--+--\n3 | 4\n```",
    ),
    "under a paragraph": ("text\n| a | b |\n|---|---|\n| 1 |\nmore", "text\n```\na | b\n--+--\n1\n```\nmore"),
    "empty cells": ("| a | b | c |\n|---|---|---|\n| | 2 | |", "```\na | b | c\n--+---+--\n  | 2 |\n```"),
    "escaped bars": ("| a | b |\n|---|---|\n| x \\| y | 2 |", "```\na     | b\n------+--\nx | y | 2\n```"),
    "a long cell": (
        f"| a | b |\n|---|---|\n| {'x' * 50} | 2 |\n| yy | 3 |",
        f"```\na  | b\n---+--\n{'x' * 50} | 2\nyy | 3\n```",
    ),
    "letters and emojis that are two columns wide": (
        "| 이름 | b |\n|---|---|\n| 👨‍👩‍👧 | 1 |\n| 👍🏽 | 2 |\n| ❤️ | 3 |\n| 🇰🇷 | 4 |",
        "```\n이름 | b\n-----+--\n👨‍👩‍👧   | 1\n👍🏽   | 2\n❤️   | 3\n🇰🇷   | 4\n```",
    ),
    "in code": ("```\n| a | b |\n|---|---|\n```", "```\n| a | b |\n|---|---|\n```"),
    "no table": ("a | b\nc | d", "a | b\nc | d"),
}


@pytest.mark.parametrize(("markdown", "shown"), CASES.values(), ids=CASES.keys())
def test_draw(markdown: str, shown: str) -> None:
    assert aligned(markdown) == shown


@given(table)
def test_every_cell_is_there(markdown: str) -> None:
    drawn = aligned(markdown)

    assert drawn.startswith("```")
    for row in markdown.splitlines()[2:]:
        for word in row.replace("|", " ").replace("*", "").split():
            assert word.strip("[]()~`!").split("](")[0] in drawn


@given(st.one_of(documents, scribbles))
def test_twice_is_once(markdown: str) -> None:
    assert aligned(aligned(markdown)) == aligned(markdown)


@pytest.mark.parametrize("part", ["| a | b |\n|---|---|\n", "|", "`|", "| a\n|-|\n", "[a]("])
def test_a_hundred_thousand_characters_take_no_seconds(part: str) -> None:
    started = time.process_time()
    aligned("| a | b |\n|---|---|\n" + part * (100_000 // len(part)))

    assert time.process_time() - started < 3
