"""Addresses where something else answers than Slack, and servers that leave out what Slack says."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import PlatformError
from bot.platforms.slack.adapter import SlackPlatform
from tests.platforms.slack.conftest import POST, Heard, Place, door
from tests.standins.slack import Slack
from tests.standins.slack.faults import Leaner, ServerError, Stranger

STRANGERS = [
    Stranger(),
    Stranger(404),
    Stranger(403),
    Stranger(200, "It works!", "text/plain"),
    Stranger(404, "404 page not found", "text/plain"),
    Stranger(200, "not json", "application/json"),
    Stranger(200, "[]", "application/json"),
    Stranger(200, "null", "application/json"),
    Stranger(200, '{"status": "up"}', "application/json"),
    Stranger(404, '{"error": "Not Found"}', "application/json"),
]


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_what_is_not_slack_is_not_tried_for_ever_at_the_start(slack: Slack, stranger: Stranger) -> None:
    slack.fail("auth.test", stranger, times=9)
    async with asyncio.timeout(100):
        with pytest.raises(PlatformError) as error:
            await door(slack).run(Heard())
    assert (error.value.code, error.value.passing) == ("not_slack", False)
    assert len(slack.calls("auth.test")) == 1


async def test_an_address_that_is_none_is_not_tried_for_ever(slack: Slack) -> None:
    platform = SlackPlatform(bot_token=slack.bot_token, app_token=slack.app_token, api_url="localhost:80/api/")
    async with asyncio.timeout(100):
        with pytest.raises(PlatformError) as error:
            await platform.run(Heard())
    assert (error.value.code, error.value.passing) == ("not_slack", False)


async def test_a_proxy_that_cannot_reach_slack_is_waited_for(slack: Slack) -> None:
    slack.fail("auth.test", ServerError(502, html=True))
    with pytest.raises(PlatformError) as error:
        await door(slack).start()
    assert error.value.passing


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_once_slack_has_answered_a_strange_answer_may_pass(place: Place, stranger: Stranger) -> None:
    reply = await place.reply()
    place.slack.fail(POST, stranger)
    with pytest.raises(PlatformError) as error:
        await reply.finish("답")
    assert error.value.passing
    await reply.finish("답")
    assert place.shown == ["답"]


@pytest.mark.parametrize("field", ["team_id", "user_id"])
async def test_a_server_that_does_not_say_who_we_are_is_not_slack(slack: Slack, field: str) -> None:
    slack.fail("auth.test", Leaner((field,)))
    with pytest.raises(PlatformError) as error:
        await door(slack).start()
    assert (error.value.code, error.value.passing) == ("not_slack", False)


async def test_we_do_without_the_id_of_our_bot(slack: Slack) -> None:
    slack.fail("auth.test", Leaner(("bot_id",)))
    assert (await door(slack).start()).bot_id is None


async def test_a_connection_without_an_address_may_come_later(slack: Slack) -> None:
    slack.fail("apps.connections.open", Leaner(("url",)))
    with pytest.raises(PlatformError) as error:
        await door(slack).start()
    assert error.value.passing


async def test_a_post_whose_id_is_not_told_is_looked_for(place: Place) -> None:
    reply = await place.reply()
    place.slack.fail(POST, Leaner(("ts",)))
    with pytest.raises(PlatformError) as error:
        await reply.finish("답")
    assert error.value.passing
    await reply.finish("답")
    assert place.shown == ["답"]
