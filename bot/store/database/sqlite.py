"""
SQLite: one connection that writes and one that reads, each in a thread of its own (aiosqlite's).

A transaction goes to that thread as a whole. Sent there statement by statement, it costs some ten times as much: each
statement takes four trips between the threads. Writes that wait at the same moment share one transaction, since the
commit is the dearest part of it and there is one writer anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import Connection, RootTransaction, create_engine, event
from sqlalchemy.pool import StaticPool

from bot import database_file
from bot.core.errors import BotError, LedgerError, LedgerGoneError
from bot.store.database import erasure
from bot.store.database.aiosqlite_thread import connected, raw_connection, started
from bot.store.database.base import Operation, WriteTrouble, is_unusable, take_reads, unusable
from bot.store.database.prepared import PreparedConnection
from bot.store.database.residue import Residue

T = TypeVar("T")

log = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 5.0  # other programs may open the file: commands, backups
SHARED = 16  # operations in one transaction, at most: the first of them should not wait long, nor an event behind them
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    database_file.SECURE_DELETE,
)
_READING = "only reads"  # in what a connection carries with it


@dataclass(slots=True)
class _Waiting:
    operation: Operation[Any]
    synced: bool
    done: asyncio.Future[Any] = field(repr=False)


class _NotBegunError(LedgerError):
    """The database takes no transaction now, whatever is in it: each one would wait as long for the same answer."""


_Outcome = tuple[Any, Exception | None]
_Outcomes = tuple[list[_Outcome], bool]  # of a batch, and whether text was erased


class SqliteDatabase:
    """The Database port on one file."""

    dialect = "sqlite"

    def __init__(self, file: Path) -> None:
        # A transaction that reads first and writes later fails under contention, whatever the timeout, unless it
        # takes the write lock at its beginning.
        place = _Place(file)
        self._writer = _Thread(file, "BEGIN IMMEDIATE", place)
        self._reader = _Thread(file, "BEGIN", place)
        self._waiting: deque[_Waiting] = deque()
        self._urgent: deque[_Waiting] = deque()
        self._failed_together: deque[_Waiting] = deque()
        self._running: asyncio.Future[_Outcomes] | None = None  # the batch that is at work
        self._trouble = WriteTrouble()
        self._residue = Residue(file)
        self._cleaner = erasure.Cleaner(self._residue, self._writer.run_raw, self._reader.run_raw)

    @property
    def shortage(self) -> str:
        return ""

    @property
    def trouble(self) -> str:
        return self._trouble.words

    async def write(self, operation: Operation[T], *, synced: bool = True, urgent: bool = False) -> T:
        entry = _Waiting(operation, synced, asyncio.get_running_loop().create_future())
        (self._urgent if urgent else self._waiting).append(entry)
        if self._running is None:
            self._run_next()
        result: T = await entry.done
        return result

    async def read(self, operation: Operation[T]) -> T:
        return await self._reader.run(lambda connection: _alone(connection, operation))

    async def clean(self) -> None:
        await self._writer.run_raw(erasure.rewrite_once)
        self._cleaner.note()

    async def close(self) -> None:
        for queue in (self._urgent, self._waiting):  # a file that is locked lets each that is left wait for it
            for entry in [entry for entry in queue if entry.done.done()]:
                queue.remove(entry)
        while self._running is not None:
            await asyncio.wait([self._running])
        await self._cleaner.close()
        await self._writer.close()
        await self._reader.close()
        self._residue.close()

    def _run_next(self) -> None:
        """
        Start the next batch at once.

        A task would start it only after all that the loop has to do first: acknowledgements, say, which can go out
        while the thread works.
        """
        batch = self._next_batch()
        if not batch:
            self._running = None
            return
        probing = bool(self._trouble.words)
        self._running = self._writer.start(lambda connection: _together(connection, batch, probing=probing))
        self._running.add_done_callback(lambda done: self._settle(batch, done, probing=probing))

    def _next_batch(self) -> list[_Waiting]:
        if self._failed_together:  # none of them has happened: find out whose fault it is
            return [self._failed_together.popleft()]
        batch: list[_Waiting] = []
        for queue in (self._urgent, self._waiting):
            while queue and len(batch) < SHARED:
                batch.append(queue.popleft())
        return batch

    def _settle(self, batch: Sequence[_Waiting], done: asyncio.Future[_Outcomes], *, probing: bool) -> None:
        """
        Tell each of *batch* what came of it, and go on.

        An error, also of a defect, reaches those that wait: nobody may wait for ever.
        """
        try:
            outcomes, erased = self._writer.result(done)
            if probing:
                self._trouble.over()
        except Exception as error:  # noqa: BLE001 - see above
            self._trouble.note(error.__cause__ or error)
            if len(batch) > 1 and not isinstance(error, _NotBegunError | LedgerGoneError):
                self._failed_together.extend(batch)
                batch, outcomes, erased = [], [], False
            else:
                outcomes, erased = [(None, error)] * len(batch), False
        if erased:
            self._cleaner.note()
        for entry, outcome in zip(batch, outcomes, strict=True):
            _deliver(entry, *outcome)
        self._run_next()


class _Place:
    """Whether the file that was opened is still where it was. SQLite writes on to one that is not, and says nothing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._opened: tuple[int, int] | None = None  # device and inode

    def note(self) -> None:
        """That it has been opened. Raises OSError."""
        found = self._file.stat()
        self._opened = self._opened or (found.st_dev, found.st_ino)

    def require(self) -> None:
        """Raises LedgerGoneError."""
        if not self._is_there():
            raise LedgerGoneError(
                f"The database file {self._file} was moved, deleted or replaced while the bot ran. Nothing that came "
                "since is acknowledged. Put it back, with the files beside it of its name, and start again."
            )

    def _is_there(self) -> bool:
        if self._opened is None:
            return True
        try:
            found = self._file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:  # a file system that is away says nothing about the file
            return True
        return self._opened == (found.st_dev, found.st_ino)


class _Thread:
    """
    A connection in aiosqlite's thread, with SQLAlchemy's on it that is only ever used there.

    That one stays open, too: to take one from the engine for each transaction costs as much as three statements.
    """

    def __init__(self, file: Path, begin: str, place: _Place) -> None:
        self._file = file
        self._place = place
        self._begin = begin
        self._opening = asyncio.Lock()
        self._thread: aiosqlite.Connection | None = None
        self._connection: Connection | None = None

    def start(self, work: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Have the thread begin *work*, at once where the connection is open. Hand what is returned to result()."""
        if self._thread is None or self._connection is None:
            return asyncio.ensure_future(self._opened(work))
        connection = self._connection
        return started(self._thread, lambda: work(connection))

    async def _opened(self, work: Callable[[Connection], T]) -> T:
        thread, connection = await self._open()
        return await started(thread, lambda: work(connection))

    def result(self, done: asyncio.Future[T]) -> T:
        """
        Raises LedgerError; a BotError of the work passes.

        The file is looked for after the work: what is said to be stored is where the next process looks for it.
        """
        try:
            result = done.result()
            self._place.require()
        except BotError:
            raise
        except Exception as error:
            if isinstance(error, sqlite3.Error) or is_unusable(error):
                raise unusable(error) from error
            raise
        return result

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Raises as result() does."""
        running = self.start(work)
        with contextlib.suppress(Exception):
            await running
        return self.result(running)

    async def run_raw(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """*work* is no transaction of SQLAlchemy's. Raises LedgerError."""
        return await self.run(lambda connection: work(_raw(connection)))

    async def close(self) -> None:
        if self._thread is not None and self._connection is not None:
            await started(self._thread, self._connection.engine.dispose)
            await self._thread.close()
        self._thread = self._connection = None

    async def _open(self) -> tuple[aiosqlite.Connection, Connection]:
        async with self._opening:
            if self._thread is None or self._connection is None:
                self._place.require()  # else an empty one would be made
                thread = await connected(self._file, BUSY_TIMEOUT_SECONDS)
                try:
                    self._connection = await started(thread, lambda: self._connection_on(thread))
                except BaseException:
                    await thread.close()
                    raise
                self._thread = thread
                self._place.note()
            return self._thread, self._connection

    def _connection_on(self, thread: aiosqlite.Connection) -> Connection:
        raw = raw_connection(thread)
        for pragma in PRAGMAS:
            raw.execute(pragma).close()
        engine = create_engine("sqlite+pysqlite://", creator=lambda: raw, poolclass=StaticPool)

        def begin(connection: Connection) -> None:  # to read needs no lock, and so waits for no other program's
            raw.execute("BEGIN" if _READING in connection.info else self._begin).close()

        event.listen(engine, "begin", begin)
        return PreparedConnection(engine)


def _sync(connection: Connection, *, synced: bool) -> None:
    """
    Whether the next commit waits for the disk (SQLite, "PRAGMA synchronous", in WAL mode).

    FULL: an acknowledged event survives a power failure. NORMAL: the end of the process, but a power failure only
    together with the next commit that is FULL, since that one syncs all that was written before it.
    """
    _raw(connection).execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}").close()


def _raw(connection: Connection) -> sqlite3.Connection:
    """For what is no transaction: each statement of SQLAlchemy's would begin one."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - it is open
    return raw


def _alone(connection: Connection, operation: Operation[T]) -> T:
    with connection.begin():
        return operation(connection)


def _together(connection: Connection, batch: Sequence[_Waiting], *, probing: bool) -> _Outcomes:
    """
    One transaction for all, synced if one of them is to be; and whether text was erased in it.

    *probing*: with a page to write in any case. Of those that find nothing to do the disk hears nothing.
    """
    _sync(connection, synced=any(entry.synced for entry in batch))
    take_reads(connection)  # by an attempt that failed
    with _begun(connection):
        outcomes = [_tried(connection, entry.operation) for entry in batch]
        erased = erasure.was_noted(connection)
        if probing:
            _write_a_page(connection)
    reads = take_reads(connection)
    if len(batch) == 1:  # else more writes may wait
        for read in reads:
            _read_now(connection, read)
    return outcomes, erased


def _read_now(connection: Connection, read: Operation[None]) -> None:
    """A failure to read does not undo the commit: the caller reads again, and then gets the error."""
    connection.info[_READING] = True
    try:
        _alone(connection, read)
    except Exception as error:  # noqa: BLE001 - see above
        log.info("what was to be read after a commit is left: %s", type(error).__name__)
    finally:
        del connection.info[_READING]


def _write_a_page(connection: Connection) -> None:
    """Write the value that is there already."""
    raw = _raw(connection)
    [(version,)] = raw.execute("PRAGMA user_version").fetchall()
    raw.execute(f"PRAGMA user_version = {version:d}").close()


def _begun(connection: Connection) -> RootTransaction:
    try:
        return connection.begin()
    except sqlite3.Error as error:
        raise _NotBegunError(str(unusable(error))) from error


def _tried(connection: Connection, operation: Operation[Any]) -> _Outcome:
    try:
        return operation(connection), None
    except BotError as refused:  # before its first write, so the others are not affected
        return None, refused


def _deliver(entry: _Waiting, result: Any, error: BaseException | None) -> None:
    if entry.done.done():  # the caller was cancelled
        return
    if error is not None:
        entry.done.set_exception(error)
    else:
        entry.done.set_result(result)
