"""What has to survive a power failure waits for the disk, and only that."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.store.database.base import Database
from bot.store.database.urls import open_database

FULL, NORMAL = 2, 1  # SQLite, "PRAGMA synchronous"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    await opened.close()


def level(connection: Connection) -> int:
    found: int = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    return found


async def test_a_write_waits_for_the_disk_unless_it_need_not(database: Database) -> None:
    assert await database.write(level) == FULL
    assert await database.write(level, synced=False) == NORMAL
    assert await database.write(level) == FULL


async def test_writes_that_share_a_transaction_wait_as_soon_as_one_of_them_has_to(database: Database) -> None:
    levels = await asyncio.gather(*(database.write(level, synced=synced) for synced in (False, False, True, False)))
    assert list(levels) == [NORMAL, FULL, FULL, FULL]  # the first one begins at once, alone
