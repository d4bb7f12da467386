"""People press, choose and submit in the Slack stand-in what is there, and the app is told as Slack tells it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.standins.asking import client, code, socket
from tests.standins.slack import Slack
from tests.standins.slack.delivery.deliveries import Delivery

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


AGAIN = {"type": "button", "action_id": "again", "text": plain("Again"), "value": "7:1"}
GOOD: Json = {"text": plain("Good"), "value": "7:1:good"}
BAD: Json = {"text": plain("Bad"), "value": "7:1:bad"}
RATE = {"type": "feedback_buttons", "action_id": "rate", "positive_button": GOOD, "negative_button": BAD}
CONTROLS = [
    {"type": "actions", "block_id": "controls", "elements": [AGAIN]},
    {"type": "context_actions", "elements": [RATE]},
]
MODAL = {
    "type": "modal",
    "title": plain("Receipt"),
    "submit": plain("Send"),
    "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "seven tokens"}},
        {
            "type": "input",
            "block_id": "why",
            "label": plain("Why?"),
            "element": {"type": "plain_text_input", "action_id": "x"},
        },
    ],
}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack(schedule=[0.01]) as standin:
        yield standin


async def answer(slack: Slack) -> tuple[str, str, str]:
    """A channel, somebody in it, and a message of ours below their question that has buttons."""
    channel, kim = slack.add_channel("general"), slack.add_user("kim")
    root = await slack.post(kim, channel, "root")
    posted = await client(slack).chat_postMessage(channel=channel, thread_ts=root, text="Seoul", blocks=CONTROLS)
    return channel, kim, str(posted["ts"])


async def test_a_press_tells_who_pressed_what_of_which_message(slack: Slack) -> None:
    channel, kim, ts = await answer(slack)
    [pressed] = await slack.press(kim, channel, ts, "again")
    payload = pressed.payload
    assert payload["type"] == "block_actions"
    assert (payload["user"]["id"], payload["team"]["id"]) == (kim, slack.team)
    assert payload["channel"] == {"id": channel, "name": "general"}
    assert payload["container"] == {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False}
    assert (payload["message"]["ts"], payload["message"]["blocks"]) == (ts, CONTROLS)
    [action] = payload["actions"]
    assert float(action.pop("action_ts")) > float(ts)
    assert action == {
        "type": "button",
        "action_id": "again",
        "block_id": "controls",
        "text": plain("Again"),
        "value": "7:1",
    }


async def test_of_a_feedback_element_the_value_says_which_half_was_pressed(slack: Slack) -> None:
    channel, kim, ts = await answer(slack)
    for half in (GOOD, BAD):
        [pressed] = await slack.press(kim, channel, ts, "rate", value=str(half["value"]))
        [action] = pressed.payload["actions"]
        assert (action["type"], action["value"]) == ("feedback_buttons", half["value"])


async def test_only_what_is_there_can_be_pressed_and_only_by_who_sees_it(slack: Slack) -> None:
    channel, kim, ts = await answer(slack)
    with pytest.raises(LookupError):
        await slack.press(kim, channel, ts, "stop")
    with pytest.raises(LookupError):
        await slack.press("U0NOBODY", channel, ts, "again")
    await client(slack).chat_update(channel=channel, ts=ts, text="Seoul", blocks=[])
    with pytest.raises(LookupError):
        await slack.press(kim, channel, ts, "again")


async def test_what_people_do_comes_once_as_interactive_and_is_late_after_three_seconds(slack: Slack) -> None:
    channel, kim, ts = await answer(slack)
    async with socket(slack) as connected:
        first, second = await slack.press(kim, channel, ts, "again", times=2)
        envelopes = [await connected.receive_json() for _ in range(2)]
        assert {envelope["type"] for envelope in envelopes} == {"interactive"}
        assert "retry_attempt" not in envelopes[0]
        await connected.send_json({"envelope_id": envelopes[0]["envelope_id"], "payload": {"text": "thanks"}})
        await slack.wait_for(lambda: first.acknowledged)
        assert (first.in_time, first.response) == (True, {"text": "thanks"})
        assert {each.kind for each in await slack.socket_mode.redeliver()} <= {"events_api"}
        second.sent_at = [at - 3.1 for at in second.sent_at]
        await connected.send_json({"envelope_id": envelopes[1]["envelope_id"]})
        await slack.wait_for(lambda: second.acknowledged)
        assert (second.attempts, second.in_time) == (1, False)


async def test_without_a_connection_a_press_is_lost_and_an_event_is_not(slack: Slack) -> None:
    channel, kim, ts = await answer(slack)
    [pressed] = await slack.press(kim, channel, ts, "again")
    event = await slack.emit({"type": "app_home_opened"})
    await slack.wait_for(lambda: event.attempts == 2)
    assert (pressed.attempts, pressed.sent_at) == (1, [])


async def test_a_shortcut_tells_of_the_message_and_opens_a_modal_once_within_three_seconds(slack: Slack) -> None:
    channel, kim, ts = await answer(slack)
    chosen = await slack.people.choose(kim, channel, ts, "receipt")
    assert (chosen.payload["type"], chosen.payload["callback_id"]) == ("message_action", "receipt")
    assert (chosen.payload["message_ts"], chosen.payload["message"]["ts"]) == (ts, ts)
    trigger = chosen.payload["trigger_id"]
    await client(slack).views_open(trigger_id=trigger, view=MODAL)
    assert (slack.views.modal(kim).title, slack.views.modal(kim).shown) == ("Receipt", "seven tokens")
    assert await code(slack, "views.open", trigger_id=trigger, view=MODAL) == "exchanged_trigger_id"
    later = (await slack.people.choose(kim, channel, ts, "receipt")).payload["trigger_id"]
    slack.clock.advance(3.1)
    assert await code(slack, "views.open", trigger_id=later, view=MODAL) == "expired_trigger_id"
    assert await code(slack, "views.open", trigger_id="1.2.x", view=MODAL) == "invalid_trigger_id"


async def opened(slack: Slack, view: Json = MODAL) -> tuple[str, Json]:
    """Somebody, and the modal they have before them."""
    channel, kim, ts = await answer(slack)
    [pressed] = await slack.press(kim, channel, ts, "again")
    found = await client(slack).views_open(trigger_id=pressed.payload["trigger_id"], view=view)
    return kim, dict(found["view"])


async def submitted(slack: Slack, user: str, response: Json | None) -> Delivery:
    async with socket(slack) as connected:
        sent = await slack.people.submit(user, {"why": {"x": {"type": "plain_text_input", "value": "wrong"}}})
        while (envelope := await connected.receive_json())["payload"]["type"] != "view_submission":
            pass
        await connected.send_json({"envelope_id": envelope["envelope_id"], "payload": response})
        await slack.wait_for(lambda: sent.acknowledged)
    return sent


async def test_a_submitted_modal_closes_unless_the_acknowledgement_says_otherwise(slack: Slack) -> None:
    kim, view = await opened(slack)
    sent = await submitted(slack, kim, {"response_action": "errors", "errors": {"why": "Say more."}})
    assert sent.payload["view"]["id"] == view["id"]
    assert sent.payload["view"]["state"]["values"]["why"]["x"]["value"] == "wrong"
    assert slack.views.modal(kim).errors == {"why": "Say more."}
    await submitted(slack, kim, {"response_action": "update", "view": {**MODAL, "title": plain("Thanks")}})
    assert (slack.views.modal(kim).title, slack.views.modal(kim).errors) == ("Thanks", {})
    await submitted(slack, kim, None)
    assert slack.views.modals == []


async def test_a_modal_is_updated_by_its_id_and_not_over_a_newer_one(slack: Slack) -> None:
    kim, view = await opened(slack)
    newer = {**MODAL, "title": plain("Newer")}
    await client(slack).views_update(view_id=view["id"], hash=view["hash"], view=newer)
    assert slack.views.modal(kim).title == "Newer"
    stale = {"view_id": view["id"], "hash": view["hash"], "view": MODAL}
    assert await code(slack, "views.update", **stale) == "hash_conflict"
    assert await slack.people.close(kim) is None
    assert await code(slack, "views.update", view_id=view["id"], view=MODAL) == "not_found"


async def test_a_home_tab_is_published_to_one_person_and_its_buttons_can_be_pressed(slack: Slack) -> None:
    kim, home = slack.add_user("kim"), {"type": "home", "blocks": [{"type": "actions", "elements": [AGAIN]}]}
    await client(slack).views_publish(user_id=kim, view=home)
    pressed = await slack.people.press_in_view(kim, slack.views.homes[kim], "again")
    assert pressed.payload["container"] == {"type": "view", "view_id": slack.views.homes[kim].id}
    assert pressed.payload["view"]["type"] == "home"
    assert await code(slack, "views.publish", user_id="U0NOBODY", view=home) == "user_not_found"
    slack.workspace.has_home = False
    assert await code(slack, "views.publish", user_id=kim, view=home) == "not_enabled"


@pytest.mark.parametrize(
    "change",
    [
        {"type": "home"},
        {"title": plain("가" * 25)},
        {"title": {"type": "mrkdwn", "text": "Receipt"}},
        {"callback_id": "c" * 256},
        {"private_metadata": "p" * 3_001},
        {"blocks": []},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": [{"type": "markdown", "text": "x"}]},
        {"blocks": CONTROLS},
        {"submit": None},
        {"colour": "red"},
    ],
)
async def test_a_modal_that_slack_would_refuse_is_code(slack: Slack, change: Json) -> None:
    view = {key: value for key, value in {**MODAL, **change}.items() if value is not None}
    assert await code(slack, "views.open", trigger_id="1.2.x", view=view) == "invalid_arguments"


async def test_a_response_url_answers_five_times_for_half_an_hour(slack: Slack) -> None:
    channel, kim, ts = await answer(slack)
    [first] = await slack.press(kim, channel, ts, "again")
    [second] = await slack.press(kim, channel, ts, "again")
    async with aiohttp.ClientSession() as session:

        async def respond(pressed: Delivery, **said: Any) -> int:
            async with session.post(pressed.payload["response_url"], json=said) as found:
                return found.status

        assert await respond(first, text="only you") == 200
        [whisper] = slack.workspace.channels[channel].whispers.values()
        assert (whisper.ephemeral_to, whisper.text) == (kim, "only you")
        assert await respond(first, text="everybody", response_type="in_channel") == 200
        assert await respond(first, text="changed", blocks=[], replace_original=True) == 200
        assert slack.workspace.channels[channel].messages[ts].shown == "changed"
        assert await respond(first, delete_original=True) == 200
        assert ts not in slack.workspace.channels[channel].messages
        assert [await respond(first, text="fifth"), await respond(first, text="sixth")] == [200, 404]
        slack.clock.advance(1_801)
        assert await respond(second, text="late") == 404
