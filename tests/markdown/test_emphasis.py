"""Marks beside letters: what needs air gets it, everything else stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.markdown.emphasis import ZERO_WIDTH_SPACE, spaced
from tests.markdown.writing import documents, scribbles

CASES = {
    "a particle": ("**굵게**은", "**굵게**|은"),
    "a word before": ("아주**굵게** 쓴", "아주|**굵게** 쓴"),
    "quote signs and a particle": ('**"인용"**은', '**"인용"|**|은'),
    "quote signs behind a word": ("그는**'인용'**", "그는|**|'인용'**"),
    "brackets and a particle": ("**굵게(설명)**는", "**굵게(설명)|**|는"),
    "slanted": ("*기울임*이", "*기울임*|이"),
    "struck": ("~~취소~~를", "~~취소~~|를"),
    "struck in brackets": ("~~(취소)~~를", "~~(취소)|~~|를"),
    "underscores": ("__굵게__은 _기울임_이", "__굵게__|은 _기울임_|이"),
    "both at once": ("***아주***는", "***아주***|는"),
    "code in strong words": ("**`run()`**을", "**`run()`|**|을"),
    "a link in strong words": ("**[문서](https://x.kr/가_(나))**를", "**[문서](https://x.kr/가_(나))|**|를"),
    "digits": ("**3**개와 **50%**를", "**3**|개와 **50%|**|를"),
    "an English word in brackets": ("**(a)**b", "**(a)|**|b"),
    "between lines": ("**두\n줄**은", "**두\n줄**|은"),
    "in a table": ("| a | b |\n|---|---|\n| **가**는 | 나 |", "| a | b |\n|---|---|\n| **가**|는 | 나 |"),
    "in an item": ("- **가**: 나\n* **나**는", "- **가**: 나\n* **나**|는"),
    "in a heading": ("## **가**는", "## **가**|는"),
    "English words": ("**bold** and **very**bold", None),
    "spaces around": ("이것은 **굵게** 쓴 것", None),
    "a sign behind": ("**굵게**, *이*.", None),
    "code": ("`**굵게**은` 은", None),
    "a code block": ("```\n**굵게**은\n```", None),
    "code in an item": ("- 가\n\n  ```\n  **굵게**은\n  ```", None),
    "multiplication": ("2*3*4는 2 * 3 * 4는", None),
    "names": ("변수_이름_값과 snake_case_name은", None),
    "an address": ("https://x.kr/_가_나 <https://x.kr/_가_나>", None),
    "a formula": ("$x*(y)*z$와 \\(a*(b)*c\\)", None),
    "escaped marks": ("\\*\\*굵게\\*\\*은", None),
    "a mark alone": ("**굵게 은", None),
}


@pytest.mark.parametrize(("markdown", "shown"), CASES.values(), ids=CASES.keys())
def test_air(markdown: str, shown: str | None) -> None:
    if shown is None:
        assert spaced(markdown) == markdown
    elif "| b |" in markdown:
        assert spaced(markdown) == markdown.replace("**는", f"**{ZERO_WIDTH_SPACE}는")
    else:
        assert spaced(markdown) == shown.replace("|", ZERO_WIDTH_SPACE)


@pytest.mark.parametrize(
    "markdown",
    ['**"인용"**은', "**굵게(설명)**는", "그는**'인용'**", "~~(취소)~~를", "**`run()`**을", "**50%**를", "*(가)*나"],
)
def test_parsers_then_see_what_is_meant(markdown: str) -> None:
    parser = MarkdownIt("commonmark").enable("strikethrough")

    assert any(sign in parser.renderInline(markdown) for sign in ("**", "~~", "*("))  # as it was written
    assert not any(sign in parser.renderInline(spaced(markdown)) for sign in ("**", "~~", "*("))


@given(st.one_of(documents, scribbles))
def test_nothing_but_air_is_added(markdown: str) -> None:
    assert spaced(markdown).replace(ZERO_WIDTH_SPACE, "") == markdown


@given(st.one_of(documents, scribbles))
def test_twice_is_once(markdown: str) -> None:
    assert spaced(spaced(markdown)) == spaced(markdown)


@pytest.mark.parametrize("part", ["**가", "*가*나 ", "[", "](", "$a ", "\\(", "_가 ", "`", "~~", "<a", "https://"])
def test_a_hundred_thousand_characters_take_no_seconds(part: str) -> None:
    markdown = part * (100_000 // len(part))
    started = time.process_time()
    spaced(markdown)

    assert time.process_time() - started < 3
