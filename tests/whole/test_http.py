"""The whole bot where Slack calls it over HTTP: the same answers, buttons and redeliveries as over Socket Mode."""

from __future__ import annotations

import pytest

from bot.platforms.slack.setup.manifest import COMMANDS_PATH, EVENTS_PATH
from tests.platforms.slack.transport.requesting import HTTP
from tests.standins.model.script import Answer
from tests.standins.slack.delivery.http import HttpRequests
from tests.whole.conftest import Office
from tests.whole.test_controls import REPEAT, press, shown


@pytest.fixture(autouse=True)
def _over_http(office: Office) -> None:
    office.http = HTTP


def requests(office: Office) -> HttpRequests:
    assert office.slack.http is not None
    return office.slack.http


async def test_a_question_is_answered_once_however_often_it_is_delivered(office: Office) -> None:
    async with office.bot():
        root = await office.ask("count to five")
        assert await office.answers(root) == ["You said: count to five"]
        await requests(office).redeliver(everything=True)
        await office.slack.wait_for(lambda: len(requests(office).answers) >= 2 * len(office.slack.deliveries))
        assert {answered.status for answered in requests(office).answers} == {200}
        assert await office.answers(root) == ["You said: count to five"]
    assert len(office.model.requests) == 1
    assert office.slack.socket_mode.handshakes == 0


async def test_a_button_that_is_pressed_twice_is_heard_once(office: Office) -> None:
    office.model.answers.extend([Answer("one"), Answer("two"), Answer("three")])
    async with office.bot():
        root = await office.ask("count")
        await office.answers(root)
        await press(office, root, REPEAT, times=2)
        assert await shown(office, root, "two") == ["two"]
    assert len(office.model.requests) == 2


async def test_slack_can_verify_the_addresses(office: Office) -> None:
    async with office.bot():
        assert await requests(office).verify(office.address + EVENTS_PATH)
        assert await requests(office).check_ssl(office.address + COMMANDS_PATH)
