"""A ledger whose time the test moves, on SQLite and on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger


class Clock:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(database: Database, clock: Clock) -> SqlLedger:
    return SqlLedger(database, clock)
