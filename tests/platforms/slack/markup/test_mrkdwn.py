"""Markdown as messages without blocks show it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markdown import ZERO_WIDTH_SPACE
from bot.platforms.slack.markup.mrkdwn import mrkdwn
from bot.platforms.slack.markup.text import safe

Z = ZERO_WIDTH_SPACE


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**굵게** and __strong__", "*굵게* and *strong*"),
        ("**굵게**은", f"*굵게*{ZERO_WIDTH_SPACE}은"),
        ("*기울임*은 2*3 a*b*c", f"_기울임_{ZERO_WIDTH_SPACE}은 2*3 a*b*c"),
        ("***둘 다***는 ***both***", f"*_둘 다_*{ZERO_WIDTH_SPACE}는 *_both_*"),
        ("*it* and ~~no~~", "_it_ and ~no~"),
        ("2 ** 3 ** 4 and a*b*c and snake__case__x", "2 ** 3 ** 4 and a*b*c and snake__case__x"),
        ("# 제목\n\ntext\n\n### **More** ###", "*제목*\n\ntext\n\n*More*"),
        ("[l](https://example.com/a_(b)?x=1&y=2)", "<https://example.com/a_(b)?x=1&amp;y=2|l>"),
        ("**see [l](https://example.com)**", "*see <https://example.com|l>*"),
        ("[`run()`](https://example.com)", "<https://example.com|`run()`>"),
        ("<https://example.com>", "<https://example.com>"),
        ("[l](!channel) [m](javascript:x)", "[l](!channel) [m](javascript:x)"),
        ("- one\n  * two\n- `x` - y", "• one\n  • two\n• `x` - y"),
        ("**use `**x**` now**", "*use `**x**` now*"),
        ("```python\n# **a** [l](u) < b\n```\n**c**", "```\n# **a** [l](u) &lt; b\n```\n*c*"),
        ("a < b && c", "a &lt; b &amp;&amp; c"),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ("> 인용\n>> 더\n>\n> a > b", "> 인용\n> 더\n>\n> a &gt; b"),
        ("- [ ] 할 일\n  - [x] 한 일\n1. [X] x", "☐ 할 일\n  ☑ 한 일\n☑ x"),
        ("a\n\n---\n\nb\n***", f"a\n\n{'─' * 20}\n\nb\n{'─' * 20}"),
        ("![로고](https://x.kr/a.png)", "<https://x.kr/a.png|로고>"),
        ("[문서](https://x.kr/가_(나))를", "<https://x.kr/가_(나)|문서>를"),
        ("&lt;div&gt; &copy; &amp;&#42; `&lt;`", "&lt;div&gt; © &amp;* `&amp;lt;`"),
        ("[a](https://x.y?a=1&copy=2)", "<https://x.y?a=1&amp;copy=2|a>"),
        ("\\*no\\* and \\# and \\(x\\)", f"*{Z}no*{Z} and #{Z} and \\(x\\)"),
        ("$$\\frac{a}{b}$$", "$$\\frac{a}{b}$$"),
        ("- a\n  - b\n    1. c", "• a\n  • b\n    1. c"),
        (
            "| 이름 | 값 |\n|:--|--:|\n| **하나** | 1 |\n| `a|b` | 1000 |\n\n끝",
            "```\n이름 |   값\n-----+-----\n하나 |    1\na|b  | 1000\n```\n\n끝",
        ),
    ],
)
def test_marks_become_slacks_own_and_code_stays(markdown: str, shown: str) -> None:
    assert mrkdwn(markdown) == shown


@given(st.text(alphabet="<>!@#|^&;()[]*_~`\n\0 0:/hereU1Chtps한", max_size=60))
def test_no_token_but_a_link_can_be_written(text: str) -> None:
    tokens = re.findall(r"<[^>]*>?", mrkdwn(safe(text)))
    assert all(re.match(r"<(?:https?://|mailto:)[^<>]*>", token) for token in tokens)


@given(st.text(alphabet="abc한 .,\n", max_size=60))
def test_words_stay_as_they_are(text: str) -> None:
    assert mrkdwn(text) == text
