"""
The smallest bot on Discord worth the name, as its library's documentation writes one: no history, nothing stored.

It knows nothing of bot/. Settings are those of Threadbot: DISCORD_TOKEN, DISCORD_API_URL, OPENAI_API_KEY,
OPENAI_BASE_URL, OPENAI_MODEL.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from openai import AsyncOpenAI
from yarl import URL

EDIT_SECONDS = 1.0
CALLS_A_SECOND = 48  # Discord takes 50; calls arrive less evenly than they were sent

Made = TypeVar("Made")


class Pace:
    """
    The global limit of Discord's, which the library does not keep.

    Without it 200 mentions at once end in 429s, then in answers that are given up, and at last in Cloudflare's ban:
    there would be nothing to measure.
    """

    def __init__(self) -> None:
        self._next = 0.0

    async def call(self, make: Callable[[], Awaitable[Made]]) -> Made:
        self._next = max(self._next, time.monotonic()) + 1 / CALLS_A_SECOND
        await asyncio.sleep(self._next - 1 / CALLS_A_SECOND - time.monotonic())
        return await make()


class Bot(discord.Client):
    def __init__(self, model: AsyncOpenAI, name: str) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents)
        self._model, self._name, self._pace = model, name, Pace()

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user or self.user not in message.mentions:
            return
        question = re.sub(r"<@!?\d+>", "", message.content).strip()
        stream = await self._model.chat.completions.create(
            model=self._name, messages=[{"role": "user", "content": question}], stream=True
        )
        text, shown, shown_at, reply = "", "", 0.0, None
        async for chunk in stream:
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
            if text and time.monotonic() - shown_at >= EDIT_SECONDS:
                shown = text
                if reply is None:
                    thread = await self._thread(message, question)
                    reply = await self._pace.call(partial(thread.send, text))
                else:
                    await self._pace.call(partial(reply.edit, content=text))
                shown_at = time.monotonic()
        if reply is not None and shown != text:
            await self._pace.call(partial(reply.edit, content=text))

    async def _thread(self, message: discord.Message, question: str) -> discord.Thread:
        at = message.channel
        if isinstance(at, discord.Thread):
            return at
        return await self._pace.call(partial(message.create_thread, name=question[:100]))


def main() -> None:
    base = os.environ["DISCORD_API_URL"]
    Route.BASE = base
    DiscordWebSocket.DEFAULT_GATEWAY = URL(base.replace("http", "ws", 1).partition("/api/")[0] + "/gateway/")
    Bot(AsyncOpenAI(max_retries=0), os.environ["OPENAI_MODEL"]).run(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    main()
