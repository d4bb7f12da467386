"""Discord at its worst, all of it in a minute: 200 questions, and each gets one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import app
from bot.platforms.discord.adapter import DiscordPlatform
from bot.settings import Settings
from bot.store.interactions import SqlInteractions
from bot.store.thread_index import SqlThreadIndex
from bot.store.watermarks import SqlWatermarks
from tests.faults.chain import Tables
from tests.faults.discord_venue import SMALL
from tests.platforms.discord.gateway.listening import HASTY
from tests.standins.discord import Discord, Lost, RateLimited, Refused, ServerError
from tests.standins.discord.faults import Fault
from tests.standins.discord.state.objects import BASIC_MESSAGES, Message
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer

QUESTIONS, CHANNELS = 200, 10
PACE_SECONDS = 0.05  # between two questions: all the while something is going wrong
WAIT_SECONDS = 100.0
START_THREAD, POST, EDIT = "start thread from message", "create message", "edit message"
NOTED = "SELECT count(*) FROM watermarks"
OPEN = "SELECT count(*) FROM turns WHERE state IN ('pending', 'running', 'answered')"


class Crowd:
    """People who ask, in all channels in turn."""

    def __init__(self, discord: Discord) -> None:
        self.discord = discord
        self._people = [discord.add_user(f"person-{number}") for number in range(CHANNELS)]
        self._channels = [discord.add_channel(f"channel-{number}") for number in range(CHANNELS)]
        self.asked: list[Message] = []

    async def ask(self, count: int) -> None:
        for number in range(len(self.asked), len(self.asked) + count):
            person, channel = self._people[number % CHANNELS], self._channels[number % CHANNELS]
            words = f"{self.discord.mention} question {number:03}, and what then?"
            self.asked.append(await self.discord.post(person, channel, words))
            await asyncio.sleep(PACE_SECONDS)

    def answers(self, question: Message) -> list[str]:
        """Wherever they stand, in a thread or in the channel; without what is said in small print below."""
        world = self.discord.world
        thread, channel = self.discord.thread_of(question), world.channels[question.channel]
        beside = [each for each in channel.shown if (each.reference or {}).get("message_id") == question.id]
        said = [*beside, *(thread.shown if thread else ())]
        ours = [each for each in said if each.author == world.bot and each.type in BASIC_MESSAGES]
        return [each.content.partition(f"\n{SMALL}")[0] for each in ours]

    def wrong(self) -> dict[int, list[str]]:
        """What was said to those who did not get one answer, and nothing else."""
        said = {number: self.answers(question) for number, question in enumerate(self.asked)}
        return {number: each for number, each in said.items() if each != [expected(number)]}


def expected(number: int) -> str:
    return f"You said: question {number:03}, and what then?"


# What goes wrong, while 20 questions are asked each time


async def calm(crowd: Crowd) -> None:
    await crowd.ask(20)


async def replayed(crowd: Crowd) -> None:
    """The connection breaks; what was missed is told twice when the session is resumed, and once more as new."""
    gateway = crowd.discord.gateway
    gateway.replays = 2
    gateway.drop()
    await crowd.ask(18)
    gateway.repeat(10)
    gateway.reconnect()
    await crowd.ask(2)


async def lost_session(crowd: Crowd) -> None:
    """What is said until there is a new one is told to nobody."""
    gateway = crowd.discord.gateway
    sessions = len(gateway.identified)
    gateway.invalidate()
    await crowd.ask(20)
    await crowd.discord.wait_for(lambda: len(gateway.identified) > sessions)


async def zombie(crowd: Crowd) -> None:
    """The socket stays open, and nothing comes over it any more."""
    crowd.discord.gateway.freeze()
    await crowd.ask(20)
    await crowd.discord.wait_connected()


async def lost_events(crowd: Crowd) -> None:
    """They are never told, and nothing shows it before the session is lost, too."""
    discord = crowd.discord
    discord.events.lost = True
    await crowd.ask(20)
    discord.events.lost = False
    discord.gateway.forget_sessions()
    discord.gateway.drop(4000)


async def mixed_up(crowd: Crowd) -> None:
    """The last event comes first."""
    crowd.discord.gateway.hold_events()
    await crowd.ask(20)
    crowd.discord.gateway.release_events(backwards=True)


async def storm(crowd: Crowd) -> None:
    """429 for one method, then for all."""
    for name in (START_THREAD, POST, EDIT):
        crowd.discord.fail(name, RateLimited(0.3), 8)
    await crowd.ask(10)
    crowd.discord.fail("*", RateLimited(0.5, scope="global"), 6)
    await crowd.ask(10)


def failing(*faults: Fault) -> Callable[[Crowd], Awaitable[None]]:
    async def fail(crowd: Crowd) -> None:
        for fault in faults:
            for name in (START_THREAD, POST, EDIT):
                crowd.discord.fail(name, fault, 3)
        await crowd.ask(20)

    return fail


async def threads_refused(crowd: Crowd) -> None:
    """In one channel for good, elsewhere now and then: answers stand in place."""
    discord = crowd.discord
    discord.forbid(discord.world.channels[crowd.asked[0].channel], "CREATE_PUBLIC_THREADS")
    discord.fail(START_THREAD, Refused(403, 50013), 2)
    discord.fail(START_THREAD, Refused(400, 160006), 2)
    await crowd.ask(20)


TROUBLES = (
    calm,
    replayed,
    lost_session,
    zombie,
    lost_events,
    mixed_up,
    storm,
    failing(ServerError(503), ServerError(502, html=True), ServerError(500, performed=True)),
    failing(Lost(performed=False), Lost(performed=True)),
    threads_refused,
)


@asynccontextmanager
async def answering(discord: Discord, settings: Settings) -> AsyncIterator[None]:
    async with app.open_store(settings) as store:
        platform = DiscordPlatform(
            token=discord.token,
            api_url=discord.api_url,
            index=SqlThreadIndex(store),
            watermarks=SqlWatermarks(store),
            interactions=SqlInteractions(store),
            patience=HASTY,
        )
        stop = asyncio.Event()

        async def stopped() -> None:
            await stop.wait()

        running = asyncio.create_task(app.run(settings, [platform], until=stopped, store=store))
        try:
            await discord.wait_connected()
            yield
        finally:
            stop.set()
            await running


async def all_answered(crowd: Crowd, tables: Tables) -> bool:
    return not crowd.wrong() and not await tables.count(OPEN)


async def until(reached: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await reached():  # noqa: ASYNC110 - it is in the database, which announces nothing
            await asyncio.sleep(PACE_SECONDS)


@pytest.mark.timeout(1_200)
async def test_each_of_200_questions_is_answered_once_whatever_goes_wrong_on_discord(tmp_path: Path) -> None:
    async with Discord() as discord, ModelServer() as model:
        discord.gateway.limit.enforced = False
        model.default = Answer(latency=0.1, chunk_delay=0.3)  # derived from the question
        settings = Settings(
            openai_api_key="sk-test",
            openai_base_url=model.url,
            database_url=f"sqlite+aiosqlite:///{tmp_path / 'threadbot.db'}",
            internal_port=0,
        )
        crowd = Crowd(discord)
        async with answering(discord, settings), Tables.opened(settings.database_url) as tables:
            await until(lambda: tables.count(NOTED))
            for trouble in TROUBLES:
                await trouble(crowd)
            await until(lambda: all_answered(crowd, tables))
        assert len(crowd.asked) == QUESTIONS
        assert crowd.wrong() == {}
        assert discord.violations == []
        assert discord.gateway.resumed
        assert len(discord.gateway.identified) >= 3
        assert {call.status for call in discord.faults.calls} >= {0, 400, 403, 429, 500, 502, 503}
        assert any(discord.replies(discord.world.channels[question.channel]) for question in crowd.asked)
