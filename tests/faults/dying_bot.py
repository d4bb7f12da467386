"""
`python -m tests.faults.dying_bot --at "after claim" --nth 1 --armed FILE`: the bot on Slack, which ends with SIGKILL
at the nth time that it comes to that checkpoint while FILE exists. Without --at it lives. Settings come from the
environment, as for the product.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from pathlib import Path

from bot import app
from bot.platforms.slack.adapter import SlackPlatform
from bot.settings import Settings, read_settings


class Death:
    """A checkpoint that kills its process, at once and without a word."""

    def __init__(self, at: str | None, nth: int, armed: Path) -> None:
        self._at = at
        self._left = nth
        self._armed = armed

    async def __call__(self, name: str) -> None:
        if name != self._at or not self._armed.exists():
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def slack(settings: Settings) -> SlackPlatform:
    assert settings.slack_bot_token is not None
    assert settings.slack_app_token is not None
    return SlackPlatform(
        bot_token=settings.slack_bot_token.get_secret_value(),
        app_token=settings.slack_app_token.get_secret_value(),
        api_url=settings.slack_api_url,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--at")
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--armed", type=Path, default=Path("armed"))
    arguments = parser.parse_args()
    settings = read_settings()
    asyncio.run(app.run(settings, [slack(settings)], checkpoint=Death(arguments.at, arguments.nth, arguments.armed)))


if __name__ == "__main__":
    main()
