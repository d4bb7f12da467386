"""Watermarks only move forward, and the threads that had a turn of late are found; on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.conversation import Participant, Posted, ThreadRef
from bot.core.decide.policy import decide
from bot.core.ports import WHOLE_WORKSPACE, ThreadRead
from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger
from bot.store.watermarks import SqlWatermarks
from tests.store.conftest import Clock


@pytest.fixture
def marks(database: Database) -> SqlWatermarks:
    return SqlWatermarks(database)


async def test_a_workspace_that_was_never_seen_has_no_watermark(marks: SqlWatermarks) -> None:
    await marks.advance("slack", "T2", WHOLE_WORKSPACE, 5)
    await marks.advance("web", "T1", WHOLE_WORKSPACE, 5)
    assert await marks.seen_until("slack", "T1") == {}


async def test_a_watermark_never_moves_back(marks: SqlWatermarks) -> None:
    for position in (1_700_000_000_000_100, 1_700_000_000_000_300, 1_700_000_000_000_200):
        await marks.advance("slack", "T1", WHOLE_WORKSPACE, position)
        await marks.advance("slack", "T1", "C1", position + 1)
    assert await marks.seen_until("slack", "T1") == {"": 1_700_000_000_000_300, "C1": 1_700_000_000_000_301}


async def test_the_whole_workspace_overtakes_its_channels(marks: SqlWatermarks) -> None:
    for channel, position in [("C1", 10), ("C2", 20), ("C3", 30)]:
        await marks.advance("slack", "T1", channel, position)
    await marks.advance("slack", "T2", "C1", 10)
    await marks.advance("slack", "T1", WHOLE_WORKSPACE, 20)
    assert await marks.seen_until("slack", "T1") == {"": 20, "C3": 30}
    assert await marks.seen_until("slack", "T2") == {"C1": 10}


async def ask(ledger: SqlLedger, thread: str, *, workspace: str = "T1", number: int = 1) -> None:
    ref, id_ = ThreadRef("slack", workspace, "C1", thread), f"{thread}-{number}"
    said = Posted(ref, id_, number, Participant("U1"), "안녕", datetime(2026, 11, 23, tzinfo=UTC), addressed=True)
    await ledger.record(said, decide)
    for turn in await ledger.claim("me", ["slack"], 10):
        await ledger.give_up(turn.claim, "test")


async def test_threads_come_with_the_last_turn_first_and_each_once(database: Database, clock: Clock) -> None:
    ledger, marks = SqlLedger(database, clock), SqlWatermarks(database)
    await ask(ledger, "old")
    clock.advance(3600)
    since = clock()
    for number, thread in enumerate(["a", "b", "c", "a"]):
        await ask(ledger, thread, number=number)
        clock.advance(1)
    await ask(ledger, "elsewhere", workspace="T2")
    found = await marks.recent_threads("slack", "T1", since)
    assert [(ref.channel, ref.thread) for ref in found] == [("C1", "a"), ("C1", "c"), ("C1", "b")]
    everything = await marks.recent_threads("slack", "T1", since - timedelta(days=1))
    assert [ref.thread for ref in everything] == ["a", "c", "b", "old"]


async def unread(ledger: SqlLedger, thread: str, workspace: str = "T1") -> int | None:
    """What the conversation's next turn finds."""
    ref = ThreadRef("slack", workspace, "C1", thread)
    said = Posted(ref, f"{thread}-9", 9, Participant("U1"), "다음", datetime(2026, 11, 23, tzinfo=UTC), addressed=True)
    await ledger.record(said, decide)
    [turn] = await ledger.claim("me", ["slack"], 10)
    await ledger.release(turn.claim, timedelta(0), "test")
    return turn.conversation.unread_since


def ledger_now() -> datetime:
    return datetime(2026, 11, 23, 12, tzinfo=UTC)


async def begun(ledger: SqlLedger, *threads: str) -> None:
    for thread in threads:
        root = Posted(
            ThreadRef("slack", "T1", "C1", thread), thread, 5, Participant("U1"), "안녕", ledger_now(), addressed=True
        )
        await ledger.record(root, decide)
        for turn in await ledger.claim("me", ["slack"], 10):
            await ledger.give_up(turn.claim, "test")


@pytest.mark.parametrize(
    ("channel", "since", "expected"),
    [("C1", 3, 3), (WHOLE_WORKSPACE, 3, 3), ("C1", None, 5), ("C2", 3, None)],
)
async def test_a_gap_is_noted_in_the_threads_of_its_channel(
    database: Database, clock: Clock, channel: str, since: int | None, expected: int | None
) -> None:
    ledger, marks = SqlLedger(database, clock), SqlWatermarks(database)
    await begun(ledger, "a", "b")
    await marks.note_gap("slack", "T1", channel, since=since)
    await marks.note_gap("slack", "T2", "C1", since=1)
    assert await unread(ledger, "a") == expected


async def test_of_two_gaps_all_since_the_first_one_is_unread(database: Database, clock: Clock) -> None:
    ledger, marks = SqlLedger(database, clock), SqlWatermarks(database)
    await begun(ledger, "a")
    for since in (4, 3, 7):
        await marks.note_gap("slack", "T1", "C1", since=since)
    assert await unread(ledger, "a") == 2


async def test_a_gap_that_is_noted_while_an_earlier_one_is_read_stays(database: Database, clock: Clock) -> None:
    ledger, marks = SqlLedger(database, clock), SqlWatermarks(database)
    await begun(ledger, "a")
    await marks.note_gap("slack", "T1", "C1", since=3)
    said = Posted(
        ThreadRef("slack", "T1", "C1", "a"), "a-8", 8, Participant("U1"), "질문", ledger_now(), addressed=True
    )
    await ledger.record(said, decide)
    [turn] = await ledger.claim("me", ["slack"], 10)
    assert turn.conversation.unread_since == 3
    await marks.note_gap("slack", "T1", "C1", since=3)
    await ledger.fill(turn.claim, 3, ThreadRead(()))
    await ledger.give_up(turn.claim, "test")
    assert await unread(ledger, "a") == 2


async def test_one_watermark_may_be_that_of_all_workspaces(database: Database, clock: Clock) -> None:
    ledger, marks = SqlLedger(database, clock), SqlWatermarks(database)
    await marks.advance("slack", None, WHOLE_WORKSPACE, 5)
    await marks.advance("slack", None, "C1", 7)
    assert await marks.seen_until("slack", None) == {"": 5, "C1": 7}
    assert await marks.seen_until("slack", "T1") == {}
    for workspace in ("T1", "T2"):
        await ask(ledger, "here", workspace=workspace)
    found = await marks.recent_threads("slack", None, clock() - timedelta(days=1))
    assert {ref.workspace for ref in found} == {"T1", "T2"}
    await marks.note_gap("slack", None, "C2", since=3)
    await marks.note_gap("slack", None, "C1", since=3)
    assert await unread(ledger, "here", "T2") == -1


async def test_direct_messages_are_known_however_old_they_are(database: Database, clock: Clock) -> None:
    ledger, marks = SqlLedger(database, clock), SqlWatermarks(database)
    for channel, direct in (("D1", True), ("C1", False), ("D2", True), ("D1", True)):
        thread = ThreadRef("discord", "@me", channel, f"{channel}-{clock()}")
        await ledger.record(
            Posted(thread, thread.thread, 1, Participant("U1"), "질문", clock(), addressed=True, direct=direct), decide
        )
        clock.advance(400 * 86_400)
    assert await marks.direct_channels("discord") == ["D1", "D2"]
    assert await marks.direct_channels("slack") == []
