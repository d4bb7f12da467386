"""Stopping while answers run: what is not done in time is released, and finished once by whoever starts next."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import pytest

from bot.store.database.sqlite import BUSY_TIMEOUT_SECONDS
from tests.faults.lives import Life, bot
from tests.faults.slack_venue import environment
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.postgres import Postgres
from tests.standins.slack import Slack

ANSWER = "끝까지 다 읽을 수 있는 대답. " * 100
SECOND_SIGNAL_SECONDS = 15.0  # on a busy machine; what does not stop at once takes 60


class World:
    """A bot whose answer to a question stops half way, until the gate is opened."""

    def __init__(self, slack: Slack, model: ModelServer, directory: Path, settings: dict[str, str]) -> None:
        self.slack, self._model, self.directory = slack, model, directory
        self._settings = environment(slack, model, directory) | settings
        self._channel = slack.add_channel("general")
        self.gate = asyncio.Event()
        self._root = ""
        model.default = Answer(ANSWER, chunk_size=50, gate=self.gate, gate_at=4)

    def bot(self, grace_seconds: int) -> AbstractAsyncContextManager[Life]:
        return bot(self.directory, self._settings | {"STOP_GRACE": str(grace_seconds)})

    async def ask(self) -> None:
        await self.slack.wait_connected(30)
        self._root = await self.slack.post(self.slack.add_user("kim"), self._channel, f"{self.slack.mention} 들려줘")

    def replies(self) -> list[str]:
        return self.slack.replies(self._channel, self._root)

    async def finished_by_the_next(self, requests: int = 2) -> None:
        self.gate.set()
        async with self.bot(5):
            await self.slack.wait_for(lambda: self.replies() == [ANSWER.strip()])
        assert self.replies() == [ANSWER.strip()]
        assert len(self._model.requests) == requests  # the first answers were not complete


@pytest.fixture(params=["sqlite", "postgresql"])
async def world(request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path) -> AsyncIterator[World]:
    settings = {"DATABASE_URL": await postgres.new_database()} if request.param == "postgresql" else {}
    async with Slack() as slack, ModelServer() as model:
        yield World(slack, model, tmp_path, settings)


async def test_an_answer_that_takes_longer_than_the_grace_is_finished_after_the_next_start(world: World) -> None:
    async with world.bot(1) as life:
        await world.ask()
        await world.slack.wait_for(world.replies)
        life.send(signal.SIGTERM)
        assert await life.ended(30) == 0
        assert life.says("state=pending attempt=1 reason=stopping")
    await world.finished_by_the_next()


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
async def test_a_second_sigterm_does_not_wait_for_a_call_that_slack_does_not_answer(world: World) -> None:
    """What it began is there afterwards, all the same."""
    lock = world.directory / "threadbot.db.lock"
    async with world.bot(60) as life:
        gate = world.slack.hold("chat.startStream")
        await world.ask()
        await world.slack.wait_for(gate.reached.is_set)
        life.send(signal.SIGTERM)
        await world.slack.wait_for(lambda: lock.read_bytes() == b"stopping")
        life.send(signal.SIGTERM)
        await life.ended(SECOND_SIGNAL_SECONDS)
        gate.open()
    await world.finished_by_the_next()


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
async def test_a_second_sigterm_does_not_wait_for_a_locked_file_once_for_each_turn(world: World) -> None:
    lock = world.directory / "threadbot.db.lock"
    async with world.bot(60) as life:
        for _ in range(6):
            await world.ask()
            await world.slack.wait_for(world.replies)
        with closing(sqlite3.connect(world.directory / "threadbot.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            life.send(signal.SIGTERM)
            await world.slack.wait_for(lambda: lock.read_bytes() == b"stopping")
            life.send(signal.SIGTERM)
            await life.ended(SECOND_SIGNAL_SECONDS + BUSY_TIMEOUT_SECONDS)  # one transaction may have begun to wait
    await world.finished_by_the_next(requests=6 + 6)
