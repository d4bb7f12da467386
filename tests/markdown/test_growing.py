"""Growing: a text that is sent while it is written, and of which nothing can be taken back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.markdown import ZERO_WIDTH_SPACE, Growing, Piece, spaced
from bot.markdown.lines import scan
from tests.markdown.writing import documents, scribbles

limits = st.integers(min_value=4, max_value=400)
readable_limits = st.integers(min_value=300, max_value=900)
chunk_sizes = st.lists(st.integers(min_value=1, max_value=80), min_size=1, max_size=8)


def utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def visible(text: str) -> str:
    return "".join(text.split())


def beginnings(markdown: str, sizes: Sequence[int]) -> Iterable[str]:
    """*markdown* as it grows, by *sizes* over and over."""
    at, number = 0, 0
    while at < len(markdown):
        at += sizes[number % len(sizes)]
        number += 1
        yield markdown[:at]


def sent(growing: Growing, markdown: str, sizes: Sequence[int], limit: int) -> list[str]:
    """What the parts show in the end; all that must hold on the way is checked on the way."""
    shown: dict[int, str] = {}
    ended: set[int] = set()
    for text, finished in [*((text, False) for text in beginnings(markdown, sizes)), (markdown, True)]:
        for addition in growing.take(text, finished=finished):
            assert addition.part not in ended
            assert addition.part == max([*ended, 0]) + 1
            assert addition.text or addition.ends
            shown[addition.part] = shown.get(addition.part, "") + addition.text
            assert utf8(shown[addition.part]) <= max(limit, 4)
            if addition.ends:
                ended.add(addition.part)
        assert growing.shown == (shown.get(len(ended) + 1, ""))
    assert ended == shown.keys()
    return list(shown.values())


def check(markdown: str, parts: list[Piece]) -> None:
    """Without the marks that were added the parts are the text."""
    assert "".join(markdown[part.start : part.end] for part in parts) == markdown or not markdown.strip()
    for part in parts:
        assert part.text.startswith(part.opened)
        assert part.text.endswith(part.closed)
        body = part.text[len(part.opened) : len(part.text) - len(part.closed)]
        assert visible(body) == visible(markdown[part.start : part.end])
        assert body.strip() in markdown or "\n" in body


@given(st.one_of(documents, scribbles), limits, chunk_sizes)
@example("```python\n" + "x\n" * 40 + "```", 30, [3])
@example("- a\n\n    ```sh\n" + "    x\n" * 40 + "    ```\n\nend", 40, [7])
@example("가" * 300, 50, [1])
@example("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 20, 60, [5])
def test_what_was_appended_is_the_text_in_parts_that_fit(markdown: str, limit: int, sizes: list[int]) -> None:
    growing = Growing(limit, utf8)
    shown = sent(growing, markdown, sizes, limit)

    assert [part.text for part in growing.parts] == shown
    check(markdown, growing.parts)


@given(st.one_of(documents, scribbles), st.integers(min_value=8, max_value=400), chunk_sizes)
@example("**굵게**은 **'인용'**은 끝", 14, [1])
def test_marks_beside_letters_get_air_in_parts_that_fit(markdown: str, limit: int, sizes: list[int]) -> None:
    growing, plain = Growing(limit, utf8, air=True), Growing(limit, utf8)
    shown = sent(growing, markdown, sizes, limit)

    assert [part.text for part in growing.parts] == shown
    check(markdown, [replace(part, text=part.text.replace(ZERO_WIDTH_SPACE, "")) for part in growing.parts])
    if len(growing.parts) == 1 and not scan(markdown).fence:
        sent(plain, markdown, sizes, limit)
        assert shown == [spaced(part.text) for part in plain.parts]


@given(documents, readable_limits, chunk_sizes)
def test_words_links_and_rows_are_not_cut(markdown: str, limit: int, sizes: list[int]) -> None:
    texts = sent(Growing(limit, utf8), markdown, sizes, limit)

    for whole in set(re.findall(r"\S+", markdown)):
        assert any(whole in text for text in texts), whole
    for whole in set(re.findall(r"!?\[[^\]\n]*\]\(\S+(?: \"title\")?\)|^\| .*\|$", markdown, re.MULTILINE)):
        if utf8(whole) < limit - 40:
            assert any(whole in text for text in texts), whole


@given(documents, readable_limits, chunk_sizes)
def test_code_blocks_are_closed_and_opened_again(markdown: str, limit: int, sizes: list[int]) -> None:
    for text in sent(Growing(limit, utf8), markdown, sizes, limit):
        fences = re.findall(r"^[> ]*(?:- )?(`{3,}|~{3,})", text, re.MULTILINE)
        assert fences[::2] == fences[1::2]


@given(documents, readable_limits, chunk_sizes)
def test_a_table_goes_on_under_its_header(markdown: str, limit: int, sizes: list[int]) -> None:
    for text in sent(Growing(limit, utf8), markdown, sizes, limit):
        if text.startswith("| "):
            assert text.startswith("| a | b |\n|---|:-:|\n|") or utf8(max(text.splitlines(), key=len)) > limit - 40


@given(documents, chunk_sizes)
@example("*one two*. **three four**.", [1])
def test_no_half_of_a_link_or_of_strong_words_is_ever_sent(markdown: str, sizes: list[int]) -> None:
    growing = Growing(100_000)
    shown = ""
    for text in beginnings(markdown, sizes):
        shown += "".join(addition.text for addition in growing.take(text))
        last = re.split(r"\n\n|\n(?=[-|>#\d])", shown)[-1]
        if "```" not in shown and "~~~" not in shown and "`" not in last:
            assert last.count("**") % 2 == 0, last
            assert re.search(r"\[[^\]]*\Z|\]\Z|\]\([^)]*\Z", last) is None, last


@given(documents, chunk_sizes)
def test_little_is_held_back(markdown: str, sizes: list[int]) -> None:
    growing = Growing(100_000)
    for text in beginnings(markdown, sizes):
        growing.take(text)
        assert growing.held <= 900


@given(st.one_of(documents, scribbles), readable_limits, chunk_sizes, st.integers(min_value=1, max_value=5))
def test_a_part_can_be_ended_at_any_time(markdown: str, limit: int, sizes: list[int], every: int) -> None:
    growing = Growing(limit, utf8)
    shown: dict[int, str] = {}
    for number, text in enumerate(beginnings(markdown, sizes)):
        additions = growing.take(text)
        if number % every == 0:
            additions += growing.end_part()
        for addition in additions:
            shown[addition.part] = shown.get(addition.part, "") + addition.text
    for addition in growing.take(markdown, finished=True):
        shown[addition.part] = shown.get(addition.part, "") + addition.text

    assert [part.text for part in growing.parts] == list(shown.values())
    check(markdown, growing.parts)
    assert all(utf8(text) <= limit for text in shown.values())


def additions(markdown: str, limit: int = 1_000) -> list[str]:
    return [each.text for each in Growing(limit).take(markdown)]


@pytest.mark.parametrize(
    ("written", "appended"),
    [
        ("Some wor", ["Some"]),
        ("Some words ", ["Some words"]),
        ("이것은 **굵", ["이것은"]),
        ("이것은 **굵게 쓴 글**", ["이것은"]),
        ("이것은 **굵게 쓴 글**은 ", ["이것은 **굵게 쓴 글**은"]),
        ("see [a link](https://exa", ["see"]),
        ("run `make a", ["run"]),
        ("# Head\n\n", []),
        ("# Head\n\nText f", ["# Head\n\nText"]),
        ("text\n\n```py", ["text"]),
        ("text\n\n```py\n", ["text"]),
        ("text\n\n```py\nx = 1\ny", ["text\n\n```py\nx = 1"]),
        ("text\n\n```py\nx = 1\n```\n", ["text\n\n```py\nx = 1\n```"]),
        ("| a | b |\n", []),
        ("| a | b |\n|---|---|\n| 1 | 2", []),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", ["| a | b |\n|---|---|\n| 1 | 2 |"]),
        ("- one\n-", ["- one"]),
        ("a snake_case_name and 2 * 3 *", ["a snake_case_name and 2 * 3"]),
    ],
)
def test_what_may_yet_become_something_else_waits(written: str, appended: list[str]) -> None:
    assert additions(written) == appended


def test_a_part_ends_between_paragraphs_when_it_is_full_enough() -> None:
    growing = Growing(100)
    text = "a" * 70 + "\n\n" + "b" * 20 + " c"
    assert [(each.part, each.text, each.ends) for each in growing.take(text)] == [
        (1, "a" * 70, True),
        (2, "b" * 20, False),
    ]


def test_code_goes_on_in_the_next_part_with_its_language() -> None:
    growing = Growing(60)
    texts = sent(growing, "```python\n" + "".join(f"print({n})\n" for n in range(8)) + "```\nend", [9], 60)
    assert texts[0].startswith("```python\nprint(0)\n")
    assert texts[0].endswith("\n```")
    assert texts[1].startswith("```python\nprint(")
    assert texts[-1].endswith("```\nend")


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
    markdown = part * (60_000 // len(part))
    growing = Growing(9_000, utf8)
    started = time.process_time()
    sent(growing, markdown, [120], 9_000)

    assert time.process_time() - started < 3
    check(markdown, growing.parts)


@settings(max_examples=10)
@given(documents)
def test_time_grows_with_the_length_of_the_text(markdown: str) -> None:
    text = (markdown + "\n\n") * (60_000 // (len(markdown) + 2) + 1)
    started = time.process_time()
    sent(Growing(9_000, utf8), text, [200], 9_000)

    assert time.process_time() - started < 3
