"""Growing: what is shown of a text while it is written, when nothing of it can be taken back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.markdown import ZERO_WIDTH_SPACE, Growing, spaced
from tests.markdown.writing import documents, scribbles

chunk_sizes = st.lists(st.integers(min_value=1, max_value=80), min_size=1, max_size=8)


def visible(text: str) -> str:
    return "".join(text.replace(ZERO_WIDTH_SPACE, "").split())


def states(markdown: str, sizes: Sequence[int]) -> Iterator[tuple[str, str]]:
    """*markdown* as it grows, by *sizes* over and over, and what is shown of it."""
    growing = Growing()
    at, number = 0, 0
    while at < len(markdown):
        at += sizes[number % len(sizes)]
        number += 1
        growing.take(markdown[:at])
        yield markdown[:at], growing.shown


@given(st.one_of(documents, scribbles), chunk_sizes)
@example("```python\n" + "x\n" * 40 + "```", [3])
@example("- a\n\n    ```sh\n" + "    x\n" * 40 + "    ```\n\nend", [7])
@example("가" * 900, [1])
@example("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 20, [5])
def test_what_is_shown_is_the_beginning_of_the_text_and_stays(markdown: str, sizes: list[int]) -> None:
    before = ""
    for written, shown in states(markdown, sizes):
        assert shown.startswith(before)
        assert visible(written).startswith(visible(shown))
        assert shown.replace(ZERO_WIDTH_SPACE, "") in written.replace(ZERO_WIDTH_SPACE, "")
        before = shown


@given(documents, chunk_sizes)
@example("**굵게**은 **'인용'**은 끝", [1])
def test_marks_beside_letters_have_the_air_that_they_have_in_the_end(markdown: str, sizes: list[int]) -> None:
    for _, shown in states(markdown, sizes):
        assert spaced(markdown).lstrip().startswith(shown)


@given(documents, chunk_sizes)
def test_words_and_rows_are_not_cut(markdown: str, sizes: list[int]) -> None:
    words, rows = set(markdown.split()), {line.rstrip() for line in markdown.splitlines()}
    for _, shown in states(markdown, sizes):
        last = shown.replace(ZERO_WIDTH_SPACE, "").rpartition("\n")[2]
        assert words.issuperset(last.split()[-1:])
        assert not last.startswith("| ") or last in rows


@given(documents, chunk_sizes)
@example("*one two*. **three four**.", [1])
def test_no_half_of_a_link_or_of_strong_words_is_ever_shown(markdown: str, sizes: list[int]) -> None:
    for _, shown in states(markdown, sizes):
        last = re.split(r"\n\n|\n(?=[-|>#\d])", shown)[-1]
        if "```" not in shown and "~~~" not in shown and "`" not in last:
            assert last.count("**") % 2 == 0, last
            assert re.search(r"\[[^\]]*\Z|\]\Z|\]\([^)]*\Z", last) is None, last


@given(documents, chunk_sizes)
def test_little_is_held_back(markdown: str, sizes: list[int]) -> None:
    assert all(len(written) - len(shown) <= 900 for written, shown in states(markdown, sizes))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Some wor", "Some"),
        ("Some words ", "Some words"),
        ("이것은 **굵", "이것은"),
        ("이것은 **굵게 쓴 글**", "이것은"),
        ("이것은 **굵게 쓴 글**은 ", "이것은 **굵게 쓴 글**\u200b은"),
        ("see [a link](https://exa", "see"),
        ("run `make a", "run"),
        ("# Head\n\n", ""),
        ("# Head\n\nText f", "# Head\n\nText"),
        ("text\n\n```py", "text"),
        ("text\n\n```py\n", "text"),
        ("text\n\n```py\nx = 1\ny", "text\n\n```py\nx = 1"),
        ("text\n\n```py\nx = 1\n```\n", "text\n\n```py\nx = 1\n```"),
        ("| a | b |\n", ""),
        ("| a | b |\n|---|---|\n| 1 | 2", ""),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("- one\n-", "- one"),
        ("a snake_case_name and 2 * 3 *", "a snake_case_name and 2 * 3"),
    ],
)
def test_what_may_yet_become_something_else_waits(written: str, shown: str) -> None:
    growing = Growing()
    growing.take(written)

    assert growing.shown == shown


LONG = {
    "prose": "Hello **you**, `code`, [a link](http://x.y). 안녕, **굵게**은.\n\n- one\n- two\n\n```py\nx\n```\n\n",
    "one word": "a",
    "one line": "word and 낱말 ",
    "spaces": " ",
    "newlines": "\n",
    "brackets": "[",
    "half links": "](a",
    "backticks": "` `` ``` ",
    "stars": "**a ",
    "quotes": ">",
    "bars": "|-",
    "rows": "| a | b |\n|---|---|\n",
    "code": "```\nx = 1\n",
}


@pytest.mark.parametrize("part", LONG.values(), ids=LONG.keys())
def test_sixty_thousand_characters_take_no_seconds(part: str) -> None:
    assert seconds(part * (60_000 // len(part))) < 3


@settings(max_examples=10)
@given(documents)
@example("# Heading")  # held back, all of it: something is to follow
def test_what_one_message_holds_takes_no_second(markdown: str) -> None:
    assert seconds((markdown + "\n\n") * (10_000 // (len(markdown) + 2) + 1)) < 1


def seconds(markdown: str) -> float:
    """Of the processor, to show *markdown* as it grows."""
    started = time.process_time()
    for _ in states(markdown, [120]):
        pass
    return time.process_time() - started
