"""
Where transactions run: sqlite.py and postgresql.py each have one, urls.py says which.

An operation is a plain function of a SQLAlchemy connection, the same for both databases. It runs in a transaction of
its own, or in one that it shares; whatever it refuses with a BotError it refuses before its first write.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.core.errors import LedgerError
from bot.core.shortage import is_shortage

log = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[Connection], T]

_READS = "reads after the commit"  # in what a connection carries with it


class Database(Protocol):
    """Both methods raise LedgerError when the database cannot be used just now: nothing has happened then."""

    dialect: str  # SQLAlchemy's name: sqlite or postgresql

    @property
    def shortage(self) -> str:
        """How many connections there are of those that were wanted, such as "2 of 20"; empty when there are all."""

    @property
    def trouble(self) -> str:
        """Why nothing can be written just now, such as "the disk is full"; empty while it can."""

    async def write(self, operation: Operation[T], *, synced: bool = True, urgent: bool = False) -> T:
        """
        *urgent* operations go before the others that wait: a platform expects to hear of an event within seconds.

        Not *synced*: a power failure may undo it, unless something later was synced; the end of this process may not.

        To wait for the disk is the dearest part of a write. SQLite only: where the database is a machine of its own,
        it would fail without us, and what it undid we would still believe.
        """

    async def read(self, operation: Operation[T]) -> T: ...

    async def clean(self) -> None:
        """
        Remove what earlier processes left of erased text in the database's files.

        SQLite only, for the one worker on the file: how a server keeps its files is for whoever runs it.
        """

    async def close(self) -> None:
        """Finish what waits, then let go of the database."""


def read_after_commit(connection: Connection, read: Operation[None]) -> None:
    """
    Within an operation: *read* may run in a transaction of its own after the present one, or never.

    SQLite only, where each trip to the connection's thread and back costs as much as a short transaction. What is read
    within the transaction keeps its commit waiting, and a defect in reading undoes it; here nobody hears of one.
    """
    connection.info.setdefault(_READS, []).append(read)


def take_reads(connection: Connection) -> Sequence[Operation[None]]:
    """Take the reads that were noted for after the commit."""
    reads: Sequence[Operation[None]] = connection.info.pop(_READS, ())
    return reads


_SQLITE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the file, its directory or its file system is read-only",
    sqlite3.SQLITE_IOERR: "the disk takes nothing more, is over its quota, or is broken",
}
_SYSTEM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file may not grow any further",
    errno.EROFS: "the file system is read-only",
}
_POSTGRESQL = {
    "53100": "the server's disk is full",
    "25006": "the server is read-only: a standby, or one that was set so",
}


class WriteTrouble:
    """Why writes fail, for as long as they do: said once when it begins, and when it is over."""

    def __init__(self) -> None:
        self.words = ""

    def note(self, error: BaseException) -> None:
        words = write_problem(error)
        if words and words != self.words:
            log.error("nothing can be stored: %s. No event is acknowledged until there is room again", words)
        self.words = words or self.words

    def over(self) -> None:
        if self.words:
            log.info("it can be stored again: it was that %s", self.words)
        self.words = ""


def write_problem(error: BaseException) -> str:
    """The reason why the disk takes no write, in our words; empty for any other error."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(origin, sqlite3.Error):
        code = getattr(origin, "sqlite_errorcode", None)
        return _SQLITE.get(code & 0xFF, "") if isinstance(code, int) else ""
    if isinstance(origin, OSError):
        return _SYSTEM.get(origin.errno or 0, "")
    return _POSTGRESQL.get(getattr(origin, "sqlstate", None) or "", "")


def is_unusable(error: Exception) -> bool:
    """Whether *error* says that the database cannot be used just now; else it is a defect of ours, or a BotError."""
    return isinstance(error, SQLAlchemyError | OSError) or is_shortage(error)


def unusable(error: Exception) -> LedgerError:
    """A description of a database error. SQLAlchemy's str() shows the statement's parameters, which hold messages."""
    if words := write_problem(error):
        return LedgerError(words)
    if isinstance(error, DBAPIError):
        return LedgerError(f"{type(error.orig).__name__}: {error.orig}")
    told = "" if isinstance(error, SQLAlchemyError) else str(error)
    return LedgerError(told or type(error).__name__)
