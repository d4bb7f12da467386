"""How many connections there are, and what a server that is strict about transactions makes of ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.core.errors import LedgerError
from bot.environment.database_url import Server, parse
from bot.settings import Settings
from bot.store.database.postgresql import PostgresDatabase
from bot.store.database.server.room import REGAIN_SECONDS, ConnectionRoom
from bot.store.database.urls import open_database
from tests.standins.postgres import Postgres

ROLES = "limited_2", "limited_6", "limited_0"


@pytest.fixture
async def url(postgres: Postgres) -> AsyncIterator[str]:
    """Of a database with roles that may have so many connections at a time."""
    made = await postgres.new_database()
    engine = create_async_engine(made, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for role in ROLES:
            await connection.execute(text(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT {role[-1]}"))
        yield made
        await connection.execute(text("DROP ROLE " + ", ".join(ROLES)))
    await engine.dispose()


def sleep(connection: Connection) -> str:
    return str(connection.execute(text("SELECT 'slept' FROM pg_sleep(0.05)")).scalar_one())


@pytest.mark.parametrize("limit", [2, 6])
async def test_an_operation_without_a_connection_waits_for_one_of_ours(
    url: str, limit: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "bot")
    database = open_database(f"{url}&user=limited_{limit}")
    assert database.shortage == ""
    outcomes = await asyncio.gather(*(database.write(sleep) for _ in range(40)))
    assert outcomes == ["slept"] * 40
    assert database.shortage == f"{limit} of 20"
    [warning] = caplog.records
    assert "DATABASE_CONNECTIONS (20)" in warning.getMessage()
    await database.close()


async def test_the_number_of_connections_is_a_setting_and_wins_over_the_url(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "bot")
    for connections, words in ((2, "pool_size=9"), (None, "pool_size=2")):
        database = open_database(f"{url}&user=limited_2&{words}", connections)
        assert await asyncio.gather(*(database.read(sleep) for _ in range(8))) == ["slept"] * 8
        assert database.shortage == ""
        await database.close()
    assert not caplog.records
    assert Settings(database_connections=3).database_connections == 3


async def test_a_server_without_any_connection_for_us_is_asked_again_and_then_unusable(
    url: str,
) -> None:
    server = parse(f"{url}&user=limited_0")
    assert isinstance(server, Server)
    database = PostgresDatabase(server, refused_seconds=0.5)
    with pytest.raises(LedgerError, match="takes no more connections"):
        await database.read(sleep)
    await database.close()


async def test_transactions_are_read_committed_whatever_the_server_makes_of_them(url: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        name = make_url(url).database
        await connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_isolation = serializable"))
    await engine.dispose()
    database = open_database(url)
    level = text("SHOW transaction_isolation")
    assert await database.read(lambda connection: connection.execute(level).scalar_one()) == "read committed"
    await database.close()


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_a_transaction_that_the_server_has_undone_is_tried_again(url: str, state: str) -> None:
    database, tried = open_database(url), 0

    def stumble(connection: Connection) -> int:
        nonlocal tried
        tried += 1
        if tried < 4:
            connection.execute(text(f"DO $$ BEGIN RAISE 'undone' USING ERRCODE = '{state}'; END $$"))
        return tried

    assert await database.write(stumble) == 4
    await database.close()


async def test_places_that_were_lost_come_back_one_after_the_other() -> None:
    now = 0.0
    room = ConnectionRoom(4, lambda: now)
    async with room.place(), room.place():
        async with room.place():
            assert room.refused("too many")
        assert room.shortage == "2 of 4"
        waiting = asyncio.create_task(room.place().__aenter__())
        cancelled = asyncio.create_task(room.place().__aenter__())
        await asyncio.sleep(0)
        cancelled.cancel()
        assert not waiting.done()
    async with asyncio.timeout(100):
        await waiting
    for expected in ("3 of 4", ""):
        now += REGAIN_SECONDS
        async with room.place():
            assert room.shortage == expected
