"""
Lives of the bot, as processes that start quickly: one process imports everything and forks a child for each life.

A life is a process of its own with a memory of its own; what it shares with the others was read before it was born
(modules, the vocabulary, prices). That saves the second and a half in which each would import the same. The product's
own start, from nothing, is in tests/test_cli.py and test_processes.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import select
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.faults.lives import ROOT, Life

START_SECONDS = 60.0
LOOK_SECONDS = 0.01  # how often ended children are looked for


class Nursery:
    """Where lives come from. All of them end with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._birth = asyncio.Lock()
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._count = 0

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator[Nursery]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.nursery",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env=kept,
        )  # fmt: skip
        nursery = cls(process)
        listening = asyncio.create_task(nursery._listen())
        try:
            yield nursery
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
            await listening

    async def life(self, directory: Path, environment: Mapping[str, str], *arguments: str) -> Life:
        """A process that works in *directory*; it logs to a file of its own there."""
        assert self._process.stdin is not None
        async with self._birth:
            self._count += 1
            log = directory / f"bot-{self._count:04}.log"
            told = {"cwd": str(directory), "env": dict(environment), "arguments": arguments, "log": str(log)}
            self._process.stdin.write(json.dumps(told).encode() + b"\n")
            async with asyncio.timeout(START_SECONDS):
                pid = await self._born.get()
        return Life(pid, log, self._future(pid))

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "status" in told:
                self._future(told["pid"]).set_result(told["status"])
            else:
                self._ended.pop(told["pid"], None)  # numbers of processes come again
                self._born.put_nowait(told["pid"])

    def _future(self, pid: int) -> asyncio.Future[int]:
        return self._ended.setdefault(pid, asyncio.get_running_loop().create_future())


# The process itself: no thread and no event loop, so that it can be forked at any time


def main() -> None:
    from bot import late_imports
    from bot.llm import prices, tokens
    from bot.platforms.discord import adapter  # noqa: F401 - imported for its children
    from bot.store.database import postgresql  # noqa: F401 - as above
    from tests.faults import dying_bot  # noqa: F401 - as above

    late_imports.load()
    tokens.load()
    prices.load()
    children: set[int] = set()
    read = b""
    try:
        while True:
            if select.select([0], [], [], LOOK_SECONDS)[0]:
                new = os.read(0, 1 << 16)
                if not new:
                    return
                *lines, read = (read + new).split(b"\n")
                children.update(_born(json.loads(line)) for line in lines)
            children.difference_update(_ended(children))
    except KeyboardInterrupt:
        return
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _say(**told: int) -> None:
    with suppress(BrokenPipeError):
        os.write(1, json.dumps(told).encode() + b"\n")


def _born(told: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid:
        _say(pid=pid)
        return pid
    status = 1
    try:
        _live(told)
        status = 0
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else 1
    except BaseException:  # noqa: BLE001 - a child must never come back into the nursery's loop
        traceback.print_exc()
    finally:
        os._exit(status)


def _live(told: Mapping[str, Any]) -> None:
    from tests.faults import dying_bot

    log = os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["env"])
    random.seed()
    dying_bot.main(told["arguments"])


def _ended(children: set[int]) -> set[int]:
    ended = set()
    for child in children:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            ended.add(pid)
            _say(pid=pid, status=os.waitstatus_to_exitcode(status))
    return ended


if __name__ == "__main__":
    main()
