"""
A call that is made again where it may have failed in passing: one that reads, or that changes nothing when it is made
twice, such as an edit or a post with a nonce.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.core.errors import PlatformError
from bot.core.retry import Backoff
from bot.platforms.common.limiter import DEFAULT_PAUSE, RATE_LIMITED
from bot.platforms.discord.calls.limits import DiscordLimiter

Result = TypeVar("Result")

TRIES = 3  # of a call that fails by Discord's or the network's fault
BACKOFF = Backoff(first=0.2, longest=5.0)


async def patiently(
    limits: DiscordLimiter, method: str, call: Callable[[], Awaitable[Result]], *, channel: str = ""
) -> Result:
    """The result of *call*; a pause that Discord asks for is waited out. Raises PlatformError."""
    failures = 0
    while True:
        try:
            return await limits.call(method, call, final=True, channel=channel)
        except PlatformError as error:
            wait = DEFAULT_PAUSE if error.retry_after is None else error.retry_after
            if error.code != RATE_LIMITED:
                failures += 1
                if not error.passing or failures == TRIES:
                    raise
                wait = BACKOFF.wait(failures)
        await asyncio.sleep(wait)
