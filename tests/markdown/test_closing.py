"""close_open: a text in every state of being written."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.markdown import close_open
from tests.markdown.writing import documents, scribbles

CASES = {
    "strong": ("**굵게", "**굵게**"),
    "strong, half closed": ("**굵게*", "**굵게**"),
    "strong before a Korean particle": ("**굵게**은", "**굵게**은"),
    "strong quoted before a Korean particle": ('**"굵게"**은', '**"굵게"**은'),
    "strong with blank space behind": ("**bold ", "**bold**"),
    "emphasis": ("so *it", "so *it*"),
    "emphasis in strong": ("**a *b", "**a *b***"),
    "both at once": ("***x", "***x***"),
    "struck": ("~~x", "~~x~~"),
    "struck, half closed": ("~~x~", "~~x~~"),
    "marks with nothing behind": ("text **", "text "),
    "a mark that opens nothing": ("5 * 3 and 2*3", "5 * 3 and 2*3"),
    "code": ("run `make", "run `make`"),
    "code with longer marks": ("``a `b", "``a `b``"),
    "code with longer marks, half closed": ("``a `b`", "``a `b``"),
    "code with nothing behind": ("run `", "run "),
    "code in strong": ("**run `make", "**run `make`**"),
    "marks in code mean nothing": ("`**` and `[a](b`", "`**` and `[a](b`"),
    "a link": ("see [text](htt", "see text"),
    "a link with parentheses": ("see [text](https://x.org/a_(b)", "see text"),
    "a link with a title": ('[text](https://x.org "ti', "text"),
    "a link in strong": ("**[text](htt", "**text**"),
    "a picture": ("![view](htt", "view"),
    "a finished link": ("[text](https://x.org/a_(b)_c)", "[text](https://x.org/a_(b)_c)"),
    "brackets alone": ("in [0, 1) see [1", "in [0, 1) see [1"),
    "code block": ("```py\nprint(1)", "```py\nprint(1)\n```"),
    "code block, half closed": ("```py\nprint(1)\n``", "```py\nprint(1)\n```"),
    "code block with a longer fence": ("~~~~\n```\nx", "~~~~\n```\nx\n~~~~"),
    "code block with nothing in it": ("text **a\n```py", "text **a**"),
    "code block in a list": ("- a\n  ```py\n  x", "- a\n  ```py\n  x\n  ```"),
    "code block in a quote": ("> ```py\n> x", "> ```py\n> x\n> ```"),
    "marks in a code block": ("```\n**a `b [c](d\n```", "```\n**a `b [c](d\n```"),
    "a row of a table": ("| a | b |\n|---|---|\n| 1 | **2", "| a | b |\n|---|---|\n| 1 | **2** |"),
    "a row that has only begun": ("| a | b |\n|---|---|\n|", "| a | b |\n|---|---|\n"),
    "a table's header alone": ("| a | b |\n|--", "| a | b |\n|---|---|"),
    "what would make a heading of the text above": ("text\n-", "text"),
    "an item that has only begun": ("- one\n*", "- one"),
    "an item": ("- one\n- **two", "- one\n- **two**"),
    "an open mark of an earlier paragraph": ("a **b\n\nc *d", "a **b\n\nc *d*"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("written", "shown"), CASES.values(), ids=CASES.keys())
def test_close(written: str, shown: str) -> None:
    assert close_open(written) == shown


@given(documents)
def test_a_finished_text_stays_as_it_is(markdown: str) -> None:
    assert close_open(markdown) == markdown


@given(st.one_of(documents, scribbles), st.integers(min_value=0))
@example("a\n-\n-", 5)
@example("**a\n\n```py\n", 20)
@example("a*\\b", 3)
@example("***\\", 4)
def test_closing_twice_is_closing_once(markdown: str, at: int) -> None:
    closed = close_open(markdown[: at % (len(markdown) + 1)])

    assert close_open(closed) == closed


@given(documents, st.integers(min_value=0))
def test_at_no_time_does_a_reader_see_half_a_link_or_a_mark_without_its_other_half(markdown: str, at: int) -> None:
    closed = close_open(markdown[: at % (len(markdown) + 1)])

    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(closed)
    texts = [child for token in tokens for child in token.children or () if child.type == "text"]
    for text in texts:
        assert "](" not in text.content
        assert "`" not in text.content
        assert "**" not in text.content


@given(documents, st.integers(min_value=0))
def test_only_the_end_is_changed(markdown: str, at: int) -> None:
    written = markdown[: at % (len(markdown) + 1)]
    paragraph = max(written.rfind("\n\n"), 0)

    assert close_open(written)[: paragraph - 40] == written[: paragraph - 40] or paragraph < 40


@pytest.mark.parametrize(
    "part",
    [
        "**a ",
        "`a ",
        "[a](b ",
        "[a](",
        "![a](b(",
        "](a",
        "> ",
        "| a ",
        "a\n",
        "```\n",
        "-\n",
        "- **\n",
        "~~a*b**c ",
        "\\",
    ],
)
def test_a_hundred_thousand_characters_take_no_seconds(part: str) -> None:
    written = part * (100_000 // len(part))
    started = time.process_time()
    close_open(written)

    assert time.process_time() - started < 2  # measured: at most 0.2
