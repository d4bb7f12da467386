"""One worker on one SQLite file."""

import asyncio
from pathlib import Path

import pytest

from bot.core.errors import BotError
from bot.store.database.lock import WorkerRunningError, worker_lock
from bot.store.database.urls import sqlite_file


async def test_a_second_worker_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "threadbot.db"
    async with worker_lock(file):
        with pytest.raises(WorkerRunningError, match="PostgreSQL"):
            async with worker_lock(file, wait_seconds=0):
                pass
    async with worker_lock(file, wait_seconds=0):
        pass


@pytest.mark.parametrize("name", ["link.db", "linked/threadbot.db", "data/../data/threadbot.db"])
async def test_a_file_has_one_lock_by_whatever_name_it_is_opened(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "linked").symlink_to(data)
    (tmp_path / "link.db").symlink_to(data / "threadbot.db")
    files = [sqlite_file(f"sqlite:///{tmp_path}/{each}") for each in ("data/threadbot.db", name)]
    assert files[0] is not None
    assert files[0] == files[1]
    async with worker_lock(files[0]):
        with pytest.raises(WorkerRunningError):
            async with worker_lock(files[1], wait_seconds=0):
                pass


async def test_a_worker_waits_for_one_that_is_stopping(tmp_path: Path) -> None:
    file = tmp_path / "threadbot.db"
    taken = asyncio.Event()

    async def next_worker() -> None:
        async with worker_lock(file, wait_seconds=0):  # it would be refused at once, did it not wait
            taken.set()

    async with worker_lock(file) as lock:
        lock.note_stopping()
        waiting = asyncio.create_task(next_worker())
        await asyncio.sleep(0)
        assert not taken.is_set()
    async with asyncio.timeout(100):
        await waiting
    assert taken.is_set()


async def test_the_next_worker_is_not_taken_for_a_stopping_one(tmp_path: Path) -> None:
    file = tmp_path / "threadbot.db"
    async with worker_lock(file) as lock:
        lock.note_stopping()
    async with worker_lock(file):
        with pytest.raises(WorkerRunningError):
            async with worker_lock(file, wait_seconds=0):
                pass


async def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BotError, match="DATABASE_URL"):
        async with worker_lock(tmp_path / "missing" / "threadbot.db"):
            pass
