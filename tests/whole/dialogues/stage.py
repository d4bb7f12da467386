"""
Where a dialogue is played: a platform's stand-in with two people in it, a model server, and the bot.

What is compared afterwards is told in words that all platforms share: ids of people and messages become names and
numbers, texts what a person reads.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot import app
from bot.commands.platforms import PlatformSetup
from bot.core.conversation import Operation
from bot.core.ports import Platform
from bot.settings import Settings
from tests.faults import lives
from tests.faults.lives import ROOT, Life
from tests.standins.model import ModelServer

PEOPLE = ("kim", "lee")
ALONE = "You"  # as the playground calls its only person
OF_TOPICS = re.compile('("direct_)(?:topics|threads)')  # a sentence that tells what a direct message is there
SETTLED = ("shown", "failed", "stopped", "removed")


@dataclass(frozen=True, slots=True)
class Told:
    """A message that somebody wrote; *root* is that of its thread."""

    root: str
    id: str


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    content: bytes
    media_type: str


class LackingError(Exception):
    """The platform does not have what a dialogue does next."""


class Stage(ABC):
    """
    *setup* is the platform's. Messages are posted one after the other; nothing else is waited for.

    *alone*: it is one person, called ALONE, who says all.
    """

    setup: PlatformSetup

    def __init__(self, model: ModelServer, directory: Path, *, alone: bool = False) -> None:
        self.model = model
        self.alone = alone
        self.directory = directory
        self.database = directory / f"{self.setup.NAME}.db"
        self.people: dict[str, str] = {}  # ids, by name
        self._readable: Callable[[str, Mapping[str, str]], str] = lambda text, _names: text

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Those by which the bot finds this platform."""

    @abstractmethod
    async def connected(self) -> None: ...

    @abstractmethod
    async def write(
        self, who: str, text: str, after: Told | None = None, *, mention: bool = False, files: tuple[Upload, ...] = ()
    ) -> Told:
        """In the thread of *after*, or as a new message in the channel."""

    @abstractmethod
    async def write_direct(self, who: str, text: str) -> Told: ...

    @abstractmethod
    def called(self, who: str) -> str:
        """What mentions a person."""

    @abstractmethod
    async def edit(self, told: Told, text: str, *, mention: bool = False) -> None: ...

    @abstractmethod
    async def delete(self, told: Told) -> None: ...

    @abstractmethod
    async def delete_channel(self) -> None:
        """The one in which write() begins threads."""

    @abstractmethod
    async def react(self, who: str, told: Told, operation: Operation, *, added: bool = True) -> None: ...

    @abstractmethod
    def answers(self, root: str) -> list[Told]:
        """The bot's messages in a thread, oldest first."""

    @abstractmethod
    def shown(self, told: Told) -> str: ...

    async def ask(self, who: str, text: str, after: Told | None = None, *, files: tuple[Upload, ...] = ()) -> Told:
        return await self.write(who, text, after, mention=True, files=files)

    # the bot

    def all_settings(self, **settings: Any) -> dict[str, Any]:
        return {
            "openai_base_url": self.model.url,
            "openai_api_key": "sk-test",
            "openai_model": "gpt-6-luna",
            "database_url": f"sqlite+aiosqlite:///{self.database}",
            "internal_port": 0,
            "stop_grace": 10,
            **self.settings(),
            **settings,
        }

    @asynccontextmanager
    async def bot(self, *, burst: float = 0.0, **settings: Any) -> AsyncIterator[Platform]:
        """At work; stopped cleanly at the end. *burst* in seconds."""
        chosen = Settings(**self.all_settings(**settings))
        async with app.open_store(chosen) as store:
            platform, stop = self.setup.build(chosen, store), asyncio.Event()

            async def stopped() -> None:
                await stop.wait()

            working = app.run(chosen, [platform], until=stopped, burst=timedelta(seconds=burst), store=store)
            running = asyncio.create_task(working)
            try:
                await self.connected()
                await self.wait_for(lambda: platform.ready and platform.connected)
                self._readable = platform.readable
                yield platform
            finally:
                stop.set()
                await running

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Life]:
        """The bot as a process."""
        async with lives.bot(self.directory, self.environment()) as life:
            yield life

    def environment(self) -> dict[str, str]:
        """The same settings, for a process."""
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        chosen = {name.upper(): str(value) for name, value in self.all_settings().items()}
        return kept | chosen | {"PYTHONPATH": str(ROOT)}

    # what there is

    async def wait_for(self, condition: Callable[[], object], seconds: float = 100.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.005)  # what it looks at is another process's, or a file

    async def settled(self, turns: int) -> None:
        """So many turns have ended."""
        await self.wait_for(lambda: self._states().count(True) >= turns and all(self._states()))

    async def heard(self, messages: int) -> None:
        """So many messages of people are stored."""
        await self.wait_for(lambda: self._rows("SELECT count(*) FROM messages")[0][0] >= messages)

    def _states(self) -> list[bool]:
        return [state in SETTLED for (state,) in self._rows("SELECT state FROM turns")]

    def prompts(self) -> list[list[tuple[str, Any]]]:
        """What the model was sent, call by call: (role, content)."""
        return [[(each["role"], each["content"]) for each in call.body["messages"]] for call in self.model.requests]

    def ledger(self) -> dict[str, list[Any]]:
        """All rows that a conversation is made of, without what is the platform's own."""
        names = {id_: name for name, id_ in self.people.items()}
        order = [row[0] for row in self._rows("SELECT id FROM messages ORDER BY position")]
        messages = self._rows(
            "SELECT m.id, p.external_id, p.kind, p.name, m.turn_id, m.addressed, m.pinned, m.hidden, m.cut,"
            " m.erased_at IS NOT NULL, m.conversation_id FROM messages m JOIN participants p ON p.id = m.participant_id"
            " ORDER BY m.position"
        )
        versions = self._rows("SELECT message_id, text, given, tokens FROM message_versions ORDER BY id")
        told = {id_: name.title() for id_, name in names.items()}
        return {
            "messages": [(order.index(row[0]), names.get(row[1], row[1]), *row[2:]) for row in messages],
            "versions": [
                (order.index(message), None if text is None else self._readable(text, told), given, tokens)
                for message, text, given, tokens in versions
            ],
            "conversations": self._rows("SELECT id, direct, truncated FROM conversations ORDER BY id"),
            "turns": [
                (*row[:-2], json.loads(OF_TOPICS.sub(r"\1", row[-2] or "null")), json.loads(row[-1] or "null"))
                for row in self._rows(
                    "SELECT conversation_id, state, reason, variant, stop_requested, stale, pinned, hidden, cut,"
                    " language, notices, command FROM turns ORDER BY id"
                )
            ],
            "completions": self._rows(
                "SELECT turn_id, purpose, variant, number, chosen, outcome, prompt, text, finish_reason, window_start"
                " FROM completions ORDER BY id"
            ),
            "files": self._rows("SELECT name, media_type, size, outcome, text FROM files ORDER BY id"),
            "preferences": self._rows("SELECT key, value FROM preferences ORDER BY id"),
            "reactions": self._rows("SELECT operation, active FROM reactions ORDER BY id"),
        }

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
