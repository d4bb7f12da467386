"""Work on a text that is too long for the event loop to wait for: a thread does it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

SHORT = 2_000  # characters; the work on the slowest of such texts takes about 20 ms

_T = TypeVar("_T")


async def off_loop(characters: int, work: Callable[[], _T]) -> _T:
    """
    What *work* returns or raises. Work on more than SHORT *characters* runs in a thread: it must be pure.

    Cancelled, the work goes on to its end, and nobody gets what it returns.
    """
    return work() if characters <= SHORT else await asyncio.to_thread(work)
