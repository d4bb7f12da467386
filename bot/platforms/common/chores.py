"""Runs a platform's background chores, which end with it, and repeats its start until it succeeds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from bot.core.errors import PlatformError
from bot.core.retry import Backoff

logger = logging.getLogger(__name__)

START_BACKOFF = Backoff(first=0.25, longest=5.0, jitter=0.0)  # if the platform names no time

Result = TypeVar("Result")


@asynccontextmanager
async def beside(platform: str, chore: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run *chore* in the background. A defect in it is logged and does not stop the bot from answering."""
    task = asyncio.create_task(chore)
    task.add_done_callback(partial(_log_defect, platform))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def started(platform: str, start: Callable[[], Awaitable[Result]]) -> Result:
    """Repeat *start* until the platform is up. Raises PlatformError if that is pointless."""
    failures = 0
    while True:
        try:
            return await start()
        except PlatformError as error:
            if not error.passing:
                raise
            failures += 1
            logger.warning("%s: cannot be reached (%s), trying again", platform, error)
            asked = error.retry_after
            await asyncio.sleep(START_BACKOFF.wait(failures) if asked is None else asked)


def _log_defect(platform: str, task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("%s: %s has ended by a defect of ours", platform, task.get_coro(), exc_info=error)
