"""A streamed message of the Slack stand-in goes through its states as one on Slack does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.standins.asking import client, code
from tests.standins.slack import Slack

BUTTONS = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "again", "text": {"type": "plain_text", "text": "Again"}}],
}
MARK = {"event_type": "mark", "event_payload": {"turn": "7"}}


class Stage:
    """A thread in a channel, with somebody to stream to."""

    def __init__(self, slack: Slack, channel: str, user: str, root: str) -> None:
        self.slack, self.channel, self.user, self.root = slack, channel, user, root
        self.client = client(slack)

    @property
    def recipient(self) -> dict[str, str]:
        return {"thread_ts": self.root, "recipient_user_id": self.user, "recipient_team_id": self.slack.team}

    async def call(self, method: str, **arguments: Any) -> Any:
        return (await self.client.api_call(f"chat.{method}", json={"channel": self.channel, **arguments})).data

    async def start(self, **arguments: Any) -> str:
        return str((await self.call("startStream", **{**self.recipient, **arguments}))["ts"])

    async def refused(self, method: str, **arguments: Any) -> str:
        given = self.recipient if method == "startStream" else {}
        return await code(self.slack, f"chat.{method}", **{"channel": self.channel, **given, **arguments})

    @property
    def shown(self) -> list[str]:
        return self.slack.replies(self.channel, self.root)

    async def read(self) -> list[Any]:
        page = await self.client.conversations_replies(channel=self.channel, ts=self.root, include_all_metadata=True)
        return list(page["messages"])[1:]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as standin:
        yield standin


@pytest.fixture
async def stage(slack: Slack) -> Stage:
    channel, kim = slack.add_channel("general"), slack.add_user("kim")
    return Stage(slack, channel, kim, await slack.post(kim, channel, "root"))


async def test_text_accumulates_and_half_open_code_stays_as_it_is(stage: Stage) -> None:
    ts = await stage.start(markdown_text="안녕 ")
    await stage.call("appendStream", ts=ts, markdown_text="```py\n")
    await stage.call("appendStream", ts=ts, markdown_text="print(1)")
    assert stage.shown == ["안녕 ```py\nprint(1)"]
    await stage.call("stopStream", ts=ts, markdown_text="\n```", blocks=[BUTTONS])
    assert stage.shown == ["안녕 ```py\nprint(1)\n```"]
    assert [block["type"] for block in (await stage.read())[0]["blocks"]] == ["markdown", "actions"]


async def test_a_stream_has_metadata_only_from_its_end_on(stage: Stage) -> None:
    ts = await stage.start(markdown_text="a", metadata=MARK)
    [reply] = await stage.read()
    assert (reply.get("metadata"), reply["streaming_state"]) == (None, "in_progress")
    await stage.call("stopStream", ts=ts, metadata=MARK, session_status="active")
    [reply] = await stage.read()
    assert (reply["metadata"], reply["streaming_state"]) == (MARK, "completed")


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ({"thread_ts": None}, "invalid_arguments"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"recipient_team_id": None}, "missing_recipient_team_id"),
        ({"recipient_team_id": "T0ANOTHER"}, "user_not_found"),
        ({"recipient_user_id": None}, "missing_recipient_user_id"),
        ({"recipient_user_id": "U0NOBODY"}, "user_not_found"),
        ({"markdown_text": "a" * 12_001}, "msg_too_long"),
        ({"markdown_text": "가" * 3_534}, "msg_too_long"),
        (
            {"markdown_text": "a", "chunks": [{"type": "markdown_text", "text": "b"}]},
            "cannot_provide_both_markdown_text_and_chunks",
        ),
        ({"chunks": [{"type": "music"}]}, "invalid_chunks"),
    ],
)
async def test_a_start_is_refused_as_slack_refuses_it(stage: Stage, arguments: dict[str, Any], refusal: str) -> None:
    given = {"markdown_text": "a"} if "chunks" not in arguments else {}
    assert await stage.refused("startStream", **{**given, **arguments}) == refusal
    assert stage.shown == []


async def test_a_direct_message_needs_no_recipient(stage: Stage) -> None:
    stage.channel = stage.slack.direct(stage.user)
    stage.root = await stage.slack.post(stage.user, stage.channel, "hello")
    await stage.start(recipient_user_id=None, recipient_team_id=None)
    assert stage.shown == [""]


async def test_a_stream_holds_only_so_many_bytes_and_a_refused_piece_is_not_added(stage: Stage) -> None:
    ts = await stage.start(markdown_text="가" * 3_500)
    assert await stage.refused("appendStream", ts=ts, markdown_text="나" * 34) == "msg_too_long"
    assert await stage.refused("stopStream", ts=ts, markdown_text="나" * 34) == "msg_too_long"
    await stage.call("stopStream", ts=ts, markdown_text="나" * 33)
    assert stage.shown == ["가" * 3_500 + "나" * 33]


async def test_text_and_chunks_do_not_mix_in_one_stream(stage: Stage) -> None:
    ts = await stage.start(chunks=[{"type": "markdown_text", "text": "a"}])
    assert await stage.refused("appendStream", ts=ts, markdown_text="b") == "streaming_mode_mismatch"
    task = {"type": "task_update", "id": "1", "title": "Reading", "status": "in_progress"}
    await stage.call("appendStream", ts=ts, chunks=[task, {"type": "markdown_text", "text": "b"}])
    assert stage.shown == ["ab"]


async def test_an_open_stream_can_be_neither_edited_nor_deleted_and_a_stopped_one_can_be(stage: Stage) -> None:
    ts = await stage.start(markdown_text="a")
    assert await stage.refused("update", ts=ts, text="b") == "streaming_state_conflict"
    assert await stage.refused("delete", ts=ts) == "cant_delete_message"
    await stage.call("stopStream", ts=ts, blocks=[BUTTONS])
    await stage.call("update", ts=ts, markdown_text="b")
    assert stage.shown == ["b"]
    await stage.call("delete", ts=ts)
    assert stage.shown == []


async def test_nothing_is_added_to_a_stopped_stream_or_to_a_message_that_is_none(stage: Stage) -> None:
    ts = await stage.start(markdown_text="a")
    assert await stage.refused("appendStream", ts=ts) == "no_text"
    await stage.call("stopStream", ts=ts)
    posted = (await stage.call("postMessage", text="b"))["ts"]
    for gone in (ts, posted):
        assert await stage.refused("appendStream", ts=gone, markdown_text="c") == "message_not_in_streaming_state"
        assert await stage.refused("stopStream", ts=gone) == "message_not_in_streaming_state"
    assert await stage.refused("appendStream", ts=stage.root, markdown_text="c") == "message_not_owned_by_app"
    assert await stage.refused("appendStream", ts="1.000001", markdown_text="c") == "message_not_found"


async def test_a_stream_ends_by_itself_after_five_minutes_and_can_be_edited_then(stage: Stage) -> None:
    ts = await stage.start(markdown_text="a")
    stage.slack.clock.advance(299)
    await stage.call("appendStream", ts=ts, markdown_text="b")
    stage.slack.clock.advance(1)
    assert await stage.refused("appendStream", ts=ts, markdown_text="c") == "message_not_in_streaming_state"
    assert await stage.refused("stopStream", ts=ts, markdown_text="c") == "message_not_in_streaming_state"
    await stage.call("update", ts=ts, text="abc")
    assert stage.shown == ["abc"]


async def test_what_a_person_stopped_stays_and_takes_no_more(stage: Stage) -> None:
    ts = await stage.start(markdown_text="a")
    await stage.slack.stop_stream(stage.user, stage.channel, ts)
    assert await stage.refused("appendStream", ts=ts, markdown_text="b") == "stopped_by_user"
    assert await stage.refused("stopStream", ts=ts) == "stopped_by_user"
    await stage.call("update", ts=ts, text="a (stopped)")
    assert stage.shown == ["a (stopped)"]


async def test_events_tell_of_the_start_and_the_end_of_a_stream_and_of_nothing_between(stage: Stage) -> None:
    before = len(stage.slack.deliveries)
    ts = await stage.start()
    for _ in range(3):
        await stage.call("appendStream", ts=ts, markdown_text="a")
    await stage.call("stopStream", ts=ts)
    await stage.slack.wait_for(lambda: len(stage.slack.deliveries) == before + 2)
    first, last = (delivery.event for delivery in stage.slack.deliveries[before:])
    assert (first["ts"], first["text"], first["streaming_state"]) == (ts, "", "in_progress")
    assert (last["subtype"], last["message"]["text"], last["message"]["streaming_state"]) == (
        "message_changed",
        "aaa",
        "completed",
    )
    assert "edited" not in last["message"]


async def test_a_workspace_may_lack_a_method_an_argument_or_a_kind_of_channel(stage: Stage) -> None:
    stage.slack.switch_off("chat.stopStream", "invalid_arguments", argument="session_status")
    ts = await stage.start()
    assert await stage.refused("stopStream", ts=ts, markdown_text="a", session_status="active") == "invalid_arguments"
    await stage.call("stopStream", ts=ts, markdown_text="a")
    stage.slack.workspace.stream_kinds = ("im",)
    assert await stage.refused("startStream") == "channel_type_not_supported"
    stage.slack.switch_off("chat.startStream")
    assert await stage.refused("startStream") == "unknown_method"
