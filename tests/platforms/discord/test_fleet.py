"""Processes of the bot on one PostgreSQL: whoever dies, Discord is connected again, and each question answered once."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.lives import Life, bot
from tests.platforms.discord.test_process import replies, variables
from tests.platforms.discord.test_processes import guild_of
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, Message, User
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.standins.postgres import Postgres

LEASE_SECONDS = 3.0  # a fifth of the usual ones
ANSWER = "Forty-two."


class Fleet:
    def __init__(self, stack: AsyncExitStack, discord: Discord, model: ModelServer, directory: Path, url: str) -> None:
        self._stack, self.discord, self.model, self._directory = stack, discord, model, directory
        self._given = variables(discord, model, directory) | {"DATABASE_URL": url, "STOP_GRACE": "5"}
        self.bots: list[Life] = []

    async def start(self, count: int, **more: str) -> None:
        for _ in range(count):
            arguments = ("-m", "tests.platforms.discord.hasty_bot", str(LEASE_SECONDS))
            life = bot(self._directory, self._given | more, *arguments, name=f"bot-{len(self.bots)}")
            self.bots.append(await self._stack.enter_async_context(life))

    def held(self, life: Life) -> set[str]:
        """The shards that it holds, as it says."""
        said = re.findall(r"(shard \d+/\d+) is (held|let go of|not held any more) by", life.log.read_text())
        last = dict(said)
        return {shard for shard in last if last[shard] == "held"}

    async def someone_stands_by(self) -> None:
        await self.discord.wait_for(lambda: any(each.says("this one stands by") for each in self.bots))

    async def answered(self, *questions: Message, seconds: float = 20.0) -> None:
        await self.discord.wait_for(lambda: all(self.answers(each) for each in questions), seconds)

    def answers(self, question: Message) -> list[str]:
        return [each.partition("\n")[0] for each in replies(self.discord, question)]


@pytest.fixture
async def fleet(postgres: Postgres, discord: Discord, tmp_path: Path) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(ModelServer())
        model.default = Answer(ANSWER)
        yield Fleet(stack, discord, model, tmp_path, await postgres.new_database())


async def test_a_process_without_the_gateway_answers_as_well_and_takes_it_over_from_a_dead_one(
    fleet: Fleet, kim: User, channel: Channel
) -> None:
    discord, gate = fleet.discord, asyncio.Event()
    await fleet.start(2, MAX_CONCURRENT_TURNS="1")
    await discord.wait_connected()
    await fleet.someone_stands_by()
    fleet.model.answers.extend([Answer(ANSWER, hold=gate)] * 2)
    asked = [await discord.post(kim, channel, f"{discord.mention} What is {number}?") for number in range(2)]
    await fleet.model.received(2)  # one each
    gate.set()
    await fleet.answered(*asked)
    await discord.wait_for(lambda: all(each.says("state=shown") for each in fleet.bots))
    [owner] = [each for each in fleet.bots if fleet.held(each)]
    killed = time.monotonic()
    owner.send(signal.SIGKILL)
    await owner.ended(5)
    await discord.wait_for(lambda: not discord.gateway.connected)
    meanwhile = await discord.post(kim, channel, f"{discord.mention} And now?")
    in_thread = await discord.post(kim, discord.thread_of(asked[0]) or channel, f"{discord.mention} And here?")
    await fleet.answered(meanwhile)
    print(f"from SIGKILL of the owner to the answer of another one: {time.monotonic() - killed:.1f} s")  # noqa: T201 - a figure to report
    thread = discord.thread_of(asked[0])
    assert thread is not None
    await discord.wait_for(lambda: len(fleet.answers(asked[0])) == 2)
    assert [fleet.answers(each) for each in (*asked, meanwhile)] == [[ANSWER] * 2, [ANSWER], [ANSWER]]
    assert in_thread in thread.shown
    assert len(fleet.model.requests) == 4
    assert not discord.violations


async def test_recommended_shards_are_shared_by_processes_and_taken_over_from_a_dead_one(fleet: Fleet) -> None:
    discord = fleet.discord
    discord.gateway.limit.shards, discord.gateway.limit.max_concurrency = 4, 4
    places = [guild_of(discord, shard, 4) for shard in range(4)]
    await fleet.start(2, DISCORD_SHARDS="auto")
    await discord.wait_connected(connections=4)
    first, second = fleet.bots
    await discord.wait_for(lambda: [len(fleet.held(each)) for each in fleet.bots] == [2, 2])
    await discord.wait_connected(connections=4)
    first.send(signal.SIGKILL)
    await first.ended(5)
    asked = [await discord.post(lee, elsewhere, f"{discord.mention} hello") for _, lee, elsewhere in places]
    await fleet.answered(*asked)
    assert len(fleet.held(second)) == 4
    assert [fleet.answers(each) for each in asked] == [[ANSWER]] * 4
    assert len(fleet.model.requests) == 4
    assert not discord.violations


async def test_a_process_that_wakes_up_after_its_lease_lets_go_and_nothing_is_done_twice(
    fleet: Fleet, kim: User, channel: Channel
) -> None:
    discord = fleet.discord
    await fleet.start(1)
    await discord.wait_connected()
    await fleet.start(1)
    sleeper, other = fleet.bots
    await fleet.someone_stands_by()
    sleeper.send(signal.SIGSTOP)
    question = await discord.post(kim, channel, f"{discord.mention} Who answers?")
    await fleet.answered(question)
    assert fleet.held(other)
    sleeper.send(signal.SIGCONT)
    await discord.wait_for(lambda: sleeper.says("not held any more"))
    again = await discord.post(kim, channel, f"{discord.mention} And now?")
    await fleet.answered(again)
    await discord.wait_for(lambda: len(discord.gateway.connections) == 1)
    assert [fleet.answers(each) for each in (question, again)] == [[ANSWER], [ANSWER]]
    assert len(fleet.model.requests) == 2
