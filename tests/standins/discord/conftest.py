"""A Discord with one person and one channel, and a client of its API."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import Client, client
from tests.standins.slack.workspace import Clock


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    """Its clock stands, and its limits are off; tests of those advance it and switch them on."""
    began = time.time()
    async with Discord(clock=Clock(lambda: began)) as standin:
        standin.limits.enforced = standin.gateway.limit.enforced = False
        yield standin


@pytest.fixture
async def ask(discord: Discord) -> AsyncIterator[Client]:
    async with client(discord) as asking:
        yield asking


@pytest.fixture
def kim(discord: Discord) -> User:
    return discord.add_user("kim")


@pytest.fixture
def channel(discord: Discord) -> Channel:
    return discord.add_channel("general")
