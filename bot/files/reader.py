"""Has a file read in a child process, and holds that to its time. What the child does is in child.py."""

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
EACH = 2  # children for the files of one sender: the files of others find one free

_SPENT = {-9, -24}  # SIGKILL, SIGXCPU: ended by a limit

log = logging.getLogger(__name__)


class ChildReader:
    """A FileParser whose parsers run in a process of their own, one for each file."""

    def __init__(self, limits: Limits | None = None, program: Sequence[str] = ("-m", "bot.files.child")) -> None:
        """*program*: what Python runs in a child; another one in tests."""
        self._limits = limits or Limits()
        self._program = program
        self._slots = FairSlots(CHILDREN_AT_A_TIME, EACH)

    async def read(self, content: bytes, media_type: str, sender: str) -> Reading:
        """See FileParser. Cancelled, it leaves no child behind. Raises OSError where none can start just now."""
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
        """What the child says, to its end, or one byte more than it may."""
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
        if status == wire.SHORT and not data:  # who has begun may have been taken over, and say anything
            raise OSError(errno.ENOMEM, "a process that was to read a file had no room to begin")
        try:
            return wire.answered(data.removeprefix(wire.BEGUN), self._limits)
        except wire.GarbledError as garbled:
            log.warning("the process that read a file ended with status %d and no answer: %s", status, garbled)
            return Reading(FileOutcome.BROKEN)


async def _started(program: Sequence[str]) -> asyncio.subprocess.Process:
    """In a group of its own, in no directory of anybody's, and without our environment: secrets stand there."""
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
    home = {"SYSTEMROOT": os.environ["SYSTEMROOT"]} if sys.platform == "win32" else {}  # Python needs it there
    return {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"} | home


async def _write(stdin: asyncio.StreamWriter, data: bytes) -> None:
    with contextlib.suppress(OSError):  # it may be dead by now: its end says more
        stdin.write(data)
        await stdin.drain()
        stdin.close()


def _pipes(child: asyncio.subprocess.Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if child.stdin is None or child.stdout is None:
        raise AssertionError("a child is started with pipes")
    return child.stdin, child.stdout


async def _end(child: asyncio.subprocess.Process) -> None:
    """Without what it still has to say; asyncio knows of a process's end only when its pipes are empty."""
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
