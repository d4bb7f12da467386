"""A bot on the stand-in, with one person and one channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from tests.platforms.discord.interactions.calling import Bot, calling
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """On SQLite: what the two databases have in common is tested where they are."""
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}")
    await migrate.upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture
def kim(discord: Discord) -> User:
    return discord.add_user("kim", locale="ko")


@pytest.fixture
def channel(discord: Discord) -> Channel:
    return discord.add_channel("general")


@pytest.fixture
async def bot(discord: Discord, database: Database, kim: User, channel: Channel) -> AsyncIterator[Bot]:
    async with calling(discord, database) as made:
        yield made
