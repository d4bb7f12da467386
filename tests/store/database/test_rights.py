"""Nobody but their owner can read the files of a database, whatever the umask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import app, database_file
from bot.core.errors import LedgerError
from bot.settings import Settings
from bot.store.database import migrate
from bot.store.database.lock import worker_lock
from bot.store.database.urls import open_database, sqlite_file
from tests.commands.test_check import without_accounts

FILES = {"", "-wal", "-shm", ".lock"}


@pytest.fixture(params=[0o000, 0o022, 0o027, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(file: Path) -> dict[str, int]:
    """By what the name has after that of *file*."""
    return {path.name.removeprefix(file.name): mode for path, mode in database_file.there(file)}


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("name", ["threadbot.db", "link.db"])
async def test_a_new_database_is_its_owners_with_all_that_stands_beside_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "elsewhere.db")
    url = f"sqlite:///{tmp_path / name}"
    file = sqlite_file(url)
    assert file is not None
    database = open_database(url)
    async with worker_lock(file):
        await migrate.upgrade(database)
        await migrate.current(database)
        assert modes(file) == dict.fromkeys(FILES, 0o600)
    await database.close()


async def stop() -> None:
    """At once."""


async def ran_once(file: Path, **settings: object) -> Settings:
    chosen = without_accounts(file, internal_port=0, **settings)
    await app.run(chosen, [], until=stop)
    return chosen


def opened_to(file: Path, mode: int) -> None:
    for path, _ in database_file.there(file):
        path.chmod(mode)


async def test_what_an_earlier_version_left_open_to_everybody_is_closed_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "threadbot.db"
    await ran_once(file)
    opened_to(file, 0o644)
    await ran_once(file)
    assert modes(file) == dict.fromkeys(modes(file), 0o600)


async def test_what_somebody_opened_to_a_group_alone_stays_so(tmp_path: Path) -> None:
    file = tmp_path / "threadbot.db"
    await ran_once(file)
    opened_to(file, 0o640)
    await ran_once(file)
    assert modes(file)[""] == 0o640


async def test_a_command_changes_no_rights(tmp_path: Path) -> None:
    file = tmp_path / "threadbot.db"
    settings = await ran_once(file)
    opened_to(file, 0o644)
    async with app.open_store(settings) as database:
        await migrate.current(database)
    assert modes(file)[""] == 0o644


async def test_a_database_that_cannot_be_made_is_an_error_of_the_database(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'threadbot.db'}")
    with pytest.raises(LedgerError, match="No such file"):
        await migrate.current(database)
    await database.close()
