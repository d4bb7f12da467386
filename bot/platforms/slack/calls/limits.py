"""
Which method of Slack's may be called now, and who waits for it. What Slack allows is in call_rates.py.

Decisions only: the 429 is recognised in api.py. Whole attempts are repeated by the core.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.core.errors import PlatformError
from bot.platforms.common.call_rates import RATES, RateWindow

RATE_LIMITED = "ratelimited"
DEFAULT_PAUSE = 30.0  # seconds, after a 429 that names none
LONGEST_WAIT = 60.0  # seconds; a longer pause is left to the core
LONGEST_TURN = 120.0  # seconds, the same for a call whose turn comes by our own count
PATIENCE = 5  # 429s in a row that one final call sits out

POST, UPDATE, DELETE = "chat.postMessage", "chat.update", "chat.delete"
START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"
KEPT = 0.1  # of a rate, for what cannot be skipped
FEW = 2  # answers at a time that need not share: a window has room for them
LONGEST_SPACING = 30.0  # seconds
STREAM_SECONDS = 300.0  # after which Slack has ended a stream by itself
STRICT_SECONDS = 600.0  # after a 429 no rate is exceeded
EDITS_SECONDS = 900.0  # a promised edit that was not made by then is not waited for any more

Key = tuple[str, str]  # a method, and a channel where it has a rate for each


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """What somebody will have to call: the end of a stream, or the last edit of an answer."""

    method: str
    until: float  # the limiter's clock: kept no longer


class Limiter:
    """
    The calls and the pauses of one workspace, per method. A token belongs to one workspace, so this does too.

    What is not final may use a rate only as far as nobody needs the rest: a share is kept free, and one call for every
    promise.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock  # seconds
        self._sleep = sleep
        self._until: dict[Key, float] = {}
        self._windows: dict[Key, RateWindow] = {}
        self._strict_until: dict[str, float] = {}
        self._beyond = defaultdict[str, asyncio.Lock](asyncio.Lock)  # held by the one call that goes beyond a rate
        self._promises: set[Promise] = set()

    # What Slack asked for

    def note(self, method: str, retry_after: float | None, channel: str = "") -> None:
        """Slack answered 429 to *method* and asked to wait *retry_after* seconds."""
        key, now = _key(method, channel), self._clock()
        until = now + (DEFAULT_PAUSE if retry_after is None else retry_after)
        self._until[key] = max(until, self._until.get(key, 0.0))
        self._strict_until[method] = now + STRICT_SECONDS
        window = self._window(key)
        if window is not None and window.used(now) <= window.capacity(now):
            window.learn(now)  # somebody else must have called

    def remaining(self, method: str, channel: str = "") -> float:
        """Seconds until the end of the pause that Slack asked for; 0 when there is none."""
        return max(0.0, self._until.get(_key(method, channel), 0.0) - self._clock())

    async def sit_out(self, method: str) -> None:
        """Return when *method* may be called, however long that takes."""
        while (seconds := self.remaining(method)) > 0:
            await self._sleep(seconds)

    # Single calls

    @asynccontextmanager
    async def admitted(self, method: str, *, final: bool, channel: str = "") -> AsyncIterator[None]:
        """
        Make one call of *method* within, as soon as it may be made; it is counted.

        What is not *final* is not worth a wait, and what would have to wait for long is left to the core: raises
        PlatformError. Slack promises rates and often takes more: until it has refused something, finals go beyond
        them, one after the other, so that at most one of them is refused.
        """
        key = _key(method, channel)
        if not final:
            self.admit(method, channel)
            yield
            return
        while not self._free(key):
            await self._pause(key)
            if method in RATES and self._is_strict(method):
                await self._turn(key)
                break
            async with self._beyond[method]:
                if not self._free(key) and not self._is_strict(method) and not self.remaining(method, channel):
                    self._take(key, self._clock())
                    yield
                    return
        else:
            self._take(key, self._clock())
        yield

    def admit(self, method: str, channel: str = "") -> None:
        """Count a call that is not worth a wait; raises PlatformError when it may not be made now."""
        if (seconds := self.wait(method, channel)) > 0:
            raise _busy(seconds)
        self._take(_key(method, channel), self._clock())

    def take(self, method: str) -> bool:
        """Whether *method*, which can be done without, may be called now; it is counted then."""
        if self.wait(method):
            return False
        self._take((method, ""), self._clock())
        return True

    def wait(self, method: str, channel: str = "") -> float:
        """Seconds until a call may be made that can be done without; infinite while others need all there is."""
        key, now = _key(method, channel), self._clock()
        window = self._window(key)
        free = window.wait(now, self._kept(method, window.capacity(now))) if window else 0.0
        return max(self.remaining(method, channel), free)

    # Answers that are being written

    def open_stream(self) -> Promise | None:
        """Take a start, and promise that there will be a stop for it; None when one of them cannot be had."""
        now = self._clock()
        start, stop = self._known(START), self._known(STOP)
        if self.remaining(START) or self.remaining(STOP) or start.wait(now) or stop.wait(now, self._promised(STOP)):
            return None
        start.take(now)
        return self._promise(STOP, STREAM_SECONDS)

    def open_edits(self) -> Promise | None:
        """Promise an edit to an answer that is shown before it is whole; None when there would be none for it."""
        update, now = self._known(UPDATE), self._clock()
        if self.remaining(UPDATE) or update.wait(now, self._kept(UPDATE, update.capacity(now))):
            return None
        return self._promise(UPDATE, EDITS_SECONDS)

    def close(self, promise: Promise | None) -> None:
        """What was promised was called, or is not needed any more."""
        if promise is not None:
            self._promises.discard(promise)

    def spacing(self, method: str) -> float:
        """
        Seconds that an answer should let pass between two of its intermediate calls.

        Many that are written at the same time share what is left: each gets its turn, rather than the first all.
        """
        window, now = self._known(method), self._clock()
        crowd = self._promised(STOP if method == APPEND else method)
        if crowd <= FEW:
            return 0.0
        capacity = window.capacity(now)
        free = capacity - self._kept(method, capacity)
        return min(LONGEST_SPACING, crowd * window.rate.seconds / max(free, 1))

    def _promise(self, method: str, seconds: float) -> Promise:
        promise = Promise(method, self._clock() + seconds)
        self._promises.add(promise)
        return promise

    def _promised(self, method: str) -> int:
        now = self._clock()
        self._promises = {promise for promise in self._promises if promise.until > now}
        return sum(promise.method == method for promise in self._promises)

    def _kept(self, method: str, capacity: int) -> int:
        """
        How many calls of a window are for those that cannot do without.

        A post is never in vain: it has an answer's first words, or a part that is not posted again at the end.
        """
        if method == POST:
            return 0
        return math.ceil(capacity * KEPT) + self._promised(method)

    def _free(self, key: Key) -> bool:
        """Whether a final call may be made now."""
        window = self._window(key)
        return not self.remaining(*key) and (window is None or not window.wait(self._clock()))

    def _is_strict(self, method: str) -> bool:
        """Whether Slack is known to take no more than it promises."""
        return self._clock() < self._strict_until.get(method, 0.0)

    async def _pause(self, key: Key) -> None:
        while (seconds := self.remaining(*key)) > 0:
            if seconds > LONGEST_WAIT:
                raise _busy(seconds)
            await self._sleep(seconds)

    async def _turn(self, key: Key) -> None:
        """Wait for the next call that is free; first come, first served."""
        window = self._known(key[0], key[1])
        seconds = window.wait(self._clock())
        if seconds > LONGEST_TURN:
            raise _busy(seconds)
        at = self._clock() + seconds
        window.take(at)
        try:
            while self._clock() < at or self.remaining(*key):
                await self._pause(key)
                await self._sleep(max(0.0, at - self._clock()))
        except BaseException:
            window.give_back(at)
            raise

    def _take(self, key: Key, at: float) -> None:
        if (window := self._window(key)) is not None:
            window.take(at)

    def _window(self, key: Key) -> RateWindow | None:
        return self._known(*key) if key[0] in RATES else None

    def _known(self, method: str, channel: str = "") -> RateWindow:
        """Of a method that has a rate."""
        return self._windows.setdefault((method, channel), RateWindow(RATES[method]))


def _key(method: str, channel: str) -> Key:
    return method, channel if method == POST else ""


def _busy(seconds: float) -> PlatformError:
    return PlatformError(RATE_LIMITED, passing=True, retry_after=seconds if math.isfinite(seconds) else LONGEST_WAIT)


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
