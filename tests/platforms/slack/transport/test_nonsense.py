"""Verified payloads that are none of Slack's: they are left without a stack trace, whichever way they came."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.platforms.slack.conftest import Heard, door, running
from tests.platforms.slack.transport.requesting import HTTP, event, form, message, signing
from tests.standins.slack import Slack
from tests.watchdog import watching

TEAM = Slack.team
HEARD = message("U1", "C1", "1700000000.000100", "<@U0BOT00001> 안녕")
EVENTS: list[dict[str, Any]] = [
    HEARD | {"thread_ts": "1699999999.000100", "blocks": [{"type": "rich_text", "elements": [{"type": "x"}]}]},
    HEARD | {"files": [{"id": "F1", "name": "a", "mimetype": "text/plain", "size": 3}], "attachments": [{"text": "x"}]},
    {"type": "message", "subtype": "message_changed", "channel": "D1", "ts": "1.2", "message": HEARD},
    {"type": "message", "subtype": "message_deleted", "channel": "C1", "ts": "1.2", "deleted_ts": "1.1"},
    {"type": "reaction_added", "user": "U1", "reaction": "pushpin", "item": {"type": "message", "channel": "C1"}},
    {"type": "member_joined_channel", "user": "U0BOT00001", "channel": "C1"},
    {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "messages"},
    {"type": "agent_session_stopped", "user": "U1", "channel": "D1", "thread_ts": "1.1", "event_ts": "1.2"},
]
PERSON = {"team": {"id": TEAM}, "user": {"id": "U1", "team_id": TEAM}, "channel": {"id": "C1"}, "trigger_id": "t"}
INTERACTIONS: list[dict[str, Any]] = [
    PERSON | {"type": "block_actions", "actions": [{"action_id": "threadbot_stop", "value": "1:", "action_ts": "1.2"}]},
    PERSON | {"type": "message_action", "callback_id": "threadbot_receipt", "message": {"ts": "1.2"}},
    PERSON | {"type": "view_submission", "view": {"id": "V1", "callback_id": "x", "state": {"values": {}}}},
]
LISTS: dict[str, list[Any]] = {
    "files": [{"id": f"F{number}"} for number in range(40_000)],
    "attachments": [{}] * 40_000,
    "blocks": [{}] * 40_000,
}
TOO_MUCH = {
    "objects": [{}] * 240_000,
    "arrays": [[]] * 240_000,
    "arrays in arrays": [[[[[[]]]]]] * 60_000,
    "objects with a field": [{"a": 1}] * 100_000,
}
NO_OBJECTS: tuple[Any, ...] = ([], None, "text", 7)
VALUES: tuple[Any, ...] = (None, [], {}, 7, True, 1e999, 10**400, "x", "\x00", "\ud800", ["x"], [None], {"a": 1})


def bodies() -> list[dict[str, Any]]:
    """Of each event and interaction, one for each place in it and each value that does not belong there."""
    authorized = {"authorizations": [{"team_id": TEAM, "is_enterprise_install": False}]}
    events = [{"type": "event_callback", "team_id": TEAM, **authorized, "event": each} for each in EVENTS]
    return [changed for body in [*events, *INTERACTIONS] for changed in _changed(body) if isinstance(changed, dict)]


def _changed(whole: Any) -> Iterator[Any]:
    yield from VALUES
    if isinstance(whole, dict):
        for key, value in whole.items():
            yield {name: kept for name, kept in whole.items() if name != key}
            for other in _changed(value):
                yield whole | {key: other}
    elif isinstance(whole, list):
        for value in whole:
            for other in _changed(value):
                yield [other]


async def test_whatever_stands_in_the_place_of_what_slack_sends_is_no_defect_over_http(
    slack: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    statuses = set()
    async with running(slack, Heard(), door(slack, http=HTTP)) as platform, aiohttp.ClientSession() as session:
        for body in bodies():
            text = json.dumps(body)
            of_event = "event" in body
            sent = text.encode() if of_event else form(payload=text)
            url = f"http://127.0.0.1:{platform.port}/slack/{'events' if of_event else 'interactions'}"
            async with session.post(url, data=sent, headers=signing(sent)) as answer:
                statuses.add(answer.status)
    assert statuses == {200, 400}
    assert "Traceback" not in caplog.text
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_of_any_length_holds_nothing_and_its_message_is_heard(slack: Slack, name: str) -> None:
    heard = Heard()
    sent = event(HEARD | {"text": "", name: LISTS[name]})
    async with running(slack, heard, door(slack, http=HTTP)) as platform, aiohttp.ClientSession() as session:
        headers = signing(sent)
        with watching() as watchdog:
            async with session.post(
                f"http://127.0.0.1:{platform.port}/slack/events", data=sent, headers=headers
            ) as said:
                assert said.status == 200
    assert watchdog.held == []
    [message] = heard
    assert len(message.files) == (100 if name == "files" else 0)


@pytest.mark.parametrize("of", TOO_MUCH)
async def test_json_of_more_objects_than_any_event_has_is_not_read(
    slack: Slack, of: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard = Heard()
    sent = event(HEARD | {"blocks": TOO_MUCH[of]}).replace(b" ", b"")
    async with running(slack, heard, door(slack, http=HTTP)) as platform, aiohttp.ClientSession() as session:
        address, headers = f"http://127.0.0.1:{platform.port}/slack/events", signing(sent)
        with watching() as watchdog:
            async with session.post(address, data=sent, headers=headers) as said:
                assert said.status == 400
    assert watchdog.held == []
    assert heard == []
    assert "JSON of more objects and arrays than any of Slack's" in caplog.text


@pytest.mark.parametrize("of", TOO_MUCH)
async def test_nor_over_socket_mode(slack: Slack, of: str, caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    blocks = json.loads(event(HEARD | {"blocks": TOO_MUCH[of]}))
    sent = json.dumps({"type": "events_api", "envelope_id": "much", "payload": blocks})
    after = json.dumps({"type": "events_api", "envelope_id": "after", "payload": json.loads(event(HEARD))})
    async with running(slack, heard, door(slack)):
        with watching() as watchdog:
            await slack.socket_mode.send(sent)
            await slack.socket_mode.send(after)
            await slack.wait_for(lambda: slack.socket_mode.acknowledged)
        assert slack.socket_mode.acknowledged == ["after"]
    assert len(heard) == 1
    assert watchdog.held == []
    assert "an event was not read" in caplog.text


def _told(text: str) -> dict[str, dict[str, Any]]:
    """*text* in each place that may hold a long one, and in pieces of many."""
    said = {"type": "text", "text": text}
    sections = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text[start : start + 100]}} for start in range(90)
    ]
    return {
        "a section": {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]},
        "Markdown": {"blocks": [{"type": "markdown", "text": text}]},
        "rich text": {
            "blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [said]}]}]
        },
        "attachments": {"attachments": [{"text": text[: len(text) // 90]}] * 90},
        "attachments within": {"attachments": [{"attachments": [{"text": text[: len(text) // 90]}] * 90}]},
        "sections of attachments": {"attachments": [{"blocks": sections}] * 50},
    }


@pytest.mark.parametrize("unit", ["<@U1>", "<", "a ", "<http://a|b>"])
@pytest.mark.parametrize("place", _told(""))
async def test_no_text_in_blocks_or_attachments_holds_anything(slack: Slack, place: str, unit: str) -> None:
    heard = Heard()
    sent = event(HEARD | {"bot_id": "B9", "text": "", **_told(unit * (900_000 // len(unit)))[place]})
    async with running(slack, heard, door(slack, http=HTTP)) as platform, aiohttp.ClientSession() as session:
        address, headers = f"http://127.0.0.1:{platform.port}/slack/events", signing(sent)
        with watching() as watchdog:
            async with session.post(address, data=sent, headers=headers) as said:
                assert said.status == 200
    assert watchdog.held == []


@pytest.mark.parametrize("unit", ["%", "%4", "%41", "+", "&", "가"])
async def test_no_form_holds_anything(slack: Slack, unit: str) -> None:
    sent = b"command=%2Fask&text=" + unit.encode() * (900_000 // len(unit.encode()))
    async with running(slack, Heard(), door(slack, http=HTTP)) as platform, aiohttp.ClientSession() as session:
        address, headers = f"http://127.0.0.1:{platform.port}/slack/commands", signing(sent)
        with watching() as watchdog:
            async with session.post(address, data=sent, headers=headers) as said:
                assert said.status in (200, 400)
    assert watchdog.held == []


async def test_over_socket_mode_all_of_it_is_acknowledged_and_the_connection_stays(
    slack: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    heard = Heard()
    broken = {f"no object: {payload}": payload for payload in NO_OBJECTS}
    deep = '{"type": "events_api", "envelope_id": "deep", "payload": {"event": ' + "[" * 900 + "]" * 900 + "}}"
    async with running(slack, heard, door(slack)):
        for text in ("{", "[]", "7", "안녕", "{" * 200_000, '{"a": ' * 100_000, '{"type": "\\ud800"}', deep):
            await slack.socket_mode.send(text)
        for name, payload in broken.items():
            await slack.socket_mode.send(json.dumps({"type": "events_api", "envelope_id": name, "payload": payload}))
        await slack.socket_mode.send(json.dumps({"envelope_id": "no type", "payload": {}}))
        sent = bodies()
        for number, body in enumerate(sent):
            await slack.socket_mode.send(json.dumps({"type": "events_api", "envelope_id": number, "payload": body}))
        last = json.loads(event(HEARD | {"text": "<@U0BOT00001> the last one"}))
        await slack.socket_mode.send(json.dumps({"type": "events_api", "envelope_id": "last", "payload": last}))
        envelopes = {"deep", "no type", "last", *range(len(sent)), *broken}
        await slack.wait_for(lambda: set(slack.socket_mode.acknowledged) == envelopes, 60)
        assert slack.socket_mode.handshakes == 1
    assert any(getattr(said, "text", "") == "<@U0BOT00001> the last one" for said in heard)
    assert "Traceback" not in caplog.text
