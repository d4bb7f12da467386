"""A mention that only calls us is no part of a text; one within a sentence is."""

from __future__ import annotations

import pytest

from bot.platforms.common.mentions import uncalled


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<@U1> hello", "hello"),
        ("hello <@U1>", "hello"),
        ("<@U1> <@U1>\thello", "hello"),
        ("<@U1>", ""),
        ("first\n<@U1> second", "first\nsecond"),
        ("first <@U1>\nsecond", "first\nsecond"),
        ("ask <@U1> about it", "ask <@U1> about it"),
        ("<@U2> <@U1> hello", "<@U2> <@U1> hello"),
        ("스레드봇 <@U1>에게 물어봐", "스레드봇 <@U1>에게 물어봐"),
        ("", ""),
    ],
)
def test_our_mention_goes_where_it_begins_or_ends_a_line(text: str, read: str) -> None:
    assert uncalled(text, "<@U1>") == read
