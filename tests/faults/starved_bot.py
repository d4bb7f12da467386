"""
`python -m tests.faults.starved_bot FILE`: the bot on Slack, with 100 descriptors. While FILE exists it has none left.

It writes `starved` and `fed` to its log.
"""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import sys
import threading
import time
from pathlib import Path

from bot import app, logs
from bot.commands import run
from bot.settings import read_settings

DESCRIPTORS = 100

log = logging.getLogger(__name__)


def starve(file: Path) -> None:
    """Take every descriptor that there is and that is closed by others, for as long as *file* exists."""
    taken: list[int] = []
    while True:
        there = _exists(file)
        if there:
            before = len(taken)
            with contextlib.suppress(OSError):
                while True:
                    taken.append(os.dup(0))
            if not before:
                log.warning("starved")
        elif taken:
            while taken:
                os.close(taken.pop())
            log.warning("fed")
        time.sleep(0.001)


def _exists(file: Path) -> bool:
    """Needs no descriptor."""
    return os.access(file, os.F_OK)


async def main(file: Path) -> None:
    settings = read_settings()
    logs.configure(settings.log_level)
    threading.Thread(target=starve, args=(file,), daemon=True).start()
    await run.platforms(settings, print)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    app.run_until_complete(main(Path(sys.argv[1])))
