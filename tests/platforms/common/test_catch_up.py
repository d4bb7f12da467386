"""What was missed is read and what is stored is noted: over channels in memory, with the watermarks of the database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.conversation import Incoming, Participant, Posted, ThreadRef
from bot.core.decide.policy import decide
from bot.core.errors import LedgerError, PlatformError
from bot.core.ports import WHOLE_WORKSPACE
from bot.platforms.common.catch_up import LOOK_BACK, READERS, CatchUp, CatchUpSettings, ChannelNews
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.watermarks import SqlWatermarks

PLATFORM, WORKSPACE = "a_platform", "W1"
HOUR = timedelta(hours=1)
USELESS = PlatformError("token_is_of_no_use", passing=False)
FORBIDDEN = PlatformError("forbidden", passing=False)
BUSY = PlatformError("busy", passing=True)


def position(moment: datetime) -> int:
    """Milliseconds, and 22 bits below them: no unit that anything else counts in."""
    return (moment - datetime(2015, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) << 22


def ago(span: timedelta) -> int:
    return position(datetime.now(UTC) - span)


class Marks(SqlWatermarks):
    """Those of the database; what was noted is also kept here, so that a test can wait for it."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.advanced: list[tuple[str, int]] = []
        self.gaps: list[tuple[str, int | None]] = []
        self.trouble: list[Exception] = []  # with noting a gap

    async def advance(self, platform: str, workspace: str | None, channel: str, position: int) -> None:
        await super().advance(platform, workspace, channel, position)
        self.advanced.append((channel, position))

    async def note_gap(self, platform: str, workspace: str | None, channel: str, *, since: int | None = None) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        await super().note_gap(platform, workspace, channel, since=since)
        self.gaps.append((channel, since))

    @property
    def notes(self) -> list[int]:
        """How far all of the workspace was noted to be stored."""
        return [position for channel, position in self.advanced if channel == WHOLE_WORKSPACE]


@dataclass
class Channels:
    """The ChannelReader in memory; a channel that *fails* does so as often as errors stand there."""

    said: dict[str, list[Posted]] = field(default_factory=dict)
    fails: dict[str, list[PlatformError]] = field(default_factory=dict)
    joined: bool = False
    reads: list[tuple[str, int, Sequence[str]]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reading: int = 0
    most: int = 0  # channels that were read at the same time

    def __post_init__(self) -> None:
        self.gate.set()

    def say(self, channel: str, text: str, moment: datetime | None = None) -> Posted:
        moment = moment or datetime.now(UTC)
        thread = ThreadRef(PLATFORM, WORKSPACE, channel, text)
        posted = Posted(thread, text, position(moment), Participant("U1"), text, moment, addressed=True)
        self.said.setdefault(channel, []).append(posted)
        return posted

    async def channels(self) -> Sequence[str]:
        return list(self.said)

    async def news(self, channel: str, since: int, known: Collection[ThreadRef]) -> ChannelNews:
        self.reads.append((channel, since, tuple(each.thread for each in known)))
        self.reading += 1
        self.most = max(self.most, self.reading)
        try:
            await self.gate.wait()
        finally:
            self.reading -= 1
        if errors := self.fails.get(channel):
            raise errors.pop(0)
        return ChannelNews((said for said in self.said[channel] if said.position >= since), joined=self.joined)

    def is_pointless(self, error: PlatformError) -> bool:
        return error is USELESS

    def position(self, moment: datetime) -> int:
        return position(moment)

    def moment(self, position: int) -> datetime:
        return datetime(2015, 1, 1, tzinfo=UTC) + timedelta(milliseconds=position >> 22)


@dataclass
class Away:
    """A door's part of it: what it is told, and the connection that it has."""

    marks: Marks
    channels: Channels = field(default_factory=Channels)
    heard: list[str] = field(default_factory=list)
    trouble: dict[str, list[Exception]] = field(default_factory=dict)  # with storing a message
    session: object | None = "the first one"
    storing: bool = False
    stored: asyncio.Event = field(default_factory=asyncio.Event)  # what is told waits for it

    def __post_init__(self) -> None:
        self.stored.set()

    async def receive(self, incoming: Incoming) -> None:
        assert isinstance(incoming, Posted)
        self.storing = True
        await self.stored.wait()
        if errors := self.trouble.get(incoming.text):
            raise errors.pop(0)
        self.heard.append(incoming.text)

    async def left(self, span: timedelta) -> int:
        """All was noted to be stored until then."""
        await self.marks.advance(PLATFORM, WORKSPACE, WHOLE_WORKSPACE, mark := ago(span))
        self.marks.advanced.clear()
        return mark

    @asynccontextmanager
    async def back(self, **settings: object) -> AsyncIterator[CatchUp]:
        catch_up = CatchUp(
            platform=PLATFORM,
            workspace=WORKSPACE,
            channels=self.channels,
            watermarks=self.marks,
            receive=self.receive,
            session=lambda: self.session,
            settings=CatchUpSettings(**settings),  # type: ignore[arg-type] # its fields
        )
        catch_up.new_connection()
        task = asyncio.create_task(catch_up.run())
        try:
            yield catch_up
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(100):
        while not condition():  # noqa: ASYNC110 - asks what nobody tells of
            await asyncio.sleep(0.005)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}")
    await migrate.upgrade(database)
    yield database
    await database.close()


@pytest.fixture
def away(database: Database) -> Away:
    return Away(Marks(database))


async def test_at_the_first_start_nothing_is_read_and_every_thread_has_a_gap(away: Away) -> None:
    away.channels.say("C1", "old")
    before = ago(timedelta(0))
    async with away.back():
        await until(lambda: away.marks.notes)
    assert away.channels.reads == []
    assert away.marks.gaps == [(WHOLE_WORKSPACE, None)]
    assert before <= (await away.marks.seen_until(PLATFORM, WORKSPACE))[WHOLE_WORKSPACE] <= ago(timedelta(0))


async def test_what_was_said_since_the_watermark_and_a_little_before_is_handed_in(away: Away) -> None:
    mark = await away.left(HOUR)
    for text, span in (("too early", HOUR + 2 * LOOK_BACK), ("on its way", HOUR + LOOK_BACK / 2), ("new", HOUR / 2)):
        away.channels.say("C1", text, datetime.now(UTC) - span)
    async with away.back():
        await until(lambda: away.marks.notes)
    assert away.heard == ["on its way", "new"]
    since = position(away.channels.moment(mark) - LOOK_BACK)
    assert away.channels.reads == [("C1", since, ())]
    assert away.marks.gaps == [(WHOLE_WORKSPACE, since)]
    assert [channel for channel, _ in away.marks.advanced] == ["C1", WHOLE_WORKSPACE]


async def test_what_is_too_old_is_a_gap_and_is_not_read(away: Away) -> None:
    mark = await away.left(10 * HOUR)
    away.channels.say("C1", "old", datetime.now(UTC) - 5 * HOUR)
    async with away.back(longest=HOUR):
        await until(lambda: away.marks.notes)
    assert away.heard == []
    assert away.marks.gaps == [(WHOLE_WORKSPACE, position(away.channels.moment(mark) - LOOK_BACK))]


async def test_a_channels_own_watermark_counts_where_it_is_later(away: Away) -> None:
    await away.left(HOUR)
    await away.marks.advance(PLATFORM, WORKSPACE, "C1", ago(HOUR / 4))
    away.channels.say("C1", "read before", datetime.now(UTC) - HOUR / 2)
    away.channels.say("C1", "new")
    async with away.back():
        await until(lambda: away.marks.notes)
    assert away.heard == ["new"]


async def test_channels_of_recent_conversations_come_first_with_their_threads(database: Database, away: Away) -> None:
    await away.left(HOUR)
    ledger = SqlLedger(database)
    await ledger.record(away.channels.say("talked in", "a thread"), decide)
    [turn] = await ledger.claim("me", [PLATFORM], 10)
    await ledger.give_up(turn.claim, "test")
    for channel in ("B", "A"):
        away.channels.say(channel, f"in {channel}")
    await away.marks.advance(PLATFORM, WORKSPACE, "B", ago(HOUR / 2))
    async with away.back():
        await until(lambda: away.marks.notes)
    assert [(channel, known) for channel, _, known in away.channels.reads] == [
        ("talked in", ("a thread",)),
        ("A", ()),
        ("B", ()),
    ]


async def test_some_channels_are_read_at_the_same_time(away: Away) -> None:
    await away.left(HOUR)
    for number in range(3 * READERS):
        away.channels.say(f"C{number}", f"in {number}")
    away.channels.gate.clear()
    async with away.back():
        await until(lambda: away.channels.reading == READERS)
        away.channels.gate.set()
        await until(lambda: away.marks.notes)
    assert away.channels.most == READERS
    assert len(away.heard) == 3 * READERS


async def test_a_channel_that_fails_in_passing_is_read_again_before_the_watermark_moves(away: Away) -> None:
    await away.left(HOUR)
    away.channels.say("C1", "late")
    away.channels.say("C2", "in time")
    away.channels.fails["C1"] = [BUSY]
    async with away.back():
        await until(lambda: away.marks.notes)
    assert away.heard[0] == "in time"
    assert "late" in away.heard
    assert len(away.marks.gaps) == 1
    noted = [channel for channel, _ in away.marks.advanced]
    assert noted.index("C2") < noted.index("C1") < noted.index(WHOLE_WORKSPACE)


async def test_a_channel_that_cannot_be_read_stops_nothing(away: Away) -> None:
    await away.left(HOUR)
    away.channels.say("C1", "unread")
    away.channels.say("C2", "read")
    away.channels.fails["C1"] = [FORBIDDEN]
    async with away.back():
        await until(lambda: away.marks.notes)
    assert away.heard == ["read"]


async def test_where_reading_is_pointless_no_other_channel_is_tried(away: Away) -> None:
    await away.left(HOUR)
    for channel in ("C1", "C2"):
        away.channels.say(channel, f"in {channel}")
    away.channels.fails["C1"] = [USELESS]
    async with away.back():
        await until(lambda: away.marks.notes)
    assert [channel for channel, _, _ in away.channels.reads] == ["C1", "C1", "C2"]
    assert away.heard == ["in C1", "in C2"]


async def test_after_trouble_with_the_database_all_is_read_again(away: Away) -> None:
    await away.left(HOUR)
    away.channels.say("C1", "asked")
    away.trouble["asked"] = [LedgerError("the disk is full")]
    async with away.back():
        await until(lambda: away.marks.notes)
    assert away.heard == ["asked"]
    assert len(away.channels.reads) == 2
    assert [channel for channel, _ in away.marks.advanced] == ["C1", WHOLE_WORKSPACE]


async def test_a_message_that_we_have_a_defect_for_does_not_keep_the_others(
    away: Away, caplog: pytest.LogCaptureFixture
) -> None:
    await away.left(HOUR)
    away.channels.say("C1", "broken")
    away.channels.say("C1", "whole")
    away.trouble["broken"] = [ZeroDivisionError()]
    async with away.back():
        await until(lambda: away.marks.notes)
    assert away.heard == ["whole"]
    assert "a defect of ours" in caplog.text


async def test_who_invites_us_while_we_are_away_leaves_a_gap_from_what_we_knew(away: Away) -> None:
    await away.left(HOUR)
    away.channels.say("C1", "read")
    away.channels.joined = True
    async with away.back():
        await until(lambda: away.marks.notes)
    assert away.marks.gaps[1:] == [("C1", None)]


async def test_the_first_event_of_a_connection_waits_until_the_gap_before_it_is_noted(away: Away) -> None:
    await away.left(HOUR)
    said = away.channels.say("C1", "the first")
    away.channels.gate.clear()  # nothing is read meanwhile
    async with away.back() as catch_up:
        await catch_up.receive(said)
        assert len(away.marks.gaps) == 1
        await catch_up.receive(said)
        assert len(away.marks.gaps) == 1
        catch_up.new_connection()
        await asyncio.gather(catch_up.receive(said), catch_up.receive(said))
        assert len(away.marks.gaps) == 2
    assert away.heard == ["the first"] * 4


async def test_where_a_gap_cannot_be_noted_no_event_is_stored(away: Away) -> None:
    await away.left(HOUR)
    said = away.channels.say("C1", "the first")
    away.marks.trouble = [LedgerError("the disk is full")] * 9
    async with away.back() as catch_up:
        for _ in range(2):
            with pytest.raises(LedgerError):
                await catch_up.receive(said)
        assert away.heard == []
        away.marks.trouble.clear()
        await catch_up.receive(said)
    assert len(away.marks.gaps) == 1
    assert away.heard == ["the first"]


async def test_after_an_event_that_could_not_be_stored_every_thread_has_a_gap_again(away: Away) -> None:
    """It may have been an edit, which is nowhere to be found but in the thread."""
    await away.left(HOUR)
    said = away.channels.say("C1", "lost")
    async with away.back(note_seconds=0.01) as catch_up:
        await until(lambda: away.marks.notes)
        away.trouble["lost"] = [LedgerError("the disk is full")]
        with pytest.raises(LedgerError):
            await catch_up.receive(said)
        await until(lambda: len(away.marks.gaps) == 2)


async def test_a_new_connection_comes_before_a_reading_that_is_under_way(away: Away) -> None:
    await away.left(HOUR)
    away.channels.say("C1", "first")
    away.channels.gate.clear()
    async with away.back() as catch_up:
        await until(lambda: away.channels.reading)
        catch_up.new_connection()
        await until(lambda: len(away.channels.reads) == 2)
        away.channels.gate.set()
        await until(lambda: away.marks.notes)
    assert away.heard == ["first"]


async def test_while_connected_the_watermark_moves_with_time_one_step_behind(away: Away) -> None:
    await away.left(HOUR)
    async with away.back(note_seconds=0.01):
        await until(lambda: len(away.marks.notes) > 1)
        began = ago(timedelta(0))
        await until(lambda: away.marks.notes[-1] > began)
    assert away.marks.notes == sorted(away.marks.notes)


async def test_without_the_connection_that_was_read_up_to_it_stands(away: Away) -> None:
    await away.left(HOUR)
    async with away.back(note_seconds=0.01) as catch_up:
        await until(lambda: len(away.marks.notes) > 1)
        away.session = "another one"
        stood = len(away.marks.notes)
        later = asyncio.get_running_loop().time() + 0.1
        await until(lambda: asyncio.get_running_loop().time() > later)
        assert len(away.marks.notes) <= stood + 1  # one was under way, perhaps
        catch_up.new_connection()
        await until(lambda: len(away.marks.notes) > stood + 2)


async def test_it_waits_for_what_is_being_stored(away: Away) -> None:
    await away.left(HOUR)
    async with away.back(note_seconds=0.01) as catch_up:
        await until(lambda: away.marks.notes)
        away.stored.clear()
        storing = asyncio.create_task(catch_up.receive(Channels().say("C1", "asked")))
        await until(lambda: away.storing)
        arrived, notes = ago(timedelta(0)), len(away.marks.notes)
        await until(lambda: len(away.marks.notes) > notes + 4)
        assert away.marks.notes[-1] <= arrived
        away.stored.set()
        await storing
        await until(lambda: away.marks.notes[-1] > arrived)


async def test_an_event_that_could_not_be_stored_is_read_back(away: Away) -> None:
    await away.left(HOUR)
    async with away.back(note_seconds=0.01) as catch_up:
        await until(lambda: away.marks.notes)
        away.trouble["asked"] = [LedgerError("the disk is full")]
        with pytest.raises(LedgerError):
            await catch_up.receive(away.channels.say("C1", "asked"))
        await until(lambda: away.heard)
    assert away.heard == ["asked"]
