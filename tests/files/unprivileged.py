"""
A bot that is not root: has a hostile child read, and prints what that answers. For a process of its own.

    python -m tests.files.unprivileged '{"what to try": "with what"}' "hidden" LAYER…
"""

from __future__ import annotations

import asyncio
import ctypes
import sys

from bot.files.confinement import hide_from_siblings
from bot.files.reader import ChildReader

SECRET = ctypes.create_string_buffer(b"sk-secret-000000", 16)


def main(tries: str, hidden: str, *layers: str) -> None:
    if hidden:
        hide_from_siblings()
    tries = tries.replace("ADDRESS", str(ctypes.addressof(SECRET)))
    reader = ChildReader(program=("-m", "tests.files.hostile", *layers))
    print(asyncio.run(reader.read(tries.encode(), "text/plain", "kim")).text)  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
