"""Whose name is asked for, how often, and how long an answer waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.core.ports import Directory
from bot.platforms.common.limiter import Limiter
from bot.platforms.common.names import KEPT, KEPT_WITHOUT, MOST_ASKED
from bot.platforms.slack.calls.api import SlackApi
from bot.platforms.slack.calls.limits import RATES
from bot.platforms.slack.incoming.participants import name_of
from bot.platforms.slack.reading.names import KEPT_CHANNEL, PRIVATE, SlackDirectory
from tests.platforms.slack.conftest import door
from tests.standins.slack import Slack
from tests.standins.slack.faults import RateLimited, Refused, ServerError, Stranger
from tests.standins.slack.workspace import BOT

USER, CHANNEL, GROUPS = "users.info", "conversations.info", "usergroups.list"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def directory(slack: Slack, clock: Clock) -> AsyncIterator[SlackDirectory]:
    async with aiohttp.ClientSession() as session:
        api = SlackApi(slack.bot_token, slack.api_url, Limiter(RATES))
        api.use(session)
        await api.auth_test()
        yield SlackDirectory(api, clock, patience=0.3)


@pytest.fixture
async def patient(slack: Slack, clock: Clock) -> AsyncIterator[SlackDirectory]:
    """As patient as a busy machine needs it for many calls."""
    async with aiohttp.ClientSession() as session:
        api = SlackApi(slack.bot_token, slack.api_url, Limiter(RATES))
        api.use(session)
        yield SlackDirectory(api, clock, patience=30)


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ({"name": "kim", "profile": {"display_name": "김 철수", "real_name": "Kim"}}, "김 철수"),
        ({"name": "kim", "profile": {"display_name": "", "real_name": "Kim Chulsoo"}}, "Kim Chulsoo"),
        ({"name": "kim", "real_name": "Kim", "profile": {"display_name": " "}}, "Kim"),
        ({"name": "kim", "profile": None}, "kim"),
        ({"name": "deploy\nbot"}, "deploy bot"),
        ({"name": 7, "profile": []}, None),
        ({}, None),
    ],
)
def test_the_name_is_the_one_that_people_see(who: dict[str, Any], name: str | None) -> None:
    assert name_of(who) == name


async def test_the_door_is_a_directory(slack: Slack) -> None:
    platform = door(slack)
    assert isinstance(platform, Directory)
    kim = slack.add_user("kim")
    assert await platform.names(slack.team, [kim, BOT]) == {kim: "kim", BOT: "threadbot"}


async def test_a_name_is_remembered_for_a_while(slack: Slack, directory: SlackDirectory, clock: Clock) -> None:
    kim = slack.add_user("kim")
    for _ in range(3):
        assert await directory.names([kim, kim]) == {kim: "kim"}
        clock.now += KEPT * 0.4
    assert len(slack.calls(USER)) == 1
    slack.workspace.users[kim]["profile"]["display_name"] = "철수"
    assert await directory.names([kim]) == {kim: "철수"}


async def test_who_has_left_keeps_the_name(slack: Slack, directory: SlackDirectory) -> None:
    kim = slack.add_user("김민수")
    slack.workspace.users[kim]["deleted"] = True
    assert await directory.names([kim]) == {kim: "김민수"}


async def test_a_channel_has_its_name_for_a_day(slack: Slack, directory: SlackDirectory, clock: Clock) -> None:
    general = slack.add_channel("general", has_bot=False)
    for _ in range(2):
        assert await directory.channel_names([general], "C0HERE") == {general: "general"}
        clock.now += KEPT_CHANNEL * 0.6
    assert len(slack.calls(CHANNEL)) == 1


async def test_a_private_channel_is_named_only_in_itself(slack: Slack, directory: SlackDirectory) -> None:
    secret, unknown = slack.add_channel("layoffs", "group"), slack.add_channel("deals", "group", has_bot=False)
    for here, name in (("C0HERE", PRIVATE), (secret, "layoffs")):
        assert await directory.channel_names([secret, unknown], here) == {secret: name}


async def test_all_user_groups_come_with_one_call(slack: Slack, directory: SlackDirectory, clock: Clock) -> None:
    editors, oncall = slack.workspace.add_group("editors"), slack.workspace.add_group("당직")
    for _ in range(2):
        assert await directory.names([editors, oncall, "S0NOBODY"]) == {editors: "editors", oncall: "당직"}
        clock.now += KEPT * 0.6
    assert len(slack.calls(GROUPS)) == 1
    slack.workspace.groups[editors]["handle"] = "writers"
    assert await directory.names([editors]) == {editors: "writers"}


async def test_user_groups_need_no_scope_to_be_talked_of(slack: Slack, directory: SlackDirectory, clock: Clock) -> None:
    groups = [slack.workspace.add_group("editors"), slack.workspace.add_group("oncall")]
    slack.workspace.scopes = tuple(scope for scope in slack.workspace.scopes if scope != "usergroups:read")
    assert await directory.names(groups) == {}
    clock.now += KEPT_WITHOUT - 1
    assert await directory.names(groups) == {}
    assert len(slack.calls(GROUPS)) == 1


async def test_channels_need_no_scope_to_be_talked_of(slack: Slack, directory: SlackDirectory) -> None:
    slack.fail(CHANNEL, Refused("missing_scope"))
    assert await directory.channel_names([slack.add_channel("general")], "C0HERE") == {}


async def test_of_very_many_who_are_mentioned_the_first_have_names(slack: Slack, directory: SlackDirectory) -> None:
    users = [slack.add_user(f"user{number}") for number in range(MOST_ASKED + 5)]
    assert list(await directory.names(users)) == users[:MOST_ASKED]


@pytest.mark.parametrize(
    "fault",
    [
        *(Refused("user_not_visible"), Refused("missing_scope"), RateLimited(0), ServerError(503)),
        *(Stranger(), Stranger(200, '{"ok": true}', "application/json")),
    ],
)
async def test_a_name_that_did_not_come_is_absent_and_not_asked_for_again_for_a_minute(
    slack: Slack,
    directory: SlackDirectory,
    clock: Clock,
    fault: Refused | RateLimited | ServerError | Stranger,
) -> None:
    kim = slack.add_user("kim")
    slack.fail(USER, fault)
    assert await directory.names([kim]) == {}
    clock.now += KEPT_WITHOUT - 1
    assert await directory.names([kim]) == {}
    assert len(slack.calls(USER)) == 1
    clock.now += 2
    assert await directory.names([kim]) == {kim: "kim"}


async def test_while_slack_asks_us_to_wait_no_name_is_asked_for(
    slack: Slack, directory: SlackDirectory, clock: Clock
) -> None:
    kim, lee = slack.add_user("kim"), slack.add_user("lee")
    slack.fail(USER, RateLimited(30))
    assert await directory.names([kim]) == {}
    assert await directory.names([lee, BOT]) == {BOT: "threadbot"}
    assert len(slack.calls(USER)) == 1


async def test_those_who_are_not_there_do_not_keep_the_others_from_their_names(
    slack: Slack, directory: SlackDirectory
) -> None:
    kim = slack.add_user("kim")
    assert await directory.names(["U0NOBODY", "B0NOBODY", kim, ""]) == {kim: "kim"}


async def test_names_that_do_not_come_in_time_are_absent_and_not_waited_for_again(
    slack: Slack, directory: SlackDirectory
) -> None:
    gate = slack.hold(USER)
    kim = slack.add_user("kim")
    async with asyncio.timeout(100):
        assert await directory.names([kim, BOT]) == {BOT: "threadbot"}
    gate.open()
    assert await directory.names([kim]) == {}


async def test_no_more_than_twenty_names_are_asked_for_at_once(slack: Slack, patient: SlackDirectory) -> None:
    users = [slack.add_user(f"user{number}") for number in range(50)]
    gate = slack.hold(USER)
    asking = asyncio.create_task(patient.names(users))
    await slack.wait_for(lambda: gate.waiting == 20)
    gate.open()
    assert len(await asking) == 50


async def test_two_who_ask_at_once_do_not_ask_slack_twice_for_what_waits(slack: Slack, patient: SlackDirectory) -> None:
    users = [slack.add_user(f"user{number}") for number in range(30)]
    both = await asyncio.gather(patient.names(users), patient.names(users))
    assert [len(names) for names in both] == [30, 30]
    assert len(slack.calls(USER)) <= 40


async def test_slack_that_is_not_there_is_no_error(clock: Clock) -> None:
    nowhere = SlackApi("xoxb-1", "http://127.0.0.1:9/api/", Limiter(RATES))
    assert await SlackDirectory(nowhere, clock).names(["U1"]) == {}
