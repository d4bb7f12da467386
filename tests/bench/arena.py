"""
Where bots are measured: each bot with a platform and a model of its own, in processes of their own.

What is measured is in measures.py, the stages in slack_stage.py and discord_stage.py. All times are those of the
stand-ins, in seconds of time.monotonic(), which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
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
MODEL_NAME = "gpt-6-luna"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the platform's, carried out or refused."""

    method: str
    at: float
    thread: str | None  # the root that a post names


class Stage(ABC):
    """
    One bot's platform and model, as the bench plays on them.

    *pause_seconds*: a bot that is not done calls the platform again within that time.
    """

    pause_seconds = 1.5  # longer than the pause between two edits of a growing answer

    def __init__(self, model: ControlClient) -> None:
        self._model = model

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, str]:
        """For Threadbot and for the smallest bot alike."""

    @abstractmethod
    async def mention(self, text: str, thread: str | None = None) -> str:
        """Ask, as the root of a thread of its own or in *thread*. Returns the message's id."""

    @abstractmethod
    async def replies(self, root: str) -> list[str]:
        """What the bot said in a thread, as a reader sees it."""

    @abstractmethod
    async def connections(self) -> int:
        """How many can be told of events."""

    @abstractmethod
    async def sent_at(self, message: str) -> float:
        """When the first event of a message left for the bot. Ask when it has been answered."""

    @abstractmethod
    async def calls(self) -> list[Call]:
        """All that replies needed, oldest first."""

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
async def stand_ins(
    name: str, platform: str, directory: Path
) -> AsyncIterator[tuple[aiohttp.ClientSession, Mapping[str, Any], str]]:
    """A platform and a model for one bot: what asks them, the addresses of the one, and the URL of the other."""
    connector = aiohttp.TCPConnector(limit=0)  # 200 posts at once must leave together, and not wait for one another
    async with AsyncExitStack() as stack:
        start = stack.enter_async_context
        timeout = aiohttp.ClientTimeout(total=WAIT_SECONDS)
        session = await start(aiohttp.ClientSession(connector=connector, timeout=timeout))
        module = f"tests.standins.{platform}"
        there = await start(running(f"{name}-{platform}", ["-m", module], directory, {}, told=True))
        model = await start(running(f"{name}-model", ["-m", "tests.standins.model"], directory, {}, told=True))
        yield session, await there.address(), (await model.address())["url"]


def model_settings(url: str) -> dict[str, str]:
    return {"OPENAI_API_KEY": "bench", "OPENAI_BASE_URL": url, "OPENAI_MODEL": MODEL_NAME}


def model_control(url: str, session: aiohttp.ClientSession) -> ControlClient:
    return ControlClient(url.removesuffix("/v1") + "/control/", session)


@asynccontextmanager
async def threadbot(stage: Stage, directory: Path, database_url: str) -> AsyncIterator[Contender]:
    settings = {**stage.settings, "DATABASE_URL": database_url, "INTERNAL_PORT": "0"}
    async with _bot("threadbot", ["-m", "bot", "run"], settings, stage, directory) as contender:
        yield contender


@asynccontextmanager
async def smallest(stage: Stage, directory: Path, module: str) -> AsyncIterator[Contender]:
    """*module*: of the smallest bot on that platform."""
    async with _bot("smallest", ["-m", module], stage.settings, stage, directory) as contender:
        yield contender


@asynccontextmanager
async def _bot(
    name: str, arguments: Sequence[str], settings: Mapping[str, str], stage: Stage, directory: Path
) -> AsyncIterator[Contender]:
    async with running(name, arguments, directory, settings) as process:
        contender = Contender(name, process, stage)
        await contender.until(stage.connections, what="its connection")
        yield contender


def database_url(directory: Path) -> str:
    return f"sqlite+aiosqlite:///{directory / 'bench.db'}"


def wall_offset() -> float:
    """Stand-ins of platforms tell time.time(); what it is ahead of time.monotonic()."""
    return time.time() - time.monotonic()
