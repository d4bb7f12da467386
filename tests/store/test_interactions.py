"""What was asked by commands: kept beside what was said, their tokens for a time; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection

from bot.core.conversation import Deleted, MessageRef, Participant, Posted, ThreadRef
from bot.core.decide.policy import decide
from bot.core.ports import Interaction, Viewer
from bot.core.turn import Turn
from bot.store.database.base import Database
from bot.store.interactions import SqlInteractions
from bot.store.ledger.ledger import SqlLedger
from bot.store.receipt.receipts import SqlReceiptStore
from tests.store.conftest import Clock
from tests.store.steps import RESULT, ask

THREAD = ThreadRef("discord", "1", "7", "70")


@pytest.fixture
def store(database: Database, clock: Clock) -> SqlInteractions:
    return SqlInteractions(database, clock)


def asked(id_: str, clock: Clock, text: str = "안녕", *, locale: str | None = None) -> Posted:
    return Posted(THREAD, id_, int(id_), Participant("U1", locale=locale), text, clock.now, addressed=True)


def called(id_: str, clock: Clock, *, private: bool = False) -> Interaction:
    ref = MessageRef("discord", "1", "7", id_)
    return Interaction(ref, clock.now + timedelta(minutes=15), "secret", private)


async def test_those_of_a_turn_are_found_by_its_questions(
    ledger: SqlLedger, store: SqlInteractions, clock: Clock
) -> None:
    for id_ in ("70", "71"):
        await store.note(called(id_, clock, private=id_ == "71"))
        await ledger.record(asked(id_, clock), decide)
    await ledger.record(asked("72", clock), decide)
    [turn] = await ledger.claim("me", ["discord"], 1)
    found = await store.of_turn(turn.claim.turn)
    assert found == [called("70", clock), called("71", clock, private=True)]
    assert await store.of_turn(turn.claim.turn + 1) == []
    assert "secret" not in repr(found)


async def test_those_of_a_command_are_found_by_the_turn_that_confirms_it(
    ledger: SqlLedger, store: SqlInteractions, clock: Clock
) -> None:
    await store.note(called("70", clock))
    await ledger.record(asked("70", clock, "quiet"), decide)
    [turn] = await ledger.claim("me", ["discord"], 1)
    assert await store.of_turn(turn.claim.turn) == [called("70", clock)]


async def test_noted_again_it_stays_as_it_is(ledger: SqlLedger, store: SqlInteractions, clock: Clock) -> None:
    await store.note(called("70", clock))
    await store.end(called("70", clock).message)
    await store.note(called("70", clock))
    await ledger.record(asked("70", clock), decide)
    [turn] = await ledger.claim("me", ["discord"], 1)
    assert await store.of_turn(turn.claim.turn) == [replace(called("70", clock), token=None)]


async def test_tokens_that_are_over_are_forgotten(
    ledger: SqlLedger, store: SqlInteractions, clock: Clock, database: Database
) -> None:
    await store.note(called("70", clock, private=True))
    clock.advance(60)
    await store.note(called("71", clock))
    for id_ in ("70", "71"):
        await ledger.record(asked(id_, clock), decide)
    [turn] = await ledger.claim("me", ["discord"], 1)
    assert await store.forget_tokens() == 0
    clock.advance(14 * 60)
    assert await store.forget_tokens() == 1
    assert [(each.token, each.private) for each in await store.of_turn(turn.claim.turn)] == [
        (None, True),
        ("secret", False),
    ]
    clock.advance(60)
    assert await store.forget_tokens() == 1
    stored = partial(Connection.exec_driver_sql, statement="SELECT token FROM interactions")
    assert await database.read(lambda connection: [row.token for row in stored(connection)]) == [None, None]


async def test_private_ones_that_wait_are_told_of_before_they_end(
    ledger: SqlLedger, store: SqlInteractions, clock: Clock
) -> None:
    soon = timedelta(seconds=10)
    await store.note(called("70", clock, private=True))
    await ledger.record(asked("70", clock, locale="ko"), decide)
    for id_, private in (("80", False), ("90", True), ("95", True)):
        thread = replace(THREAD, thread=id_)
        await store.note(called(id_, clock, private=private))
        await ledger.record(replace(asked(id_, clock), thread=thread), decide)
    turns = {turn.conversation.thread.thread: turn for turn in await ledger.claim("me", ["discord"], 2)}
    assert turns.keys() == {"70", "80"}
    await ledger.give_up(turns["70"].claim, "over")
    assert await store.ending(soon) == []
    clock.advance(15 * 60 - 9)
    assert [(each.message.id, locale) for each, locale in await store.ending(soon)] == [("90", "ko"), ("95", "ko")]
    await store.end(called("90", clock).message)
    assert [each.message.id for each, _ in await store.ending(soon)] == ["95"]


async def test_what_is_listened_to_only_is_not_awaited(ledger: SqlLedger, store: SqlInteractions, clock: Clock) -> None:
    async def awaited(id_: str) -> bool:
        return await store.is_awaited(MessageRef("discord", "1", "7", id_))

    assert not await awaited("70")
    await ledger.record(asked("70", clock), decide)
    clock.advance(1)
    await ledger.record(asked("71", clock, "quiet"), decide)
    clock.advance(1)
    await ledger.record(asked("72", clock), decide)
    assert [await awaited(id_) for id_ in ("70", "71", "72")] == [True, True, False]


async def test_what_is_no_message_is_not_erased_because_no_message_is_there(
    ledger: SqlLedger, store: SqlInteractions, clock: Clock
) -> None:
    await store.note(called("70", clock))
    await ledger.record(asked("70", clock), decide)
    await ledger.erase(Deleted(called("70", clock).message, None, clock.now))
    [turn] = await ledger.claim("me", ["discord"], 1)
    assert [message.version.text for message in (await ledger.history(turn)).messages] == ["안녕"]


async def answered(ledger: SqlLedger, turn: Turn) -> None:
    """In two parts, 700 and 701."""
    for number, part in enumerate(("700", "701"), 1):
        await ledger.intend_part(turn.claim, number)
        await ledger.note_part(turn.claim, number, part)
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [], "en")
    await ledger.shown(turn.claim)


async def texts(database: Database) -> list[str | None]:
    stored = "SELECT text FROM message_versions ORDER BY id"
    return await database.read(lambda connection: [row.text for row in connection.exec_driver_sql(stored)])


@pytest.mark.parametrize(("part", "left"), [("700", [None, "a message"]), ("701", ["안녕", "a message"])])
async def test_what_was_asked_by_a_command_is_erased_with_the_response_that_shows_it(
    ledger: SqlLedger, store: SqlInteractions, clock: Clock, database: Database, part: str, left: list[str | None]
) -> None:
    await store.note(called("70", clock))
    await ledger.record(asked("70", clock), decide)
    await ledger.record(asked("71", clock, "a message"), decide)
    [turn] = await ledger.claim("me", ["discord"], 1)
    await answered(ledger, turn)
    for _ in range(2):  # the second time the statements are prepared
        await ledger.erase(Deleted(replace(called("70", clock).message, id=part), None, clock.now))
    assert await texts(database) == left


async def test_it_is_erased_as_well_when_the_response_is_deleted_while_it_grows(
    ledger: SqlLedger, store: SqlInteractions, clock: Clock, database: Database
) -> None:
    await store.note(called("70", clock))
    await ledger.record(asked("70", clock), decide)
    [turn] = await ledger.claim("me", ["discord"], 1)
    await ledger.give_up(turn.claim, "unknown_message", erase=True)
    assert await texts(database) == [None]


async def test_the_locale_that_a_command_tells_is_kept(ledger: SqlLedger, clock: Clock, database: Database) -> None:
    viewer, receipts = Viewer("discord", "1", "U1"), SqlReceiptStore(database)
    for number, (locale, kept) in enumerate(((None, None), ("ko", "ko"), (None, "ko"), ("en-US", "en-US"))):
        await ledger.record(asked(str(70 + number), clock, locale=locale), decide)
        assert await receipts.locale(viewer) == kept


async def test_the_newest_turn_is_that_of_whoever_looks(ledger: SqlLedger, clock: Clock, database: Database) -> None:
    receipts = SqlReceiptStore(database)
    await ledger.record(asked("70", clock), decide)
    [first] = await ledger.claim("me", ["discord"], 1)
    await ledger.record(asked("71", clock, "quiet"), decide)
    other = replace(asked("80", clock), thread=replace(THREAD, thread="80"), author=Participant("U2"))
    await ledger.record(other, decide)
    one, two = Viewer("discord", "1", "U1"), Viewer("discord", "1", "U2")
    assert await receipts.newest_turn(one, "7") == first.claim.turn
    assert await receipts.newest_turn(one, "7", "70") == first.claim.turn
    assert await receipts.newest_turn(one, "7", "80") is None
    assert await receipts.newest_turn(one, "8") is None
    assert await receipts.newest_turn(two, "7") != first.claim.turn
