"""
How often Discord lets its methods be called: what its answers tell, and nothing that they do not.

Each route has a bucket for each channel (or guild) that is named in it, and each answer says how full it is; all calls
with one token, but those that answer interactions, share 50 a second. Source: Discord, "Rate Limits".
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from bot.core.errors import PlatformError
from bot.platforms.common.call_rates import KEPT, Rate, RateWindow
from bot.platforms.common.limiter import DEFAULT_PAUSE, LONGEST_WAIT, RATE_LIMITED, Limiter

# Methods are named like their pages in Discord's reference.
POST, EDIT, DELETE = "create message", "edit message", "delete message"
START_THREAD, EDIT_CHANNEL, TYPE = "start thread from message", "modify channel", "trigger typing indicator"
REACT, REACTIONS = "create reaction", "get reactions"
MESSAGE, MESSAGES = "get channel message", "get channel messages"
CHANNEL, GUILD, GUILDS, CHANNELS = "get channel", "get guild", "get current user guilds", "get guild channels"
MEMBER, USER, ME, APPLICATION = "get guild member", "get user", "get current user", "get current application"
GATEWAY, SEARCH = "get gateway bot", "search guild messages"
ACTIVE_THREADS, ARCHIVED_THREADS = "list active guild threads", "list public archived threads"
CREATE_DM = "create dm"
COMMANDS, PUT_COMMANDS = "get global application commands", "bulk overwrite global application commands"
RESPOND, FOLLOW_UP = "create interaction response", "create followup message"
RESPONSE, EDIT_RESPONSE = "get original interaction response", "edit original interaction response"
DELETE_RESPONSE = "delete original interaction response"
EDIT_FOLLOW_UP, DELETE_FOLLOW_UP = "edit followup message", "delete followup message"

OF_ALL = frozenset({GUILDS, USER, ME, APPLICATION, GATEWAY, COMMANDS, PUT_COMMANDS, CREATE_DM})
"""Methods whose routes name neither a channel nor a guild: one bucket for all."""
BACKGROUND = frozenset(
    {MESSAGES, MESSAGE, REACTIONS, CHANNEL, CHANNELS, MEMBER, USER, SEARCH, ACTIVE_THREADS, ARCHIVED_THREADS}
)
"""Methods that leave a share of all calls to those by which people are answered."""

MARGIN_SECONDS = 0.1  # of each window: Discord counts when calls arrive
LEAST_SHARED = 3  # calls in a window: of fewer nothing is kept, else what can be skipped always would be
OVERALL = Rate(45, 1.05)  # Discord takes 50 a second; calls arrive less evenly than they were sent
EVEN = Rate(12, 0.25)  # of these
INVALID = Rate(9_000, 600.0)  # Discord shuts an address out after 10,000 refusals in 10 minutes
SHARE_KEPT = 0.4  # of OVERALL, for what is neither in the background nor can be done without
FIRST_SECONDS = 2.0  # that others wait for the first answer of a method, which tells its rate


class DiscordLimiter(Limiter):
    """
    The limits of one token. *channel* is what a call's route names: a channel, a thread, a guild, or the token of an
    interaction.

    No rate is known before the first answer to a method, so one call is made alone, and the others wait for it. A
    bucket's window begins with the first call in it; ours slides, which is never more.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._told: dict[str, Rate] = {}  # by method
        super().__init__(self._told, clock, sleep, exact=True)
        self._known: set[str] = set()  # methods that Discord has answered, with a rate or without
        self._first = defaultdict[str, asyncio.Lock](asyncio.Lock)
        self._sharing = defaultdict[str, set[str]](set)  # methods by their bucket: some share one
        self._overall, self._even, self._overall_until = RateWindow(OVERALL), RateWindow(EVEN), 0.0
        self._refusals = RateWindow(INVALID)
        self._queue = asyncio.Lock()

    @property
    def rates(self) -> Mapping[str, Rate]:
        """The limits known so far, by method."""
        return self._told

    # Discord's headers

    def tell(self, method: str, headers: Mapping[str, str], channel: str = "") -> None:
        """Read the headers of an answer to *method*, whatever its status is."""
        self._known.add(method)
        try:
            limit, remaining = (int(float(headers[f"X-RateLimit-{each}"])) for each in ("Limit", "Remaining"))
            seconds = float(headers["X-RateLimit-Reset-After"])
        except (KeyError, ValueError, OverflowError):
            return
        if limit < 1 or not 0.0 <= seconds < float("inf"):
            return
        known = self._told.get(method)
        if known is None or known.calls != limit or known.seconds < seconds or remaining == limit - 1:
            # Only the first call in a window sees the whole of it.
            kept = KEPT if limit >= LEAST_SHARED else 0.0
            self._told[method] = Rate(limit, seconds + MARGIN_SECONDS, per_channel=method not in OF_ALL, kept=kept)
            if known is None:
                self.count(method, limit - remaining, channel)
        sharing = self._sharing[headers.get("X-RateLimit-Bucket") or method]
        sharing.add(method)
        if remaining == 0:
            for each in sharing:
                self.hold(each, seconds, channel)

    def refused(
        self, method: str, retry_after: float | None, channel: str = "", *, everything: bool, shared: bool = False
    ) -> None:
        """A 429: of *method*, or for *everything*. *shared*: others used up what the resource takes from all."""
        seconds = DEFAULT_PAUSE if retry_after is None else retry_after
        if everything:
            self._overall_until = max(self._overall_until, self._clock() + seconds)
        elif shared:
            self.hold(method, seconds, channel)
        else:
            self.note(method, seconds, channel)

    def invalid(self) -> None:
        """A refusal that counts against us, whatever it was for. Before there are too many, all calls wait."""
        now = self._clock()
        self._refusals.take(now)
        self._overall_until = max(self._overall_until, now + self._refusals.wait(now))

    # Whose turn it is

    @asynccontextmanager
    async def admitted(self, method: str, *, final: bool, channel: str = "") -> AsyncIterator[None]:
        async with self._alone(method), super().admitted(method, final=final, channel=channel):
            yield

    def wait(self, method: str, channel: str = "") -> float:
        return max(super().wait(method, channel), self._overall_wait(kept=True))

    async def turn(self, method: str) -> None:
        """
        Return when there is room for *method* in what all calls share. Each call of Discord's takes its turn.

        First come, first served; only what is read in the background waits until there is more. Raises PlatformError
        when Discord asked for a longer pause than is worth a wait.
        """
        if method in BACKGROUND:
            while (seconds := self._overall_wait(kept=True)) > 0:
                await self._pause_of_all()
                await self._sleep(seconds)
        async with self._queue:  # which is first in, first out
            while (seconds := self._overall_wait(kept=False)) > 0:
                await self._pause_of_all()
                await self._sleep(seconds)
            self._overall.take(self._clock())
            self._even.take(self._clock())

    async def _pause_of_all(self) -> None:
        """Sit out what Discord asked for."""
        while (seconds := self._overall_until - self._clock()) > 0:
            if seconds > LONGEST_WAIT:
                raise PlatformError(RATE_LIMITED, passing=True, retry_after=seconds)
            await self._sleep(seconds)

    def _overall_wait(self, *, kept: bool) -> float:
        now = self._clock()
        room = self._overall.wait(now, int(OVERALL.calls * SHARE_KEPT) if kept else 0)
        return max(room, self._even.wait(now), self._overall_until - now, 0.0)

    @asynccontextmanager
    async def _alone(self, method: str) -> AsyncIterator[None]:
        """Make a call as the only one of a method of which no rate is known yet; wait for such a one a moment."""
        lock = self._first[method]
        alone = method not in self._known and await _acquired(lock)
        if alone and method in self._known:
            lock.release()
            alone = False
        try:
            yield
        finally:
            if alone:
                lock.release()


async def _acquired(lock: asyncio.Lock) -> bool:
    try:
        async with asyncio.timeout(FIRST_SECONDS):
            return await lock.acquire()
    except TimeoutError:
        return False
