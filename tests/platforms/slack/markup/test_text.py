"""Wire texts made readable, and our texts made harmless."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ports import References
from bot.markdown import ZERO_WIDTH_SPACE
from bot.platforms.slack.markup.text import NOTIFICATION_LIMIT, escape, notification, readable, references, safe

US = "U0BOT"


@pytest.mark.parametrize(
    ("wire", "read"),
    [
        ("<@U0BOT> hello", "hello"),
        ("<@U0BOT|threadbot> 안녕", "안녕"),
        ("hey <@U0BOT|threadbot>, what is 1 &lt; 2?", "hey @threadbot, what is 1 < 2?"),
        ("hello\n <@U0BOT> <@U0BOT> 안녕 <@U0BOT>\nbye", "hello\n안녕\nbye"),
        ("왜 그래 <@U0BOT>", "왜 그래"),
        ("<@U0BOT>", ""),
        ("a &amp;lt; b", "a &lt; b"),
        ("AT&amp;T", "AT&T"),
        ("ask <@U2> or <@U3|kim>", "ask @U2 or @kim"),
        ("see <#C1|general> and <#C2> and <#C3|>", "see #general and #C2 and #C3"),
        ("<!here> <!channel|channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@editors> <!subteam^S2>", "@editors @group"),
        ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
        ("<!date^1392734382^{date}>", "2014-02-18"),
        ("<!date^1392734382^Posted {date_num} {time}>", "Posted 2014-02-18 14:39 UTC"),
        ("<!date^1392734382^{date_short}^https://x.kr/a|Feb 18>", "Feb 18 (https://x.kr/a)"),
        ("<!date^1392734382^{date_short}^https://x.kr/a>", "2014-02-18 (https://x.kr/a)"),
        ("<!date^soon^{date}>", "date^soon^{date}"),
        ("<https://example.com/a?b=1&amp;c=2>", "https://example.com/a?b=1&c=2"),
        ("<https://example.com|the page>", "the page (https://example.com)"),
        ("<http://example.com|example.com>", "example.com"),
        ("<mailto:kim@example.com|kim@example.com>", "kim@example.com"),
        ("&lt;@U2&gt; is typed", "<@U2> is typed"),
        ("```\n<@U0BOT>\n  indented\n```", "```\n\n  indented\n```"),
    ],
)
def test_wire_text_reads_as_a_person_reads_it(wire: str, read: str) -> None:
    assert readable(wire, US) == read


NAMES = {"U2": "Kim Minsu", "U3": "김민수", "U4": "&lt;b&gt; <@U2>", "C1": "now-called", "C2": "support"}


@pytest.mark.parametrize(
    ("wire", "read"),
    [
        ("<@U0BOT> ask <@U2>, please", "ask @Kim Minsu, please"),
        ("<@U3>님이 <@U3|minsu>에게", "@김민수님이 @김민수에게"),
        ("<@U2>가 말했다", "@Kim Minsu가 말했다"),
        ("<@U9> and <@U9|lee &amp; co>", "@U9 and @lee & co"),
        ("see <#C1|general> and <#C2> and <#C2|> and <#C3|>", "see #general and #support and #support and #C3"),
        ("<@U4> &amp;lt;", "@&lt;b&gt; <@U2> &lt;"),
        ("&lt;@U2&gt;", "<@U2>"),
        ("<!subteam^S1|@dev>님들", "@dev님들"),
    ],
)
def test_whoever_is_referred_to_by_an_id_is_called_by_name(wire: str, read: str) -> None:
    assert readable(wire, US, NAMES) == read


def test_a_text_says_whom_and_what_it_refers_to_by_ids() -> None:
    found = references(
        "<@U2> <@W3|kim> &lt;@U4&gt; <#C1|general> <#C2> <#C3|> <!here> <https://x.y|@U5> <@B6> @U7 <@U8 <!subteam^S9> "
        "<!subteam^S10|@ops>"
    )
    assert found == References(["U2", "W3", "B6", "S9"], ["C2", "C3"])


@pytest.mark.parametrize("text", ["", "no <b> tokens <", "<@>", "<#>", f"<@U{'1' * 99}>", "<@u2>", "<@U2 >"])
def test_what_is_no_id_refers_to_nobody(text: str) -> None:
    assert references(text) == References([], [])


REAL = ["<!channel>", "<!here>", "<!everyone>", "<!here|here>", "<!Channel>", "<!subteam^S12>", "<!date^1^{date}|x>"]
REAL += ["<@U1ABC>", "<@W1ABC>", "<@U1|kim>", "<#C12>", "<#C12|general>", "<\\!channel>", "&lt;!channel>", "&#60;@U1>"]
HARMLESS = [
    "<!DOCTYPE html>",
    "<!-- a note -->",
    "#include <stdio.h>",
    "List<@NonNull String>",
    "a < b",
    "<b>",
    "<#top>",
]
HARMLESS += [
    "@channel",
    "<!important",
    "x <! y",
    "&lt;div&gt;",
    "<https://example.com|here>",
    "vector<int>",
    "<!channels>",
]


@pytest.mark.parametrize("token", REAL)
@pytest.mark.parametrize("around", ["{}", "말 {} 말", "`{}`", "```\n{}\n```", "[a]({})", "**{}**", "<{}"])
def test_a_real_token_is_broken_wherever_it_stands(token: str, around: str) -> None:
    text = around.replace("{}", token)
    assert token not in safe(text)
    assert safe(text).replace(ZERO_WIDTH_SPACE, "") == text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_similar_is_left_alone(text: str) -> None:
    assert safe(text) == text


@given(st.text(alphabet="<>!@#|^&\\;lthereU1CW한 channel`*\n", max_size=60))
def test_nothing_that_can_be_written_pings(text: str) -> None:
    assert re.search(r"<(?:!(?:channel|here|everyone)(?:\||>)|@[UW][A-Z0-9]+[>|]|#C[A-Z0-9]+[>|])", safe(text)) is None


@given(st.text(alphabet="<>!@U1here한`", max_size=40))
def test_making_safe_twice_changes_nothing_more(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize("tail", ["<", "<!", "<!chan", "<@", "<@U1", "<#", "<#C1", "&l", "&lt;!he"])
def test_the_end_of_an_unfinished_text_that_may_become_a_token_is_held_back(tail: str) -> None:
    assert safe(f"말 {tail}", unfinished=True) == "말 "
    assert safe(f"말 {tail}") == f"말 {tail}"


@pytest.mark.parametrize("text", ["a < b", "<!DOCTYPE h", "x <y", "done."])
def test_an_end_that_cannot_become_a_token_is_shown(text: str) -> None:
    assert safe(text, unfinished=True) == text


def test_only_what_slack_asks_for_is_escaped() -> None:
    assert escape('<a> & "b"') == '&lt;a&gt; &amp; "b"'


def test_a_notification_cannot_ping_and_fits() -> None:
    text = notification("<!channel> " + "& 가나다 " * 2_000)
    assert "<" not in text
    assert len(text) <= NOTIFICATION_LIMIT
    assert text.endswith("…")
    assert re.search(r"&(?!amp;|lt;|gt;)", text) is None
