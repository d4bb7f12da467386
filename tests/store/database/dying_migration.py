"""
`python -m tests.store.database.dying_migration URL STATEMENT`: migrates, and ends with SIGKILL once a statement that
begins so has been executed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

from bot.store.database import migrate
from bot.store.database.urls import open_database


async def main(url: str, beginning: str) -> None:
    def die(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if " ".join(statement.split()).startswith(beginning):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", die)
    database = open_database(url)
    await migrate.upgrade(database)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
