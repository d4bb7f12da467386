"""
Reading page by page, patiently: a 429 is waited out, whatever it asks for, and what fails in passing is tried again.

What is read in the background (channels.py) leaves others some of Slack's calls; what an answer waits for (thread.py)
does not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial
from typing import TypeVar

from bot.core.errors import PlatformError
from bot.core.retry import Backoff
from bot.platforms.common.limiter import RATE_LIMITED, Quota
from bot.platforms.slack.calls.api import Page, SlackApi

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

TRIES = 3  # of a call that fails by Slack's or the network's fault
BACKOFF = Backoff(first=0.2, longest=5.0)
MISSING_SCOPE = "missing_scope"
GONE = frozenset({"thread_not_found", "message_not_found"})


class Pages:
    """Raises PlatformError when something cannot be read. *quotas* by method."""

    def __init__(self, api: SlackApi, quotas: Mapping[str, Quota]) -> None:
        self._api, self._quotas = api, quotas
        self._told = False  # that a scope is missing

    async def read(self, method: str, page_at: Callable[[str | None], Awaitable[Page]]) -> AsyncGenerator[Page, None]:
        """*page_at* a cursor, from None on."""
        cursor: str | None = None
        while True:
            page = await self._patiently(method, partial(page_at, cursor))
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _patiently(self, method: str, call: Callable[[], Awaitable[Result]]) -> Result:
        failures = 0
        while True:
            if method in self._quotas:
                await self._quotas[method].take()
            await self._api.limits.sit_out(method)
            try:
                return await call()
            except PlatformError as error:
                if error.code == RATE_LIMITED:
                    continue
                if error.code == MISSING_SCOPE:
                    self._tell_missing_scope()
                failures += 1
                if not error.passing or failures == TRIES:
                    raise
            await asyncio.sleep(BACKOFF.wait(failures))

    def _tell_missing_scope(self) -> None:
        """Once: it will be missing until somebody does something."""
        if not self._told:
            logger.warning(
                "slack: a scope is missing, so not all that was said before, or while the bot was away, can be read. "
                "Run `threadbot check`: it names the scope. Add it, then reinstall the app."
            )
        self._told = True
