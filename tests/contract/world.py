"""
The seam between the contract and a platform: what a world must offer so that the same tests run in it.

To add a platform, write `tests/contract/NAME_world.py` with a function `open_world() -> AsyncContextManager[World]`
that starts the platform's stand-in, and list it in WORLDS. Nothing else changes.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from bot.core.conversation import ThreadRef
from bot.core.ports import Platform
from bot.core.turn import ReplyPart

WORLDS = {
    "slack": "tests.contract.slack_world",
    "web": "tests.contract.web_world",
}
PINGING = ("slack",)  # those whose texts can call people; the playground calls nobody


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that somebody posted, under the id and in the thread that receive() must be told."""

    thread: ThreadRef
    id: str


class World(Protocol):
    """A running stand-in of one platform, with one channel and one person in it."""

    ping: str  # a text that would call everybody in the channel, were it not made harmless; empty without such texts

    def platform(self) -> Platform:
        """A door of its own, not yet running."""

    async def connected(self, platform: Platform) -> None:
        """Return when a door whose run() was started can get events."""

    async def ask(self, text: str, *, after: Asked | None = None) -> Asked:
        """Post *text*, mentioning the bot, in the thread of *after* or as a new one. Waits for nothing else."""

    async def deliver_again(self) -> None:
        """Bring every event once more, acknowledged or not."""

    async def redeliver(self) -> None:
        """Bring the events again that were not acknowledged; return when they were sent."""

    def acknowledged(self, asked: Asked) -> bool:
        """Whether the platform was told about every delivery of a message."""

    def replies(self, thread: ThreadRef) -> list[str]:
        """The bot's messages in a thread, oldest first, as a reader sees them."""

    def pings(self, shown: str) -> bool:
        """Whether the platform would call people because of this text."""

    def lose_next_post(self) -> None:
        """The bot's next post is made, but its answer never reaches the bot."""

    async def wait_for(self, condition: Callable[[], object]) -> None:
        """Return when *condition* is true; TimeoutError after some seconds."""


def open_world(name: str) -> AbstractAsyncContextManager[World]:
    module = importlib.import_module(WORLDS[name])
    return cast("AbstractAsyncContextManager[World]", module.open_world())


def left_behind(before: Collection[asyncio.Task[Any]]) -> list[str]:
    """Tasks of the bot and its SDKs that run now and did not *before*; a stand-in's own are not counted."""
    return [repr(task) for task in asyncio.all_tasks() - set(before) if _is_the_bots(task)]


def _is_the_bots(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    path = code.co_filename if code else ""
    if "/web/workspace/" in path:  # the playground's own process, which runs within the tests here
        return False
    return any(place in path for place in ("slack_sdk", "slack_bolt", "/bot/"))


@dataclass(slots=True)
class Log:
    """The PartLog port in memory. *deaf*: what is posted is not noted, as when the process dies just then."""

    deaf: bool = False
    ids: dict[int, str | None] = field(default_factory=dict)
    intended_at: dict[int, datetime] = field(default_factory=dict)
    checks: int = 0

    async def intend(self, number: int) -> None:
        self.ids[number] = None
        self.intended_at[number] = datetime.now(UTC)

    async def posted(self, number: int, id: str) -> None:  # noqa: A002 - the port's word
        if not self.deaf:
            self.ids[number] = id

    async def removed(self, number: int) -> None:
        self.ids.pop(number, None)

    async def check(self) -> None:
        self.checks += 1

    def parts(self) -> Sequence[ReplyPart]:
        return [ReplyPart(number, self.ids[number], self.intended_at[number]) for number in sorted(self.ids)]
