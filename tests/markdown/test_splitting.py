"""Splitting: what every split has to keep, and where it cuts."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.markdown import pieces, split
from tests.markdown.writing import documents, scribbles

limits = st.integers(min_value=1, max_value=400)
readable_limits = st.integers(min_value=150, max_value=600)


def visible(text: str) -> str:
    return "".join(text.split())


@given(st.one_of(documents, scribbles), limits)
def test_the_ranges_of_all_pieces_are_the_whole_text(markdown: str, limit: int) -> None:
    ranges = [(piece.start, piece.end) for piece in pieces(markdown, limit)]

    assert "".join(markdown[start:end] for start, end in ranges) == markdown or not markdown.strip()
    assert all(start < end for start, end in ranges)


@given(st.one_of(documents, scribbles), limits)
@example("```python\n" + "x\n" * 40 + "```", 30)
@example("- a\n\n    ```sh\n" + "    x\n" * 40 + "    ```\n\nend", 40)
def test_without_the_marks_that_were_added_every_piece_is_what_stands_in_the_text(markdown: str, limit: int) -> None:
    for piece in pieces(markdown, limit):
        assert piece.text.startswith(piece.opened)
        assert piece.text.endswith(piece.closed)
        body = piece.text[len(piece.opened) : len(piece.text) - len(piece.closed)]
        assert visible(body) == visible(markdown[piece.start : piece.end])
        assert body.strip() in markdown or "\n" in body


@given(st.one_of(documents, scribbles), limits)
@example("```py\n" + "x" * 100, 30)
def test_no_piece_is_longer_than_the_limit_or_blank(markdown: str, limit: int) -> None:
    for text in split(markdown, limit):
        assert len(text) <= limit
        assert text.strip()


@given(documents, st.one_of(documents, scribbles), readable_limits)
def test_what_is_added_at_the_end_leaves_all_but_the_last_two_pieces_alone(before: str, after: str, limit: int) -> None:
    settled = pieces(before, limit)[:-2]

    assert pieces(before + after, limit)[: len(settled)] == settled


@given(documents, readable_limits)
def test_code_blocks_are_balanced_in_every_piece(markdown: str, limit: int) -> None:
    for text in split(markdown, limit):
        fences = re.findall(r"^[> ]*(?:- )?(`{3,}|~{3,})", text, re.MULTILINE)
        assert fences[::2] == fences[1::2]


@given(documents, readable_limits)
def test_words_links_and_code_spans_are_not_cut(markdown: str, limit: int) -> None:
    texts = split(markdown, limit)

    for whole in set(re.findall(r"\S+", markdown)):
        assert any(whole in text for text in texts), whole
    for whole in set(re.findall(r"!?\[[^\]]*\]\(\S+(?: \"title\")?\)|(?<!`)`[^`\n]+`(?!`)", markdown)):
        assert any(whole in text for text in texts), whole


@given(documents, readable_limits)
def test_table_rows_are_not_cut_and_always_stand_under_their_header(markdown: str, limit: int) -> None:
    texts = split(markdown, limit)

    for row in set(re.findall(r"^\| .*\|$", markdown, re.MULTILINE)):
        if len(row) < limit - 25:
            assert any(row in text for text in texts), row
    for text in texts:
        if text.startswith("| "):
            assert text.startswith("| a | b |\n|---|:-:|\n|") or len(max(text.splitlines(), key=len)) > limit - 25


@given(documents, readable_limits)
def test_splitting_is_deterministic(markdown: str, limit: int) -> None:
    assert pieces(markdown, limit) == pieces(markdown, limit)


CASES = {
    "a text that fits stays as it is": ("# 제목\n\n**굵게**은 그렇다.", 100, ["# 제목\n\n**굵게**은 그렇다."]),
    "a blank text has no pieces": (" \n\n\t\n", 10, []),
    "between paragraphs": ("One two three.\n\nFour five six.", 20, ["One two three.", "Four five six."]),
    "between items rather than between words": (
        "- one two\n- three four\n- five",
        16,
        ["- one two", "- three four", "- five"],
    ),
    "between sentences rather than between words": (
        "This is one. This is two and more. End.",
        25,
        ["This is one.", "This is two and more.", "End."],
    ),
    "between words": ("aaaa bbbb cccc dddd", 10, ["aaaa bbbb", "cccc dddd"]),
    "Korean between words": ("가나다 라마바 사아자", 8, ["가나다 라마바", "사아자"]),
    "Chinese between sentences": ("一二三四五。六七八九十。", 8, ["一二三四五。", "六七八九十。"]),
    "a word that is too long, anywhere": ("a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
    "a number is no end of a sentence": (
        "Python 3. 11 is what we need here",
        22,
        ["Python 3. 11 is what", "we need here"],
    ),
    "a link goes to the next piece": (
        "see this [a long link](http://x.y) now",
        28,
        ["see this", "[a long link](http://x.y)", "now"],
    ),
    "a code span goes to the next piece": (
        "run it as `make all of it` now",
        20,
        ["run it as", "`make all of it` now"],
    ),
    "strong words stay together": (
        "these are **very strong words** here",
        24,
        ["these are", "**very strong words**", "here"],
    ),
    "a heading stays with its text": (
        "text text text.\n# Head\nbody body body",
        24,
        ["text text text.", "# Head\nbody body body"],
    ),
    "code is closed and opened again with its language": (
        "```python\nprint(1)\nprint(2)\nprint(3)\nprint(4)\nprint(5)\n```",
        40,
        ["```python\nprint(1)\nprint(2)\nprint(3)\n```", "```python\nprint(4)\nprint(5)\n```"],
    ),
    "a longer fence stays longer": (
        "~~~~\n```\nsome code\n```\nmore of it\n~~~~",
        30,
        ["~~~~\n```\nsome code\n```\n~~~~", "~~~~\nmore of it\n~~~~"],
    ),
    "blank lines of code are kept": (
        "```\na\n\n\nb bbbbbbbbbbbb\nc ccccccccc\nd\n```",
        30,
        ["```\na\n\n\nb bbbbbbbbbbbb\n```", "```\nc ccccccccc\nd\n```"],
    ),
    "code in a list is moved to the left when the list is not there": (
        "1. Do:\n\n    ```sh\n    first -a -b -c\n    second -a -b\n    third -a -b\n    ```\n\n2. Done",
        60,
        ["1. Do:\n\n    ```sh\n    first -a -b -c\n    ```", "```sh\nsecond -a -b\nthird -a -b\n```\n\n2. Done"],
    ),
    "nested items are moved to the left when their item is not there": (
        "- one\n    - two two two\n    - three three\n    - four\n- five",
        38,
        ["- one\n    - two two two", "- three three\n- four\n- five"],
    ),
    "code in a quote": (
        "> ```sh\n> first -a -b\n> second -a -b\n> third\n> ```",
        40,
        ["> ```sh\n> first -a -b\n> ```", "> ```sh\n> second -a -b\n> third\n> ```"],
    ),
    "a table's header is repeated": (
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |",
        42,
        ["| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "| a | b |\n|---|---|\n| 5 | 6 |"],
    ),
    "blank space between pieces is left out": ("one\n\n\n\n\ntwo   \n\n", 5, ["one", "two"]),
    "what belongs together in Unicode": ("👩‍👩‍👧" * 3, 7, ["👩‍👩‍👧"] * 3),
    "accents stay with their letters": ("e\u0301" * 4, 5, ["e\u0301" * 2] * 2),
    "flags are not divided": ("🇰🇷" * 3, 3, ["🇰🇷"] * 3),
    "syllables of separate letters": ("\u1112\u1161\u11ab" * 3, 4, ["\u1112\u1161\u11ab"] * 3),
    "inline marks are no fence": (
        "```not a fence``` and more text",
        20,
        ["```not a fence```", "and more text"],
    ),
}


@pytest.mark.parametrize(("markdown", "limit", "expected"), CASES.values(), ids=CASES.keys())
def test_cut(markdown: str, limit: int, expected: list[str]) -> None:
    assert split(markdown, limit) == expected


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="room"):
        split("text", 0)


PROSE = (
    "Hello **world**, `code` and [a link](http://x.y/z). 안녕하세요, **굵게**은.\n\n- one\n- two\n\n```py\nx\n```\n\n"
)
LONG = {
    "prose": PROSE * 10_000,
    "one word": "a" * 1_000_000,
    "spaces": " " * 1_000_000 + "a",
    "newlines": "\n" * 1_000_000 + "a",
    "brackets": "[" * 300_000,
    "half links": "](a" * 100_000,
    "backticks": "` `` ``` " * 30_000,
    "stars": "**a " * 75_000,
    "quotes": ">" * 300_000,
    "bars": "|-" * 150_000,
    "lines": "a b\n" * 75_000,
    "lines with code": "`a` b\n" * 50_000,
}


@pytest.mark.parametrize("markdown", LONG.values(), ids=LONG.keys())
def test_a_megabyte_takes_seconds_whatever_it_holds(markdown: str) -> None:
    started = time.process_time()
    split(markdown, 3_000)

    assert time.process_time() - started < 10  # measured: 0.2 for prose, 0.6 for the rest; in square time, minutes


@settings(max_examples=20)
@given(documents)
def test_time_grows_with_the_length_of_the_text(markdown: str) -> None:
    text = (markdown + "\n\n") * (60_000 // (len(markdown) + 2) + 1)
    started = time.process_time()
    split(text, 4_000)

    assert time.process_time() - started < 1  # measured: 0.02
