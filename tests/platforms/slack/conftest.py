"""A Slack stand-in, a Slack door that runs in it, and a thread that waits for an answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot.core.conversation import Acted, Deleted, Edited, Incoming, Moved, Posted, Reacted, ThreadRef, posted_of
from bot.core.ports import Reply, ReplyRequest, Watermarks
from bot.platforms.common.catch_up import CatchUpSettings
from bot.platforms.slack.adapter import NAME_SECONDS, SlackPlatform
from bot.platforms.slack.transport.http import HttpSettings
from tests.contract.world import Log
from tests.standins.slack import Slack

POST, UPDATE, DELETE, REPLIES = "chat.postMessage", "chat.update", "chat.delete", "conversations.replies"
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
    http: HttpSettings | None = None,
    name_seconds: float = NAME_SECONDS,
) -> SlackPlatform:
    return SlackPlatform(
        http=http,
        name_seconds=name_seconds,
        bot_token=bot_token or slack.bot_token,
        app_token=app_token or slack.app_token,
        api_url=slack.api_url,
        ping_seconds=ping_seconds,
        watermarks=watermarks,
        catch_up=catch_up,
    )


@dataclass
class Place:
    """A thread that waits for an answer, and the door that gives it."""

    slack: Slack
    thread: ThreadRef
    log: Log

    async def reply(self, turn: int = 7, *, asker: str | None = None) -> Reply:
        """For *asker* it is streamed; for nobody known it is posted and edited."""
        return await self.door.open_reply(ReplyRequest(self.thread, turn, self.log.parts(), self.log, asker))

    def __post_init__(self) -> None:
        self.door = door(self.slack)

    @property
    def shown(self) -> list[str]:
        return self.slack.replies(self.thread.channel, self.thread.thread)

    def calls(self) -> list[str]:
        return [call.method for call in self.slack.faults.calls if call.method != "auth.test"]


@pytest.fixture
async def place(slack: Slack) -> Place:
    channel = slack.add_channel("general")
    ts = await slack.post(slack.add_user("kim"), channel, f"{slack.mention} 질문")
    return Place(slack, ThreadRef("slack", slack.team, channel, ts), Log())


class Heard(list[Posted]):
    """A receive that remembers every message, as it was posted or as it reads after an edit."""

    def __init__(self) -> None:
        super().__init__()
        self.edits: list[Edited] = []
        self.others: list[Deleted | Reacted | Acted | Moved] = []

    async def __call__(self, said: Incoming) -> None:
        if isinstance(said, Deleted | Reacted | Acted | Moved):
            self.others.append(said)
            return
        if isinstance(said, Edited):
            self.edits.append(said)
        self.append(posted_of(said))


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
