"""A real PgBouncer in transaction mode between the bot and its PostgreSQL, in its default configuration."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.core.conversation import Participant, Posted, ThreadRef
from bot.core.decide.policy import decide
from bot.store.database import migrate
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from tests.standins import pgbouncer
from tests.standins.pgbouncer import Program, UnavailableError
from tests.standins.postgres import Postgres
from tests.store.conftest import Clock

TASKS, ROUNDS = 12, 10


@pytest.fixture(scope="module")
def readable() -> Iterator[Path]:
    """A directory that the program may enter: as root it runs as another user."""
    with tempfile.TemporaryDirectory(prefix="threadbot-pgbouncer-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="module")
def program(readable: Path) -> Program:
    try:
        return Program.found(readable)
    except UnavailableError as error:
        pytest.skip(f"NOT TRIED: {error}")


@pytest.fixture
async def url(program: Program, readable: Path, postgres: Postgres) -> AsyncIterator[str]:
    """Of a database that is not migrated, through a pooler with two connections for all."""
    async with pgbouncer.pooled(program, readable, await postgres.new_database()) as pooled:
        yield pooled


async def test_processes_that_share_two_connections_through_a_pooler_do_not_disturb_each_other(url: str) -> None:
    databases = [open_database(url), open_database(url)]
    await asyncio.gather(*(migrate.upgrade(database) for database in databases))

    def count(connection: Connection, number: int) -> int:
        connection.execute(text(f"SELECT CAST(:n AS int) + {number}"), {"n": number})
        return int(connection.execute(text("SELECT CAST(:n AS int) * 2"), {"n": number}).scalar_one())

    async def work(task: int) -> None:
        for _ in range(ROUNDS):
            assert await databases[task % 2].read(lambda connection: count(connection, task)) == task * 2

    await asyncio.gather(*(work(task) for task in range(TASKS)))
    for database in databases:
        await database.close()


async def test_the_ledger_works_through_a_pooler(url: str, clock: Clock) -> None:
    database = open_database(url)
    await migrate.upgrade(database)
    ledger = SqlLedger(database, clock)

    async def say(number: int) -> bool:
        where = ThreadRef("slack", "T1", "C1", str(number))
        said = Posted(where, str(number), number, Participant("U1"), "안녕하세요", clock(), addressed=True)
        return (await ledger.record(said, decide)).due

    assert all(await asyncio.gather(*(say(number) for number in range(1, 20))))
    clock.advance(60)
    assert len(await ledger.claim("worker", ["slack"], 100)) == 19
    await database.close()


async def test_each_transaction_has_its_limits_and_nothing_stays_prepared(url: str) -> None:
    database = open_database(url)
    limits = text("SELECT current_setting('idle_in_transaction_session_timeout')")
    kept = text("SELECT count(*) FROM pg_prepared_statements")
    assert await database.read(lambda connection: connection.execute(limits).scalar_one()) == "10s"
    assert await database.read(lambda connection: connection.execute(kept).scalar_one()) == 0
    await database.close()
