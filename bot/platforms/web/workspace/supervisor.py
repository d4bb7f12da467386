"""
Keeps the bot running: starts the child process, starts it again when it ends, stops it cleanly.

The child reads one line of JSON from its standard input, `{"url": …, "secret": …}`: an environment or a command line
could be read by others. The pipe then stays open for as long as we live; its end tells the child that we are gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.core.retry import Backoff
from bot.platforms.web.workspace.live import BotState, Live, wait_for
from bot.stop_signals import StopRequest

CONFIGURATION_ERROR = 2  # the exit status of a child that cannot start with these settings
GIVE_UP_AFTER = 2  # such exits in a row
LAST_WORDS = 20  # lines
RESTART_BACKOFF = Backoff(first=0.25, longest=10.0, jitter=0.0)
HEALTHY_SECONDS = 30.0  # a child that lived so long did not fail at its start


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds."""

    redeliver: float = 5.0  # until an event that was not acknowledged is delivered again
    grace: float = 30.0  # for the child to end by itself; more than it gives its own turns
    restart: Backoff = RESTART_BACKOFF  # of the child, after lives that ended early


@dataclass(frozen=True, slots=True)
class Ending:
    """How one life of the child ended. *status* is negative for a signal, as in subprocess."""

    status: int
    connected: bool
    seconds: float

    @property
    def refused_settings(self) -> bool:
        return self.status == CONFIGURATION_ERROR and not self.connected


class Supervisor:
    """Runs one child at a time. *greeting* is the line that it reads; *announce* prints for the operator."""

    def __init__(
        self, argv: Sequence[str], *, url: str, secret: str, live: Live, timing: Timing, announce: Callable[[str], None]
    ) -> None:
        self._argv = argv
        self._greeting = json.dumps({"url": url, "secret": secret}).encode() + b"\n"
        self._live = live
        self._timing = timing
        self._announce = announce
        self._words: deque[str] = deque(maxlen=LAST_WORDS)

    async def run(self, stop: StopRequest) -> int:
        """Run until *stop* (returns 0), or until another start is pointless (returns 1)."""
        failures = refusals = 0
        while not stop.requested.is_set():
            try:
                ending = await self._live_once(stop)
            except OSError as error:
                self._announce(f"The bot cannot be started: {error}")
                return 1
            if stop.requested.is_set():
                break
            refusals = refusals + 1 if ending.refused_settings else 0
            if refusals == GIVE_UP_AFTER:
                self._announce("\n".join(["The bot cannot start. Its last words:", *self._words]))
                return 1
            failures = 1 if ending.seconds >= HEALTHY_SECONDS else failures + 1
            pause = self._timing.restart.wait(failures)
            self._announce(f"The bot has ended ({described(ending.status)}); it is started again in {pause:g} s.")
            self._live.set_bot(BotState.RESTARTING)
            await wait_for(stop.requested, pause)
        return 0

    async def _live_once(self, stop: StopRequest) -> Ending:
        clock = asyncio.get_running_loop().time
        started, connections = clock(), self._live.connections
        process = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches us alone: the child is then stopped once, by us
        )
        self._words.clear()
        listening = asyncio.create_task(self._listen(process))
        try:
            await self._greet(process)
            status = await self._until_end(process, stop)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            await _finish(listening)
            _close_pipes(process)
        return Ending(status, self._live.connections > connections, clock() - started)

    async def _greet(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is not None:
            with contextlib.suppress(ConnectionError):  # it has ended already: its exit status says why
                process.stdin.write(self._greeting)
                await process.stdin.drain()

    async def _until_end(self, process: asyncio.subprocess.Process, stop: StopRequest) -> int:
        ended = asyncio.create_task(process.wait())
        await _first(ended, stop.requested)
        if not ended.done():
            self._live.set_bot(BotState.STOPPING)
            process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.grace):
                    await _first(ended, stop.at_once)
        if not ended.done():
            process.kill()
        return await ended

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Pass on the child's standard error, and remember its last lines."""
        unfinished = ""
        while process.stderr is not None and (heard := await process.stderr.read(65_536)):
            text = heard.decode(errors="replace")
            sys.stderr.write(text)
            sys.stderr.flush()
            *lines, unfinished = (unfinished + text).split("\n")
            self._words.extend(lines)
        if unfinished:
            self._words.append(unfinished)


def described(status: int) -> str:
    """An exit status in words: `exit status 1`, `SIGKILL`."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


async def _first(ended: asyncio.Task[int], event: asyncio.Event) -> None:
    """Wait until the process has ended or the event is set."""
    waiting = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({ended, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


async def _finish(listening: asyncio.Task[None]) -> None:
    """A process that the child has left behind may hold its standard error open: do not wait for that for long."""
    await asyncio.wait({listening}, timeout=1.0)
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening


def _close_pipes(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
