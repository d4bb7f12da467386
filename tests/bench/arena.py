"""
Where bots are measured: each bot with a Slack and a model of its own, in processes of their own.

What is measured is in measures.py. All times are those of the stand-ins, in seconds of time.monotonic(), which all
processes of a machine share.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from tests.bench.processes import BenchError, Running, running
from tests.standins.control_client import ControlClient

T = TypeVar("T")

WAIT_SECONDS = 60.0  # for anything that should happen
POLL_SECONDS = 0.02
NOT_COUNTED = ("auth.test", "apps.connections.open")  # Slack calls that no reply needs
MODEL_NAME = "gpt-6-luna"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of one bot's stand-ins."""

    slack: Mapping[str, Any]  # as the Slack stand-in prints them
    model_url: str

    def control(self, session: aiohttp.ClientSession) -> tuple[ControlClient, ControlClient]:
        """Of Slack and of the model."""
        model_url = self.model_url.removesuffix("/v1") + "/control/"
        return ControlClient(self.slack["control_url"], session), ControlClient(model_url, session)

    def settings(self) -> dict[str, str]:
        """For Threadbot and for the smallest bot alike."""
        return {
            "SLACK_BOT_TOKEN": self.slack["bot_token"],
            "SLACK_APP_TOKEN": self.slack["app_token"],
            "SLACK_API_URL": self.slack["api_url"],
            "OPENAI_API_KEY": "bench",
            "OPENAI_BASE_URL": self.model_url,
            "OPENAI_MODEL": MODEL_NAME,
        }


@dataclass(frozen=True, slots=True)
class Call:
    """One call of Slack's Web API, carried out or refused."""

    method: str
    at: float
    thread: str | None  # the root that a post names


class Stage:
    """One bot's Slack and model, as the bench plays on them."""

    def __init__(self, addresses: Addresses, session: aiohttp.ClientSession) -> None:
        self.addresses = addresses
        self._slack, self._model = addresses.control(session)
        self._calls: list[Call] = []  # all so far: only new ones are fetched, since asking costs the stand-in time
        self._sent: list[tuple[str | None, list[float]]] = []  # event and times of each delivery

    async def post(self, text: str, thread: str | None = None, **more: Any) -> str:
        """Say something in the channel. Returns its ts."""
        slack = self.addresses.slack
        said = {"user": slack["user"], "channel": slack["channel"], "text": text, "thread_ts": thread}
        return str((await self._slack.post("post", said | more))["ts"])

    async def mention(self, text: str, thread: str | None = None) -> str:
        return await self.post(f"<@{self.addresses.slack['bot_user']}> {text}", thread)

    async def replies(self, root: str) -> list[str]:
        """What the bot said in a thread, as a reader sees it."""
        slack = self.addresses.slack
        told = await self._slack.get(f"thread?channel={slack['channel']}&ts={root}")
        return [message["shown"] for message in told["messages"] if message["user"] == slack["bot_user"]]

    async def connections(self) -> int:
        return int((await self._slack.get("connections"))["connections"])

    async def sent_at(self, ts: str) -> float:
        """When the first event of a message left for the bot. Ask when it has been answered."""
        told = await self._slack.get(f"deliveries?since={len(self._sent)}")
        self._sent += [(each["event_ts"], each["sent_at"]) for each in told["deliveries"]]
        return min(at for event, times in self._sent if event == ts for at in times) - _wall_offset()

    async def calls(self) -> list[Call]:
        """All that replies needed, oldest first."""
        told = (await self._slack.get(f"calls?since={len(self._calls)}"))["calls"]
        offset = _wall_offset()
        self._calls += [Call(each["method"], each["at"] - offset, each["arguments"].get("thread_ts")) for each in told]
        return [call for call in self._calls if call.method not in NOT_COUNTED]

    async def requests(self) -> list[float]:
        """When each request arrived at the model, oldest first."""
        return [each["at"] for each in await self._model.get("requests")]

    async def model_takes(self, seconds: float) -> None:
        """From now on, before the first byte of an answer."""
        await self._model.post("script", {"default": {"latency": seconds}})


@dataclass(frozen=True, slots=True)
class Contender:
    """A bot that runs, on its stage."""

    name: str
    process: Running
    stage: Stage

    async def until(self, ask: Callable[[], Awaitable[T]], *, what: str, seconds: float = WAIT_SECONDS) -> T:
        """The first true answer of *ask*. Raises BenchError when it does not come in time or the bot has ended."""
        deadline = time.monotonic() + seconds
        while not (answer := await ask()):
            self.process.check()
            if time.monotonic() > deadline:
                raise BenchError(f"{self.name}: {what} did not come within {seconds:.0f} s. {self.process.log_tail()}")
            await asyncio.sleep(POLL_SECONDS)
        return answer


@asynccontextmanager
async def stage(name: str, directory: Path) -> AsyncIterator[Stage]:
    """A Slack and a model for one bot."""
    async with AsyncExitStack() as stack:
        # Large: 200 posts at once must leave for Slack together, and not wait for one another.
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=WAIT_SECONDS)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector, timeout=timeout))
        start = stack.enter_async_context
        slack = await start(running(f"{name}-slack", ["-m", "tests.standins.slack"], directory, {}, told=True))
        model = await start(running(f"{name}-model", ["-m", "tests.standins.model"], directory, {}, told=True))
        yield Stage(Addresses(await slack.address(), (await model.address())["url"]), session)


@asynccontextmanager
async def threadbot(stage: Stage, directory: Path, database_url: str) -> AsyncIterator[Contender]:
    settings = stage.addresses.settings() | {"DATABASE_URL": database_url, "INTERNAL_PORT": "0"}
    async with _bot("threadbot", ["-m", "bot", "run"], settings, stage, directory) as contender:
        yield contender


@asynccontextmanager
async def smallest(stage: Stage, directory: Path) -> AsyncIterator[Contender]:
    settings = stage.addresses.settings()
    async with _bot("smallest", ["-m", "tests.bench.smallest_bot"], settings, stage, directory) as contender:
        yield contender


@asynccontextmanager
async def _bot(
    name: str, arguments: list[str], settings: Mapping[str, str], stage: Stage, directory: Path
) -> AsyncIterator[Contender]:
    async with running(name, arguments, directory, settings) as process:
        contender = Contender(name, process, stage)
        await contender.until(stage.connections, what="its connection")
        yield contender


def database_url(directory: Path) -> str:
    return f"sqlite+aiosqlite:///{directory / 'bench.db'}"


def _wall_offset() -> float:
    """The Slack stand-in tells time.time(); what it is ahead of time.monotonic()."""
    return time.time() - time.monotonic()
