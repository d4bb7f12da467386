"""
Erased text leaves the files of an SQLite database as well: its WAL, and the places that rows have had.

Whatever erases notes it within its transaction; soon after the commit the files are cleaned.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import Connection

from bot import database_file
from bot.core.errors import LedgerError

log = logging.getLogger(__name__)

SOON_SECONDS = 1.0  # between an erasure and the cleaning, which is for all erasures until then; between two tries, too
WARNED_SECONDS = 10.0
_SHARE = 10  # cleaning takes no more than one part in so many of the time
_NOTED = "text was erased"  # in what a connection carries with it

Cleaning = Callable[[bool], Awaitable["Cleaned"]]
Cleaned = tuple[bool, bool]
"""Whether what was to be compacted is, and whether the WAL is empty."""


def note(connection: Connection) -> None:
    """Text was erased in this transaction."""
    connection.info[_NOTED] = True


def was_noted(connection: Connection) -> bool:
    """Since this was asked last."""
    return bool(connection.info.pop(_NOTED, False))


def clean(connection: sqlite3.Connection, *, compact: bool) -> Cleaned:
    """In the thread of the one connection that writes, between two transactions."""
    compacted = not compact or _compacted(connection)
    return compacted, database_file.truncate_wal(connection)


def clean_all(connection: sqlite3.Connection) -> Cleaned:
    """
    The same for what an earlier process left; once for a file of any size, as earlier versions erased without a trace
    of where. The file's user_version says that it was done.
    """
    [(done,)] = connection.execute("PRAGMA user_version").fetchall()
    if done:
        return clean(connection, compact=True)
    log.info("the database is rewritten once, without what is left of erased text")
    compacted = _compacted(connection, at_most=2**63)
    if compacted:
        connection.execute("PRAGMA user_version = 1").close()
    return compacted, database_file.truncate_wal(connection)


def _compacted(connection: sqlite3.Connection, at_most: int = database_file.COMPACTED_AT_ONCE) -> bool:
    try:
        with database_file.impatient(connection):
            database_file.compact(connection, at_most=at_most)
    except sqlite3.Error as error:
        log.info("the database cannot be compacted now: %s", error)
        return False
    return True


class Cleaner:
    """Cleans soon after each erasure, and again while another program still reads the WAL. Idle otherwise."""

    def __init__(self, cleaning: Cleaning) -> None:
        self._clean = cleaning
        self._noted = self._left = False  # erased since the last cleaning; not yet out of the files
        self._task: asyncio.Task[None] | None = None

    def note(self) -> None:
        """Something was erased, and committed."""
        self._noted = self._left = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._until_clean())

    async def close(self) -> None:
        """Clean what is left, if that can be done now: the next start does it otherwise."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._left:
            await self._tried()

    async def _until_clean(self) -> None:
        since, pause, warned = time.monotonic(), SOON_SECONDS, False
        while True:
            await asyncio.sleep(pause)
            started = time.monotonic()
            if await self._tried():
                return
            pause = max(SOON_SECONDS, _SHARE * (time.monotonic() - started))
            if not warned and started - since > WARNED_SECONDS:
                warned = True
                log.warning("erased text is still in the database's files: another program keeps them in use")

    async def _tried(self) -> bool:
        """Whether nothing is left; what is erased meanwhile is."""
        compact, self._noted = self._noted, False
        try:
            compacted, emptied = await self._clean(compact)
        except LedgerError as error:
            log.info("the database cannot be cleaned now: %s", error)
            compacted, emptied = not compact, False
        if not compacted:
            self._noted = True
        self._left = self._noted or not emptied
        return not self._left
