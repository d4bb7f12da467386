"""The playground's parent as a process of its own: `python -m tests.platforms.web.parent FILE PORT CHILD…`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.core.retry import Backoff
from bot.platforms.web.workspace import Timing, serve


def announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _, file, port, *child = sys.argv
    timing = Timing(redeliver=0.3, grace=2.0, restart=Backoff(first=0.05, longest=10.0))
    serving = serve(host="127.0.0.1", port=int(port), file=Path(file), child=child, announce=announce, timing=timing)
    sys.exit(asyncio.run(serving))
