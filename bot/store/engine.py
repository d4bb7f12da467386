"""
DATABASE_URL → engines.

SQLite: one connection that writes (every transaction begins with BEGIN IMMEDIATE, because one that reads first and
writes later fails under contention whatever the timeout) and an engine of its own for reading.
PostgreSQL: one pool for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.core.errors import SettingsError

BUSY_TIMEOUT_MS = 5000
READERS = 4


@dataclass(frozen=True, slots=True)
class Engines:
    writer: AsyncEngine
    reader: AsyncEngine

    @property
    def sqlite(self) -> bool:
        return self.writer.dialect.name == "sqlite"

    async def dispose(self) -> None:
        await self.writer.dispose()
        if self.reader is not self.writer:
            await self.reader.dispose()


def parse_url(url: str) -> URL:
    """DATABASE_URL with the asynchronous driver that we use for it. Raises SettingsError; never shows a password."""
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


def open_engines(url: str) -> Engines:
    """Nothing connects before the first statement."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    engine = create_async_engine(parsed, pool_size=10, max_overflow=10, pool_pre_ping=True)
    return Engines(engine, engine)


def _sqlite(url: URL) -> Engines:
    writer = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=60)
    reader = create_async_engine(url, pool_size=READERS, max_overflow=0, pool_timeout=60)
    for engine, begin in ((writer, "BEGIN IMMEDIATE"), (reader, "BEGIN")):
        event.listen(engine.sync_engine, "connect", _on_connect)
        event.listen(engine.sync_engine, "begin", _begin_with(begin))
    return Engines(writer, reader)


def _on_connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:  # noqa: ARG001 - the event's form
    # On Python 3.11 sqlite3 begins transactions on its own and too late: we begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",  # an acknowledged event survives a power loss; about 20 % slower than NORMAL
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_with(statement: str) -> Any:
    def begin(connection: Any) -> None:
        connection.exec_driver_sql(statement)

    return begin
