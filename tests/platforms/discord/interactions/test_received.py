"""What an interaction's payload says; nothing that it holds makes the reader raise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.discord.interactions import questions
from bot.platforms.discord.interactions.received import COMMAND, COMPONENT, MODAL_SUBMIT, received
from bot.platforms.discord.markup.buttons import button_of

USER = {"id": "5", "username": "kim", "global_name": "Kim"}
WHOLE: dict[str, Any] = {
    "id": "1577093610237591552",
    "token": "secret",
    "type": COMMAND,
    "channel_id": "7",
    "guild_id": "9",
    "locale": "ko",
    "guild_locale": "en-US",
    "member": {"nick": "김하나", "user": USER},
    "data": {"name": "ask", "type": 1, "options": [{"name": "question", "type": 3, "value": "hi"}]},
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_who_asked_what_and_where() -> None:
    found = received(WHOLE)
    assert found is not None
    assert (found.name, found.options, found.channel, found.workspace, found.guild) == (
        "ask",
        {"question": "hi"},
        "7",
        "9",
        "9",
    )
    assert (found.user.id, found.user.name, found.user.locale) == ("5", "김하나", "ko")
    assert (found.ends_at - found.at).total_seconds() == 900
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("locale", "community", "said", "language"),
    [
        ("ko", "en-US", "hi", "ko"),
        ("en-GB", "ko", "안녕", "en"),
        ("de", "ko", "hi", "ko"),
        ("de", "fr", "안녕", "ko"),
        ("de", None, "안녕", "ko"),  # what Discord says of every guild is nobody's choice
        (None, None, "hi", "en"),
    ],
)
def test_we_speak_ones_own_language_or_the_communitys_or_that_of_the_question(
    locale: str | None, community: str | None, said: str, language: str
) -> None:
    options = [{"name": "question", "value": said}]
    data = {"name": "ask", "options": options}
    found = received(WHOLE | {"locale": locale, "data": data})
    assert found is not None
    assert replace(found, place_locale=community).language() == language


@pytest.mark.parametrize("missing", ["id", "token", "type", "channel_id", "member"])
def test_what_cannot_be_answered_is_left(missing: str) -> None:
    assert received({key: value for key, value in WHOLE.items() if key != missing}) is None


@given(key=st.sampled_from(sorted(WHOLE)), value=ANYTHING, kind=st.sampled_from([COMMAND, COMPONENT, MODAL_SUBMIT]))
def test_no_value_makes_it_raise(key: str, value: Any, kind: int) -> None:
    found = received(WHOLE | {"type": kind, key: value})
    if found is not None:
        questions.asks(found)
        questions.text_asked(found)
        questions.form(found, found.language())
        button_of(found.name)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("name", "custom_id", "options", "components", "resolved", "target_id"), ANYTHING)
    )
)
def test_no_data_makes_it_raise(data: dict[str, Any]) -> None:
    for kind in (COMMAND, COMPONENT, MODAL_SUBMIT):
        found = received(WHOLE | {"type": kind, "data": data})
        assert found is not None
        questions.form(found, "en")
        questions.text_asked(found)
