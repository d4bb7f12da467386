"""
`python -m tests.files.short_of_descriptors LOOP`: has a file read with no free descriptor, with one, and so on.

Prints for each what came of it: the outcome, or `short` for an error that says that the process was out of something.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sys

import uvloop

from bot.core.shortage import is_shortage
from bot.files.reader import ChildReader

DESCRIPTORS, MOST_FREE = 64, 16


async def main() -> None:
    await ChildReader().read(b"text", "text/plain", "kim")  # what is opened once
    for free in range(MOST_FREE):
        taken = []
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(0))
        for _ in range(free):
            os.close(taken.pop())
        try:
            said = (await ChildReader().read(b"text", "text/plain", "kim")).outcome.value
        except OSError as error:
            said = "short" if is_shortage(error) else repr(error)
        for each in taken:
            os.close(each)
        sys.stdout.write(f"{free} {said}\n")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    loop = uvloop.new_event_loop if sys.argv[1] == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())
