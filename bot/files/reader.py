"""Starts a child process (child.py) for each file, and ends it when its time is up."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.core.files import FileOutcome, Reading
from bot.core.shortage import is_shortage
from bot.core.slots import FairSlots
from bot.files import wire
from bot.files.limits import Limits

CHILDREN_AT_A_TIME = 3  # children; each may take a processor
EACH = 2  # children for one sender's files, so that other senders find one free

_SPENT = {-9, -24}  # SIGKILL, SIGXCPU: ended by a limit

log = logging.getLogger(__name__)


class ChildReader:
    """A FileParser that runs the parsers in a separate process for each file."""

    def __init__(self, limits: Limits | None = None, program: Sequence[str] = ("-m", "bot.files.child")) -> None:
        """*program*: Python's arguments in the child; tests pass others."""
        self._limits = limits or Limits()
        self._program = program
        self._slots = FairSlots(CHILDREN_AT_A_TIME, EACH)

    async def read(self, content: bytes, media_type: str, sender: str) -> Reading:
        """See FileParser. Ends the child when cancelled. Raises OSError while the system cannot start one."""
        async with self._slots.slot(sender):
            try:
                child = await _started(self._program)
            except OSError as error:
                if is_shortage(error):
                    raise
                log.warning("no process could be started to read a file: %s", error)
                return Reading(FileOutcome.NOT_READ)
            try:
                async with asyncio.timeout(self._limits.wall_seconds):
                    data = await self._exchange(child, wire.request(content, media_type, self._limits))
                    status = await child.wait()
            except TimeoutError:
                return Reading(FileOutcome.TOO_COMPLEX)
            finally:
                await _end(child)
        return self._judged(data, status)

    async def _exchange(self, child: asyncio.subprocess.Process, request: bytes) -> bytes:
        """All that the child writes, or the first bytes of it: one more than the limit."""
        stdin, stdout = _pipes(child)
        writing = asyncio.create_task(_write(stdin, request))
        try:
            pieces, left = [], len(wire.BEGUN) + self._limits.answer_bytes + 1
            while left > 0 and (piece := await stdout.read(left)):
                pieces.append(piece)
                left -= len(piece)
            if not left:
                await _end(child)
            return b"".join(pieces)
        finally:
            writing.cancel()
            await asyncio.wait([writing])

    def _judged(self, data: bytes, status: int) -> Reading:
        if status in _SPENT:
            return Reading(FileOutcome.TOO_COMPLEX)
        if status == wire.SHORT and not data:  # a child that has begun may be taken over, and lie
            raise OSError(errno.ENOMEM, "a process that was to read a file had no room to begin")
        try:
            return wire.answered(data.removeprefix(wire.BEGUN), self._limits)
        except wire.GarbledError as garbled:
            log.warning("the process that read a file ended with status %d and no answer: %s", status, garbled)
            return Reading(FileOutcome.BROKEN)


async def _started(program: Sequence[str]) -> asyncio.subprocess.Process:
    """Start a child in its own process group, in the root directory, without our environment: it holds secrets."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-s", *program),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(),
        cwd=Path(sys.executable).anchor,
        start_new_session=True,
    )


def _environment() -> Mapping[str, str]:
    home = {"SYSTEMROOT": os.environ["SYSTEMROOT"]} if sys.platform == "win32" else {}  # Python needs it on Windows
    return {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"} | home


async def _write(stdin: asyncio.StreamWriter, data: bytes) -> None:
    with contextlib.suppress(OSError):  # the child may be dead: its exit status says more
        stdin.write(data)
        await stdin.drain()
        stdin.close()


def _pipes(child: asyncio.subprocess.Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if child.stdin is None or child.stdout is None:
        raise AssertionError("a child is started with pipes")
    return child.stdin, child.stdout


async def _end(child: asyncio.subprocess.Process) -> None:
    """Kill the child and drop its output: asyncio notices the end of a process only when its pipes are empty."""
    _, stdout = _pipes(child)
    if child.returncode is None:
        _kill(child)
    while await stdout.read(65_536):
        pass
    await child.wait()


def _kill(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
