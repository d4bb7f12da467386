"""How an operator ends a process: the first SIGINT or SIGTERM stops it, the second stops it at once."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """The stops that signals have asked for so far. Create it where the loop runs."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self.at_once = asyncio.Event()

    def ask(self) -> None:
        if self.requested.is_set():
            self.at_once.set()
        self.requested.set()

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Within, each signal asks; afterwards signals do again what they do by default."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.ask)
        try:
            yield
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)
