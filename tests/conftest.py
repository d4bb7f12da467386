"""What several rooms of the tests share: one PostgreSQL for the whole run, and a database of each kind."""

import shutil
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

SQLITE = "sqlite+aiosqlite:///"
ROOT = Path(__file__).parent
LONGEST = ("faults", "test_cli.py", "test_delivery.py", "bench", "whole")  # which wait for processes, clocks and paces


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests come first: what is left at the end for one worker alone is short."""
    rooms = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rooms.get(item.path.relative_to(ROOT).parts[0], len(rooms)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What needs a program that this machine lacks is said at the end, not among other reasons alone."""
    reasons = {
        report.longrepr[2] for report in terminalreporter.getreports("skipped") if "NOT TRIED" in str(report.longrepr)
    }
    for reason in sorted(reasons):
        terminalreporter.section("NOT TRIED", sep="!", red=True)
        terminalreporter.line(str(reason))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres.started() as server:
        yield server


@pytest.fixture(scope="session")
def migrated() -> dict[str, str]:
    """The URLs of migrated databases that nobody uses, by kind, as far as one was needed: others are their copies."""
    return {}


@pytest.fixture
def is_migrated(request: pytest.FixtureRequest) -> bool:
    """Whether `database_url` is of a migrated database: where the test asks for `database`, too."""
    return "database" in request.fixturenames


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    migrated: dict[str, str],
    *,
    is_migrated: bool,
) -> AsyncIterator[str]:
    if request.param == "sqlite":
        if is_migrated and "sqlite" not in migrated:
            migrated["sqlite"] = await _migrated(f"{SQLITE}{tmp_path_factory.mktemp('migrated') / 'ledger.db'}")
        if is_migrated:
            shutil.copyfile(migrated["sqlite"].removeprefix(SQLITE), tmp_path / "ledger.db")
        yield f"{SQLITE}{tmp_path / 'ledger.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    if is_migrated and "postgresql" not in migrated:
        migrated["postgresql"] = await _migrated(await server.new_database())
    url = await server.new_database(migrated["postgresql"] if is_migrated else None)
    yield url
    await server.drop(url)


async def _migrated(url: str) -> str:
    database = open_database(url)
    await migrate.upgrade(database)
    await database.close()
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = open_database(database_url)
    yield database
    await database.close()
