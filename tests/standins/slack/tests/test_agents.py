"""An agent in the Slack stand-in has sessions, statuses and titles as one on Slack has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.standins.asking import client, code
from tests.standins.slack import Slack


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as standin:
        yield standin


async def thread(slack: Slack) -> tuple[str, str, str]:
    """A channel, somebody in it, and the root of a thread; the workspace has agent sessions."""
    slack.workspace.has_sessions = True
    channel, kim = slack.add_channel("general"), slack.add_user("kim")
    return channel, kim, await slack.post(kim, channel, "root")


async def test_a_session_keeps_its_status_until_it_is_changed_and_works_for_an_hour_at_most(slack: Slack) -> None:
    channel, kim, root = await thread(slack)
    place = {"channel_id": channel, "thread_ts": root}
    set_status = client(slack).agents_sessions_setStatus
    answer = await set_status(**place, status="processing", title="Seoul", initiator_user_id=kim)
    assert (answer["agent_status"], answer["title"], answer.get("warning")) == ("processing", "Seoul", None)
    await client(slack).chat_postMessage(channel=channel, thread_ts=root, text="hello")
    slack.clock.advance(3_599)
    assert slack.agents.session(channel, root) == "processing"
    slack.clock.advance(1)
    assert slack.agents.session(channel, root) == "active"
    await set_status(**place, status="suspended", title="Busan")
    assert slack.agents.session(channel, root) == "suspended"
    session = slack.workspace.channels[channel].sessions[root]
    assert (session.title, session.initiator) == ("Seoul", kim)
    await client(slack).agents_sessions_rename(**place, title="Busan")
    assert session.title == "Busan"


async def test_sessions_are_refused_where_there_are_none_and_where_they_are_wrong(slack: Slack) -> None:
    channel, _, root = await thread(slack)
    sound = {"channel_id": channel, "thread_ts": root, "status": "processing"}
    method = "agents.sessions.setStatus"
    assert await code(slack, method, **{**sound, "status": "is thinking…"}) == "invalid_arguments"
    assert await code(slack, method, **{**sound, "title": "가" * 201}) == "invalid_arguments"
    assert await code(slack, method, **{**sound, "thread_ts": "1.000001"}) == "thread_not_found"
    assert await code(slack, method, **{**sound, "initiator_user_id": "U0NOBODY"}) == "user_not_found"
    assert await code(slack, "agents.sessions.rename", **sound, title="x") == "session_not_found"
    slack.workspace.is_agent = False
    assert await code(slack, method, **sound) == "not_agent_app"
    slack.workspace.has_sessions = False
    assert await code(slack, method, **sound) == "feature_disabled"


async def test_the_native_stop_button_stops_streams_and_leaves_the_status_to_the_app(slack: Slack) -> None:
    channel, kim, root = await thread(slack)
    with pytest.raises(LookupError):
        await slack.stop_session(kim, channel, root)
    recipient: dict[str, Any] = {"recipient_user_id": kim, "recipient_team_id": slack.team}
    ts = (await client(slack).chat_startStream(channel=channel, thread_ts=root, markdown_text="a", **recipient))["ts"]
    assert slack.agents.session(channel, root) == "processing"
    stopped = await slack.stop_session(kim, channel, root)
    assert {key: stopped.event[key] for key in ("type", "channel", "thread_ts", "user", "streaming_message_ts")} == {
        "type": "agent_session_stopped",
        "channel": channel,
        "thread_ts": root,
        "user": kim,
        "streaming_message_ts": [ts],
    }
    assert await code(slack, "chat.appendStream", channel=channel, ts=ts, markdown_text="b") == "stopped_by_user"
    assert slack.agents.session(channel, root) == "processing"


async def test_a_stream_leaves_its_session_in_the_status_that_its_end_says(slack: Slack) -> None:
    channel, kim, root = await thread(slack)
    recipient: dict[str, Any] = {"recipient_user_id": kim, "recipient_team_id": slack.team}
    for said, status in ((None, "active"), ("suspended", "suspended")):
        started = await client(slack).chat_startStream(channel=channel, thread_ts=root, markdown_text="a", **recipient)
        await client(slack).chat_stopStream(channel=channel, ts=started["ts"], session_status=said)
        assert slack.agents.session(channel, root) == status


async def test_without_the_subscription_there_is_a_warning_and_no_stop_button(slack: Slack) -> None:
    channel, kim, root = await thread(slack)
    slack.workspace.hears_stops = False
    place = {"channel_id": channel, "thread_ts": root}
    answer = await client(slack).agents_sessions_setStatus(**place, status="processing")
    assert answer["warning"] == "missing_agent_session_stopped_event_subscription"
    with pytest.raises(LookupError):
        await slack.stop_session(kim, channel, root)


async def test_a_status_vanishes_after_two_minutes_unless_it_is_set_again(slack: Slack) -> None:
    channel, _, root = await thread(slack)
    place = {"channel_id": channel, "thread_ts": root}
    for _ in range(2):
        await client(slack).assistant_threads_setStatus(**place, status="is writing…", loading_messages=["reading"])
        slack.clock.advance(119)
        assert slack.agents.status(channel, root) == "is writing…"
    slack.clock.advance(1)
    assert slack.agents.status(channel, root) == ""
    many: dict[str, Any] = {**place, "status": "x", "loading_messages": ["x"] * 11}
    assert await code(slack, "assistant.threads.setStatus", **many) == "invalid_arguments"
    long: dict[str, Any] = {**place, "status": "x", "loading_messages": ["x" * 51]}
    assert await code(slack, "assistant.threads.setStatus", **long) == "invalid_arguments"


async def test_titles_and_prompts_need_the_scope_of_assistants(slack: Slack) -> None:
    kim = slack.add_user("kim")
    direct = slack.direct(kim)
    root = await slack.post(kim, direct, "hello")
    prompts = [{"title": "Help", "message": "What can you do?"}]
    await client(slack).assistant_threads_setTitle(channel_id=direct, thread_ts=root, title="Seoul")
    await client(slack).assistant_threads_setSuggestedPrompts(channel_id=direct, prompts=prompts)
    place = slack.workspace.channels[direct]
    assert (place.titles, place.prompts) == ({root: "Seoul"}, {"": prompts})
    method = "assistant.threads.setSuggestedPrompts"
    assert await code(slack, method, channel_id=direct, prompts=prompts * 5) == "invalid_arguments"
    assert await code(slack, method, channel_id=slack.add_channel("x"), prompts=prompts) == "invalid_arguments"
    slack.workspace.scopes = ("chat:write",)
    assert await code(slack, method, channel_id=direct, prompts=prompts) == "missing_scope"
    title = {"channel_id": direct, "thread_ts": root, "title": "x"}
    assert await code(slack, "assistant.threads.setTitle", **title) == "missing_scope"


async def test_who_opens_the_app_is_told_with_the_tab_and_what_was_published(slack: Slack) -> None:
    kim = slack.add_user("kim")
    opened = (await slack.open_app(kim, "messages")).event
    assert (opened["type"], opened["user"], opened["channel"]) == ("app_home_opened", kim, slack.direct(kim))
    assert (opened["tab"], "view" in opened) == ("messages", False)
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    await client(slack).views_publish(user_id=kim, view=home)
    assert (await slack.open_app(kim)).event["view"]["blocks"] == home["blocks"]


async def test_the_locale_of_a_person_is_told_only_when_it_is_asked_for(slack: Slack) -> None:
    minsu = slack.add_user("minsu", "ko-KR")
    assert "locale" not in (await client(slack).users_info(user=minsu))["user"]
    assert (await client(slack).users_info(user=minsu, include_locale=True))["user"]["locale"] == "ko-KR"


async def test_an_ephemeral_message_is_seen_by_one_person_and_read_by_nobody(slack: Slack) -> None:
    channel, kim, root = await thread(slack)
    button = {"type": "button", "action_id": "ok", "text": {"type": "plain_text", "text": "OK"}}
    blocks = [{"type": "actions", "elements": [button]}]
    sound: dict[str, Any] = {"channel": channel, "text": "only you", "thread_ts": root, "blocks": blocks}
    ts = str((await client(slack).chat_postEphemeral(user=kim, **sound))["message_ts"])
    assert slack.replies(channel, root) == []
    [pressed] = await slack.press(kim, channel, ts, "ok")
    assert pressed.payload["container"]["is_ephemeral"]
    assert "message" not in pressed.payload
    with pytest.raises(LookupError):
        await slack.press(slack.add_user("minsu"), channel, ts, "ok")
    assert await code(slack, "chat.postEphemeral", user="U0NOBODY", **sound) == "user_not_in_channel"
