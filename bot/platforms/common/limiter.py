"""
Which method of a platform may be called now, and who waits for it. What is left of a rate is counted in call_rates.py.

The platform brings its rates, and says at each call which method it is about and whether it is final. Whole attempts
are repeated by the core.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from bot.core.errors import PlatformError
from bot.platforms.common.call_rates import Rate, RateWindow

RATE_LIMITED = "ratelimited"  # the code of a PlatformError: refused with 429, or not called because it would be
DEFAULT_PAUSE = 30.0  # seconds, after a 429 that names none
LONGEST_WAIT = 60.0  # seconds; a longer pause is left to the core
LONGEST_TURN = 120.0  # seconds, the same for a call whose turn comes by our own count
PATIENCE = 5  # 429s in a row that one final call sits out
FEW = 2  # answers at a time that need not share: a window has room for them
LONGEST_SPACING = 30.0  # seconds
STRICT_SECONDS = 600.0  # after a 429 no rate is exceeded
MOST_WINDOWS = 1024  # that are kept before those that count nothing are looked for

Key = tuple[str, str]  # a method, and a channel where each has a rate of its own

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """A call that somebody will have to make: the end of a stream, or the last edit of an answer."""

    method: str
    until: float  # the limiter's clock: kept no longer


class Limiter:
    """
    The calls and the pauses of one workspace, per method. A token belongs to one workspace, so this does too.

    What is not final may use a rate only as far as nobody needs the rest: a share is kept free, and one call for every
    promise.

    *rates* by method; what is not named there is called until the platform refuses it. They are looked up at every
    call, so a platform whose answers tell its rates may set them while it runs. *exact*: it takes no call beyond them.
    """

    def __init__(
        self,
        rates: Mapping[str, Rate],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        exact: bool = False,
    ) -> None:
        self._rates = rates
        self._clock = clock  # seconds
        self._sleep = sleep
        self._exact = exact
        self._until: dict[Key, float] = {}
        self._windows: dict[Key, RateWindow] = {}
        self._most = MOST_WINDOWS
        self._strict_until: dict[str, float] = {}
        self._beyond = defaultdict[str, asyncio.Lock](asyncio.Lock)  # held by the one call that goes beyond a rate
        self._promises: set[Promise] = set()

    # Waits that the platform asked for

    def note(self, method: str, retry_after: float | None, channel: str = "") -> None:
        """The platform answered 429 to *method* and asked to wait *retry_after* seconds."""
        key, now = self._key(method, channel), self._clock()
        self.hold(method, DEFAULT_PAUSE if retry_after is None else retry_after, channel)
        self._strict_until[method] = now + STRICT_SECONDS
        window = self._window(key)
        if window is not None and window.used(now) <= window.capacity(now):
            window.learn(now)  # somebody else must have called

    def hold(self, method: str, seconds: float, channel: str = "") -> None:
        """The platform announced, without refusing a call, that it accepts no call of *method* for *seconds*."""
        key = self._key(method, channel)
        self._until[key] = max(self._clock() + seconds, self._until.get(key, 0.0))

    def count(self, method: str, calls: int, channel: str = "") -> None:
        """Count *calls* that were made just now, before the method's rate was known."""
        for _ in range(calls):
            self._take(self._key(method, channel), self._clock())

    def remaining(self, method: str, channel: str = "") -> float:
        """Seconds until the end of the pause that the platform asked for; 0 if there is none."""
        return max(0.0, self._until.get(self._key(method, channel), 0.0) - self._clock())

    async def sit_out(self, method: str) -> None:
        """Return when *method* may be called, however long that takes."""
        while (seconds := self.remaining(method)) > 0:
            await self._sleep(seconds)

    # Single calls

    async def call(
        self, method: str, make: Callable[[], Awaitable[Result]], *, final: bool, channel: str = ""
    ) -> Result:
        """Make one call as soon as it is admitted(). A final call that is still refused waits again."""
        refusals = 0
        while True:
            async with self.admitted(method, final=final, channel=channel):
                try:
                    return await make()
                except PlatformError as error:
                    refusals += 1
                    if error.code != RATE_LIMITED or not final or refusals == PATIENCE:
                        raise

    @asynccontextmanager
    async def admitted(self, method: str, *, final: bool, channel: str = "") -> AsyncIterator[None]:
        """
        Make one call of *method* within, as soon as it may be made; it is counted.

        What is not *final* is not worth a wait, and what would have to wait for long is left to the core: raises
        PlatformError. A platform often takes more than it promises: until it has refused something, finals go beyond
        its rates, one after the other, so that at most one of them is refused.
        """
        key = self._key(method, channel)
        if not final:
            self.admit(method, channel)
            yield
            return
        while not self._free(key):
            await self._pause(key)
            window = self._window(key)
            if window is not None and self._is_strict(method):
                await self._turn(key, window)
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
        self._take(self._key(method, channel), self._clock())

    def take(self, method: str) -> bool:
        """Whether *method*, an optional call, may be called now; counts it if so."""
        if self.wait(method):
            return False
        self._take(self._key(method, ""), self._clock())
        return True

    def wait(self, method: str, channel: str = "") -> float:
        """Seconds until an optional call may be made; infinite while others need the whole rate."""
        now, window = self._clock(), self._window(self._key(method, channel))
        free = window.wait(now, self._kept(method, window)) if window else 0.0
        return max(self.remaining(method, channel), free)

    # Answers that are being written

    def promise(self, method: str, seconds: float, *, opening: str = "") -> Promise | None:
        """
        Keep a call of *method* free for the end of an answer, for *seconds* at most. None when there is none for it.

        *opening* is called now, and counted: it begins what *method* will end. No promise where it cannot be called.
        """
        if self.wait(method) or (opening and not self.take(opening)):
            return None
        promise = Promise(method, self._clock() + seconds)
        self._promises.add(promise)
        return promise

    def close(self, promise: Promise | None) -> None:
        """Release the promise: its call was made, or is no longer needed."""
        if promise is not None:
            self._promises.discard(promise)

    def spacing(self, method: str, *, ends_with: str) -> float:
        """
        Seconds that an answer should let pass between two of its intermediate calls of *method*.

        Many that are written at the same time share what is left: each gets its turn, rather than the first all. They
        are known by their promises of *ends_with*.
        """
        window, crowd = self._window(self._key(method, "")), self._promised(ends_with)
        if window is None or crowd <= FEW:
            return 0.0
        free = window.capacity(self._clock()) - self._kept(method, window)
        return min(LONGEST_SPACING, crowd * window.rate.seconds / max(free, 1))

    def _promised(self, method: str) -> int:
        now = self._clock()
        self._promises = {promise for promise in self._promises if promise.until > now}
        return sum(promise.method == method for promise in self._promises)

    def _kept(self, method: str, window: RateWindow) -> int:
        """How many calls of a window are reserved for final calls."""
        return math.ceil(window.capacity(self._clock()) * window.rate.kept) + self._promised(method)

    def _free(self, key: Key) -> bool:
        """Whether a final call may be made now."""
        window = self._window(key)
        return not self.remaining(*key) and (window is None or not window.wait(self._clock()))

    def _is_strict(self, method: str) -> bool:
        """Whether the platform is known to take no more than it promises."""
        return self._exact or self._clock() < self._strict_until.get(method, 0.0)

    async def _pause(self, key: Key) -> None:
        while (seconds := self.remaining(*key)) > 0:
            if seconds > LONGEST_WAIT:
                raise _busy(seconds)
            await self._sleep(seconds)

    async def _turn(self, key: Key, window: RateWindow) -> None:
        """Wait for the next call that is free; first come, first served."""
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
        """None for a method without a rate."""
        rate = self._rates.get(key[0])
        if rate is None:
            return None
        window = self._windows.get(key)
        if window is None:
            if len(self._windows) >= self._most:
                self._forget()
            window = self._windows[key] = RateWindow(rate)
        window.rate = rate  # the platform may tell another one while it runs
        return window

    def _forget(self) -> None:
        """Drop windows that equal a new one: with one for each thread, they would pile up."""
        now = self._clock()
        self._windows = {key: window for key, window in self._windows.items() if not window.is_fresh(now)}
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._most = max(MOST_WINDOWS, 2 * len(self._windows))

    def _key(self, method: str, channel: str) -> Key:
        rate = self._rates.get(method)
        return method, channel if rate is not None and rate.per_channel else ""


def _busy(seconds: float) -> PlatformError:
    return PlatformError(RATE_LIMITED, passing=True, retry_after=seconds if math.isfinite(seconds) else LONGEST_WAIT)


class Quota:
    """
    Calls within *rate*; a call that comes too early waits.

    For background reading: its rate is lower than the platform's, so that other calls have the rest.
    """

    def __init__(
        self,
        rate: Rate,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock  # seconds
        self._sleep = sleep
        self._window = RateWindow(rate)  # the calls to come included: each has its place

    async def take(self) -> None:
        now = self._clock()
        seconds = self._window.wait(now)
        self._window.take(now + seconds)
        if seconds > 0:
            await self._sleep(seconds)
