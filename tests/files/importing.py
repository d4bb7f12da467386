"""Prints the modules that reading the file on stdin imports, after those that its kind loads. For a new process."""

from __future__ import annotations

import sys

from bot.files.child import load, read
from bot.files.kinds import kind_of
from bot.files.limits import Limits


def main() -> None:
    content = sys.stdin.buffer.read()
    load(kind_of(content, ""))
    before = set(sys.modules)
    read(content, "", Limits())
    print(*sorted(set(sys.modules) - before))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
