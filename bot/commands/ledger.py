"""Opens the ledger while a bot may be running. Shared by `turns` and `retry`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot import app
from bot.core.errors import BotError
from bot.settings import Settings
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import sqlite_file


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """
    The database, with the schema that this version knows. Nothing is made, migrated or taken from a worker.

    Raises BotError with what to do.
    """
    file = sqlite_file(settings.database_url)
    if file is not None and not file.is_file():
        raise BotError(f"There is no database at {file}. Set DATABASE_URL, or start the bot first: threadbot run")
    async with app.open_store(settings) as database:
        current, head = await migrate.current(database), migrate.head()
        if current != head:
            raise BotError(
                f"The database is at revision {current or 'none'}, this version of Threadbot needs {head}: "
                "run `threadbot migrate`, or the version that the bot runs."
            )
        yield database
