"""
Which method of Slack's is to be left alone for a while, and who waits for it.

Decisions only: the 429 is recognised in api.py. Whole attempts are repeated by the core.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

from bot.core.errors import PlatformError

RATE_LIMITED = "ratelimited"
DEFAULT_PAUSE = 30.0  # seconds, after a 429 that names none
LONGEST_WAIT = 60.0  # seconds; a longer pause is left to the core
PATIENCE = 5  # 429s in a row that one final call sits out


class Pauses:
    """The pauses that Slack asked for, per method. A token belongs to one workspace, so this does too."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock  # seconds
        self._sleep = sleep
        self._until: dict[str, float] = {}

    def note(self, method: str, retry_after: float | None) -> None:
        """Slack answered 429 to *method* and asked to wait *retry_after* seconds."""
        until = self._clock() + (DEFAULT_PAUSE if retry_after is None else retry_after)
        self._until[method] = max(until, self._until.get(method, 0.0))

    def remaining(self, method: str) -> float:
        """Seconds until *method* may be called again; 0 when it may be called now."""
        return max(0.0, self._until.get(method, 0.0) - self._clock())

    async def admit(self, method: str, *, final: bool) -> None:
        """Return when *method* may be called. What is not *final* is not worth a wait: raises PlatformError."""
        while (seconds := self.remaining(method)) > 0:
            if not final or seconds > LONGEST_WAIT:
                raise PlatformError(RATE_LIMITED, passing=True, retry_after=seconds)
            await self._sleep(seconds)

    async def sit_out(self, method: str) -> None:
        """Return when *method* may be called, however long that takes."""
        while (seconds := self.remaining(method)) > 0:
            await self._sleep(seconds)


class Quota:
    """
    At most *calls* in any minute; who comes too early waits.

    For reading in the background: Slack's tier 3 allows 50 a minute and method, and others need some of them.
    """

    def __init__(
        self,
        calls: int = 40,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock  # seconds
        self._sleep = sleep
        self._last = deque[float](maxlen=calls)  # when the last calls were, or will be, made

    async def take(self) -> None:
        now = self._clock()
        full = len(self._last) == self._last.maxlen
        at = max(now, self._last[0] + 60.0) if full else now
        self._last.append(at)
        if at > now:
            await self._sleep(at - now)


def start_wait(failures: int, retry_after: float | None) -> float:
    """Seconds until Slack is asked again, after *failures* (from 1) to reach it at the start."""
    return retry_after if retry_after is not None else min(5.0, 0.25 * 2.0 ** min(failures - 1, 10))
