"""
Many mentions at the same time, at one process of the bot: who asks, and what is measured of it.

Slack, the model and the bot are processes of their own. How much load, and what must come of it: overload.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.processes import Running, running
from tests.bench.slack_stage import Addresses
from tests.faults.chain import Tables

WAIT_SECONDS = 900.0  # for all answers
LOOK_SECONDS = 0.1
CHANNELS = 25

_OPEN = "SELECT count(*) FROM turns WHERE state IN ('pending', 'running', 'answered')"
_ANSWERED = """
    SELECT count(*) FROM messages JOIN turns ON turns.id = messages.turn_id
    WHERE messages.addressed AND turns.state = 'shown'
"""
_STORED = "SELECT count(*) FROM messages WHERE addressed"
_TURNS = """
    SELECT conversations.channel, conversations.thread, count(turns.id)
    FROM conversations JOIN turns ON turns.conversation_id = conversations.id
    WHERE turns.state = 'shown' GROUP BY conversations.channel, conversations.thread
"""


@dataclass(frozen=True, slots=True)
class Load:
    mentions: int
    threads: int
    seconds: float  # within which they are written, evenly
    model_seconds: float  # until the first byte of an answer
    max_concurrent_turns: int = 256


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it. Seconds of an acknowledgement: from the event's first sending, as Slack sees it."""

    lost: int  # mentions that are in no answered turn
    doubled: int  # messages of the bot beyond one a turn
    turns: int
    at_once: int  # calls of the model, at most
    unacknowledged: int  # events
    acknowledged_p50: float
    acknowledged_p99: float
    idle_megabytes: float
    peak_megabytes: float
    events_a_second: float  # stored and acknowledged, from the first to the last
    turns_a_second: float  # from the first event to the last turn
    seconds: float


class Office:
    """The control APIs of a Slack and a model stand-in."""

    def __init__(self, addresses: Addresses, session: aiohttp.ClientSession) -> None:
        self.addresses = addresses
        self._slack, self._model = addresses.control(session)

    @classmethod
    @asynccontextmanager
    async def opened(cls, directory: Path, model_seconds: float) -> AsyncIterator[Office]:
        async with AsyncExitStack() as stack:
            start = stack.enter_async_context
            slack = await start(running("slack", ["-m", "tests.standins.slack"], directory, {}, told=True))
            latency = ["--latency", str(model_seconds), "--chunk-size", "64"]
            model = await start(running("model", ["-m", "tests.standins.model", *latency], directory, {}, told=True))
            session = await start(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200)))
            yield cls(Addresses(await slack.address(), (await model.address())["url"]), session)

    async def channel(self, name: str) -> str:
        return str((await self._slack.post("channel", {"name": name}))["id"])

    async def mention(self, channel: str, text: str, thread: str | None) -> str:
        slack = self.addresses.slack
        said = {"user": slack["user"], "channel": channel, "text": f"<@{slack['bot_user']}> {text}"}
        return str((await self._slack.post("post", said | {"thread_ts": thread}))["ts"])

    async def replies(self, channel: str, root: str) -> int:
        told = await self._slack.get(f"thread?channel={channel}&ts={root}")
        return sum(message["user"] == self.addresses.slack["bot_user"] for message in told["messages"])

    async def deliveries(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = (await self._slack.get("deliveries"))["deliveries"]
        return told

    async def connections(self) -> int:
        return int((await self._slack.get("connections"))["connections"])

    async def model_calls(self) -> list[tuple[float, float]]:
        """From arrival to first byte, of each."""
        told = await self._model.get("requests")
        return [(each["at"], each["first_byte_at"] or float("inf")) for each in told]


class Memory:
    """The most that a process had in memory while it was watched."""

    def __init__(self, process: Running) -> None:
        self._process = process
        self.idle = self.peak = process.resident_megabytes()

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.peak = max(self.peak, self._process.resident_megabytes())


async def measure(load: Load, directory: Path, database_url: str) -> Measured:
    """Raises BenchError when a process ends, TimeoutError when answers do not come."""
    async with Office.opened(directory, load.model_seconds) as office:
        settings = office.addresses.settings() | {
            "DATABASE_URL": database_url,
            "INTERNAL_PORT": "0",
            "MAX_CONCURRENT_TURNS": str(load.max_concurrent_turns),
            "LOG_LEVEL": "WARNING",
        }
        async with (
            running("bot", ["-m", "bot", "run"], directory, settings) as bot,
            Tables.opened(database_url) as tables,
        ):
            channels = [await office.channel(f"channel-{number}") for number in range(CHANNELS)]
            while not await office.connections():
                bot.check()
                await asyncio.sleep(LOOK_SECONDS)
            await office.mention(channels[0], "the first one loads what is loaded once", None)
            await _settled(tables, bot, 1)
            return await _measure_running(load, office, bot, tables, channels)


async def _measure_running(
    load: Load, office: Office, bot: Running, tables: Tables, channels: Sequence[str]
) -> Measured:
    memory = Memory(bot)
    watching = asyncio.create_task(memory.watch())
    started = time.monotonic()
    asked = await _ask(load, office, channels)
    await _settled(tables, bot, load.mentions + 1)
    seconds = time.monotonic() - started
    watching.cancel()
    turns = await tables.rows(_TURNS)
    replies = [await office.replies(channel, thread) for channel, thread, _ in turns]
    events = [each for each in await office.deliveries() if each["event_ts"] in asked]
    waits = sorted(each["acknowledged_at"] - each["sent_at"][0] for each in events if each["acknowledged_at"])
    first = min(each["sent_at"][0] for each in events)
    last = max(each["acknowledged_at"] or 0 for each in events)
    shown = sum(count for _, _, count in turns)
    return Measured(
        lost=load.mentions + 1 - await tables.count(_ANSWERED),
        doubled=sum(replies) - shown,
        turns=shown,
        at_once=most_at_once(await office.model_calls()),
        unacknowledged=len(events) - len(waits),
        acknowledged_p50=waits[len(waits) // 2],
        acknowledged_p99=waits[len(waits) * 99 // 100],
        idle_megabytes=memory.idle,
        peak_megabytes=memory.peak,
        events_a_second=len(events) / (last - first),
        turns_a_second=shown / seconds,
        seconds=seconds,
    )


async def _ask(load: Load, office: Office, channels: Sequence[str]) -> set[str]:
    """One mention after the other, the threads in turn. Returns their ids."""
    loop = asyncio.get_running_loop()
    roots: list[asyncio.Future[str]] = [loop.create_future() for _ in range(load.threads)]
    started = loop.time()

    async def ask(number: int) -> str:
        await asyncio.sleep(started + number * load.seconds / load.mentions - loop.time())
        thread = number % load.threads
        root = await roots[thread] if number >= load.threads else None
        ts = await office.mention(channels[thread % len(channels)], f"질문 {number}: what now?", root)
        if root is None:
            roots[thread].set_result(ts)
        return ts

    return set(await asyncio.gather(*(ask(number) for number in range(load.mentions))))


async def _settled(tables: Tables, bot: Running, mentions: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while await tables.count(_STORED) < mentions or await tables.count(_OPEN):
            bot.check()
            await asyncio.sleep(LOOK_SECONDS)


def most_at_once(intervals: Sequence[tuple[float, float]]) -> int:
    """How many of them have a moment in common, at most; one that ends when another starts has none with it."""
    changes = sorted([(start, 1) for start, _ in intervals] + [(end, -1) for _, end in intervals])
    most = running_now = 0
    for _, change in changes:
        running_now += change
        most = max(most, running_now)
    return most
