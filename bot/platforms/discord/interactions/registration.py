"""Registering the commands with Discord: once, and when they have changed. What they are is in commands.py."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.core.errors import PlatformError
from bot.core.retry import Backoff
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import COMMANDS, PUT_COMMANDS
from bot.platforms.discord.interactions.commands import missing

logger = logging.getLogger(__name__)

BACKOFF = Backoff(first=5.0, longest=3600.0)


async def register(api: DiscordApi) -> bool:
    """Whether anything had to be changed. Raises PlatformError."""
    registered = await api.limits.call(COMMANDS, api.commands, final=True)
    wanted = missing(registered)
    if wanted is None:
        return False
    await api.limits.call(PUT_COMMANDS, lambda: api.put_commands(wanted), final=True)
    return True


async def keep_registering(api: DiscordApi, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Try until it is done: the bot does its work without its commands, too."""
    failures = 0
    while True:
        try:
            if await register(api):
                logger.info("discord: the commands were registered")
        except PlatformError as error:
            failures += 1
            wait = max(BACKOFF.wait(failures), error.retry_after or 0.0)
            logger.warning("discord: the commands could not be registered (%s), trying again", error.code)
            await sleep(wait)
        else:
            return
