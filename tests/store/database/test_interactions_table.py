"""The table of interactions comes to a database with data, and nothing else changes; also where the process dies."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from tests.store.database.dumps import bring_to, columns, rows
from tests.store.database.test_unused_columns import differences, is_migrated

__all__ = ["is_migrated"]  # a fixture: the database is of an earlier revision

BEFORE, AFTER = "0008", "0009"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """At the revision before, with data in every table."""
    opened = open_database(database_url)
    await bring_to(opened, "0007")
    await migrate.upgrade(opened, BEFORE)
    yield opened
    await opened.close()


async def test_every_row_stays_and_one_empty_table_comes(database: Database) -> None:
    before, of_tables = await database.read(rows), await database.read(columns)
    assert await migrate.upgrade(database, AFTER) == (BEFORE, AFTER)
    assert await database.read(rows) == before | {"interactions": []}
    after = await database.read(columns)
    assert {name: each for name, each in after.items() if name != "interactions"} == of_tables
    assert await database.read(differences) == []


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE interactions", "CREATE INDEX ix_interactions", "UPDATE alembic_version"]
)
async def test_a_process_that_is_killed_at_it_leaves_all_as_it_was(
    database: Database, database_url: str, statement: str
) -> None:
    before = await database.read(rows)
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.database.dying_migration", database_url, statement
    )
    assert await killed.wait() == -signal.SIGKILL
    assert await migrate.current(database) == BEFORE
    assert await database.read(rows) == before
    assert await migrate.upgrade(database, AFTER) == (BEFORE, AFTER)
