"""A platform's door that runs in its world, what it hands in, and the replies that are opened there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest

from bot.core.conversation import Incoming, ParticipantKind, Posted
from bot.core.ports import Platform, Reply, ReplyRequest
from tests.contract.world import EVENTS, Asked, Log, World

needs: Callable[..., pytest.MarkDecorator] = pytest.mark.needs
Event = TypeVar("Event", bound=Incoming)


@asynccontextmanager
async def running(world: World, receive: Callable[[Incoming], Awaitable[None]]) -> AsyncIterator[Platform]:
    """A door that runs, and hands in nothing that its world lacks."""
    lacked = tuple(event for capability, event in EVENTS.items() if capability in world.lacks)
    strange: list[Incoming] = []

    async def checked(incoming: Incoming) -> None:
        if isinstance(incoming, lacked):
            strange.append(incoming)
        await receive(incoming)

    platform = world.platform()
    task = asyncio.create_task(platform.run(checked))
    try:
        await world.connected(platform)
        yield platform
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert strange == []


class Heard(list[Incoming]):
    """A receive that remembers everything."""

    async def __call__(self, incoming: Incoming) -> None:
        self.append(incoming)

    def of(self, kind: type[Event]) -> list[Event]:
        return [each for each in self if isinstance(each, kind)]

    @property
    def said(self) -> list[Posted]:
        """What people posted, once for each delivery."""
        return [each for each in self.of(Posted) if each.author.kind is ParticipantKind.PERSON]


async def ignore(_incoming: Incoming) -> None:
    """Receive nothing in particular."""


async def opened(platform: Platform, asked: Asked, log: Log, turn: int = 7, *, asker: str | None = None) -> Reply:
    """*asker*: where the platform shows a growing answer in another way once it knows for whom."""
    return await platform.open_reply(ReplyRequest(asked.thread, turn, log.parts(), log, asker))


def paragraphs(count: int) -> str:
    """Numbered paragraphs of some 180 characters."""
    return "\n\n".join(f"단락 {number}: {'긴 대답입니다, with words. ' * 8}끝." for number in range(1, count + 1))


def long_text(world: World, messages: float = 2.5) -> str:
    """A text that fills more than so many *messages*."""
    return paragraphs(int(messages * world.message_limit / 170) + 1)


def words(texts: list[str]) -> list[str]:
    return " ".join(texts).split()
