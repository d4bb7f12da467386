"""What a control looks like, and what a press of it says."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from bot.core.controls import NO_CONTROLS, Control, Controls
from bot.core.conversation import Operation, Participant, ThreadRef
from bot.platforms.slack.incoming.actions import acted
from bot.platforms.slack.incoming.events import Identity
from bot.platforms.slack.markup.buttons import Form, blocks, stop_block

US = Identity("T1", "UBOT", "BBOT")
ALL = Controls((Control.CONTINUE, Control.REPEAT, Control.FEEDBACK, Control.RECEIPT), completion=7, language="ko")


def pressed(action: dict[str, Any], **outside: Any) -> dict[str, Any]:
    """As Slack sends it; see "block_actions payload"."""
    return {
        "type": "block_actions",
        "user": {"id": "U1", "username": "kim", "team_id": "T1"},
        "team": {"id": "T1", "domain": "office"},
        "container": {"type": "message", "message_ts": "1700000001.000200", "channel_id": "C1", "is_ephemeral": False},
        "channel": {"id": "C1", "name": "general"},
        "message": {"ts": "1700000001.000200", "thread_ts": "1700000000.000100", "user": "UBOT"},
        "actions": [{"action_ts": "1700000002.500000", "block_id": "threadbot_controls", **action}],
        **outside,
    }


def elements(form: Form, controls: Controls = ALL) -> list[dict[str, Any]]:
    return [element for block in blocks(controls, 5, form) for element in block["elements"]]


def presses(form: Form) -> list[dict[str, Any]]:
    """Every press that is possible."""
    found = []
    for element in elements(form):
        halves = [element[half] for half in ("positive_button", "negative_button") if half in element] or [element]
        found += [
            pressed({"type": element["type"], "action_id": element["action_id"], "value": half["value"]})
            for half in halves
        ]
    return found


@pytest.mark.parametrize("form", [Form.NATIVE, Form.PLAIN])
def test_every_control_that_is_drawn_says_what_it_does_when_it_is_pressed(form: Form) -> None:
    done = [acted(body, US) for body in presses(form)]
    assert {each.operation for each in done if each} == {
        Operation.CONTINUE,
        Operation.REPEAT,
        Operation.LIKE,
        Operation.DISLIKE,
    }
    assert done.count(None) == 1  # the receipt is no operation
    for each in done:
        if each is not None:
            assert each.thread == ThreadRef("slack", "T1", "C1", "1700000000.000100")
            assert (each.by, each.turn, each.completion) == (Participant("U1"), 5, 7)
            assert each.at.timestamp() == 1700000002.5


def test_the_stop_button_names_its_turn_and_no_completion() -> None:
    [button] = stop_block(5, "en")["elements"]
    done = acted(pressed({"type": "button", "action_id": button["action_id"], "value": button["value"]}), US)
    assert done is not None
    assert (done.operation, done.turn, done.completion) == (Operation.STOP, 5, None)


def test_slacks_own_stop_button_means_whatever_is_at_work_in_the_thread() -> None:
    event = {
        "type": "agent_session_stopped",
        "channel": "C1",
        "thread_ts": "1700000000.000100",
        "user": "U1",
        "streaming_message_ts": [],
        "event_ts": "1700000002.500000",
    }
    done = acted({"type": "event_callback", "team_id": "T1", "event": event}, US)
    assert done is not None
    assert (done.operation, done.turn, done.thread.thread) == (Operation.STOP, None, "1700000000.000100")


@pytest.mark.parametrize(
    "body",
    [
        pressed({"type": "button", "action_id": "another_apps", "value": "5:7"}),
        pressed({"type": "button", "action_id": "threadbot_continue", "value": "5"}),
        pressed({"type": "button", "action_id": "threadbot_continue", "value": "٥:٧"}),
        pressed({"type": "button", "action_id": "threadbot_continue", "value": "5:7", "action_ts": "now"}),
        pressed({"type": "button", "action_id": "threadbot_feedback", "value": "5:7:superb"}),
        pressed({"type": "button", "action_id": "threadbot_continue", "value": "5:7"}, user=None),
        pressed({"type": "button", "action_id": "threadbot_continue", "value": "5:7"}, channel=None, container=None),
        pressed({}, actions=[]),
        pressed({}, actions=["?"]),
        {"type": "view_submission"},
        {"type": "event_callback", "event": {"type": "agent_session_stopped", "channel": "C1"}},
        {},
    ],
)
def test_what_is_not_ours_or_lacks_something_is_of_no_interest(body: dict[str, Any]) -> None:
    assert acted(body, US) is None


@pytest.mark.parametrize("form", list(Form))
def test_the_blocks_are_as_slack_wants_them(form: Form) -> None:
    drawn = [*blocks(ALL, 5, form), stop_block(5, "ko")]
    for block in drawn:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
    actions = [element["action_id"] for element in elements(form)]
    assert not any("block_id" in block for block in drawn)  # one that is kept would keep what was pressed in it
    assert len(set(actions)) == len(actions)


def test_what_is_not_offered_is_not_drawn_and_nothing_leaves_no_block() -> None:
    assert blocks(NO_CONTROLS, 5) == []
    assert blocks(ALL, 5, Form.NONE) == []
    [only] = elements(Form.NATIVE, Controls((Control.REPEAT,), None))
    assert (only["action_id"], only["value"], only["text"]["text"]) == ("threadbot_repeat", "5:", "Try again")
