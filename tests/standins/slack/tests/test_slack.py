"""The Slack stand-in is as strict as Slack, so that what passes in it may pass there."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.standins.asking import client, code
from tests.standins.slack import Slack

MARKDOWN = {"type": "markdown", "text": "안녕"}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as standin:
        yield standin


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"channel": 7}, "invalid_arguments"),
        ({"text": ""}, "no_text"),
        ({"text": "  "}, "no_text"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"blocks": "markdown"}, "invalid_blocks"),
        ({"blocks": [{"type": "marquee"}]}, "invalid_blocks"),
        ({"blocks": [MARKDOWN] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "markdown", "text": "가" * 12_001}]}, "invalid_blocks"),
        ({"blocks": [{"type": "markdown", "text": "가" * 7_000}] * 2}, "msg_blocks_too_long"),
        ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
        ({"markdown_text": "hi"}, "markdown_text_conflict"),
        ({"text": "", "markdown_text": "가" * 12_001}, "msg_too_long"),
        ({"metadata": {"event_payload": {}}}, "invalid_metadata_format"),
    ],
)
async def test_a_post_is_refused_as_slack_refuses_it(slack: Slack, arguments: dict[str, Any], refusal: str) -> None:
    sound = {"channel": slack.add_channel("general"), "text": "hello"}
    assert await code(slack, "chat.postMessage", **{**sound, **arguments}) == refusal


async def test_channels_say_where_the_bot_may_not_write(slack: Slack) -> None:
    away, old = slack.add_channel("away", has_bot=False), slack.add_channel("old")
    slack.workspace.channels[old].archived = True
    assert await code(slack, "chat.postMessage", channel=away, text="hello") == "not_in_channel"
    assert await code(slack, "chat.postMessage", channel=old, text="hello") == "is_archived"


@pytest.mark.parametrize("token", ["xoxb-wrong", Slack.app_token])
async def test_a_token_that_does_not_fit_is_refused(slack: Slack, token: str) -> None:
    assert await code(slack, "auth.test", token) in ("invalid_auth", "not_allowed_token_type")


async def test_a_call_without_a_token_is_refused(slack: Slack) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{slack.api_url}auth.test") as answer:
        assert (await answer.json())["error"] == "not_authed"


async def test_only_our_own_messages_can_be_edited_and_deleted(slack: Slack) -> None:
    channel = slack.add_channel("general")
    ts = await slack.post(slack.add_user("kim"), channel, "mine")
    assert await code(slack, "chat.update", channel=channel, ts=ts, text="yours") == "cant_update_message"
    assert await code(slack, "chat.delete", channel=channel, ts=ts) == "cant_delete_message"
    assert await code(slack, "chat.update", channel=channel, ts="1.000001", text="x") == "message_not_found"


async def test_an_edit_takes_a_shorter_text_than_a_post(slack: Slack) -> None:
    channel, text = slack.add_channel("general"), "가" * 4_001
    posted = await client(slack).chat_postMessage(channel=channel, text=text)
    assert await code(slack, "chat.update", channel=channel, ts=posted["ts"], text=text) == "msg_too_long"


async def test_a_missing_scope_is_missed(slack: Slack) -> None:
    slack.workspace.scopes = ("chat:write",)
    channel = slack.add_channel("general")
    assert await code(slack, "conversations.history", channel=channel) == "missing_scope"


async def test_a_thread_is_read_page_by_page_with_its_root_first(slack: Slack) -> None:
    channel, kim = slack.add_channel("general"), slack.add_user("kim")
    root = await slack.post(kim, channel, "root")
    said = [root, *[await slack.post(kim, channel, f"말 {number}", root) for number in range(5)]]
    read: list[str] = []
    async for page in await client(slack).conversations_replies(channel=channel, ts=root, limit=2):
        read += [message["ts"] for message in page["messages"]]
    assert read == said


async def test_metadata_is_returned_only_when_it_is_asked_for(slack: Slack) -> None:
    channel, mark = slack.add_channel("general"), {"event_type": "mark", "event_payload": {"turn": "7"}}
    ts = (await client(slack).chat_postMessage(channel=channel, text="x", metadata=mark))["ts"]
    for asked in (True, False):
        page = await client(slack).conversations_history(channel=channel, include_all_metadata=asked)
        assert [message.get("metadata") for message in page["messages"]] == [mark if asked else None]
        assert page["messages"][0]["ts"] == ts


async def test_channels_are_listed_by_kind_page_by_page_and_only_with_the_scopes_of_all(slack: Slack) -> None:
    ours = [slack.add_channel(f"channel-{number}") for number in range(3)]
    direct, old = slack.direct(slack.add_user("kim")), slack.add_channel("old")
    slack.add_channel("not ours", has_bot=False)
    slack.workspace.channels[old].archived = True
    listed: list[str] = []
    kinds = "public_channel,im"
    async for page in await client(slack).users_conversations(types=kinds, exclude_archived=True, limit=2):
        listed += [channel["id"] for channel in page["channels"]]
    assert listed == [*ours, direct]
    slack.workspace.scopes = tuple(scope for scope in slack.workspace.scopes if scope != "im:read")
    assert await code(slack, "users.conversations", types=kinds) == "missing_scope"
    assert await code(slack, "users.conversations", types="channel") == "invalid_types"


async def test_a_root_in_the_history_says_when_somebody_last_replied(slack: Slack) -> None:
    channel, kim = slack.add_channel("general"), slack.add_user("kim")
    root = await slack.post(kim, channel, "root")
    replies = [await slack.post(kim, channel, "말", root) for _ in range(2)]
    [message] = (await client(slack).conversations_history(channel=channel))["messages"]
    assert (message["latest_reply"], message["reply_count"]) == (replies[-1], 2)


async def test_a_status_is_for_assistants_and_ends_with_the_next_post_in_its_thread(slack: Slack) -> None:
    channel, kim = slack.add_channel("general"), slack.add_user("kim")
    root = await slack.post(kim, channel, "root")
    statuses = slack.workspace.channels[channel].statuses
    place = {"channel_id": channel, "thread_ts": root}
    await client(slack).assistant_threads_setStatus(channel_id=channel, thread_ts=root, status="is writing…")
    assert statuses == {root: "is writing…"}
    await client(slack).chat_postMessage(channel=channel, text="elsewhere")
    assert statuses
    await client(slack).chat_postMessage(channel=channel, text="here", thread_ts=root)
    assert statuses == {}
    elsewhere = {"channel_id": channel, "thread_ts": "1.000001"}
    assert await code(slack, "assistant.threads.setStatus", **elsewhere, status="x") == "invalid_thread_ts"
    slack.workspace.is_agent = False
    assert await code(slack, "assistant.threads.setStatus", **place, status="x") == "not_agent_app"


async def test_a_reaction_is_given_and_taken_once(slack: Slack) -> None:
    channel = slack.add_channel("general")
    where = {"channel": channel, "timestamp": await slack.post(slack.add_user("kim"), channel, "root"), "name": "eyes"}
    await client(slack).reactions_add(**where)
    assert await code(slack, "reactions.add", **where) == "already_reacted"
    await client(slack).reactions_remove(**where)
    assert await code(slack, "reactions.remove", **where) == "no_reaction"
    assert await code(slack, "reactions.add", **{**where, "timestamp": "1.000001"}) == "message_not_found"
    assert await code(slack, "reactions.add", **{**where, "name": ":eyes:"}) == "invalid_name"
    slack.workspace.scopes = ("chat:write",)
    assert await code(slack, "reactions.add", **where) == "missing_scope"


async def test_a_socket_mode_address_works_once(slack: Slack) -> None:
    url = (await client(slack).apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_each_payload_goes_to_one_connection_until_it_is_acknowledged(slack: Slack) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(2):
            url = (await client(slack).apps_connections_open(app_token=slack.app_token))["url"]
            sockets.append(await session.ws_connect(url))
            await sockets[-1].receive_json()
        await slack.post(slack.add_user("kim"), slack.add_channel("general"), "hello")
        first = await sockets[0].receive_json()
        await slack.socket_mode.redeliver()
        second = await sockets[1].receive_json()
        assert [first["retry_attempt"], second["retry_attempt"], second["retry_reason"]] == [0, 1, "timeout"]
        assert first["payload"] == second["payload"]
        assert first["envelope_id"] != second["envelope_id"]
        await sockets[1].send_json({"envelope_id": second["envelope_id"]})
        await slack.wait_for(lambda: slack.deliveries[0].acknowledged)
        assert await slack.socket_mode.redeliver() == []


async def test_it_runs_as_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.standins.slack", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        addresses = json.loads(await process.stdout.readline())
        control = addresses["control_url"]
        async with aiohttp.ClientSession() as session:
            said = {"user": addresses["user"], "channel": addresses["channel"], "text": "안녕"}
            async with session.post(f"{control}post", json=said) as answer:
                ts = (await answer.json())["ts"]
            async with session.get(f"{control}thread", params={"channel": said["channel"], "ts": ts}) as answer:
                assert [message["shown"] for message in (await answer.json())["messages"]] == ["안녕"]
            async with session.get(f"{control}deliveries") as answer:
                assert [each["event_ts"] for each in (await answer.json())["deliveries"]] == [ts]
    finally:
        process.terminate()
        await process.communicate()
    assert process.returncode == 0
