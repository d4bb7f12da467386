"""A playground in processes of its own, with the echo bot or another child, and what a test asks of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 20.0


async def until(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    """Return when *condition* is true; TimeoutError after *seconds*."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - about other processes
            await asyncio.sleep(0.01)


async def eventually(ask: Callable[[], Awaitable[Any]]) -> Any:
    """What *ask* answers as soon as that is true; TimeoutError after some seconds."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not (answer := await ask()):  # noqa: ASYNC110 - about other processes
            await asyncio.sleep(0.02)
        return answer


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def python(module: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


class Playground:
    def __init__(self, process: asyncio.subprocess.Process, session: aiohttp.ClientSession) -> None:
        self.process = process
        self.session = session
        self.lines: list[str] = []  # what the parent and its child have said so far

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        return next(found[0] for line in self.lines if (found := re.search(r"http://\S+", line)))

    @property
    def bots(self) -> list[int]:
        """The pids of the bot's processes, in the order of their starts."""
        return [int(line.removeprefix("bot ")) for line in self.lines if re.fullmatch(r"bot \d+", line)]

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))

    async def said(self, words: str) -> None:
        await until(lambda: any(words in line for line in self.lines))

    async def get(self, path: str) -> Any:
        async with self.session.get(self.url + path) as response:
            return await response.json()

    async def post(self, text: str, *, channel: str = "general", thread: int | None = None) -> int:
        body = {"channel": channel, "thread": thread, "text": text}
        async with self.session.post(f"{self.url}/api/messages", json=body) as response:
            answer = await response.json()
            assert response.status == 201, answer
            return int(answer["id"])

    async def answers(self, thread: int) -> list[str]:
        page = await self.get(f"/api/threads/{thread}")
        return [message["text"] for message in page["messages"] if message["author"]["kind"] == "self"]

    async def answered(self, thread: int, *texts: str) -> None:
        async def as_wanted() -> bool:
            return await self.answers(thread) == list(texts)

        await eventually(as_wanted)

    async def in_state(self, state: str) -> None:
        await self.said("http://")

        async def reached() -> bool:
            return bool((await self.get("/api/workspace"))["bot"] == state)

        await eventually(reached)


@asynccontextmanager
async def playground(folder: Path, child: Sequence[str] = (), *, port: int = 0) -> AsyncIterator[Playground]:
    """Start a parent on *folder*/playground.db with *child*, by default the echo bot, and end it."""
    argv = python("tests.platforms.web.parent", folder / "playground.db", str(port), *(child or echo_bot(folder)))
    process = await asyncio.create_subprocess_exec(
        *argv, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with aiohttp.ClientSession() as session:
        opened = Playground(process, session)
        listening = asyncio.create_task(opened.listen())
        try:
            yield opened
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            for pid in opened.bots:
                with contextlib.suppress(ProcessLookupError, TimeoutError):
                    await until(lambda pid=pid: not alive(pid), 5)  # type: ignore[misc] # the loop's variable
            for pid in opened.bots:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await listening


def echo_bot(folder: Path) -> list[str]:
    return python("tests.platforms.web.echo_bot", folder)
