"""
What Threadbot keeps of many guilds on Discord, in memory.

The stand-in is in this process: to make its members by requests would take long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.arena import POLL_SECONDS, WAIT_SECONDS, database_url, model_settings
from tests.bench.processes import BenchError, Running, running
from tests.bench.report import Section, limit
from tests.bench.sizes import Say, Size
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, Message, User
from tests.standins.model import ModelServer

CHANNELS, ROLES = 20, 10  # of each guild
MOST_MEGABYTES = 260


async def memory(size: Size, directory: Path, say: Say) -> Section:
    """After it has answered somebody in each guild."""
    say(f"{size.guilds} guilds of {size.guild_members} members …")
    folder = directory / "guilds"
    folder.mkdir()
    async with Discord() as discord, ModelServer() as model:
        asking = _fill(discord, size)
        there = {"DISCORD_TOKEN": discord.token, "DISCORD_API_URL": discord.api_url}
        settings = model_settings(model.url) | there | {"DATABASE_URL": database_url(folder), "INTERNAL_PORT": "0"}
        async with running("guilds", ["-m", "bot", "run"], folder, settings) as bot:
            await _until(bot, lambda: bool(discord.gateway.connected))
            idle = bot.resident_megabytes()
            asked = [await discord.post(user, channel, f"{discord.mention} hello") for user, channel in asking]
            await _until(bot, lambda: all(_is_answered(discord, question) for question in asked))
            name = f"Discord: memory with {size.guilds} guilds of {size.guild_members}"
            return Section(
                "Threadbot",
                "",
                [
                    limit(name, round(idle, 1), at_most=MOST_MEGABYTES, unit="MB"),
                    limit(f"{name}, answered", round(bot.resident_megabytes(), 1), at_most=MOST_MEGABYTES, unit="MB"),
                ],
            )


def _fill(discord: Discord, size: Size) -> list[tuple[User, Channel]]:
    """Returns somebody of each guild and where they may ask."""
    people = [discord.world.add_user(f"person-{number}") for number in range(size.guild_members)]
    asking = []
    for number in range(size.guilds):
        guild = discord.add_guild(f"guild {number}")
        for person in people:
            discord.world.join(guild, person.id)
        for role in range(ROLES):
            discord.world.add_role(guild, f"role {role}", 0)
        channels = [discord.world.add_channel(guild, f"channel-{each}", "text") for each in range(CHANNELS)]
        asking.append((people[number % len(people)], channels[0]))
    return asking


def _is_answered(discord: Discord, question: Message) -> bool:
    thread = discord.thread_of(question)
    return thread is not None and any(discord.replies(thread))


async def _until(bot: Running, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        bot.check()
        if time.monotonic() > deadline:
            raise BenchError(f"not within {WAIT_SECONDS:.0f} s. {bot.log_tail()}")
        await asyncio.sleep(POLL_SECONDS)
