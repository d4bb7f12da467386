"""An event of a channel is one of that channel, by whichever of its ids it comes, in whichever process, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.conversation import Incoming, MessageRef, Moved, Operation, Participant, Posted, Reacted, ThreadRef
from bot.core.decide.policy import decide
from bot.core.errors import LedgerError
from bot.core.preferences.registry import MODE, Mode
from bot.core.preferences.setting import Preference, Scope
from bot.platforms.slack.reading.channel_follower import ChannelFollower
from bot.store.changes import preferences
from bot.store.channel_ids import SqlChannelIds
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from tests.store.steps import START
from tests.store.steps import said as said_in_c1

PRIVATE, SHARED, LATER = "G012Y48650T", "C012Y48650T", "C0LATER"
MOVED = Moved("slack", "T1", PRIVATE, SHARED)


class Process:
    """A process of the bot on the database, and what it was told."""

    def __init__(self, database: Database) -> None:
        self._database, self._ledger = database, SqlLedger(database)
        self.channels = ChannelFollower(SqlChannelIds(database), "T1", self._store)
        self.told: list[Incoming] = []
        self.trouble: LedgerError | None = None

    async def _store(self, incoming: Incoming) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.told.append(incoming)
        if isinstance(incoming, Posted):
            await self._ledger.record(incoming, decide)
        elif isinstance(incoming, Moved):
            await self._ledger.move(incoming)

    def followed(self, channel: str) -> str:
        """The id under which is stored what Slack tells of *channel*."""
        event = {"type": "message", "channel": channel}
        body: dict[str, Any] = {"type": "event_callback", "event": event}
        self.channels.follow(body)
        return event["channel"]

    async def prefer_quiet(self, channel: str) -> None:
        place = ThreadRef("slack", "T1", channel, "1.0")
        preference = Preference(Scope.CHANNEL, MODE.key, MODE.written(Mode.QUIET), START)
        await self._database.write(lambda each: preferences.write(each, place, preference, None, START))

    async def is_quiet_in(self, channel: str) -> bool:
        place = ThreadRef("slack", "T1", channel, "1.0")
        found = await self._database.read(lambda connection: preferences.read(connection, place))
        return found[MODE].value is Mode.QUIET


def said(channel: str, ts: float = 1.0) -> Posted:
    posted = said_in_c1(ts, thread=ts)
    return replace(posted, thread=replace(posted.thread, channel=channel))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    store = open_database(f"sqlite+aiosqlite:///{tmp_path / 'threadbot.db'}")
    await migrate.upgrade(store)
    yield store
    await store.close()


async def test_a_change_holds_after_a_restart_and_whatever_it_is_called_next(database: Database) -> None:
    before = Process(database)
    await before.channels.receive(MOVED)
    assert before.followed(PRIVATE) == SHARED
    after = Process(database)
    await after.channels.refresh()
    assert (after.followed(PRIVATE), after.followed(SHARED)) == (SHARED, SHARED)
    await after.channels.receive(replace(MOVED, channel=SHARED, to=LATER))
    assert (after.followed(PRIVATE), after.followed(SHARED), after.followed(LATER)) == (LATER, LATER, LATER)
    last = Process(database)
    await last.channels.refresh()
    assert (last.followed(PRIVATE), last.followed(SHARED), last.followed(LATER)) == (LATER, LATER, LATER)


async def test_an_id_that_a_channel_has_again_is_its_own(database: Database) -> None:
    process = Process(database)
    await process.channels.receive(MOVED)
    await process.channels.receive(replace(MOVED, channel=SHARED, to=PRIVATE))
    again = Process(database)
    await again.channels.refresh()
    for each in (process, again):
        assert (each.followed(PRIVATE), each.followed(SHARED)) == (PRIVATE, PRIVATE)


async def test_a_change_that_another_process_was_told_of_takes_along_what_came_here_meanwhile(
    database: Database,
) -> None:
    here, there = Process(database), Process(database)
    await here.channels.refresh()
    await there.channels.receive(MOVED)
    await here.prefer_quiet(PRIVATE)
    await here.channels.refresh()
    assert here.followed(PRIVATE) == SHARED
    assert await here.is_quiet_in(SHARED)
    await here.channels.refresh()
    assert here.told == [MOVED]


@pytest.mark.parametrize(
    "event",
    [
        said(SHARED, 2.0),
        Reacted(MessageRef("slack", "T1", SHARED, "1.0"), Operation.PIN, Participant("U1"), added=True, at=START),
    ],
)
async def test_a_private_channel_that_was_shared_while_we_were_away_keeps_its_settings(
    database: Database, event: Incoming
) -> None:
    before = Process(database)
    await before.channels.receive(said(PRIVATE))
    await before.prefer_quiet(PRIVATE)
    after = Process(database)
    await after.channels.refresh()
    await after.channels.receive(event)
    assert after.told == [MOVED, event]
    assert await after.is_quiet_in(SHARED)
    assert after.followed(PRIVATE) == SHARED
    await after.channels.receive(event)
    assert after.told.count(MOVED) == 1


async def test_so_does_one_in_which_nothing_is_said(database: Database) -> None:
    await Process(database).prefer_quiet(PRIVATE)
    after = Process(database)
    await after.channels.refresh()
    await after.channels.listed(["C0OTHER", "D012Y48650T", SHARED])
    assert after.told == [MOVED]


async def test_a_change_that_could_not_be_stored_is_tried_again(database: Database) -> None:
    process = Process(database)
    await process.prefer_quiet(PRIVATE)
    await process.channels.refresh()
    process.trouble = LedgerError("away")
    with pytest.raises(LedgerError):
        await process.channels.receive(said(SHARED))
    process.trouble = None
    await process.channels.receive(said(SHARED))
    assert process.told == [MOVED, said(SHARED)]


async def test_a_channel_that_only_has_the_same_letters_is_another_one(database: Database) -> None:
    process = Process(database)
    await process.prefer_quiet(PRIVATE)
    await process.channels.refresh()
    await process.channels.receive(said("C012Y48650"))
    assert [type(each) for each in process.told] == [Posted]


async def test_without_a_database_a_change_is_known_until_the_end() -> None:
    told: list[Incoming] = []

    async def receive(incoming: Incoming) -> None:
        told.append(incoming)

    channels = ChannelFollower(None, "T1", receive)
    await channels.refresh()
    await channels.receive(MOVED)
    body: dict[str, Any] = {"event": {"channel": PRIVATE}}
    channels.follow(body)
    assert (told, body) == ([MOVED], {"event": {"channel": SHARED}})
