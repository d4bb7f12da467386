"""What keeps writes from the disk is said in our words, once, until a write has gone through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.core.errors import LedgerError
from bot.store.database.sqlite import SqliteDatabase
from bot.store.database.urls import open_database
from tests.standins.postgres import Postgres


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "a.db")
    await database.write(lambda connection: connection.exec_driver_sql("CREATE TABLE kept (value TEXT)"))
    yield database
    await database.close()


def keep(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO kept VALUES (?)", ("x" * 50_000,))


def nothing(_: Connection) -> None:
    pass


async def set_pragma(database: SqliteDatabase, pragma: str) -> None:
    await database.write(lambda connection: connection.exec_driver_sql(f"PRAGMA {pragma}"))


async def test_a_full_disk_is_said_once_and_is_over_with_the_first_write(
    database: SqliteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    await set_pragma(database, "max_page_count = 3")
    for _ in range(2):
        with pytest.raises(LedgerError, match="the disk is full"):
            await database.write(keep)
    assert database.trouble == "the disk is full"
    assert caplog.text.count("nothing can be stored: the disk is full") == 1
    await set_pragma(database, "max_page_count = 1073741823")
    await database.write(keep)
    assert database.trouble == ""


async def test_a_read_only_file_is_named_until_a_page_was_written_again(database: SqliteDatabase) -> None:
    def keep_nothing(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        try:
            keep(connection)
        finally:  # else the next transaction could not begin
            connection.exec_driver_sql("PRAGMA query_only = OFF")

    with pytest.raises(LedgerError, match="is read-only"):
        await database.write(keep_nothing)
    assert "read-only" in database.trouble
    await database.write(nothing)
    assert database.trouble == ""


async def test_a_server_that_is_read_only_is_named(postgres: Postgres) -> None:
    database = open_database(await postgres.new_database(), 1)
    try:
        await database.write(lambda connection: connection.execute(text("CREATE TABLE kept (value TEXT)")))

        def unwritable(connection: Connection) -> None:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            connection.execute(text("INSERT INTO kept VALUES ('x')"))

        with pytest.raises(LedgerError, match="the server is read-only"):
            await database.write(unwritable)
        assert "read-only" in database.trouble
        await database.write(nothing)
        assert database.trouble == ""
    finally:
        await database.close()
