"""
DATABASE_URL → a Database: where transactions run. SQLite has its own room (sqlite.py), PostgreSQL another.

An operation is a plain function of a SQLAlchemy connection, the same for both databases. It runs in a transaction of
its own, or in one that it shares; whatever it refuses with a BotError it refuses before its first write.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bot.core.errors import LedgerError, SettingsError

T = TypeVar("T")
Operation = Callable[[Connection], T]


class Database(Protocol):
    """Both methods raise LedgerError when the database cannot be used just now: nothing has happened then."""

    dialect: str  # SQLAlchemy's name: sqlite or postgresql

    async def write(self, operation: Operation[T], *, synced: bool = True) -> T:
        """
        Not *synced*: a power failure may undo it, unless something later was synced; the end of this process may not.

        To wait for the disk is the dearest part of a write. SQLite only: where the database is a machine of its own,
        it would fail without us, and what it undid we would still believe.
        """

    async def read(self, operation: Operation[T]) -> T: ...

    async def close(self) -> None:
        """Finish what waits, then let go of the database."""


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
    """The database's file; None when it is not SQLite."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database is None:
        return None
    return Path(parsed.database).absolute()


def open_database(url: str) -> Database:
    """Nothing connects before the first operation."""
    file = sqlite_file(url)
    if file is not None:
        from bot.store.sqlite import SqliteDatabase

        return SqliteDatabase(file)
    from bot.store.postgresql import PostgresDatabase

    return PostgresDatabase(parse_url(url))


def unusable(error: Exception) -> LedgerError:
    """What to tell of a database error: str() of SQLAlchemy's shows the statement's parameters, which hold messages."""
    if isinstance(error, DBAPIError):
        return LedgerError(f"{type(error.orig).__name__}: {error.orig}")
    return LedgerError(type(error).__name__ if isinstance(error, SQLAlchemyError) else str(error))
