"""Private parts of aiosqlite that we use: a new version that changes them fails here, and nowhere less plain."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from bot.store.database.aiosqlite_thread import connected, raw_connection, started


async def test_work_is_done_in_order_in_one_thread_of_the_connection(tmp_path: Path) -> None:
    connection = await connected(tmp_path / "t.db", 1.0)
    try:
        threads = [await started(connection, threading.get_ident) for _ in range(3)]
        assert len(set(threads)) == 1
        assert threads[0] != threading.get_ident()
    finally:
        await connection.close()


async def test_the_connection_behind_it_is_that_of_the_same_thread(tmp_path: Path) -> None:
    connection = await connected(tmp_path / "t.db", 1.0)
    try:
        raw = raw_connection(connection)
        assert isinstance(raw, sqlite3.Connection)
        await started(connection, lambda: raw.execute("CREATE TABLE t (x)").close())  # sqlite3 refuses another thread
        async with connection.execute("SELECT count(*) FROM t") as rows:
            assert await rows.fetchone() == (0,)
        assert raw.isolation_level is None
    finally:
        await connection.close()


async def test_what_the_work_raises_is_raised(tmp_path: Path) -> None:
    connection = await connected(tmp_path / "t.db", 1.0)
    try:
        with pytest.raises(KeyError, match="of ours"):
            await started(connection, lambda: dict[str, int]()["of ours"])
        assert await started(connection, lambda: 1) == 1
    finally:
        await connection.close()


async def test_work_begins_before_it_is_awaited(tmp_path: Path) -> None:
    connection = await connected(tmp_path / "t.db", 1.0)
    try:
        begun = threading.Event()
        done = started(connection, begun.set)
        assert begun.wait(60)  # this thread does not return to the event loop meanwhile
        await done
    finally:
        await connection.close()


async def test_a_closed_connection_says_so(tmp_path: Path) -> None:
    connection = await connected(tmp_path / "t.db", 1.0)
    await connection.close()
    with pytest.raises(ValueError, match="closed"):
        await started(connection, lambda: 1)


async def test_a_file_that_cannot_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(sqlite3.Error):
        await connected(tmp_path, 1.0)
    assert {thread.name for thread in threading.enumerate() if "_connection_worker_thread" in thread.name} == set()
    assert threading.active_count() <= before + 1  # asyncio's own, for to_thread
