"""
`python -m tests.faults.sick_bot FILE`: the bot on Slack and SQLite. While FILE exists, each write has its pragma set on
the bot's own connection: `query_only = ON` is a file that has become read-only, `max_page_count = 1` a full disk.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from bot import app
from bot.settings import read_settings
from bot.store.database.base import Database, Operation
from tests.faults.dying_bot import slack

T = TypeVar("T")

HEALTHY = ("query_only = OFF", "max_page_count = 1073741823")


class SickDatabase:
    """The Database port, on one that is healthy in truth."""

    def __init__(self, database: Database, pragma: Path) -> None:
        self._database, self._pragma = database, pragma
        self.dialect = database.dialect
        self.shortage = ""

    @property
    def trouble(self) -> str:
        return self._database.trouble

    async def write(self, operation: Operation[T], *, synced: bool = True, urgent: bool = False) -> T:
        def sick(connection: Connection) -> T:
            if self._pragma.exists():
                connection.exec_driver_sql(f"PRAGMA {self._pragma.read_text()}")
            try:
                return operation(connection)
            finally:  # with query_only even the next transaction could not begin
                for pragma in HEALTHY:
                    connection.exec_driver_sql(f"PRAGMA {pragma}")

        return await self._database.write(sick, synced=synced, urgent=urgent)

    async def read(self, operation: Operation[T]) -> T:
        return await self._database.read(operation)

    async def clean(self) -> None:
        await self._database.clean()

    async def close(self) -> None:
        await self._database.close()


async def run(pragma: Path) -> None:
    settings = read_settings()
    async with app.open_store(settings) as database:
        await app.run(settings, [slack(settings)], store=SickDatabase(database, pragma))


if __name__ == "__main__":
    app.run_until_complete(run(Path(sys.argv[1])))
