"""
The seam between the contract and a platform: what a world must offer so that the same tests run in it.

To add a platform, write `tests/contract/NAME_world.py` with LACKS and with a function
`open_world() -> AsyncContextManager[World]` that starts the platform's stand-in, and list it in WORLDS. A world that
lacks nothing is a CapableWorld; one that lacks a capability needs none of its methods. Nothing else changes.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol, cast

from bot.core.controls import Control
from bot.core.conversation import Acted, Deleted, Edited, Operation, Reacted, ThreadRef
from bot.core.ports import Closing, Directory, FileReader, Platform, Status, ThreadReader
from bot.core.turn import ReplyPart

WORLDS = {
    "discord": "tests.contract.discord_world",
    "slack": "tests.contract.slack_world",
    "web": "tests.contract.web_world",
}


class Capability(StrEnum):
    """What only some platforms can do."""

    ACKNOWLEDGEMENTS = "acknowledgements"  # the platform is told that we have an event, and brings it again until then
    DATES = "dates"  # events say when they happened
    PINGS = "pings"  # texts of ours could call people
    EDITS = "edits"  # people change what they said
    DELETIONS = "deletions"
    REACTIONS = "reactions"
    CONTROLS = "controls"
    DIRECTORY = "directory"
    STATUS = "status"
    CLOSING = "closing"  # people close threads
    THREADS = "threads"  # they can be read back
    FILES = "files"


PROTOCOLS: Mapping[Capability, type] = {
    Capability.DIRECTORY: Directory,
    Capability.STATUS: Status,
    Capability.CLOSING: Closing,
    Capability.THREADS: ThreadReader,
    Capability.FILES: FileReader,
}
EVENTS: Mapping[Capability, type] = {
    Capability.EDITS: Edited,
    Capability.DELETIONS: Deleted,
    Capability.REACTIONS: Reacted,
    Capability.CONTROLS: Acted,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that somebody posted, under the id and in the thread that receive() must be told."""

    thread: ThreadRef
    id: str


@dataclass(frozen=True, slots=True)
class Person:
    """As the platform's directory tells; *locale* is None where it does not tell that."""

    id: str
    name: str
    locale: str | None = None


class World(Protocol):
    """A running stand-in of one platform, with one channel and one person in it."""

    lacks: Mapping[Capability, str]  # what the platform does not have, and why; the suite checks that it has it not
    message_limit: int  # characters; a longer text never stands in one message of ours

    def platform(self) -> Platform:
        """A door of its own, not yet running."""

    async def connected(self, platform: Platform) -> None:
        """Return when a door whose run() was started can get events."""

    async def ask(self, text: str, *, after: Asked | None = None) -> Asked:
        """Post *text*, mentioning the bot, in the thread of *after* or as a new one. Waits for nothing else."""

    async def say(self, text: str, *, after: Asked | None = None) -> Asked:
        """The same without a mention."""

    async def deliver_again(self) -> None:
        """Bring every event once more, acknowledged or not."""

    async def redeliver(self) -> None:
        """
        Bring the events again that were not acknowledged; return when they were sent.

        A door that has nobody to bring them again keeps those that could not be stored, and hands them in again itself.
        """

    def acknowledged(self, asked: Asked) -> bool:
        """Whether the platform was told about every delivery of a message; where it is told of none, if it was sent."""

    def replies(self, thread: ThreadRef) -> list[str]:
        """The bot's messages in a thread, oldest first, as a reader sees them."""

    def lose_next_post(self) -> None:
        """The bot's next post is made, but its answer never reaches the bot."""

    async def wait_for(self, condition: Callable[[], object]) -> None:
        """Return when *condition* is true; TimeoutError after some seconds."""


class CapableWorld(World, Protocol):
    """A world that lacks nothing."""

    # pings
    ping: str  # a text that would call everybody in the channel, were it not made harmless

    def pings(self, shown: str) -> bool:
        """Whether the platform would call people because of a text of ours that is posted without care."""

    def pinged(self, thread: ThreadRef) -> bool:
        """Whether a message of ours in a thread calls people, as it stands there now."""

    # edits, deletions, reactions

    async def edit(self, asked: Asked, text: str, *, mention: bool = True) -> None:
        """Whoever posted a message gives it another text."""

    async def delete(self, asked: Asked) -> None:
        """Somebody deletes a message."""

    async def react(self, thread: ThreadRef, message: str, operation: Operation, *, added: bool = True) -> None:
        """The person puts the reaction that stands for *operation* on a message, or takes it away."""

    # controls

    def controls(self, thread: ThreadRef) -> list[frozenset[Control]]:
        """What can be pressed below each of the bot's messages in a thread, oldest first."""

    async def press(self, thread: ThreadRef, operation: Operation) -> None:
        """The person presses what stands for *operation* below the bot's last message in a thread."""

    # directory
    person: Person  # who asks, edits, reacts and presses
    channel_name: str

    async def refer(self) -> Asked:
        """Ask, in a text that mentions the person, and the channel by its id."""

    def fail_lookups(self) -> None:
        """From now on, the platform tells no names."""

    # status

    def working(self, asked: Asked) -> bool:
        """Whether the person sees that the bot works on a message."""

    def refuse_statuses(self) -> None:
        """From now on, the platform takes no status of any kind."""

    # files

    async def send_file(self, name: str, content: bytes, media_type: str) -> Asked:
        """Ask, with a file."""

    def remove_files(self) -> None:
        """The files that were sent are no longer there."""

    def fail_files(self) -> None:
        """The files that were sent cannot be had just now."""


class _WorldModule(Protocol):
    LACKS: Mapping[Capability, str]

    def open_world(self) -> AbstractAsyncContextManager[World]: ...


def _module(name: str) -> _WorldModule:
    return cast("_WorldModule", importlib.import_module(WORLDS[name]))


def lacked(name: str) -> Mapping[Capability, str]:
    return _module(name).LACKS


def open_world(name: str) -> AbstractAsyncContextManager[World]:
    return _module(name).open_world()


def left_behind(before: Collection[asyncio.Task[Any]]) -> list[str]:
    """Tasks of the bot and its SDKs that run now and did not *before*; a stand-in's own are not counted."""
    return [repr(task) for task in asyncio.all_tasks() - set(before) if _is_the_bots(task)]


def _is_the_bots(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    path = code.co_filename if code else ""
    if "/aiohttp/" in path or "/web/workspace/" in path:  # servers: of stand-ins, and of the playground's own process
        return False
    return "/bot/" in path or "/site-packages/" in path


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
