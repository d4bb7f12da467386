"""DATABASE_URL → a Database. What a URL may say is in bot/environment/database_url.py."""

from __future__ import annotations

from pathlib import Path

from bot.core.errors import SettingsError
from bot.environment.database_url import Server, SqliteFile, parse
from bot.store.database.base import Database
from bot.store.database.sqlite import SqliteDatabase


def parse_url(url: str) -> SqliteFile | Server:
    """Raises SettingsError; never shows a password."""
    try:
        return parse(url)
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL: {error}") from None


def sqlite_file(url: str) -> Path | None:
    """The database's file, by the one name that its lock stands beside; None when it is not SQLite."""
    parsed = parse_url(url)
    return parsed.path.resolve() if isinstance(parsed, SqliteFile) else None


def open_database(url: str, connections: int | None = None) -> Database:
    """
    Nothing connects before the first operation.

    *connections*: to a server at a time, at most; None for what *url* says, or what is usual.
    """
    parsed = parse_url(url)
    if isinstance(parsed, SqliteFile):
        return SqliteDatabase(parsed.path.resolve())
    from bot.store.database.postgresql import CONNECTIONS, PostgresDatabase  # most people have SQLite

    return PostgresDatabase(parsed, connections or parsed.connections or CONNECTIONS)
