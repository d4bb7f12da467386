"""The process over HTTP, from its start to its end: what people do, and what becomes of it when the process dies."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.platforms.slack.setup.manifest import COMMANDS_PATH, EVENTS_PATH, INTERACTIONS_PATH
from tests.faults.lives import Life, bot
from tests.faults.slack_venue import environment
from tests.platforms.slack.transport.requesting import SECRET
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.slack import Slack
from tests.standins.slack.delivery.http import HttpRequests, RequestUrls

LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
RECEIPT = "threadbot_receipt"


class World:
    """Kim, a channel, and a bot that Slack reaches over HTTP, at the same address in each of its lives."""

    def __init__(self, slack: Slack, model: ModelServer, directory: Path) -> None:
        self.slack, self.model, self.directory = slack, model, directory
        self.kim, self.channel = slack.add_user("kim"), slack.add_channel("general")
        self._settings = environment(slack, model, directory) | {"SLACK_SIGNING_SECRET": SECRET, "STOP_GRACE": "0"}
        self._settings |= {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": "0"}
        del self._settings["SLACK_APP_TOKEN"]
        self._lives = 0

    @property
    def http(self) -> HttpRequests:
        assert self.slack.http is not None
        return self.slack.http

    @asynccontextmanager
    async def bot(self, *arguments: str) -> AsyncIterator[Life]:
        self._lives += 1
        async with bot(self.directory, self._settings, *arguments, name=f"bot-{self._lives}") as life:
            await self.slack.wait_for(lambda: life.says("listening on"))
            found = LISTENING.search(life.log.read_text())
            assert found is not None
            if self._settings["HTTP_PORT"] == "0":
                self._settings["HTTP_PORT"] = found[1]
                paths = (EVENTS_PATH, INTERACTIONS_PATH, COMMANDS_PATH)
                self.slack.use_http(SECRET, RequestUrls(*([f"http://127.0.0.1:{found[1]}{path}"] for path in paths)))
            yield life

    async def ask(self, text: str) -> str:
        return await self.slack.post(self.kim, self.channel, f"{self.slack.mention} {text}")

    async def answered(self, root: str, answer: str) -> str:
        """The ts of the one reply that says so."""
        await self.slack.wait_for(lambda: self.slack.replies(self.channel, root) == [answer])
        return self.slack.thread(self.channel, root)[1].ts


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Slack() as slack, ModelServer() as model:
        yield World(slack, model, tmp_path)


async def test_all_that_people_do_works_over_http_and_the_process_ends_cleanly(world: World) -> None:
    slack, kim, channel = world.slack, world.kim, world.channel
    async with world.bot() as life:
        root = await world.ask("hello")
        reply = await world.answered(root, "You said: hello")
        pressed = await slack.press(kim, channel, reply, RECEIPT)
        await slack.wait_for(lambda: slack.views.modals)
        assert "Turn 1: answered" in slack.views.modal(kim).shown
        chosen = await slack.people.choose(kim, channel, reply, RECEIPT)
        await slack.wait_for(lambda: len(slack.views.modals) == 2)
        command = await slack.people.command(kim, channel, "/ask", "hello")
        await slack.wait_for(lambda: command.acknowledged)
        assert slack.mention in str(command.response)
        await slack.open_app(kim)
        await slack.wait_for(lambda: kim in slack.views.homes)
        assert all(each.in_time for each in (*pressed, chosen, command))
        life.send(signal.SIGTERM)
        assert await life.ended(30) == 0
    assert {answered.status for answered in world.http.answers} == {200}
    assert slack.socket_mode.handshakes == 0


async def test_a_question_at_work_when_the_process_is_stopped_is_answered_by_the_next(world: World) -> None:
    gate = asyncio.Event()
    world.model.default = Answer(chunk_size=4, gate=gate, gate_at=2)
    async with world.bot() as life:
        root = await world.ask("who answers?")
        await world.slack.wait_for(lambda: world.model.requests)
        life.send(signal.SIGTERM)
        assert await life.ended(30) == 0
    gate.set()
    async with world.bot():
        await world.answered(root, "You said: who answers?")


@pytest.mark.parametrize("step", ["before record", "after record"])
async def test_a_question_that_was_not_acknowledged_is_answered_once_when_slack_brings_it_again(
    world: World, step: str
) -> None:
    dying = ("-m", "tests.faults.dying_bot", "--at", step)
    async with world.bot(*dying) as life:
        (world.directory / "armed").touch()
        root = await world.ask("anybody there?")
        assert await life.ended(30) == -signal.SIGKILL
    await world.slack.wait_for(lambda: len(world.http.answers) == 2)
    assert not any(delivery.acknowledged for delivery in world.slack.delivered(root))
    (world.directory / "armed").unlink()
    async with world.bot():
        again = await world.http.redeliver()
        assert len(again) == 2
        await world.slack.wait_for(lambda: all(delivery.acknowledged for delivery in again))
        await world.answered(root, "You said: anybody there?")
        await world.http.redeliver(everything=True)
        await world.slack.wait_for(lambda: len(world.http.answers) >= 6)
    assert {answered.status for answered in world.http.answers} == {None, 200}
    assert len(world.model.requests) == 1
    assert world.slack.replies(world.channel, root) == ["You said: anybody there?"]
