"""
Work in the thread of a connection of aiosqlite's: the one place that uses what aiosqlite 0.22 does not make public.

aiosqlite offers single statements only. SQLAlchemy's own dialect for it uses the same private names. The tests of this
module fail when a new version takes them away or changes what they do.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import aiosqlite

from bot import database_file

T = TypeVar("T")


async def connected(file: Path, busy_timeout: float) -> aiosqlite.Connection:
    """
    A connection to *file*, which is made where it is missing. Raises sqlite3.Error; no thread is left then.

    *busy_timeout*, in seconds, is how long a statement waits for other connections.
    """
    database_file.create(file)
    connecting = aiosqlite.connect(file, isolation_level=None, timeout=busy_timeout)
    try:
        return await connecting
    except sqlite3.Error:
        # Its thread is told to end, but not waited for: it would answer to an event loop that may be closed by then.
        await asyncio.to_thread(connecting._thread.join)  # noqa: SLF001
        raise


def started(connection: aiosqlite.Connection, work: Callable[[], T]) -> asyncio.Future[T]:
    """
    The result of *work*, which the connection's thread begins now, and not when somebody awaits it.

    ValueError on a connection that is closed.
    """
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    if connection._running and connection._connection is not None:  # noqa: SLF001
        connection._tx.put_nowait((future, work))  # noqa: SLF001
    else:
        future.set_exception(ValueError("the connection is closed"))
    return future


def raw_connection(connection: aiosqlite.Connection) -> sqlite3.Connection:
    """The connection of sqlite3 that is behind *connection*: to be used in its thread only."""
    return connection._conn  # noqa: SLF001
