"""What several connections do to the ledger at the same moment, held where it matters."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.core.decide.policy import decide
from bot.store.database import migrate
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from tests.standins.postgres import Postgres
from tests.store.steps import claim, claimed, record, said, texts

GATE = (
    """
    CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait_at_the_gate()
    """,
)
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class Gate:
    """Held, it stops whoever has stored a message just before the commit. PostgreSQL only."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hold(self) -> None:
        await self._connection.execute(text("SELECT pg_advisory_lock(1)"))

    async def open(self) -> None:
        await self._connection.execute(text("SELECT pg_advisory_unlock(1)"))

    async def reached(self) -> None:
        async with asyncio.timeout(100):
            while not (await self._connection.execute(text(WAITING))).scalar():
                await self._connection.execute(text("SELECT pg_sleep(0.005)"))


@pytest.fixture
async def shared(postgres: Postgres) -> AsyncIterator[tuple[SqlLedger, Gate]]:
    url = await postgres.new_database()
    database = open_database(url)
    await migrate.upgrade(database)
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in GATE:
            await connection.exec_driver_sql(statement)
        yield SqlLedger(database), Gate(connection)
    await engine.dispose()
    await database.close()


async def test_a_turn_is_not_claimed_away_from_under_a_message_that_is_being_recorded(
    shared: tuple[SqlLedger, Gate],
) -> None:
    ledger, gate = shared
    await record(ledger, said(1.0, "first"))
    await gate.hold()
    second = said(2.0, "second")
    recording = asyncio.create_task(ledger.record(second, decide))
    await gate.reached()
    early = await claim(ledger)
    await gate.open()
    await recording
    late = await claim(ledger)
    assert [await texts(ledger, turn) for turn in [*early, *late]] == [["first", "second"]]


async def test_the_same_connection_records_any_number_of_messages(ledger: SqlLedger) -> None:
    """PostgreSQL makes a generic plan for a statement that comes for the sixth time."""
    messages = [said(float(n), f"{n}번째") for n in range(1, 13)]
    assert await record(ledger, *messages) == [True] * 12
    assert await texts(ledger, await claimed(ledger)) == [message.text for message in messages]
