"""A database with the data of the first revision, brought to the newest one: all is there, and the ledger goes on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from bot.core.turn import Notice, Turn, TurnState
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.receipt.turn_retry import retry
from bot.store.tables import metadata
from tests.store.database.dumps import bring_to, columns, rows
from tests.store.database.test_unused_columns import GONE
from tests.store.steps import answer, record, said

LATER = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
async def first(database_url: str) -> AsyncIterator[Database]:
    """At revision 0001, with data."""
    database = open_database(database_url)
    await bring_to(database, "0001")
    yield database
    await database.close()


@pytest.fixture
async def upgraded(first: Database) -> Database:
    await migrate.upgrade(first)
    return first


async def claimed(ledger: SqlLedger) -> dict[int, Turn]:
    return {turn.claim.turn: turn for turn in await ledger.claim("me", ["slack"], 10)}


async def test_the_dump_has_rows_in_every_table_of_its_revision(first: Database) -> None:
    stored = await first.read(rows)
    assert len(stored) == 11
    assert all(stored.values())


async def test_every_row_is_still_there_after_the_upgrade(first: Database) -> None:
    kept = {
        name: [each for each in of if each not in GONE.get(name, ())]
        for name, of in (await first.read(columns)).items()
    }
    before = await first.read(lambda connection: rows(connection, kept))
    assert await migrate.upgrade(first) == ("0001", migrate.head())
    assert await first.read(lambda connection: rows(connection, kept)) == before


async def test_the_upgraded_schema_is_that_of_the_tables(upgraded: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await upgraded.read(differences) == []


async def test_a_conversation_goes_on_with_its_history(upgraded: Database) -> None:
    ledger = SqlLedger(upgraded, lambda: LATER)
    turn = (await claimed(ledger))[6]
    history = await ledger.history(turn)
    assert [[message.version.text for message in past.messages] for past in history.past] == [
        ["<@U0BOT> 2020년 코리안 시리즈를 우승한 야구팀이 어디?"],
        ["It's the Dinos; they won 4:2", "build 812: passed", "<@U0BOT> 마지막 경기는 어디에서 했어?"],
    ]
    assert [past.answer.text[:12] for past in history.past if past.answer] == [
        "2020년 한국시리즈 ",
        "고척 스카이돔에서 열렸",
    ]
    assert history.past[1].messages[2].version.given == "마지막 경기는 어디에서 했어?"
    assert [message.version.text for message in history.messages] == ["<@U0BOT> 그럼 2021년은?", "KT 아니었나"]
    assert {message.author.name for message in history.messages} == {"김하나", "Lee O'Neil"}
    assert not history.alone
    await answer(ledger, turn)


async def test_what_was_at_work_is_taken_up(upgraded: Database) -> None:
    ledger = SqlLedger(upgraded, lambda: LATER)
    turns = await claimed(ledger)
    assert {number: (turn.state, turn.attempts) for number, turn in turns.items()} == {
        4: (TurnState.ANSWERED, 2),
        5: (TurnState.RUNNING, 2),
        6: (TurnState.RUNNING, 1),
    }
    assert [(part.number, part.id) for part in turns[4].parts] == [(1, None)]
    outcome = await ledger.outcome(turns[4].claim)
    assert (outcome.text, outcome.language) == ("마흔둘입니다.", "ko")
    await ledger.shown(turns[4].claim)
    await answer(ledger, turns[5])


async def test_a_turn_that_had_failed_can_be_retried(upgraded: Database) -> None:
    ledger = SqlLedger(upgraded, lambda: LATER)
    await retry(upgraded, 3, lambda: LATER)
    turn = (await claimed(ledger))[3]
    assert [(part.number, part.id) for part in turn.parts] == [(1, "1795165331.000200")]
    await ledger.conclude(turn.claim, "model_auth", [Notice("model_auth")], "en")
    await ledger.shown(turn.claim)


async def test_new_messages_are_recorded_beside_the_old_ones(upgraded: Database) -> None:
    ledger = SqlLedger(upgraded, lambda: LATER)
    await claimed(ledger)
    assert await record(ledger, said(1.0, "새 질문")) == [True]
    [turn] = (await claimed(ledger)).values()
    assert turn.claim.turn == 7
    assert [message.version.text for message in (await ledger.history(turn)).messages] == ["새 질문"]
