"""The Slack door in its stand-in, as the contract wants it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.core.conversation import ThreadRef
from bot.core.ports import Platform
from bot.platforms.slack.adapter import SlackPlatform
from tests.contract.world import Asked, World
from tests.standins.slack import Slack
from tests.standins.slack_faults import Lost


class SlackWorld:
    ping = "<!channel>"

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._kim, self._channel = slack.add_user("kim"), slack.add_channel("general")

    def platform(self) -> Platform:
        slack = self._slack
        return SlackPlatform(
            bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url, ping_seconds=0.2
        )

    async def connected(self, platform: Platform) -> None:
        assert isinstance(platform, SlackPlatform)
        await self._slack.wait_connected()
        await self._slack.wait_for(lambda: platform.connected)

    async def ask(self, text: str, *, after: Asked | None = None) -> Asked:
        thread = after.thread.thread if after else None
        typed = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # as Slack takes what is typed
        ts = await self._slack.post(self._kim, self._channel, f"{self._slack.mention} {typed}", thread)
        return Asked(ThreadRef("slack", self._slack.team, self._channel, thread or ts), ts)

    async def deliver_again(self) -> None:
        await self._slack.socket_mode.redeliver(everything=True)

    async def redeliver(self) -> None:
        await self._slack.socket_mode.redeliver()

    def acknowledged(self, asked: Asked) -> bool:
        return all(delivery.acknowledged for delivery in self._slack.delivered(asked.id))

    def replies(self, thread: ThreadRef) -> list[str]:
        return self._slack.replies(thread.channel, thread.thread)

    def pings(self, shown: str) -> bool:
        return re.search(r"<(?:!(?:channel|here|everyone)|@[UW])", shown) is not None

    def lose_next_post(self) -> None:
        self._slack.fail("chat.postMessage", Lost())

    async def wait_for(self, condition: Callable[[], object]) -> None:
        await self._slack.wait_for(condition)


@asynccontextmanager
async def open_world() -> AsyncIterator[World]:
    async with Slack() as slack:
        yield SlackWorld(slack)
