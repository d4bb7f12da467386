"""
Notes what holds the event loop: how much CPU its thread takes for one callback, or one step of a task.

CPU of one thread, so that other processes, other threads and the wait for either make nothing of it. Stand-ins run in
the same loop: they must not hold it either.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

MOST_SECONDS = 0.1


class Watchdog:
    def __init__(self) -> None:
        self.held: list[str] = []

    def note(self, handle: asyncio.Handle, seconds: float) -> None:
        if seconds > MOST_SECONDS:
            self.held.append(f"{seconds:.3f} s: {handle!r:.300}")


@contextmanager
def watching() -> Iterator[Watchdog]:
    """Every callback of every loop of this process. Nothing of it is the garbage collector's."""
    watchdog, run = Watchdog(), asyncio.Handle._run  # noqa: SLF001 - asyncio has no public place to measure at

    def measured(handle: asyncio.Handle) -> None:
        began = time.thread_time()
        run(handle)
        watchdog.note(handle, time.thread_time() - began)

    gc.collect()
    gc.disable()
    asyncio.Handle._run = measured  # type: ignore[method-assign, assignment]  # noqa: SLF001
    try:
        yield watchdog
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]  # noqa: SLF001
        gc.enable()
