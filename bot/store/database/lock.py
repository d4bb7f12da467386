"""One worker on one SQLite file: a lock beside it, which the system lets go of when the process ends."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.core.errors import BotError

WAIT_SECONDS = 2.0  # for a worker that has just been told to stop, or was killed
STOPPING_SECONDS = 120.0  # for one that says that it is stopping: its answers get their grace
_LOOK_SECONDS = 0.1
_STOPPING = b"stopping"


class WorkerRunningError(BotError):
    """Another worker uses the file."""


class WorkerLock:
    """The lock, while it is held."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        os.ftruncate(descriptor, 0)

    def note_stopping(self) -> None:
        """Tell a process that waits for the lock that waiting is worth it."""
        os.pwrite(self._descriptor, _STOPPING, 0)


@asynccontextmanager
async def worker_lock(file: Path, wait_seconds: float = WAIT_SECONDS) -> AsyncIterator[WorkerLock]:
    """Hold the lock of this database *file*. Raises WorkerRunningError when another worker keeps it."""
    path = file.with_name(file.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        reason = f"{path} cannot be opened ({error.strerror})"
        raise BotError(
            f"The database at DATABASE_URL cannot be used: {reason}.\n"
            "Check that its directory is there and may be written to."
        ) from error
    try:
        await _take(descriptor, file, wait_seconds)
        yield WorkerLock(descriptor)
    finally:
        os.close(descriptor)


async def _take(descriptor: int, file: Path, wait_seconds: float) -> None:
    started = time.monotonic()
    while not _taken(descriptor):
        stopping = os.pread(descriptor, len(_STOPPING), 0) == _STOPPING
        if time.monotonic() - started > (STOPPING_SECONDS if stopping else wait_seconds):
            raise WorkerRunningError(
                f"Another worker already runs on {file}.\n"
                "Stop it first; for several workers use PostgreSQL (DATABASE_URL)."
            )
        await asyncio.sleep(_LOOK_SECONDS)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
