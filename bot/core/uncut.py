"""Waiting for a call whose outcome must be known, also by whoever is told to stop meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

log = logging.getLogger(__name__)


async def uncut(call: Awaitable[None]) -> None:
    """
    Await *call*; whoever is cancelled meanwhile waits for it all the same.

    Cut off in the middle of a post, nobody would know whether it was made, and Slack may make it after we have looked.
    A second cancellation cuts it off.
    """
    calling = asyncio.ensure_future(call)
    try:
        await asyncio.shield(calling)
    except asyncio.CancelledError:
        try:
            await asyncio.wait([calling])
        finally:
            calling.cancel()
        if not calling.cancelled() and (error := calling.exception()):
            log.info("a call that the end of its turn waited for failed: %r", error)
        raise
