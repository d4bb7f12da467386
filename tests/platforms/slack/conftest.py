"""A Slack stand-in, and a Slack door that runs in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bot.core.conversation import Edited, Incoming, Posted
from bot.core.ports import Watermarks
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.catch_up import CatchUpSettings
from tests.standins.slack import Slack

PING_SECONDS = 0.1  # also between two tries to connect


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with Slack() as standin:
        yield standin


def door(
    slack: Slack,
    *,
    bot_token: str | None = None,
    app_token: str | None = None,
    ping_seconds: float = PING_SECONDS,
    watermarks: Watermarks | None = None,
    catch_up: CatchUpSettings | None = None,
) -> SlackPlatform:
    return SlackPlatform(
        bot_token=bot_token or slack.bot_token,
        app_token=app_token or slack.app_token,
        api_url=slack.api_url,
        ping_seconds=ping_seconds,
        watermarks=watermarks,
        catch_up=catch_up,
    )


class Heard(list[Posted]):
    """A receive that remembers every message, as it was posted or as it reads after an edit."""

    def __init__(self) -> None:
        super().__init__()
        self.edits: list[Edited] = []

    async def __call__(self, said: Incoming) -> None:
        if isinstance(said, Edited):
            self.edits.append(said)
        self.append(said.message if isinstance(said, Edited) else said)


@asynccontextmanager
async def running(
    slack: Slack, receive: Callable[[Incoming], Awaitable[None]], platform: SlackPlatform | None = None
) -> AsyncIterator[SlackPlatform]:
    platform = platform or door(slack)
    task = asyncio.create_task(platform.run(receive))
    try:
        await slack.wait_for(lambda: platform.connected)
        yield platform
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
