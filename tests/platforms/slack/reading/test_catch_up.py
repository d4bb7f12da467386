"""What was said while the bot was away is read when it comes back."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from bot.core.conversation import Incoming, Posted
from bot.core.ports import WHOLE_WORKSPACE
from tests.platforms.slack.conftest import Heard, running
from tests.platforms.slack.reading.absence import (
    CHANNELS,
    HISTORY,
    HOUR,
    REPLIES,
    Marks,
    Office,
    ago,
    away,
    caught_up,
    heard_by,
)
from tests.platforms.slack.reading.absence import marks as marks
from tests.platforms.slack.reading.absence import office as office
from tests.standins.slack import Slack
from tests.standins.slack.faults import RateLimited, Refused
from tests.standins.slack.workspace import SCOPES


async def test_what_was_said_is_handed_in_as_the_event_would_have_been_and_marked(
    slack: Slack, office: Office, marks: Marks
) -> None:
    root = office.say("<@U0BOT00001> 안녕 &amp; hello")
    reply = office.say("and more", thread=root)
    first, second = await heard_by(slack, marks)
    assert (first.id, first.thread, first.author.id) == (root, office.thread(root), office.kim)
    assert (first.text, first.addressed, first.direct) == ("<@U0BOT00001> 안녕 &amp; hello", True, False)
    assert (second.id, second.thread, second.addressed) == (reply, office.thread(root), False)
    assert first.recovered
    assert second.recovered


async def test_a_delivered_event_and_the_message_that_is_read_back_are_the_same(
    slack: Slack, office: Office, marks: Marks
) -> None:
    heard = Heard()
    async with running(slack, heard, away(slack, marks)):
        await caught_up(slack, marks, since=ago(timedelta(minutes=1)))
        await slack.post(office.kim, office.general, f"{slack.mention} 안녕", copies=["message"])
        await slack.wait_for(lambda: heard)
        await slack.socket_mode.disconnect()
        await slack.wait_for(lambda: len(heard) == 2)
    event, read = heard
    assert (event.recovered, read.recovered) == (False, True)
    assert all(getattr(event, name) == getattr(read, name) for name in Posted.__slots__ if name != "recovered")


async def test_a_direct_message_is_direct(slack: Slack, office: Office, marks: Marks) -> None:
    office.say("hello", channel=slack.direct(office.kim))
    [said] = await heard_by(slack, marks)
    assert (said.direct, said.addressed) == (True, False)


async def test_our_own_messages_and_noise_are_left_out(slack: Slack, office: Office, marks: Marks) -> None:
    slack.workspace.add_message(office.general, slack.bot_user, "an answer", bot_id="B0STANDIN1")
    office.say("kim has joined", subtype="channel_join")
    assert await heard_by(slack, marks) == []


@pytest.mark.parametrize(("hours", "expected"), [(3, 2), (1, 1)])
async def test_what_is_too_old_is_not_read(
    slack: Slack, office: Office, marks: Marks, hours: int, expected: int
) -> None:
    marks.positions[WHOLE_WORKSPACE] = ago(10 * HOUR)
    for before in (4 * HOUR, 2 * HOUR, HOUR / 2):
        office.say(before=before)
    assert len(await heard_by(slack, marks, longest=timedelta(hours=hours))) == expected


async def test_a_new_reply_in_a_thread_that_the_bot_takes_part_in_is_found_however_old_its_root(
    slack: Slack, office: Office, marks: Marks
) -> None:
    root = office.say(before=timedelta(days=3))
    for number in range(120):
        office.say(f"말 {number}", before=timedelta(days=2))
    office.say("아까 그거요", before=2 * HOUR, thread=root)
    asked = office.say("그럼 이건?", thread=root)
    assert await heard_by(slack, marks) == []
    marks.positions, marks.threads = {WHOLE_WORKSPACE: ago(HOUR)}, [office.thread(root)]
    assert [said.id for said in await heard_by(slack, marks)] == [asked]


async def test_a_first_mention_in_an_older_thread_is_found_where_its_root_is_met(
    slack: Slack, office: Office, marks: Marks
) -> None:
    root = office.say("yesterday's topic", before=timedelta(days=1))
    quiet = office.say("quiet since", before=timedelta(days=1))
    office.say("then", before=timedelta(hours=20), thread=quiet)
    asked = office.say(thread=root)
    assert [said.id for said in await heard_by(slack, marks)] == [asked]
    assert [call.arguments["ts"] for call in slack.calls(REPLIES)] == [root]


async def test_a_reply_that_was_also_sent_to_the_channel_leads_to_its_thread(
    slack: Slack, office: Office, marks: Marks
) -> None:
    root = office.say("an old topic", before=timedelta(days=9))
    for _ in range(120):
        office.say("since then", before=timedelta(days=2))
    asked = [office.say(thread=root), office.say("loud", thread=root, subtype="thread_broadcast")]
    assert [said.id for said in await heard_by(slack, marks)] == asked


async def test_a_mention_that_an_edit_added_is_found(slack: Slack, office: Office, marks: Marks) -> None:
    ts = office.say("안녕", before=2 * HOUR)
    message = slack.workspace.channels[office.general].messages[ts]
    message.text, message.edits, message.edited_ts = f"{slack.mention} 안녕", 1, slack.workspace.ts()
    heard = await heard_by(slack, marks)
    assert [(edit.message.id, edit.message.addressed, edit.message.recovered) for edit in heard.edits] == [
        (ts, True, True)
    ]


async def test_all_is_read_page_by_page_and_handed_in_in_order(slack: Slack, office: Office, marks: Marks) -> None:
    said = [office.say(f"말 {number}") for number in range(250)]
    root = said[7]
    said += [office.say(f"답 {number}", thread=root) for number in range(250)]
    heard = await heard_by(slack, marks)
    assert [each.id for each in heard] == said
    assert len(slack.calls(HISTORY)) == 3
    assert len(slack.calls(REPLIES)) == 2


async def test_channels_with_a_recent_conversation_come_first_then_all_others_that_the_bot_is_in(
    slack: Slack, office: Office, marks: Marks
) -> None:
    kinds = ("channel", "group", "mpim", "im")
    others = [slack.add_channel(f"other-{kind}", kind) for kind in kinds]
    slack.add_channel("not ours", has_bot=False)
    busy = [slack.add_channel(f"busy-{number}") for number in range(3)]
    marks.threads = [office.thread("1.000001", channel) for channel in busy]
    for channel in (*others, *busy):
        office.say(channel=channel)
    heard = await heard_by(slack, marks)
    assert {said.thread.channel for said in heard} == {*others, *busy}
    read = office.calls(HISTORY)
    assert set(read[:3]) == set(busy)
    assert sorted(read[3:]) == sorted([*others, office.general])


@pytest.mark.parametrize("code", ["not_in_channel", "channel_not_found", "missing_scope", "is_archived"])
async def test_a_channel_that_cannot_be_read_does_not_stop_the_others(
    slack: Slack, office: Office, marks: Marks, code: str
) -> None:
    marks.threads = [office.thread("1.000001", slack.add_channel("first"))]
    office.say()
    slack.fail(HISTORY, Refused(code))
    assert len(await heard_by(slack, marks)) == 1


async def test_a_message_that_we_have_a_defect_for_does_not_keep_the_others(
    slack: Slack, office: Office, marks: Marks, caplog: pytest.LogCaptureFixture
) -> None:
    heard, before = Heard(), marks.whole
    office.say("poison")
    said = office.say("hello")

    async def receive(incoming: Incoming) -> None:
        await heard(incoming)
        if heard[-1].text == "poison":
            raise ZeroDivisionError

    async with running(slack, receive, away(slack, marks)):
        await caught_up(slack, marks, since=before)
    assert heard[-1].id == said
    assert "defect" in caplog.text


async def test_a_429_is_waited_out(slack: Slack, office: Office, marks: Marks) -> None:
    office.say()
    for method in (CHANNELS, HISTORY):
        slack.fail(method, RateLimited(0), times=2)
    assert len(await heard_by(slack, marks)) == 1


async def test_without_the_scopes_for_some_kinds_the_others_are_read_and_the_operator_is_told_once(
    slack: Slack, office: Office, marks: Marks, caplog: pytest.LogCaptureFixture
) -> None:
    slack.workspace.scopes = tuple(scope for scope in SCOPES if scope not in ("channels:read", "groups:read"))
    office.say()
    office.say("hello", channel=slack.direct(office.kim))
    with caplog.at_level(logging.WARNING):
        assert [said.text for said in await heard_by(slack, marks)] == ["hello"]
    assert [record.message.count("reinstall") for record in caplog.records if "scope" in record.message] == [1]
