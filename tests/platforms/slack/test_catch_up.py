"""What was said while the bot was away is read when it comes back, and how far all is stored is noted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.conversation import Incoming, Posted, ThreadRef
from bot.core.errors import LedgerError
from bot.core.ports import WHOLE_WORKSPACE
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.catch_up import CatchUpSettings
from bot.platforms.slack.events import microseconds, position_of
from tests.platforms.slack.conftest import Heard, door, running
from tests.standins.slack import Slack
from tests.standins.slack_faults import RateLimited, Refused, ServerError
from tests.standins.slack_workspace import SCOPES, Message

HOUR = timedelta(hours=1)
HISTORY, REPLIES, CHANNELS = "conversations.history", "conversations.replies", "users.conversations"


def ago(span: timedelta) -> int:
    return position_of(datetime.now(UTC) - span)


@dataclass
class Marks:
    """The Watermarks port in memory."""

    positions: dict[str, int] = field(default_factory=lambda: {WHOLE_WORKSPACE: ago(HOUR)})
    threads: list[ThreadRef] = field(default_factory=list)
    broken: bool = False
    notes: int = 0

    async def seen_until(self, platform: str, workspace: str) -> Mapping[str, int]:
        assert (platform, workspace) == ("slack", Slack.team)
        if self.broken:
            raise LedgerError("the disk is full")
        return dict(self.positions)

    async def advance(self, platform: str, workspace: str, channel: str, position: int) -> None:
        if self.broken:
            raise LedgerError("the disk is full")
        self.notes += 1
        self.positions[channel] = max(position, self.positions.get(channel, 0))

    async def recent_threads(self, platform: str, workspace: str, since: datetime) -> Sequence[ThreadRef]:
        return self.threads

    @property
    def whole(self) -> int:
        return self.positions.get(WHOLE_WORKSPACE, 0)


@pytest.fixture
def marks() -> Marks:
    return Marks()


def away(slack: Slack, marks: Marks, **settings: object) -> SlackPlatform:
    """A door that was away for an hour."""
    return door(slack, watermarks=marks, catch_up=CatchUpSettings(**settings))  # type: ignore[arg-type] # its fields


class Office:
    """Things are said in it while nobody listens."""

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.kim, self.general = slack.add_user("kim"), slack.add_channel("general")

    def say(
        self, text: str = "<@U0BOT00001> 안녕", *, before: timedelta = timedelta(0), thread: str | None = None,
        channel: str | None = None, **more: object,
    ) -> str:  # fmt: skip
        """Said *before* now; no event tells of it. Returns the ts."""
        where = channel or self.general
        message = self.slack.workspace.add_message(where, self.kim, text, thread, **more)
        return self._dated(message, before) if before else message.ts

    def _dated(self, message: Message, before: timedelta) -> str:
        place, position = self.slack.workspace.channels[message.channel].messages, microseconds(message.ts)
        assert position is not None
        del place[message.ts]
        earlier = position - before // timedelta(microseconds=1)
        message.ts = f"{earlier // 1_000_000}.{earlier % 1_000_000:06d}"
        place[message.ts] = message
        return message.ts

    def thread(self, root: str, channel: str | None = None) -> ThreadRef:
        return ThreadRef("slack", self.slack.team, channel or self.general, root)

    def calls(self, method: str) -> list[str]:
        return [str(call.arguments.get("channel")) for call in self.slack.calls(method)]


@pytest.fixture
def office(slack: Slack) -> Office:
    return Office(slack)


async def caught_up(slack: Slack, marks: Marks, *, since: int) -> None:
    await slack.wait_for(lambda: marks.whole > since)


async def heard_by(slack: Slack, marks: Marks, **settings: object) -> Heard:
    """What a door hears that comes back now and reads all that it missed."""
    heard, since = Heard(), position_of(datetime.now(UTC))
    async with running(slack, heard, away(slack, marks, **settings)):
        await caught_up(slack, marks, since=since - 1)
    return heard


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


async def test_at_the_first_start_in_a_workspace_nothing_is_read(slack: Slack, office: Office) -> None:
    office.say()
    marks, before = Marks({}), position_of(datetime.now(UTC))
    assert await heard_by(slack, marks) == []
    assert before <= marks.whole <= position_of(datetime.now(UTC))
    assert slack.calls(HISTORY) == []


@pytest.mark.parametrize(("hours", "expected"), [(3, 2), (1, 1)])
async def test_what_is_too_old_is_not_read(
    slack: Slack, office: Office, marks: Marks, hours: int, expected: int
) -> None:
    marks.positions[WHOLE_WORKSPACE] = ago(10 * HOUR)
    for before in (4 * HOUR, 2 * HOUR, HOUR / 2):
        office.say(before=before)
    assert len(await heard_by(slack, marks, longest=timedelta(hours=hours))) == expected


async def test_it_looks_back_a_little_behind_the_watermark(slack: Slack, office: Office, marks: Marks) -> None:
    office.say("too early", before=HOUR + timedelta(minutes=3))
    office.say("in flight", before=HOUR + timedelta(minutes=1))
    assert [said.text for said in await heard_by(slack, marks)] == ["in flight"]


async def test_a_channels_own_watermark_counts_where_it_is_later(slack: Slack, office: Office, marks: Marks) -> None:
    marks.positions[office.general] = ago(timedelta(minutes=10))
    office.say("read before", before=timedelta(minutes=30))
    office.say("new")
    assert [said.text for said in await heard_by(slack, marks)] == ["new"]


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


async def test_a_channel_that_fails_in_passing_is_read_again_before_the_watermark_moves(
    slack: Slack, office: Office, marks: Marks
) -> None:
    before = marks.whole
    slack.fail(HISTORY, ServerError(503), times=3)
    office.say()
    heard = Heard()
    async with running(slack, heard, away(slack, marks)):
        await slack.wait_for(lambda: len(slack.calls(HISTORY)) == 3, 10)
        assert marks.whole == before
        await slack.wait_for(lambda: heard, 10)
        await caught_up(slack, marks, since=before)


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


async def test_while_connected_the_watermark_moves_with_time(slack: Slack, marks: Marks) -> None:
    async with running(slack, Heard(), away(slack, marks, note_seconds=0.02)):
        await caught_up(slack, marks, since=ago(timedelta(minutes=1)))
        await caught_up(slack, marks, since=position_of(datetime.now(UTC)))
        assert marks.whole <= ago(timedelta(seconds=0.02))


async def test_the_watermark_stands_from_the_end_of_a_connection_until_the_next_one_is_read_up(
    slack: Slack, office: Office, marks: Marks
) -> None:
    heard = Heard()
    async with running(slack, heard, away(slack, marks, note_seconds=0.02)) as platform:
        await caught_up(slack, marks, since=ago(timedelta(minutes=1)))
        slack.socket_mode.mute = slack.socket_mode.refuse_handshakes = True
        await slack.socket_mode.cut()
        await slack.wait_for(lambda: not platform.connected)
        stood, slack.socket_mode.refuse_handshakes = marks.whole, False
        await slack.wait_for(lambda: platform.connected and slack.socket_mode.connections)
        asked = await slack.post(office.kim, office.general, "안녕", copies=["message"])
        await slack.wait_for(lambda: heard)  # what comes in after the gap says nothing of what was said in it
        notes = asyncio.get_running_loop().time() + 0.1
        await slack.wait_for(lambda: asyncio.get_running_loop().time() > notes)
        assert marks.whole == stood
    assert {said.id for said in heard} == {asked}


async def test_the_watermark_waits_for_an_event_that_is_being_stored(
    slack: Slack, office: Office, marks: Marks
) -> None:
    reached, release = asyncio.Event(), asyncio.Event()

    async def receive(_said: Incoming) -> None:
        reached.set()
        await release.wait()

    async with running(slack, receive, away(slack, marks, note_seconds=0.02)):
        await caught_up(slack, marks, since=ago(timedelta(minutes=1)))
        await slack.post(office.kim, office.general, "안녕", copies=["message"])
        await reached.wait()
        arrived, noted = position_of(datetime.now(UTC)), marks.notes
        await slack.wait_for(lambda: marks.notes > noted + 4)
        assert marks.whole <= arrived
        release.set()
        await slack.wait_for(lambda: marks.whole > arrived)


async def test_an_event_that_could_not_be_stored_is_read_back_once_the_database_is_there(
    slack: Slack, office: Office, marks: Marks
) -> None:
    stored, refused = Heard(), asyncio.Event()

    async def receive(said: Incoming) -> None:
        if marks.broken:
            refused.set()
            raise LedgerError("the disk is full")
        await stored(said)

    async with running(slack, receive, away(slack, marks, note_seconds=0.02)):
        await caught_up(slack, marks, since=ago(timedelta(minutes=1)))
        marks.broken = True
        ts = await slack.post(office.kim, office.general, "안녕", copies=["message"])
        await refused.wait()
        stood = marks.whole
        marks.broken = False
        await slack.wait_for(lambda: stored)
        await slack.wait_for(lambda: marks.whole > stood)
    assert [(said.id, said.recovered) for said in stored] == [(ts, True)]


async def test_a_question_asked_in_an_outage_is_read_on_reconnecting(
    slack: Slack, office: Office, marks: Marks
) -> None:
    heard = Heard()
    async with running(slack, heard, away(slack, marks)) as platform:
        await caught_up(slack, marks, since=ago(timedelta(minutes=1)))
        slack.socket_mode.refuse_handshakes = True
        await slack.socket_mode.cut()
        await slack.wait_for(lambda: not platform.connected)
        asked = await slack.post(office.kim, office.general, f"{slack.mention} 거기 있나요?")
        slack.socket_mode.refuse_handshakes = False
        await slack.wait_for(lambda: heard)
    assert {said.id for said in heard} == {asked}


async def test_a_new_connection_comes_before_a_reading_that_is_still_under_way(
    slack: Slack, office: Office, marks: Marks
) -> None:
    slow = slack.add_channel("slow")
    heard = Heard()
    gate = slack.hold(CHANNELS)
    async with running(slack, heard, away(slack, marks)):
        await gate.reached.wait()
        marks.threads = [office.thread(office.say())]
        office.say(channel=slow)
        await slack.socket_mode.disconnect()
        await slack.wait_for(lambda: heard)
        assert {said.thread.channel for said in heard} == {office.general}
        gate.open()
        await slack.wait_for(lambda: {said.thread.channel for said in heard} == {office.general, slow})


async def test_without_watermarks_nothing_is_read(slack: Slack, office: Office) -> None:
    office.say()
    heard = Heard()
    async with running(slack, heard):
        asked = await slack.post(office.kim, office.general, "hello", copies=["message"])
        await slack.wait_for(lambda: heard)
    assert [said.id for said in heard] == [asked]
    assert slack.calls(CHANNELS) == []
