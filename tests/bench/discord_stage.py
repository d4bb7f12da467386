"""A stage of the bench on Discord, whose limits are those of the stand-in: 50 calls a second, and a bucket a route."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.arena import Call, Stage, model_control, model_settings, stand_ins, wall_offset
from tests.standins.control_client import ControlClient

SMALLEST = "tests.bench.smallest_discord_bot"
CHANNELS = 40  # questions are asked in turn: each has a bucket for the threads that are opened in it
START_THREAD, POST, EDIT = "start thread from message", "create message", "edit message"
COUNTED = (START_THREAD, POST, EDIT, "delete message", "get channel messages", "get channel message", "get channel")
"""Calls that replies need. That a bot types is not counted: people see it for ten seconds."""


class DiscordStage(Stage):
    pause_seconds = 3.0  # windows of buckets are of five seconds, but none of these is ever used up

    def __init__(
        self, discord: Mapping[str, Any], channels: Sequence[str], model_url: str, session: aiohttp.ClientSession
    ) -> None:
        """*discord*: the addresses as the stand-in prints them."""
        super().__init__(model_control(model_url, session))
        self._addresses, self._model_url = discord, model_url
        self._discord, self._channels = ControlClient(discord["control_url"], session), cycle(channels)
        self._calls: list[Call] = []  # all so far, as on Slack
        self._sent: dict[str, float] = {}

    @property
    def settings(self) -> Mapping[str, str]:
        there = {"DISCORD_TOKEN": self._addresses["token"], "DISCORD_API_URL": self._addresses["api_url"]}
        return model_settings(self._model_url) | there

    async def mention(self, text: str, thread: str | None = None) -> str:
        content = f"<@{self._addresses['bot']}> {text}"
        said = {"user": self._addresses["user"], "channel": thread or next(self._channels), "content": content}
        message = await self._discord.post("do/post", said)
        self._sent[message["id"]] = message["created"]  # its event leaves at that moment
        return str(message["id"])

    async def replies(self, root: str) -> list[str]:
        """Of a thread that is not there yet, nothing."""
        try:
            told = await self._discord.get(f"messages?channel={root}")
        except aiohttp.ClientResponseError:
            return []
        ours = [message for message in told["messages"] if message["author"] == self._addresses["bot"]]
        return [message["content"] for message in ours if message["content"]]

    async def connections(self) -> int:
        return int((await self._discord.get("state"))["connected"])

    async def sent_at(self, message: str) -> float:
        return self._sent[message] - wall_offset()

    async def calls(self) -> list[Call]:
        told = (await self._discord.get(f"calls?since={len(self._calls)}"))["calls"]
        offset = wall_offset()
        for each in told:
            thread = each["parameters"].get("channel") if each["name"] == POST else None
            self._calls.append(Call(each["name"], each["at"] - offset, thread))
        return [call for call in self._calls if call.method in COUNTED]

    async def wrong(self) -> Sequence[str]:
        """Requests that are not as Discord's documentation says."""
        told: Sequence[str] = (await self._discord.get("state"))["violations"]
        return told


@asynccontextmanager
async def discord_stage(name: str, directory: Path) -> AsyncIterator[DiscordStage]:
    """A Discord and a model for one bot."""
    async with stand_ins(name, "discord", directory) as (session, there, model_url):
        control = ControlClient(there["control_url"], session)
        made = [await control.post("do/add_channel", {"name": f"channel-{number}"}) for number in range(CHANNELS)]
        yield DiscordStage(there, [each["id"] for each in made], model_url, session)
