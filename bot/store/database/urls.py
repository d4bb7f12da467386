"""DATABASE_URL → a Database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.core.errors import SettingsError
from bot.store.database.base import Database
from bot.store.database.postgresql import PostgresDatabase
from bot.store.database.sqlite import SqliteDatabase


def parse_url(url: str) -> URL:
    """DATABASE_URL with the driver that we use for it. Raises SettingsError; never shows a password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(
            "DATABASE_URL is not a database URL. Use sqlite+aiosqlite:///threadbot.db or postgresql+asyncpg://…"
        ) from None
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
    family = parsed.drivername.partition("+")[0]
    if family not in drivers:
        raise SettingsError(f"DATABASE_URL: {family} is not supported. Use sqlite+aiosqlite or postgresql+asyncpg.")
    if family == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise SettingsError("DATABASE_URL: a database in memory forgets everything. Name a file.")
    return parsed.set(drivername=drivers[family])


def sqlite_file(url: str) -> Path | None:
    """The database's file, by the one name that its lock stands beside; None when it is not SQLite."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database is None:
        return None
    return Path(parsed.database).resolve()


def open_database(url: str) -> Database:
    """Nothing connects before the first operation."""
    file = sqlite_file(url)
    if file is not None:
        return SqliteDatabase(file)
    return PostgresDatabase(parse_url(url))
