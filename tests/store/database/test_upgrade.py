"""A database with the data of the first revision, brought to the newest one: all is there, and the ledger goes on."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, func, select, text

from bot.core.turn import Notice, Turn, TurnState
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.receipt.turn_retry import retry
from bot.store.tables import metadata
from tests.store.steps import answer, record, said

DUMP = Path(__file__).parents[2] / "data" / "revision-0001.sql"
LATER = datetime(2026, 11, 23, 12, tzinfo=UTC)
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
async def first(database_url: str) -> AsyncIterator[Database]:
    """At revision 0001, with data."""
    database = open_database(database_url)
    await migrate.upgrade(database, "0001")
    await database.write(load)
    yield database
    await database.close()


@pytest.fixture
async def upgraded(first: Database) -> Database:
    await migrate.upgrade(first)
    return first


def load(connection: Connection) -> None:
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
    for statement in statements():
        connection.exec_driver_sql(statement)
    if postgresql:  # rows that came with their ids have not moved the sequences
        for table in tables(connection):
            newest = select(func.max(table.c.id)).scalar_subquery()
            connection.execute(select(func.setval(f"{table.name}_id_seq", func.coalesce(newest, 1))))


def statements() -> Iterator[str]:
    lines = DUMP.read_text(encoding="utf-8").splitlines(keepends=True)
    script = "".join(line for line in lines if not line.startswith("--"))
    yield from (statement for statement in script.split(";\n") if statement.strip())


def tables(connection: Connection) -> list[Table]:
    """Those that there are now, as the database describes them."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if "id" in table.c]


def rows(connection: Connection, columns: dict[str, list[str]] | None = None) -> Rows:
    """All that is stored, or those columns of it."""
    wanted = columns or {table.name: list(table.c.keys()) for table in tables(connection)}
    return {
        name: [tuple(row) for row in connection.execute(text(f"SELECT {', '.join(names)} FROM {name} ORDER BY id"))]  # noqa: S608 - names of our own
        for name, names in wanted.items()
    }


async def claimed(ledger: SqlLedger) -> dict[int, Turn]:
    return {turn.claim.turn: turn for turn in await ledger.claim("me", ["slack"], 10)}


async def test_the_dump_has_rows_in_every_table_of_its_revision(first: Database) -> None:
    stored = await first.read(rows)
    assert len(stored) == 11
    assert all(stored.values())


async def test_every_row_is_still_there_after_the_upgrade(first: Database) -> None:
    columns = await first.read(lambda connection: {table.name: list(table.c.keys()) for table in tables(connection)})
    before = await first.read(rows)
    assert await migrate.upgrade(first) == ("0001", migrate.head())
    assert await first.read(lambda connection: rows(connection, columns)) == before


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
