"""
`python -m tests.faults.importing_bot FILE`: the bot on Slack. When it ends it writes to FILE which modules it imported
after its start, one a line.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot import app, logs
from bot.commands.platforms import slack
from bot.settings import read_settings


async def run(file: Path) -> None:
    settings = read_settings()
    logs.configure(settings.log_level)
    before: set[str] = set()

    async def started() -> None:
        """Called when turns may be claimed."""
        before.update(sys.modules)
        await asyncio.Event().wait()

    async with app.open_store(settings) as store:
        try:
            await app.run(settings, [slack.build(settings, store)], until=started, store=store)
        finally:
            late = [name for name in sys.modules if name not in before]
            await asyncio.to_thread(file.write_text, "\n".join(late))


if __name__ == "__main__":
    app.run_until_complete(run(Path(sys.argv[1])))
