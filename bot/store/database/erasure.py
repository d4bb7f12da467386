"""
Erased text leaves the files of an SQLite database as well: its WAL, and the places that rows have had.

Whatever erases notes it within its transaction; soon after the commit the files are cleaned, in steps that hold nobody
up. What a step does is said in residue.py.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from bot import database_file
from bot.core.errors import LedgerError
from bot.store.database.residue import Page, Residue

log = logging.getLogger(__name__)

T = TypeVar("T")

SOON_SECONDS = 1.0  # between an erasure and the cleaning, which is for all erasures until then; between two tries, too
WARNED_SECONDS = 10.0
CLOSING_SECONDS = 2.0  # for what is left at the end of the process
_SHARE = 2  # between two tries cleaning rests so many times as long as it has taken
_PAUSE_SECONDS = 0.02
_NOTED = "text was erased"  # in what a connection carries with it


class InThread(Protocol):
    """Does something in the thread of a connection, between two transactions. Raises LedgerError."""

    async def __call__(self, work: Callable[[sqlite3.Connection], T]) -> T: ...


def note(connection: Connection) -> None:
    """Text was erased in this transaction."""
    connection.info[_NOTED] = True


def was_noted(connection: Connection) -> bool:
    """Since this was asked last."""
    return bool(connection.info.pop(_NOTED, False))


def rewrite_once(connection: sqlite3.Connection) -> None:
    """
    Rid the files of what earlier versions erased without overwriting it, whatever that takes.

    The file's user_version says that it was done.
    """
    [(done,)] = connection.execute("PRAGMA user_version").fetchall()
    if not done:
        log.info("the database is rewritten once, without what is left of erased text")
        try:
            with database_file.impatient(connection):
                database_file.compact(connection, at_most=2**63)
            connection.execute("PRAGMA user_version = 1").close()
        except sqlite3.Error as error:
            log.info("the database cannot be rewritten now: %s", error)
    database_file.truncate_wal(connection)


class Cleaner:
    """Cleans soon after each erasure, and again while another program still reads the WAL. Idle otherwise."""

    def __init__(self, residue: Residue, writing: InThread, reading: InThread) -> None:
        self._residue = residue
        self._writing, self._reading = writing, reading
        self._noted = self._left = False  # erased since the last cleaning; not yet out of the files
        self._task: asyncio.Task[None] | None = None
        self._failure = ""  # of the database, at the last try; it is logged once

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
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._tried()

    async def _until_clean(self) -> None:
        since, pause, warned = time.monotonic(), SOON_SECONDS, False
        while self._left:
            await asyncio.sleep(pause)
            started = time.monotonic()
            if await self._tried():
                since = started  # of what was erased meanwhile
            elif not warned and started - since > WARNED_SECONDS:
                warned = True
                why = self._failure or "another program keeps them in use"
                log.warning("erased text is still in the database's files: %s", why)
            pause = max(SOON_SECONDS, _SHARE * (time.monotonic() - started))

    async def _tried(self) -> bool:
        """Whether nothing is left of what was noted before."""
        noted, self._noted = self._noted, False
        overwritten = emptied = False
        try:
            overwritten = not noted or await self._overwritten()
            emptied = await self._at_once(database_file.truncate_wal)
            self._failure = ""
        except LedgerError as error:
            if not self._failure:
                log.info("the database cannot be cleaned now: %s", error)
            self._failure = str(error)
        finally:
            self._noted |= not overwritten
            self._left = self._noted or not emptied
        return overwritten and emptied

    async def _overwritten(self) -> bool:
        """Whether nothing is left in the file of what was erased until now."""
        found = await self._found()
        while found:
            started = time.monotonic()
            if not await self._at_once(lambda connection: self._residue.overwrite(connection, found)):
                return False
            await asyncio.sleep(time.monotonic() - started)  # for those who waited
        return found is not None

    async def _found(self) -> list[Page] | None:
        frozen = await self._at_once(self._residue.freeze)
        if frozen is None:
            return None
        found: list[Page] = []
        try:
            for lot in await self._reading(lambda _: self._residue.leaves(frozen)):
                found += await self._reading(partial(self._left_on, lot))
        finally:
            frozen.close()
        return found

    async def _at_once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of *work*, which cannot be done while somebody reads: we ourselves never do for long."""
        until = time.monotonic() + SOON_SECONDS
        while not (result := await self._writing(work)) and time.monotonic() < until:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(_PAUSE_SECONDS)
        return result

    def _left_on(self, lot: Sequence[Page], _: sqlite3.Connection) -> Sequence[Page]:
        return self._residue.left_on(lot)
