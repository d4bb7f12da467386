"""Markdown as messages without blocks show it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markdown import ZERO_WIDTH_SPACE
from bot.platforms.slack.mrkdwn import mrkdwn
from bot.platforms.slack.text import safe


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**굵게** and __strong__", "*굵게* and *strong*"),
        ("**굵게**은", f"*굵게*{ZERO_WIDTH_SPACE}은"),
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
