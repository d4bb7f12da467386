"""Reactions that steer a conversation, as Slack tells of them."""

from typing import Any

import pytest

from bot.core.conversation import MessageRef, Operation, Participant, Reacted
from bot.platforms.slack.incoming.events import Identity, Place, moment
from bot.platforms.slack.incoming.reactions import DEFAULT_NAMES, reacted, standing

US = Identity("T1", "U0BOT", "B0BOT")
TS = "1700000000.000100"


def body(**event: Any) -> dict[str, Any]:
    item = {"type": "message", "channel": "C1", "ts": TS}
    usual = {"type": "reaction_added", "user": "U1", "reaction": "pushpin", "item": item, "event_ts": TS}
    return {"type": "event_callback", "team_id": "T1", "event": usual | event}


def test_a_reaction_names_what_is_to_be_done_to_which_message() -> None:
    at = moment(TS)
    assert at is not None
    ref = MessageRef("slack", "T1", "C1", TS)
    assert reacted(body(), US, DEFAULT_NAMES) == Reacted(ref, Operation.PIN, Participant("U1"), True, at)


def test_one_that_is_taken_away_undoes_it() -> None:
    found = reacted(body(type="reaction_removed"), US, DEFAULT_NAMES)
    assert found is not None
    assert not found.added


def test_a_skin_tone_and_the_names_in_use_are_known() -> None:
    found = reacted(body(reaction="raised_hand::skin-tone-3"), US, {"raised_hand": Operation.STOP})
    assert found is not None
    assert found.operation is Operation.STOP


@pytest.mark.parametrize(
    "event",
    [
        {"reaction": "tada"},
        {"reaction": None},
        {"user": "U0BOT"},
        {"user": None},
        {"item": None},
        {"item": {"type": "file", "file": "F1"}},
        {"item": {"type": "message", "channel": "C1"}},
        {"event_ts": None},
        {"type": "message"},
    ],
)
def test_others_are_of_no_interest(event: dict[str, Any]) -> None:
    assert reacted(body(**event), US, DEFAULT_NAMES) is None


def test_marks_on_a_message_that_is_read_back_are_known_and_what_is_done_once_is_not_done_again() -> None:
    place = Place("T1", "C1", direct=False, recovered=True)
    reactions = [
        {"name": "see_no_evil", "users": ["U1", "U0BOT", "U2"], "count": 3},
        {"name": "repeat", "users": ["U1"], "count": 1},
        {"name": "tada", "users": ["U1"], "count": 1},
        {"users": ["U1"]},
        "nonsense",
    ]
    found = standing({"ts": TS, "text": "hi", "reactions": reactions}, place, US, DEFAULT_NAMES)
    assert [(one.operation, one.by.id, one.ref.id) for one in found] == [
        (Operation.HIDE, "U1", TS),
        (Operation.HIDE, "U2", TS),
    ]
    assert standing({"ts": TS}, place, US, DEFAULT_NAMES) == []
