"""
Processes of the bench: started, bounded in time, measured from /proc, ended by their pid.

What runs in them and what is asked of them is in arena.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]  # the checkout
START_SECONDS = 30.0  # until a stand-in tells its address
STOP_SECONDS = 10.0  # from SIGTERM to SIGKILL
LOG_TAIL = 2_000  # characters of a failed process's log that are shown


class BenchError(Exception):
    """The bench could not measure; str() says why."""


class Running:
    """A process that was started here. CPU and memory are those of the process itself, from /proc."""

    def __init__(self, name: str, process: Process, log: Path) -> None:
        self.name, self._process, self._log = name, process, log

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_seconds(self) -> float:
        """
        User and system time so far, in nanosecond steps where the kernel tells them.

        Linux, proc(5): /proc/pid/stat counts in ticks of 10 ms, too coarse for one reply; schedstat does not.
        """
        try:
            tasks = list(Path(f"/proc/{self.pid}/task").iterdir())
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
        except FileNotFoundError:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_megabytes(self) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise BenchError(f"{self.name} has ended: {self.log_tail()}")

    def check(self) -> None:
        """Raise BenchError when it has ended."""
        if self._process.returncode is not None:
            raise BenchError(f"{self.name} ended with status {self._process.returncode}: {self.log_tail()}")

    def log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-LOG_TAIL:]

    async def address(self) -> dict[str, Any]:
        """The line of JSON that a stand-in prints when it listens."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await self._process.stdout.readline()
            told: dict[str, Any] = json.loads(line)
        except (TimeoutError, ValueError) as error:
            raise BenchError(f"{self.name} does not start: {self.log_tail()}") from error
        return told

    async def stop(self) -> None:
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def running(
    name: str, arguments: Sequence[str], directory: Path, environment: Mapping[str, str], *, told: bool = False
) -> AsyncIterator[Running]:
    """Run `python ARGUMENTS` in *directory*, in an environment of its own. *told*: its standard output is read."""
    log = directory / f"{name}.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=directory,
            env={**_plain_environment(), **environment},
            stdin=DEVNULL,
            stdout=PIPE if told else DEVNULL,
            stderr=errors,
        )
    started = Running(name, process, log)
    try:
        yield started
    finally:
        await started.stop()


def _plain_environment() -> dict[str, str]:
    """Nothing of the caller's settings, and no proxy: all there is listens on the loopback."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "NO_PROXY": "*"}
