"""What an operation costs must not grow with what was ever stored: counted in SQLite's own steps, not in times."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.core.conversation import Participant, Posted, ThreadRef
from bot.core.decide.policy import decide
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from tests.bench.history import LongThread, fill
from tests.store.conftest import Clock

LATE = 10**18  # a position after all that is there
EVERY = 10  # of SQLite's virtual machine's steps


async def steps(database: Database, act: Callable[[], Awaitable[Any]]) -> int:
    """How many tens of steps SQLite's writer takes for *act*."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    def watch(handler: Callable[[], int] | None) -> Callable[[Connection], None]:
        return lambda connection: connection.connection.driver_connection.set_progress_handler(handler, EVERY)  # type: ignore[union-attr]  # it is open

    await database.write(watch(step))
    await act()
    await database.write(watch(None))
    return taken


async def statements(database: Database, act: Callable[[], Awaitable[Any]]) -> int:
    """How many statements SQLite's writer reads with for *act*."""
    read: list[str] = []

    def watch(handler: Callable[[str], object] | None) -> Callable[[Connection], None]:
        return lambda connection: connection.connection.driver_connection.set_trace_callback(handler)  # type: ignore[union-attr]  # it is open

    await database.write(watch(read.append))
    await act()
    await database.write(watch(None))
    return len([statement for statement in read if statement.lstrip().startswith("SELECT")])


async def claiming(file: Path, done: int) -> int:
    """Steps to claim one turn beside *done* others that were answered long ago."""
    url = f"sqlite+aiosqlite:///{file}"
    await fill(url, [LongThread("T1", "C1", "1.0", "U1", done)])
    database, clock = open_database(url), Clock()
    ledger = SqlLedger(database, clock)
    new = Posted(
        ThreadRef("slack", "T1", "C1", "2.0"), "2.0", 2_000_000, Participant("U1"), "안녕하세요", clock(), True
    )
    await ledger.record(new, decide)

    async def claim() -> None:
        assert len(await ledger.claim("worker", ["slack"], 10)) == 1

    try:
        return await steps(database, claim)
    finally:
        await database.close()


async def recording(file: Path, done: int) -> int:
    """Steps to record what is answered without a mention in a thread of *done* turns, beside a tenth as many others."""
    url = f"sqlite+aiosqlite:///{file}"
    others = [LongThread("T1", "C1", f"2.{number}", f"U2{number}", 1) for number in range(done // 10)]
    await fill(url, [LongThread("T1", "C1", "1.0", "U1", done), *others])
    database, clock = open_database(url), Clock()
    ledger = SqlLedger(database, clock)
    more = Posted(ThreadRef("slack", "T1", "C1", "1.0"), "9.0", LATE, Participant("U1"), "그다음은요?", clock())

    async def record() -> None:
        recorded = await ledger.record(more, decide)
        assert recorded.decision.reason == "the bot and one person talk"

    try:
        return await steps(database, record)
    finally:
        await database.close()


async def test_listening_without_a_mention_costs_the_same_however_long_the_thread_is(tmp_path: Path) -> None:
    few, many = await recording(tmp_path / "few.db", 20), await recording(tmp_path / "many.db", 2_000)

    assert few > 0
    assert many == pytest.approx(few, rel=0.2, abs=5)


async def test_claiming_costs_the_same_however_many_turns_were_answered(tmp_path: Path) -> None:
    few, many = await claiming(tmp_path / "few.db", 20), await claiming(tmp_path / "many.db", 2_000)

    assert few > 0
    assert many == pytest.approx(few, rel=0.2, abs=5)


async def test_a_message_is_decided_on_with_few_statements(tmp_path: Path) -> None:
    database = open_database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}")
    await migrate.upgrade(database)
    ledger, clock = SqlLedger(database, Clock()), Clock()
    numbers = count(1)

    async def read_for(thread: str, *, addressed: bool = False) -> int:
        number = next(numbers)
        where = ThreadRef("slack", "T1", "C1", thread)
        said = Posted(where, f"{number}", number, Participant("U1"), "why?", clock(), addressed=addressed)
        return await statements(database, lambda: ledger.record(said, decide))

    try:
        assert await read_for("1", addressed=True) == 4, "conversation, preferences; author, last question"
        assert await read_for("1", addressed=True) == 4
        assert await read_for("2") == 1, "no conversation"
        assert await read_for("1") == 8, "the copy, turns, messages and speakers as well"
    finally:
        await database.close()
