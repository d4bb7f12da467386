"""One worker on one SQLite file: a lock beside it, which the system lets go of when the process ends."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.core.errors import BotError

WAIT_SECONDS = 30.0  # for a worker that is stopping
_LOOK_SECONDS = 0.1


class WorkerRunningError(BotError):
    """Another worker uses the file."""


@asynccontextmanager
async def worker_lock(file: Path, wait_seconds: float = WAIT_SECONDS) -> AsyncIterator[None]:
    """Hold the lock of this database *file*. Raises WorkerRunningError when another worker keeps it."""
    path = file.with_name(file.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise BotError(
            f"{path} cannot be opened ({error.strerror}). Make the directory writable for this user."
        ) from error
    try:
        await _take(descriptor, file, wait_seconds)
        yield
    finally:
        os.close(descriptor)


async def _take(descriptor: int, file: Path, wait_seconds: float) -> None:
    try:
        async with asyncio.timeout(wait_seconds):
            while not _taken(descriptor):  # noqa: ASYNC110 - the system tells nobody when a lock becomes free
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise WorkerRunningError(
            f"Another worker already runs on {file}. Stop it first; for several workers use PostgreSQL (DATABASE_URL)."
        ) from None


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
