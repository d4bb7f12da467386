"""Which reactions steer a conversation, in events and on messages that are read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conversation import MessageRef, Operation, Participant, Reacted
from bot.platforms.discord.incoming.events import moment_of
from bot.platforms.discord.incoming.reactions import (
    DEFAULT_SIGNS,
    MOST_HEARD,
    ReactionTimes,
    marks_on,
    reacted,
    signs_of,
    standing,
)
from tests.platforms.discord.incoming.messages import BOT, CHANNEL, GUILD, ID, IN_THREAD, KIM, LEE, TEXT, US, message

AT = datetime(2026, 11, 1, tzinfo=UTC)
ADD, REMOVE = "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE"


def reaction(sign: str = "📌", **changes: Any) -> dict[str, Any]:
    usual = {"user_id": KIM, "channel_id": CHANNEL, "message_id": ID, "guild_id": GUILD, "burst": False, "type": 0}
    return usual | {"emoji": {"id": None, "name": sign}} | changes


@pytest.mark.parametrize(
    ("sign", "operation"),
    [
        ("📌", Operation.PIN),
        ("🙈", Operation.HIDE),
        ("✂️", Operation.CUT),
        ("✂", Operation.CUT),
        ("✂\ufe0e", Operation.CUT),
        ("🔁", Operation.REPEAT),
        ("🛑", Operation.STOP),
        ("📌🏽", Operation.PIN),
        ("👍", None),
        ("pushpin", None),
        ("", None),
        ("📌" * 99, None),
        ("\ufe0f", None),
    ],
)
def test_signs_stand_for_operations_in_any_form(sign: str, operation: Operation | None) -> None:
    found = reacted(ADD, reaction(sign), IN_THREAD, US, DEFAULT_SIGNS, AT)
    expected = operation and Reacted(
        MessageRef("discord", GUILD, CHANNEL, ID), operation, Participant(KIM), added=True, at=AT
    )
    assert found == expected


def test_what_an_operator_turned_off_stands_for_nothing() -> None:
    signs = signs_of([Operation.PIN])
    assert reacted(ADD, reaction("📌"), TEXT, US, signs, AT) is not None
    assert reacted(ADD, reaction("🛑"), TEXT, US, signs, AT) is None
    assert reacted(ADD, reaction("\ufe0f"), TEXT, US, signs, AT) is None


def test_a_reaction_is_taken_away() -> None:
    found = reacted(REMOVE, reaction(), TEXT, US, DEFAULT_SIGNS, AT)
    assert found is not None
    assert not found.added


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": BOT},
        {"user_id": None},
        {"message_id": None},
        {"message_id": "x"},
        {"emoji": None},
        {"emoji": {"id": "41771983429993937", "name": "📌"}},
        {"emoji": {"name": 7}},
    ],
)
def test_what_is_no_reaction_of_somebody_on_a_message_is_left_out(changes: dict[str, Any]) -> None:
    assert reacted(ADD, reaction(**changes), TEXT, US, DEFAULT_SIGNS, AT) is None


def test_all_reactions_at_once_are_no_reaction_of_anybody() -> None:
    assert reacted("MESSAGE_REACTION_REMOVE_ALL", reaction(), TEXT, US, DEFAULT_SIGNS, AT) is None


def test_a_message_that_is_read_back_says_which_marks_it_has_and_not_whose() -> None:
    found = message(
        reactions=[
            {"count": 2, "count_details": {"burst": 0, "normal": 2}, "emoji": {"id": None, "name": "📌"}},
            {"count": 1, "count_details": {"burst": 1, "normal": 0}, "emoji": {"id": None, "name": "✂️"}},
            {"count": 1, "emoji": {"id": None, "name": "🙈"}},
            {"count": 1, "emoji": {"id": None, "name": "🛑"}},
            {"count": 1, "emoji": {"id": "5", "name": "📌"}},
            {"emoji": "📌"},
            None,
        ]
    )
    marks = marks_on(found, DEFAULT_SIGNS)
    assert [(each.operation, each.sign, each.normal, each.burst) for each in marks] == [
        (Operation.PIN, "📌", True, False),
        (Operation.CUT, "✂️", False, True),
        (Operation.HIDE, "🙈", True, False),
    ]
    users: list[dict[str, Any]] = [{"id": KIM}, {"id": BOT}, {"id": LEE}, {"id": None}, {}]
    stands = standing(found, IN_THREAD, marks[0], users, US)
    assert [each.by.id for each in stands] == [KIM, LEE]
    assert {each.at for each in stands} == {moment_of(int(ID))}
    assert {each.ref for each in stands} == {MessageRef("discord", GUILD, CHANNEL, ID)}


def test_a_reaction_that_is_told_twice_was_set_once() -> None:
    times = ReactionTimes()
    later = [AT + timedelta(seconds=seconds) for seconds in range(9)]
    assert [times.of(ADD, reaction(), each) for each in later[:3]] == [AT] * 3
    assert times.of(ADD, reaction(user_id=LEE), later[3]) == later[3]
    assert times.of(ADD, reaction("🙈"), later[3]) == later[3]
    assert times.of(REMOVE, reaction("📌🏽"), later[4]) == later[4]
    assert times.of(ADD, reaction(), later[5]) == later[5]
    times.forget(ID)
    assert times.of(ADD, reaction(), later[6]) == later[6]
    times.forget("5")
    assert times.of(ADD, reaction(), later[7]) == later[6]
    times.forget()
    assert times.of(ADD, reaction(), later[8]) == later[8]


def test_not_all_reactions_are_remembered() -> None:
    times = ReactionTimes()
    for number in range(2 * MOST_HEARD):
        times.of(ADD, reaction(message_id=str(number)), AT)
    assert times.of(ADD, reaction(message_id="0"), AT + timedelta(1)) == AT + timedelta(1)
    assert times.of(ADD, reaction(message_id=str(2 * MOST_HEARD - 1)), AT + timedelta(1)) == AT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("📌"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["emoji", "name", "id", "count_details", "burst", "normal"]), inner)
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from([*reaction(), "reactions", "id"]), JSON))
def test_nothing_raises(data: dict[str, Any]) -> None:
    reacted(ADD, reaction() | data, TEXT, US, DEFAULT_SIGNS, AT)
    ReactionTimes().of(ADD, reaction() | data, AT)
    for mark in marks_on(data, DEFAULT_SIGNS):
        standing(data, TEXT, mark, [data], US)
