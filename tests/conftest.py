"""What several rooms of the tests share: one PostgreSQL for the whole run, and a database of each kind."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from tests.standins.postgres import Postgres

settings.register_profile(
    "shared",  # machines, with others: neither one example nor the making of them has a deadline
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=60,
    phases=[phase for phase in Phase if phase is not Phase.explain],  # explaining takes minutes under Python 3.11
)
settings.load_profile("shared")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres.started() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return await server.new_database()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = open_database(database_url)
    await migrate.upgrade(database)
    yield database
    await database.close()
