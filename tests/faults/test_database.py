"""A database that cannot be used: nothing is acknowledged meanwhile, the process says so and lives, all is answered."""

from __future__ import annotations

import asyncio
import resource
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import Connection

from bot.store.database.sqlite import SqliteDatabase
from tests.faults.chain import PASSED, Tables
from tests.faults.lives import Life, bot
from tests.faults.slack_venue import environment
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.postgres import Postgres
from tests.standins.slack import Slack

RUNNING = "질문: what do you do meanwhile?"
ANSWER = "긴 대답입니다. " * 900
ASKED_MEANWHILE = "저장할 수 있나요? " + "and this takes a page or two of its own. " * 400
UNSTORED = "could not be stored"
WAITING = "waits for the database"
SHORT_BYTES = 4_096  # shorter than a page in the log of the database, longer than that of the bot

Fault = Callable[[], Awaitable[None]]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class World:
    """A bot that is in the middle of an answer."""

    def __init__(self, slack: Slack, model: ModelServer, directory: Path) -> None:
        self.slack, self.model, self.directory = slack, model, directory
        self._kim, self._channel = slack.add_user("kim"), slack.add_channel("general")
        self._gate = asyncio.Event()
        self.roots: list[str] = []

    @asynccontextmanager
    async def bot(self, *arguments: str, **settings: str) -> AsyncIterator[Life]:
        self.model.answers.append(Answer(ANSWER, chunk_size=100, gate=self._gate, gate_at=3))
        named = environment(self.slack, self.model, self.directory) | settings
        async with bot(self.directory, named, *arguments) as life:
            await self.slack.wait_connected(30)
            await self.ask(RUNNING)
            await self.slack.wait_for(lambda: self.answers(0))
            await self.slack.wait_for(self.acknowledged)
            yield life

    async def ask(self, text: str) -> None:
        self.roots.append(await self.slack.post(self._kim, self._channel, f"{self.slack.mention} {text}"))

    def answers(self, number: int) -> list[str]:
        return self.slack.replies(self._channel, self.roots[number])

    def acknowledged(self) -> bool:
        return all(delivery.acknowledged for delivery in self.slack.delivered(self.roots[-1]))

    async def holds(self, life: Life, break_it: Fault, mend_it: Fault) -> None:
        """What must be true of every fault."""
        await break_it()
        for _ in range(3):
            await self.ask(ASKED_MEANWHILE)
        self._gate.set()  # the answer ends, and cannot be stored either
        await self.slack.wait_for(lambda: life.says(UNSTORED) and life.says(WAITING))
        meanwhile = [each for root in self.roots[1:] for each in self.slack.delivered(root)]
        assert not any(delivery.acknowledged for delivery in meanwhile)
        assert life.running
        await mend_it()

        async with asyncio.timeout(100):
            while not self.all_answered():
                await self.slack.socket_mode.redeliver()
                await asyncio.sleep(0.5)  # each event has a few tries only
        assert len(self.model.requests) == 4  # what was paid for was kept
        assert life.running

    def all_answered(self) -> bool:
        asked_meanwhile = [f"You said: {ASKED_MEANWHILE[:200]}".strip()]
        shown = [self.answers(number) for number in range(4)]
        return shown == [[ANSWER.strip()], asked_meanwhile, asked_meanwhile, asked_meanwhile]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Slack() as slack, ModelServer() as model:
        yield World(slack, model, tmp_path)


async def test_sqlite_is_locked_by_another_program(world: World) -> None:
    async with world.bot() as life:
        with closing(sqlite3.connect(world.directory / "threadbot.db", isolation_level=None)) as other:

            async def lock() -> None:
                other.execute("BEGIN IMMEDIATE")

            async def unlock() -> None:
                other.execute(PASSED)  # it was locked for longer than a lease lasts
                other.execute("COMMIT")

            await world.holds(life, lock, unlock)


@pytest.mark.parametrize("pragma", ["query_only = ON", "max_page_count = 1"])
async def test_sqlite_is_read_only_or_full(world: World, pragma: str) -> None:
    file = world.directory / "pragmas"
    async with world.bot("-m", "tests.faults.sick_bot", str(file)) as life:

        async def sicken() -> None:
            file.write_text(pragma)

        async def heal() -> None:
            file.unlink()

        await world.holds(life, sicken, heal)


async def test_postgresql_is_restarted_under_load(world: World) -> None:
    with Postgres.started() as postgres:
        url = await postgres.new_database()
        async with world.bot(DATABASE_URL=url) as life:

            async def stop() -> None:
                await asyncio.to_thread(postgres.stop)

            async def start() -> None:
                await asyncio.to_thread(postgres.start)
                async with Tables.opened(url) as tables:
                    await tables.leases_end()  # it was away for longer than a lease lasts

            await world.holds(life, stop, start)


async def test_an_event_is_written_before_what_else_waits(tmp_path: Path) -> None:
    written: list[str] = []
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        busy.set()
        go_on.wait(10)

    database = SqliteDatabase(tmp_path / "threadbot.db")
    first = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(busy.wait, 10)
    others = [asyncio.create_task(database.write(lambda _: written.append("answer"))) for _ in range(20)]
    event = asyncio.create_task(database.write(lambda _: written.append("event"), urgent=True))
    await asyncio.sleep(0)  # they come to wait in this order
    go_on.set()
    await asyncio.gather(first, event, *others)
    await database.close()
    assert written == ["event", *["answer"] * 20]


async def test_a_disk_that_takes_no_more_is_said_once_and_shown_until_it_has_room_again(world: World) -> None:
    """The limit of the length of files stands for a full disk: it needs no rights, and hits a process that runs."""
    port = free_port()
    async with world.bot(INTERNAL_PORT=str(port), STOP_GRACE="1") as life:
        _, most = resource.prlimit(life.pid, resource.RLIMIT_FSIZE)
        assert await health(port) == (200, {"worker": True, "slack": True})
        resource.prlimit(life.pid, resource.RLIMIT_FSIZE, (SHORT_BYTES, most))
        await world.ask(ASKED_MEANWHILE)
        parts = await healthy_or_not(port, 503)
        assert parts["database"] is False
        assert "the disk takes nothing more" in str(parts["database_trouble"])
        assert not any(delivery.acknowledged for delivery in world.slack.delivered(world.roots[-1]))
        repeated = ("the database cannot be used, turns wait", "leases could not be renewed")
        await world.slack.wait_for(lambda: all(map(life.says, repeated)))
        assert [life.log.read_text().count(line) for line in repeated] == [1, 1]
        resource.prlimit(life.pid, resource.RLIMIT_FSIZE, (most, most))
        await healthy_or_not(port, 200)
        assert life.log.read_text().count("nothing can be stored: the disk takes nothing more") == 1
        assert life.says("it can be stored again")
        assert not life.says("Traceback")


async def healthy_or_not(port: int, wanted: int) -> dict[str, object]:
    async with asyncio.timeout(100):
        while True:
            status, parts = await health(port)
            if status == wanted:
                return parts
            await asyncio.sleep(0.1)


async def health(port: int) -> tuple[int, dict[str, object]]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as response:
        return response.status, await response.json()


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_database_file_that_goes_away_ends_the_bot_and_no_event_is_acknowledged(
    world: World, *, deleted: bool
) -> None:
    async with world.bot(STOP_GRACE="1") as life:
        file = world.directory / "threadbot.db"
        if deleted:
            file.unlink()
        else:
            file.rename(file.with_name("moved.db"))
        await world.ask("저장할 수 있나요?")
        assert await life.ended(60) == 1
        assert not any(delivery.acknowledged for delivery in world.slack.delivered(world.roots[-1]))
        assert life.says("was moved, deleted or replaced while the bot ran")
        assert not life.says("Traceback")
