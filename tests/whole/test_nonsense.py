"""Names of places that no database takes: half a surrogate pair, NUL."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from tests.platforms.slack.transport.requesting import HTTP, event, form, message, send
from tests.whole.conftest import Office


@pytest.mark.parametrize("odd", ["\ud800", "C\x00", "\udfffC1"])
async def test_a_place_whose_name_cannot_be_stored_is_no_defect(
    office: Office, odd: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    office.http = HTTP
    asked = message("U1", odd, "1700000000.000100", f"{office.slack.mention} hi")
    reaction = {"type": "reaction_added", "user": "U1", "reaction": "pushpin", "event_ts": "1.2"}
    events: list[dict[str, Any]] = [
        asked,
        asked | {"channel": "C1", "user": odd},
        reaction | {"item": {"type": "message", "channel": odd, "ts": "1.1"}},
        reaction | {"item": {"type": "message", "channel": "C1", "ts": odd}},
        {"type": "app_home_opened", "user": odd, "channel": "D1", "tab": "home"},
    ]
    shortcut = {"type": "message_action", "callback_id": "threadbot_receipt", "trigger_id": "t", "message_ts": odd}
    opened = json.dumps(shortcut | {"user": {"id": "U1"}, "channel": {"id": odd}})
    async with office.bot():
        port = int(office.address.rpartition(":")[2])
        answers = [await send(port, "/slack/events", event(each)) for each in events]
        answers.append(await send(port, "/slack/interactions", form(payload=opened)))
        await office.slack.wait_for(office.settled)
    assert {answer.status for answer in answers} == {200}
    assert "Traceback" not in caplog.text
