"""How far all is stored is noted, and where reading begins after a time away."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from bot.core.conversation import Incoming
from bot.core.errors import LedgerError
from bot.platforms.slack.incoming.events import position_of
from tests.platforms.slack.conftest import Heard, running
from tests.platforms.slack.reading.absence import CHANNELS, HISTORY, HOUR, Marks, Office, ago, away, caught_up, heard_by
from tests.platforms.slack.reading.absence import marks as marks
from tests.platforms.slack.reading.absence import office as office
from tests.standins.slack import Slack
from tests.standins.slack.faults import ServerError


async def test_at_the_first_start_in_a_workspace_nothing_is_read(slack: Slack, office: Office) -> None:
    office.say()
    marks, before = Marks({}), position_of(datetime.now(UTC))
    assert await heard_by(slack, marks) == []
    assert before <= marks.whole <= position_of(datetime.now(UTC))
    assert slack.calls(HISTORY) == []


async def test_it_looks_back_a_little_behind_the_watermark(slack: Slack, office: Office, marks: Marks) -> None:
    office.say("too early", before=HOUR + timedelta(minutes=3))
    office.say("in flight", before=HOUR + timedelta(minutes=1))
    assert [said.text for said in await heard_by(slack, marks)] == ["in flight"]


async def test_a_channels_own_watermark_counts_where_it_is_later(slack: Slack, office: Office, marks: Marks) -> None:
    marks.positions[office.general] = ago(timedelta(minutes=10))
    office.say("read before", before=timedelta(minutes=30))
    office.say("new")
    assert [said.text for said in await heard_by(slack, marks)] == ["new"]


async def test_a_channel_that_fails_in_passing_is_read_again_before_the_watermark_moves(
    slack: Slack, office: Office, marks: Marks
) -> None:
    before = marks.whole
    slack.fail(HISTORY, ServerError(503), times=3)
    office.say()
    heard = Heard()
    async with running(slack, heard, away(slack, marks)):
        await slack.wait_for(lambda: len(slack.calls(HISTORY)) == 3)
        assert marks.whole == before
        await slack.wait_for(lambda: heard)
        await caught_up(slack, marks, since=before)


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
