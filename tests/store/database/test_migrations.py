"""Migrations and tables tell the same story, on both databases."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.core.errors import LedgerError, SettingsError
from bot.store.database import migrate
from bot.store.database.urls import open_database, parse_url, sqlite_file
from bot.store.tables import metadata


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_an_empty_database_migrates_to_exactly_the_tables(database_url: str) -> None:
    database = open_database(database_url)
    assert await migrate.current(database) is None
    before, after = await migrate.upgrade(database)
    assert await database.read(differences) == []
    assert (before, after) == (None, migrate.head())
    assert await migrate.upgrade(database) == (after, after)
    await database.close()


def test_the_newest_revision_is_the_one_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.scripts()))
    assert migrate.head() == ScriptDirectory.from_config(config).get_current_head()


async def test_a_database_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "newer.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()
    database = open_database(f"sqlite+aiosqlite:///{file}")
    with pytest.raises(migrate.SchemaError, match="newer version"):
        await migrate.upgrade(database)
    await database.close()


async def test_a_file_that_is_no_database_is_refused_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("this is not a database, it is a text of some length " * 40)
    database = open_database(f"sqlite+aiosqlite:///{file}")
    with pytest.raises(LedgerError, match="not a database"):
        await migrate.upgrade(database)
    await database.close()


def test_only_sqlite_has_a_file() -> None:
    assert sqlite_file("sqlite:///a.db") == Path("a.db").resolve()
    assert sqlite_file("sqlite:////data/a.db") == Path("/data/a.db")
    assert sqlite_file("postgresql://h/d") is None


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://h/d", "sqlite+aiosqlite://", "sqlite:///:memory:"])
def test_other_urls_are_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        parse_url(url)


def test_a_refused_url_never_shows_its_password() -> None:
    with pytest.raises(SettingsError) as refused:
        parse_url("mysql://user:hunter2@host/database")
    assert "hunter2" not in str(refused.value)
