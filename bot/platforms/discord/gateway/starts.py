"""
When a session of the gateway's may be started: so many at a time and so many a day, whichever process starts them.

Source: Discord, "Session Start Limit Object": over the day's limit the token is reset, and with it the bot is gone.
"""

from __future__ import annotations

import asyncio
import logging
import time

from yarl import URL

from bot.core.errors import LedgerError, PlatformError
from bot.platforms.common.leases import Leases
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.errors import NOT_DISCORD
from bot.platforms.discord.calls.limits import GATEWAY
from bot.platforms.discord.gateway.shards import ONLY, Shard
from bot.platforms.discord.incoming.events import PLATFORM
from bot.platforms.discord.places.payloads import mapping, number

logger = logging.getLogger(__name__)

MARGIN = 1.05  # of the time between two starts: what is sent later may arrive sooner
FRESH_SECONDS = 5.0  # for which an answer about the day's limit is believed
LEDGER_SECONDS = 1.0  # until a database that cannot be used is asked again


class Starts:
    """The limits, shared by all connections of a process. *between*: seconds, for `max_concurrency` starts."""

    def __init__(self, api: DiscordApi, leases: Leases, between: float) -> None:
        self._api, self._leases, self._between = api, leases, between * MARGIN
        self._asked_at = float("-inf")
        self.concurrency, self.recommended = 1, 1  # as Discord told last

    async def address(self, shard: Shard = ONLY) -> URL:
        """Where to connect to, once a session may be started today. Raises PlatformError."""
        found = await self._api.limits.call(GATEWAY, self._api.gateway, final=True)
        self._asked_at = time.monotonic()
        limit = mapping(found, "session_start_limit")
        self.concurrency = max(1, number(limit.get("max_concurrency")) or 1)
        self.recommended = max(1, number(found.get("shards")) or 1)
        left = number(limit.get("remaining"))
        # Other connections, of this process or of others, may be starting theirs just now.
        kept = 2 * self.concurrency if self._leases.shared or shard.count > 1 else 0
        if left is not None and left <= kept:
            seconds = float(limit.get("reset_after") or 0.0) / 1000
            raise PlatformError("too_many_sessions", passing=True, retry_after=seconds)
        try:
            return URL(str(found.get("url")))
        except ValueError as error:
            raise PlatformError(NOT_DISCORD, passing=False) from error

    async def turn(self, shard: Shard) -> None:
        """Return when a session of *shard* may be started, which is to be done at once. Raises PlatformError."""
        while True:
            if time.monotonic() - self._asked_at > FRESH_SECONDS:
                await self.address(shard)
            wait = await self._left(shard)
            if not wait:
                return
            await asyncio.sleep(wait)

    async def _left(self, shard: Shard) -> float:
        try:
            return await self._leases.pass_by(PLATFORM, shard.start(self.concurrency), self._between)
        except LedgerError as error:
            logger.info("discord: the database cannot be used to start a session: %s", error)
            return LEDGER_SECONDS
