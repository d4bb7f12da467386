"""
`python -m tests.faults.dying_bot --at "after claim" --nth 1 --armed FILE`: the bot, which ends with SIGKILL at the nth
time that it comes to that checkpoint while FILE exists; with --hold it waits there for ever instead, for somebody
outside to end it. Without --at it lives. Settings come from the environment, as for the product: with DISCORD_TOKEN it
is on Discord, else on Slack.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from bot import app, logs
from bot.commands.platforms import discord
from bot.core.ports import Checkpoint
from bot.core.retry import Patience, RetryPolicy
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.transport.http import HttpSettings
from bot.settings import Settings, read_settings

IMPATIENT = Patience(asking=RetryPolicy(attempts=1), overlooked_after=timedelta(seconds=0.5))


class Death:
    """A checkpoint that kills its process, at once and without a word, or holds whoever comes to it."""

    def __init__(self, at: str | None, nth: int, armed: Path, *, hold: bool = False) -> None:
        self._at = at
        self._left = nth
        self._armed = armed
        self._hold = hold

    async def __call__(self, name: str) -> None:
        if name != self._at or not self._armed.exists():
            return
        self._left -= 1
        if self._left == 0:
            if self._hold:
                await asyncio.Event().wait()
            os.kill(os.getpid(), signal.SIGKILL)


def slack(settings: Settings) -> SlackPlatform:
    def secret(value: SecretStr | None) -> str:
        return value.get_secret_value() if value else ""

    http = HttpSettings(secret(settings.slack_signing_secret), settings.http_host, settings.http_port)
    return SlackPlatform(
        bot_token=secret(settings.slack_bot_token),
        app_token=secret(settings.slack_app_token),
        http=http if settings.over_http else None,
        api_url=settings.slack_api_url,
    )


async def run(settings: Settings, checkpoint: Checkpoint, patience: Patience | None) -> None:
    async with app.open_store(settings) as store:
        platform = discord.build(settings, store) if discord.is_configured(settings) else slack(settings)
        await app.run(settings, [platform], checkpoint=checkpoint, patience=patience, store=store)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--at")
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--hold", action="store_true", help="wait there for ever instead")
    parser.add_argument("--impatient", action="store_true", help="the first failure of the model is an outage")
    parser.add_argument("--armed", type=Path, default=Path("armed"))
    chosen = parser.parse_args(arguments)
    settings = read_settings()
    logs.configure(settings.log_level)
    death = Death(chosen.at, chosen.nth, chosen.armed, hold=chosen.hold)
    patience = IMPATIENT if chosen.impatient else None
    app.run_until_complete(run(settings, death, patience))


if __name__ == "__main__":
    main()
