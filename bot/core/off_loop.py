"""Runs work on long texts in a thread, so that it does not block the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

SHORT = 2_000  # characters; the work on the slowest of such texts takes about 20 ms

_T = TypeVar("_T")


async def off_loop(characters: int, work: Callable[[], _T]) -> _T:
    """
    Run *work* and return its result. Work on more than SHORT *characters* runs in a thread, so it must be pure.

    If the caller is cancelled, the work still runs to its end, and its result is lost.
    """
    return work() if characters <= SHORT else await asyncio.to_thread(work)
