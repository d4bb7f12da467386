"""Columns that nothing reads go, and nothing else: from a database with data, also when the process is killed at it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select

from bot import database_file
from bot.core.turn import TurnState
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.tables import metadata, reply_parts
from tests.store.database.dumps import bring_to, columns, rows

GONE = {
    "conversations": ["state"],
    "participants": ["given_name"],
    "message_versions": ["encoding"],
    "reply_parts": ["variant", "text_start", "text_end"],
}
BEFORE, AFTER = "0007", "0008"
LATER = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def is_migrated() -> bool:
    """`database` is of an earlier revision here."""
    return False


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """At the revision before, with data in every table."""
    opened = open_database(database_url)
    await bring_to(opened, BEFORE)
    yield opened
    await opened.close()


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def constraints(connection: Connection) -> dict[str, object]:
    """Keys, indexes with their conditions, and checks of each table but those that are to change."""
    looked = inspect(connection)
    return {
        name: {
            "primary key": looked.get_pk_constraint(name),
            "foreign keys": looked.get_foreign_keys(name),
            "indexes": [
                _described(index) for index in looked.get_indexes(name) if not index.get("duplicates_constraint")
            ],
            "unique": None if name == "reply_parts" else looked.get_unique_constraints(name),
            "checks": looked.get_check_constraints(name),
        }
        for name in looked.get_table_names()
    }


def _described(index: Any) -> dict[str, object]:
    conditions = {key: str(value) for key, value in index.get("dialect_options", {}).items() if key.endswith("_where")}
    return {"name": index["name"], "columns": index["column_names"], "unique": index["unique"], **conditions}


def parts(connection: Connection, turn: int) -> list[tuple[int, str | None]]:
    shown = select(reply_parts.c.number, reply_parts.c.external_id).where(reply_parts.c.turn_id == turn)
    found = connection.execute(shown.order_by(reply_parts.c.number))
    return [(row.number, row.external_id) for row in found]


async def test_every_table_has_rows_and_every_column_that_goes_a_value(database: Database) -> None:
    stored = await database.read(rows)
    assert stored.keys() == metadata.tables.keys() - {"interactions", "leases", "moved_channels"}  # which came later
    assert all(stored.values())


async def test_only_those_columns_go(database: Database) -> None:
    before = await database.read(columns)
    await migrate.upgrade(database, AFTER)
    after = await database.read(columns)
    assert {name: sorted({*before[name]} - {*after[name]}) for name in before if before[name] != after[name]} == {
        name: sorted(gone) for name, gone in GONE.items()
    }


async def test_every_row_stays_as_it_was(database: Database) -> None:
    kept = {
        name: [each for each in of if each not in GONE.get(name, ())]
        for name, of in (await database.read(columns)).items()
    }
    kept["reply_parts"].remove("number")
    before = await database.read(lambda connection: rows(connection, kept))
    await migrate.upgrade(database, AFTER)
    assert await database.read(lambda connection: rows(connection, kept)) == before


async def test_keys_indexes_and_checks_stay(database: Database) -> None:
    before = await database.read(constraints)
    await migrate.upgrade(database, AFTER)
    assert await database.read(constraints) == before
    await migrate.upgrade(database)
    assert await database.read(differences) == []


async def test_parts_that_share_a_number_are_all_kept_and_the_newest_variants_has_it(database: Database) -> None:
    await migrate.upgrade(database, AFTER)
    assert await database.read(lambda connection: parts(connection, 1)) == [(1, "1795165202.000200")]
    assert await database.read(lambda connection: parts(connection, 2)) == [
        (1, "1795165291.000400"),
        (2, None),
        (3, "1795165290.000400"),
        (4, "1795165275.000300"),
        (5, "1795165276.000300"),
    ]
    assert await database.read(lambda connection: parts(connection, 4)) == [(1, None), (2, "1795165407.000400")]


async def test_the_reply_of_a_turn_at_work_is_gone_on_with(database: Database) -> None:
    await migrate.upgrade(database)
    ledger = SqlLedger(database, lambda: LATER)
    turns = {turn.claim.turn: turn for turn in await ledger.claim("me", ["slack"], 10)}
    turn = turns[4]
    assert (turn.state, [(part.number, part.id) for part in turn.parts]) == (
        TurnState.ANSWERED,
        [(1, None), (2, "1795165407.000400")],
    )
    for _ in range(2):  # the second time it is there already
        await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "1795165406.000400")
    assert await database.read(lambda connection: parts(connection, 4)) == [
        (1, "1795165406.000400"),
        (2, "1795165407.000400"),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE conversations DROP COLUMN",
        "ALTER TABLE message_versions DROP COLUMN",
        "UPDATE reply_parts SET number",
        "ALTER TABLE reply_parts|DROP TABLE reply_parts",
        "UPDATE alembic_version SET version_num='0008'",
    ],
)
async def test_a_process_that_is_killed_at_it_leaves_all_as_it_was(
    database: Database, database_url: str, statement: str
) -> None:
    before = await database.read(rows), await database.read(constraints)
    beginning = statement.split("|")[-1 if database.dialect == "sqlite" else 0]
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.database.dying_migration", database_url, beginning
    )
    assert await killed.wait() == -signal.SIGKILL
    assert await migrate.current(database) == BEFORE
    assert (await database.read(rows), await database.read(constraints)) == before
    assert await migrate.upgrade(database, AFTER) == (BEFORE, AFTER)


async def test_what_stood_in_those_columns_leaves_the_files_of_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    database = open_database(f"sqlite+aiosqlite:///{file}")
    await bring_to(database, BEFORE)
    await database.clean()  # as the process before did at its start
    for statement in (
        "UPDATE participants SET given_name = 'once here'",
        "UPDATE message_versions SET encoding = 'once here'",
        "UPDATE conversations SET state = 'once here'",
    ):
        await database.write(partial(Connection.exec_driver_sql, statement=statement))
    await migrate.upgrade(database, AFTER)
    await database.clean()
    assert not [path for path, _ in database_file.there(file) if b"once here" in path.read_bytes()]
    checks = await database.read(
        lambda connection: [
            connection.exec_driver_sql(f"PRAGMA {check}").all() for check in ("integrity_check", "foreign_key_check")
        ]
    )
    assert checks == [[("ok",)], []]
    await database.close()
