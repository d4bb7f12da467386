"""A Discord, whose limits are those of the real one, somebody and a channel in it, and our client of its API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import DiscordLimiter
from tests.standins.discord import Discord
from tests.standins.discord.conftest import channel as channel
from tests.standins.discord.conftest import kim as kim


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    async with Discord() as standin:
        yield standin


@pytest.fixture
def api(discord: Discord) -> DiscordApi:
    return DiscordApi(discord.token, discord.api_url, DiscordLimiter())
