"""Tables that come to a database with data, and nothing else changes; also where the process dies."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from bot.store.database import migrate
from bot.store.database.urls import open_database
from tests.store.database.dumps import bring_to, columns, rows
from tests.store.database.test_unused_columns import differences

COME = {"interactions": ("0008", "0009"), "leases": ("0009", "0010"), "moved_channels": ("0012", "0013")}
"""The revisions before and after each table came."""


@pytest.mark.parametrize("table", COME)
async def test_every_row_stays_and_one_empty_table_comes(database_url: str, table: str) -> None:
    before, after = COME[table]
    database = open_database(database_url)
    await bring_to(database, "0007")
    await migrate.upgrade(database, before)
    stored, of_tables = await database.read(rows), await database.read(columns)
    assert await migrate.upgrade(database, after) == (before, after)
    assert await database.read(rows) == stored | {table: []}
    assert {name: each for name, each in (await database.read(columns)).items() if name != table} == of_tables
    await migrate.upgrade(database)
    assert await database.read(differences) == []
    await database.close()


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("interactions", "CREATE TABLE interactions"),
        ("interactions", "CREATE INDEX ix_interactions"),
        ("interactions", "UPDATE alembic_version SET version_num='0009'"),
        ("leases", "CREATE TABLE leases"),
        ("leases", "UPDATE alembic_version SET version_num='0010'"),
        ("moved_channels", "CREATE TABLE moved_channels"),
        ("moved_channels", "UPDATE alembic_version SET version_num='0013'"),
    ],
)
async def test_a_process_that_is_killed_at_it_leaves_all_as_it_was(
    database_url: str, table: str, statement: str
) -> None:
    before, after = COME[table]
    database = open_database(database_url)
    await bring_to(database, "0007")
    await migrate.upgrade(database, before)
    stored = await database.read(rows)
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.database.dying_migration", database_url, statement
    )
    assert await killed.wait() == -signal.SIGKILL
    left = await migrate.current(database)
    assert left == before
    assert await database.read(rows) == stored
    assert await migrate.upgrade(database, after) == (before, after)
    await database.close()
