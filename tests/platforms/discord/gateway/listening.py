"""A connection to a stand-in's gateway, and what it has heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.core.retry import Backoff
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import DiscordLimiter
from bot.platforms.discord.calls.requests import Json
from bot.platforms.discord.gateway.connection import Connection, Patience
from tests.standins.discord import Discord

HASTY = Patience(dead=1.0, lost=1.5, guilds=0.5, late=0.05, between=0.01, backoff=Backoff(first=0.05, longest=0.1))


@dataclass
class Listener:
    connection: Connection
    task: asyncio.Task[None] | None = None
    heard: list[tuple[str, Json]] = field(default_factory=list)
    sessions: list[object | None] = field(default_factory=list)  # that were said to be new, as they were then

    def hear(self, name: str, data: Json) -> None:
        self.heard.append((name, data))

    def greet(self) -> None:
        self.sessions.append(self.connection.session)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.heard]

    @property
    def said(self) -> list[str]:
        return [data["content"] for name, data in self.heard if name == "MESSAGE_CREATE"]


def listener(discord: Discord, *, token: str | None = None, patience: Patience = HASTY) -> Listener:
    token = token or discord.token
    return Listener(Connection(DiscordApi(token, discord.api_url, DiscordLimiter()), token, discord.api_url, patience))


@asynccontextmanager
async def listening(discord: Discord, *, content: bool = False, patience: Patience = HASTY) -> AsyncIterator[Listener]:
    """With a session that has said what there is."""
    discord.gateway.limit.enforced = False
    made = listener(discord, patience=patience)
    made.task = asyncio.create_task(made.connection.serve(made.hear, made.greet, content=content))
    try:
        await discord.wait_for(lambda: made.sessions)
        yield made
    finally:
        made.task.cancel()
        await asyncio.wait([made.task])
