"""The Slack door on its connection: what is acknowledged, and how it comes back after everything that breaks it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from bot.core.conversation import Incoming, ParticipantKind
from bot.core.errors import PlatformError
from bot.platforms.slack.adapter import NAME_SECONDS, PING_SECONDS
from tests.contract.world import left_behind
from tests.platforms.slack.conftest import Heard, door, running
from tests.standins.slack import BOTH, Slack
from tests.standins.slack.delivery.events import Copy
from tests.standins.slack.faults import RateLimited, ServerError


@pytest.mark.parametrize("copies", [BOTH, BOTH[::-1], BOTH[:1], BOTH[1:]])
async def test_a_mention_is_addressed_in_each_order_of_its_copies(slack: Slack, copies: tuple[Copy, ...]) -> None:
    heard = Heard()
    async with running(slack, heard):
        ts = await slack.post(
            slack.add_user("kim"), slack.add_channel("general"), f"{slack.mention} 안녕", copies=copies
        )
        await slack.wait_for(lambda: len(heard) == len(copies))
    assert {said.id for said in heard} == {ts}
    assert all(said.addressed for said in heard)


@pytest.mark.parametrize("copies", [BOTH, BOTH[::-1]])
async def test_a_mention_that_an_edit_adds_is_heard_in_each_order_of_its_copies(
    slack: Slack, copies: tuple[Copy, ...]
) -> None:
    heard = Heard()
    async with running(slack, heard):
        channel = slack.add_channel("general")
        ts = await slack.post(slack.add_user("kim"), channel, "안녕")
        await slack.edit(channel, ts, f"{slack.mention} 안녕", copies=copies)
        await slack.wait_for(lambda: len(heard.edits) == 2)
    first, second = heard.edits
    assert first == second
    assert (first.message.id, first.message.addressed) == (ts, True)
    assert first.edited_at > first.message.posted_at


async def test_a_link_that_is_unfurled_leaves_the_text_as_it_was(slack: Slack) -> None:
    heard = Heard()
    async with running(slack, heard):
        channel = slack.add_channel("general")
        ts = await slack.post(slack.add_user("kim"), channel, "see <https://example.com>")
        await slack.unfurl(channel, ts)
        await slack.wait_for(lambda: heard.edits)
    assert heard.edits[0].message == heard[0]


async def test_events_of_no_interest_are_acknowledged(slack: Slack) -> None:
    heard = Heard()
    async with running(slack, heard):
        channel = slack.add_channel("general")
        events: list[dict[str, Any]] = [
            {
                "type": "message",
                "subtype": "channel_join",
                "channel": channel,
                "user": "U1",
                "ts": slack.workspace.ts(),
            },
            {"type": "reaction_added", "user": "U1", "reaction": "eyes", "item": {"channel": channel}},
            {"type": "member_joined_channel", "user": "U1", "channel": channel},
            {"type": "something_new_in_2027"},
        ]
        for event in events:
            await slack.emit(event)
        await slack.wait_for(lambda: all(delivery.acknowledged for delivery in slack.deliveries))
    assert heard == []


async def test_events_of_another_workspace_are_acknowledged_and_left_alone(
    slack: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    heard = Heard()
    caplog.set_level(logging.INFO)
    async with running(slack, heard):
        channel = slack.add_channel("general")
        event = {"type": "message", "channel": channel, "user": "U1", "text": "비밀", "ts": slack.workspace.ts()}
        others = {"enterprise_id": None, "team_id": "T0OTHER001", "user_id": "U0OTHER001", "is_bot": True}
        theirs = await slack.emit(event, team_id="T0OTHER001", authorizations=[others])
        await slack.wait_for(lambda: theirs.acknowledged)
        await slack.emit(event)
        await slack.wait_for(lambda: heard)
    assert [said.thread.workspace for said in heard] == [slack.team]
    [line] = [record for record in caplog.records if "another workspace" in record.getMessage()]
    assert line.levelno == logging.INFO


async def test_our_own_messages_and_other_bots_come_in_as_what_they_are(slack: Slack) -> None:
    heard = Heard()
    async with running(slack, heard):
        channel = slack.add_channel("general")
        await slack.post(slack.bot_user, channel, "mine", bot_id="B0STANDIN1")
        await slack.post("U0OTHER001", channel, "theirs", bot_id="B0OTHER001")
        await slack.wait_for(lambda: len(heard) == 2)
    assert [said.author.kind for said in heard] == [ParticipantKind.SELF, ParticipantKind.BOT]


async def test_an_error_that_nobody_foresaw_is_not_acknowledged(slack: Slack) -> None:
    failed = asyncio.Event()

    async def receive(_said: Incoming) -> None:
        failed.set()
        raise ZeroDivisionError

    async with running(slack, receive):
        ts = await slack.post(slack.add_user("kim"), slack.add_channel("general"), "hello")
        await failed.wait()
        await slack.emit({"type": "hello"})
        await slack.wait_for(lambda: slack.deliveries[-1].acknowledged)
        assert not slack.delivered(ts)[0].acknowledged


async def test_identity_is_asked_for_once_however_many_events_come_at_once(slack: Slack) -> None:
    heard = Heard()
    async with running(slack, heard):
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        for _ in range(20):
            await slack.post(kim, channel, "hello")
        await slack.wait_for(lambda: len(heard) == 20)
    assert len(slack.calls("auth.test")) == 1


async def test_the_door_is_ready_once_it_knows_its_own_name(slack: Slack) -> None:
    gate, platform = slack.hold("auth.test"), door(slack)
    starting = asyncio.create_task(platform.start())
    await gate.reached.wait()
    assert not platform.ready
    gate.open()
    await starting
    assert platform.ready


async def test_a_retry_is_treated_as_a_first_delivery(slack: Slack) -> None:
    heard = Heard()
    slack.socket_mode.deaf = True
    async with running(slack, heard):
        await slack.post(slack.add_user("kim"), slack.add_channel("general"), "hello")
        for _ in range(3):
            await slack.socket_mode.redeliver()
        assert await slack.socket_mode.redeliver() == []
        await slack.wait_for(lambda: len(heard) == 4)
    assert len({said.id for said in heard}) == 1


@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        ({"bot_token": "xoxb-wrong"}, "invalid_auth"),
        ({"app_token": "xapp-wrong"}, "invalid_auth"),
        ({"app_token": Slack.bot_token}, "not_allowed_token_type"),
        ({"bot_token": Slack.app_token}, "not_allowed_token_type"),
    ],
)
async def test_run_ends_at_once_with_tokens_that_slack_does_not_take(
    slack: Slack, tokens: dict[str, Any], code: str
) -> None:
    with pytest.raises(PlatformError) as error:
        await door(slack, **tokens).run(Heard())
    assert (error.value.code, error.value.passing) == (code, False)


async def test_run_waits_for_a_slack_that_cannot_be_reached_at_the_start(slack: Slack) -> None:
    slack.fail("auth.test", RateLimited(0))
    slack.fail("apps.connections.open", ServerError(502, html=True))
    async with running(slack, Heard()) as platform:
        assert platform.connected
    assert len(slack.calls("auth.test")) == 2


async def test_a_broken_connection_is_made_again(slack: Slack) -> None:
    heard = Heard()
    async with running(slack, heard) as platform:
        await slack.socket_mode.cut()
        await slack.wait_for(lambda: slack.socket_mode.connections and platform.connected)
        await slack.post(slack.add_user("kim"), slack.add_channel("general"), "still there?")
        await slack.wait_for(lambda: heard)


async def test_after_a_failed_handshake_a_new_address_is_asked_for(slack: Slack) -> None:
    async with running(slack, Heard()) as platform:
        slack.socket_mode.refuse_handshakes = True
        await slack.socket_mode.cut()
        await slack.wait_for(lambda: slack.socket_mode.refused_handshakes >= 2)
        assert not platform.connected
        slack.expire_tickets()
        slack.socket_mode.refuse_handshakes = False
        await slack.wait_for(lambda: slack.socket_mode.connections and platform.connected, 3)


async def test_the_bot_is_back_after_slack_was_gone(slack: Slack) -> None:
    heard = Heard()
    async with running(slack, heard) as platform:
        await slack.stop()
        await slack.wait_for(lambda: not platform.connected)
        await slack.start()
        await slack.wait_for(lambda: slack.socket_mode.connections and platform.connected)
        await slack.post(slack.add_user("kim"), slack.add_channel("general"), "다시 왔나요?")
        await slack.wait_for(lambda: heard)


async def test_the_bot_is_back_within_ten_seconds_as_it_is_set_up_for_the_product(slack: Slack) -> None:
    async with running(slack, Heard(), door(slack, ping_seconds=PING_SECONDS)) as platform:
        await slack.stop()
        await slack.wait_for(lambda: not platform.connected)
        await slack.start()
        await slack.wait_for(lambda: slack.socket_mode.connections and platform.connected)


async def test_a_slack_that_does_not_answer_is_asked_again_soon(slack: Slack) -> None:
    async with running(slack, Heard()) as platform:
        gate = slack.hold("apps.connections.open")
        await slack.socket_mode.cut()
        await gate.reached.wait()
        slack.release("apps.connections.open")  # those that wait already get no answer
        await slack.wait_for(lambda: slack.socket_mode.connections and platform.connected)
        gate.open()


async def test_a_429_for_an_address_is_waited_out(slack: Slack) -> None:
    async with running(slack, Heard()) as platform:
        slack.fail("apps.connections.open", RateLimited(1))
        asked = len(slack.calls("apps.connections.open"))
        await slack.socket_mode.cut()
        # A bot that has not noticed the cut yet still takes itself for connected.
        await slack.wait_for(lambda: len(slack.calls("apps.connections.open")) >= asked + 2 and platform.connected)
    refused, granted = slack.calls("apps.connections.open")[asked : asked + 2]
    assert (refused.status, granted.status) == (429, 200)
    assert granted.at - refused.at >= 0.99


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets"])
async def test_a_refresh_loses_nothing(slack: Slack, reason: str) -> None:
    heard = Heard()
    kim, channel = slack.add_user("kim"), slack.add_channel("general")
    async with running(slack, heard):
        said = [await slack.post(kim, channel, "before")]
        handshakes = slack.socket_mode.handshakes
        await slack.socket_mode.disconnect(reason)
        said.append(await slack.post(kim, channel, "during"))
        await slack.wait_for(lambda: slack.socket_mode.handshakes > handshakes)
        await slack.wait_connected()
        said.append(await slack.post(kim, channel, "after"))

        async def all_heard() -> None:
            while not set(said) <= {each.id for each in heard}:
                await slack.socket_mode.redeliver()
                await asyncio.sleep(0)

        async with asyncio.timeout(100):
            await all_heard()


async def test_run_ends_when_the_app_token_is_revoked_while_it_runs(slack: Slack) -> None:
    platform = door(slack)
    task = asyncio.create_task(platform.run(Heard()))
    await slack.wait_for(lambda: platform.connected)
    slack.workspace.app_token = "xapp-another"
    await slack.socket_mode.cut()
    with pytest.raises(PlatformError) as error:
        async with asyncio.timeout(100):
            await task
    assert (error.value.code, error.value.passing) == ("invalid_auth", False)


async def test_stopping_while_slack_is_gone_is_quick_and_clean(slack: Slack) -> None:
    before = asyncio.all_tasks()
    async with asyncio.timeout(100), running(slack, Heard(), door(slack, ping_seconds=60.0)) as platform:
        slack.socket_mode.refuse_handshakes = True
        await slack.socket_mode.disconnect()
        await slack.wait_for(lambda: slack.socket_mode.refused_handshakes)
        assert not platform.connected
    assert left_behind(before) == []


async def test_logs_hold_no_texts_tokens_or_tickets(slack: Slack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    heard = Heard()
    async with running(slack, heard):
        await slack.post(slack.add_user("kim"), slack.add_channel("general"), "open sesame, 비밀입니다")
        await slack.wait_for(lambda: heard)
        slack.socket_mode.refuse_handshakes = True
        await slack.socket_mode.disconnect(close=True)
        await slack.wait_for(lambda: slack.socket_mode.refused_handshakes >= 2)
    assert "Failed to connect" in caplog.text
    assert not any(secret in caplog.text for secret in ("sesame", "비밀", "xoxb-", "xapp-", "ticket="))


async def test_people_call_us_by_the_name_that_they_see(slack: Slack) -> None:
    heard = Heard()
    slack.rename(slack.bot_user, "도우미")
    async with running(slack, heard) as platform:
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        for text in ("도우미야, 안녕", "threadbot, hello", f"ask {slack.mention} about it", "kim, hello"):
            await slack.post(kim, channel, text)
        await slack.wait_for(lambda: len({said.id for said in heard}) == 4)
        assert platform.readable(f"ask {slack.mention} about it") == "ask @도우미 about it"
    called = {said.id: said.calls_bot for said in heard}
    assert [called[id_] for id_ in sorted(called)] == [True, True, False, False]


@pytest.mark.parametrize("is_told", [True, False])
async def test_a_name_that_we_are_given_while_running_calls_us_soon(slack: Slack, *, is_told: bool) -> None:
    heard = Heard()
    async with running(slack, heard, door(slack, name_seconds=NAME_SECONDS if is_told else 0.02)) as platform:
        kim, channel = slack.add_user("kim"), slack.add_channel("general")
        slack.rename(slack.bot_user, "조수")
        if is_told:
            await slack.emit({"type": "user_change", "user": {"id": kim, "profile": {"display_name": "누구"}}})
            await slack.emit({"type": "user_change", "user": slack.workspace.users[slack.bot_user]})
        await slack.wait_for(lambda: platform.readable(f"a {slack.mention} b") == "a @조수 b")
        await slack.post(kim, channel, "조수야 안녕")
        await slack.wait_for(lambda: heard)
    assert heard[0].calls_bot


async def test_without_the_scope_we_have_the_name_of_our_handle(slack: Slack) -> None:
    slack.rename(slack.bot_user, "도우미")
    slack.workspace.scopes = tuple(scope for scope in slack.workspace.scopes if scope != "users:read")
    async with running(slack, Heard()) as platform:
        assert platform.readable(f"a {slack.mention} b") == "a @threadbot b"
