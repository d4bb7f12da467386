"""A reply that is halted while Discord lets its calls wait posts nothing, whatever it waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from bot.platforms.discord.calls.limits import EDIT, POST, DiscordLimiter
from bot.platforms.discord.reply.reply import DiscordReply
from tests.platforms.discord.reply.conftest import Asked, Process, asked_in
from tests.standins.discord import Discord

LONG = "".join(f"Paragraph {n} says a little more of it, up to the end.\n\n" for n in range(120))


class Held:
    """Time stands still until somebody lets it pass, for those who sleep."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.waits, self.go = asyncio.Event(), asyncio.Event()
        self.limits = DiscordLimiter(lambda: self.now, self._sleep)

    def hold(self) -> None:
        """No call is made until release()."""
        self.limits.refused(POST, 30.0, everything=True)

    def hold_posts(self) -> None:
        self.limits.refused(POST, 30.0, everything=False)

    def release(self) -> None:
        self.go.set()

    async def _sleep(self, seconds: float) -> None:
        self.waits.set()
        await self.go.wait()
        self.now += seconds


async def halted(reply: DiscordReply, finishing: Awaitable[None], held: Held) -> None:
    """What *finishing* does when it is halted while it waits."""
    task = asyncio.ensure_future(finishing)
    async with asyncio.timeout(60):
        await held.waits.wait()
    reply.halt()
    held.release()
    await task


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
async def asked(discord: Discord, held: Held) -> Asked:
    """In a direct message: its answer takes no other call than posts."""
    asked = await asked_in(discord, discord.direct(discord.add_user("lee")))
    asked.process = Process(discord, asked.index, limits=held.limits)
    return asked


@pytest.mark.parametrize("hold", [Held.hold, Held.hold_posts])
async def test_the_only_message_is_not_posted(asked: Asked, held: Held, hold: object) -> None:
    reply = await asked.reply()
    assert callable(hold)
    hold(held)
    await halted(reply, reply.finish("an answer"), held)
    assert asked.calls() == []
    await reply.finish("", ["Stopped."])
    assert asked.shown == ["-# Stopped."]


async def test_the_message_on_screen_is_filled_and_no_other_is_posted(asked: Asked, held: Held) -> None:
    reply = await asked.reply()
    await reply.show("Paragraph 0")
    held.hold()
    await halted(reply, reply.finish(LONG), held)
    assert asked.calls() == [POST, EDIT]
    kept = await reply.kept(LONG)
    await reply.finish(kept, ["Stopped."])
    assert len(asked.shown) == 1
    assert asked.shown[0].endswith("-# Stopped.")


async def test_a_file_is_not_posted(asked: Asked, held: Held) -> None:
    reply = await asked.reply(as_file=True)
    gate = asked.discord.hold(POST)
    finishing = asyncio.create_task(reply.finish(LONG))
    await gate.reached.wait()
    held.hold()
    asked.discord.release(POST)
    gate.open()
    await halted(reply, finishing, held)
    assert asked.calls() == [POST]
    await reply.finish(await reply.kept(LONG), ["Stopped."])
    assert not any(message.attachments for message in asked.posts)
