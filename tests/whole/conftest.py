"""An office: a Slack workspace with kim and lee in it, a model server, and a bot that can be started and stopped."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import app
from bot.commands.platforms.slack import reaction_names
from bot.core.retry import Patience
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.setup.manifest import COMMANDS_PATH, EVENTS_PATH, INTERACTIONS_PATH
from bot.platforms.slack.transport.http import HttpSettings
from bot.settings import Settings
from bot.store.channel_ids import SqlChannelIds
from bot.store.thread_index import SqlThreadIndex
from tests.standins.model import ModelServer
from tests.standins.slack import Slack
from tests.standins.slack.delivery.http import RequestUrls


class Office:
    def __init__(self, slack: Slack, model: ModelServer, directory: Path) -> None:
        self.slack = slack
        self.model = model
        self.database = directory / "threadbot.db"
        self.kim, self.lee = slack.add_user("kim"), slack.add_user("lee")
        self.general = slack.add_channel("general")
        self.http: HttpSettings | None = None  # None: over Socket Mode
        self.burst = app.BURST
        self.watch: Callable[[str], None] | None = None  # None: the model is not asked at the start
        self.address = ""  # where Slack calls the bot, over HTTP

    @asynccontextmanager
    async def bot(self, patience: Patience | None = None, **settings: Any) -> AsyncIterator[None]:
        """The bot at work; stopped cleanly at the end, with its turns finished."""
        chosen = Settings(**{**self._settings(), **settings})
        async with app.open_store(chosen) as store:
            platform = SlackPlatform(
                bot_token=self.slack.bot_token,
                app_token=self.slack.app_token,
                http=self.http,
                api_url=self.slack.api_url,
                reactions=reaction_names(chosen),
                receipts=app.receipts(chosen, store),
                contents=SqlThreadIndex(store),
                channel_ids=SqlChannelIds(store),
            )
            stop = asyncio.Event()
            working = app.run(
                chosen,
                [platform],
                until=lambda: _set(stop),
                patience=patience,
                burst=self.burst,
                store=store,
                watch=self.watch,
            )
            running = asyncio.create_task(working)
            try:
                await self._connected(platform)
                yield
            finally:
                stop.set()
                await running

    async def _connected(self, platform: SlackPlatform) -> None:
        if self.http is None:
            await self.slack.wait_connected()
            return
        await self.slack.wait_for(lambda: platform.connected)
        self.address = f"http://127.0.0.1:{platform.port}"
        paths = (EVENTS_PATH, INTERACTIONS_PATH, COMMANDS_PATH)
        self.slack.use_http(self.http.secret, RequestUrls(*([self.address + path] for path in paths)))

    def _settings(self) -> dict[str, Any]:
        return {
            "openai_base_url": self.model.url,
            "openai_api_key": "sk-test",
            "openai_model": "gpt-6-luna",
            "database_url": f"sqlite+aiosqlite:///{self.database}",
            "internal_port": 0,
            "stop_grace": 10,
        }

    async def ask(
        self, text: str, *, thread: str | None = None, user: str | None = None, channel: str | None = None
    ) -> str:
        """Mention the bot. Returns the message's ts."""
        asker, where = user or self.kim, channel or self.general
        return await self.slack.post(asker, where, f"{self.slack.mention} {text}", thread)

    async def answers(self, root: str, count: int = 1, *, channel: str | None = None) -> list[str]:
        """The bot's replies in a thread, when it has *count* of them and every turn is settled."""
        where = channel or self.general
        await self.slack.wait_for(lambda: len(self.slack.replies(where, root)) >= count and self.settled())
        return self.slack.replies(where, root)

    def settled(self) -> bool:
        states = [state for (state,) in self.rows("SELECT state FROM turns")]
        return bool(states) and not set(states) & {"pending", "running", "answered"}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def execute(self, statement: str) -> None:
        """Change the database behind the bot's back."""
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            with connection:
                connection.execute(statement)
        finally:
            connection.close()

    def prompts(self) -> list[list[tuple[str, str]]]:
        """What the model was sent, call by call: (role, content)."""
        return [[(m["role"], m["content"]) for m in request.body["messages"]] for request in self.model.requests]


async def _set(event: asyncio.Event) -> None:
    await event.wait()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(Slack())
        model = await stack.enter_async_context(ModelServer())
        yield Office(slack, model, tmp_path)


@pytest.fixture
def no_burst(office: Office) -> None:
    """Every question is answered at once, and by itself: for tests that ask many, one after the other."""
    office.burst = timedelta(0)
