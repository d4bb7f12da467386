"""The processes that read files for this one, as the kernel lists them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path


def children() -> list[int]:
    """The processes that read files for us just now."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"bot.files.child" in command:
            found.append(int(status.parent.name))
    return found


async def child() -> int:
    """The one that is at work, as soon as there is one."""
    async with asyncio.timeout(100):
        while not (found := children()):  # noqa: ASYNC110 - nobody outside of the process can be told by an event
            await asyncio.sleep(0.01)
    return found[0]
