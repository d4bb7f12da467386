"""Lives of the bot: processes that are started, signalled and ended by their number. Quicker ones are in nursery.py."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.standins.model import ModelServer

ROOT = Path(__file__).parents[2]


def surroundings(model: ModelServer, directory: Path) -> dict[str, str]:
    """The environment of a bot on SQLite in *directory*, but for its platform."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return kept | {
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": model.url,
        "OPENAI_MAX_TOKENS": "30000",
        "DATABASE_URL": f"sqlite+aiosqlite:///{directory / 'threadbot.db'}",
        "INTERNAL_PORT": "0",
        "PYTHONPATH": str(ROOT),
    }


class Life:
    """One process of the bot."""

    def __init__(self, pid: int, log: Path, ended: asyncio.Future[int]) -> None:
        self.pid, self.log, self._ended = pid, log, ended

    def says(self, words: str) -> bool:
        """Whether its log holds these words."""
        return words in self.log.read_text(errors="replace")

    @property
    def running(self) -> bool:
        return not self._ended.done()

    def send(self, number: int) -> None:
        if self.running:
            os.kill(self.pid, number)

    async def ended(self, seconds: float) -> int:
        """The exit status, negative for a signal. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            return await asyncio.shield(self._ended)

    async def stop(self, seconds: float = 100.0) -> None:
        """SIGTERM, and SIGKILL when that is not enough."""
        self.send(signal.SIGTERM)
        try:
            await self.ended(seconds)
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.ended(seconds)


@asynccontextmanager
async def bot(
    directory: Path, environment: Mapping[str, str], *arguments: str, name: str = "bot", greeting: bytes = b""
) -> AsyncIterator[Life]:
    """
    `python -m bot run`, or `python ARGUMENTS`, from nothing, in *directory*. It is over at the end.

    *greeting*: what it reads from its standard input, which stays open then.
    """
    stdin = asyncio.subprocess.PIPE if greeting else asyncio.subprocess.DEVNULL
    log = directory / f"{name}.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *(arguments or ("-m", "bot", "run")),
            cwd=directory, env=environment, stdin=stdin, stdout=output, stderr=output,
        )  # fmt: skip
    if process.stdin is not None:
        process.stdin.write(greeting)
    life = Life(process.pid, log, asyncio.ensure_future(process.wait()))
    try:
        yield life
    finally:
        life.send(signal.SIGCONT)
        await life.stop()
