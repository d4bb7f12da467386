"""In which thread something stands, by what the ledger holds; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.conversation import Deleted, MessageRef, Participant, Posted, ThreadRef
from bot.core.decide.policy import decide
from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger
from bot.store.thread_index import SqlThreadIndex

AT = datetime(2026, 11, 23, tzinfo=UTC)
OLD, NEW = ThreadRef("discord", "@me", "7", "100"), ThreadRef("discord", "@me", "7", "200")


@pytest.fixture
def index(database: Database) -> SqlThreadIndex:
    return SqlThreadIndex(database)


async def say(ledger: SqlLedger, thread: ThreadRef, id_: str) -> None:
    said = Posted(thread, id_, int(id_), Participant("U1"), "안녕", AT + timedelta(seconds=int(id_)), direct=True)
    await ledger.record(said, decide)


async def test_a_message_stands_where_it_was_stored(ledger: SqlLedger, index: SqlThreadIndex) -> None:
    await say(ledger, OLD, "100")
    await say(ledger, NEW, "200")
    await say(ledger, OLD, "300")
    assert await index.thread_of(MessageRef("discord", "@me", "7", "300")) == OLD
    assert await index.thread_of(MessageRef("discord", "@me", "7", "200")) == NEW
    for other in (("discord", "@me", "7", "400"), ("discord", "@me", "8", "200"), ("slack", "@me", "7", "200")):
        assert await index.thread_of(MessageRef(*other)) is None


async def test_a_part_of_a_reply_stands_in_the_thread_of_its_turn(ledger: SqlLedger, index: SqlThreadIndex) -> None:
    await say(ledger, OLD, "100")
    [turn] = await ledger.claim("me", ["discord"], 1)
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "150")
    assert await index.thread_of(MessageRef("discord", "@me", "7", "150")) == OLD
    assert await index.thread_of(MessageRef("discord", "@me", "8", "150")) is None


async def test_the_newest_thread_is_that_of_the_last_message_before(ledger: SqlLedger, index: SqlThreadIndex) -> None:
    for thread, id_ in ((OLD, "100"), (NEW, "200"), (OLD, "300")):
        await say(ledger, thread, id_)
    found = {before: await index.newest_thread("discord", "@me", "7", before) for before in (100, 101, 201, 300, 301)}
    assert found == {100: None, 101: OLD, 201: NEW, 300: NEW, 301: OLD}
    assert await index.newest_thread("discord", "@me", "8", 301) is None
    assert await index.newest_thread("slack", "@me", "7", 301) is None


async def test_what_stands_in_a_thread_or_a_channel_is_found_until_it_is_erased(
    ledger: SqlLedger, index: SqlThreadIndex
) -> None:
    for thread, id_ in ((OLD, "100"), (NEW, "200"), (OLD, "300")):
        await say(ledger, thread, id_)
    [turn, *_] = await ledger.claim("me", ["discord"], 1)
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "150")
    assert set(await index.standing_in("discord", "@me", "7", None)) == {"100", "150", "200", "300"}
    assert await index.standing_in("discord", "@me", "7", "200") == ["200"]
    await ledger.erase(Deleted(MessageRef("discord", "@me", "7", "300"), None, AT))
    assert await index.standing_in("discord", "@me", "7", "100") == ["100", "150"]
    assert await index.standing_in("discord", "@me", "8", None) == []
    assert await index.standing_in("slack", "@me", "7", None) == []
