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
from bot.core.ports import Receive
from bot.platforms.slack.adapter import SlackPlatform
from bot.settings import read_settings


class Watched(SlackPlatform):
    """Remembers what was imported when it began to serve."""

    before: frozenset[str]

    async def run(self, receive: Receive) -> None:
        self.before = frozenset(sys.modules)
        await super().run(receive)


async def run(file: Path) -> None:
    settings = read_settings()
    logs.configure(settings.log_level)
    async with app.open_store(settings) as store:
        platform = slack.build(settings, store)
        platform.__class__ = Watched
        assert isinstance(platform, Watched)
        try:
            await app.run(settings, [platform], store=store)
        finally:
            late = [name for name in sys.modules if name not in platform.before]
            await asyncio.to_thread(file.write_text, "\n".join(late))


if __name__ == "__main__":
    app.run_until_complete(run(Path(sys.argv[1])))
