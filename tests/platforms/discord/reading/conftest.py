"""A Discord with one person and one channel, whose clock stands and whose limits are off, and somebody who listens."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.platforms.discord.reading.stage import Stage, stage_of
from tests.standins.discord import Discord
from tests.standins.discord.conftest import channel as channel
from tests.standins.discord.conftest import discord as discord
from tests.standins.discord.conftest import kim as kim
from tests.standins.discord.state.objects import Channel


@pytest.fixture
async def stage(discord: Discord, channel: Channel) -> AsyncIterator[Stage]:
    async with stage_of(discord) as stage:
        yield stage
