"""In the playground the same rules hold as on Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from bot import app
from bot.core.conversation import ParticipantKind, posted_of
from bot.core.texts import LANGUAGES
from bot.platforms.web.adapter import WebPlatform
from bot.settings import Settings
from tests.contract.web_world import WebWorld, open_world
from tests.contract.world import Asked


@asynccontextmanager
async def bot(world: WebWorld, folder: Path, **settings: Any) -> AsyncIterator[None]:
    platform = world.platform()
    assert isinstance(platform, WebPlatform)
    chosen = Settings(database_url=f"sqlite+aiosqlite:///{folder / 'bot.db'}", internal_port=0, **settings)
    stop = asyncio.Event()

    async def stopped() -> None:
        await stop.wait()

    running = asyncio.create_task(app.run(chosen, [platform], until=stopped))
    try:
        await world.connected(platform)
        yield
    finally:
        stop.set()
        await running
        await platform.close()


async def test_a_reply_in_the_bots_thread_needs_no_mention_until_the_bot_is_told_to_be_quiet(tmp_path: Path) -> None:
    async with open_world() as world:
        assert isinstance(world, WebWorld)

        async def answered(asked: Asked, count: int) -> list[str]:
            await world.wait_for(lambda: len(world.replies(asked.thread)) == count)
            return world.replies(asked.thread)

        async with bot(world, tmp_path):
            first = await world.ask("hello")
            await answered(first, 1)
            await world.say("and now?", after=first)
            await answered(first, 2)
            await world.ask("조용히 해 줘", after=first)
            assert (await answered(first, 3))[2] == LANGUAGES["ko"]["mode_quiet_thread"]
            ignored = await world.say("and now?", after=first)
            await world.wait_for(lambda: world.acknowledged(ignored))
            elsewhere = await world.say("nobody is meant")
            await world.wait_for(lambda: world.acknowledged(elsewhere))
            await world.ask("listen", after=first)
            assert (await answered(first, 4))[3] == LANGUAGES["en"]["mode_auto_thread"]
            assert world.replies(elsewhere.thread) == []


async def test_sentences_that_were_reworded_since_are_known_as_the_bots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_world() as world:
        assert isinstance(world, WebWorld)
        with monkeypatch.context() as other_version:
            for sentences in LANGUAGES.values():
                for key, sentence in sentences.items():
                    other_version.setitem(cast("dict[str, str]", sentences), key, f"In other words: {sentence}")
            async with bot(world, tmp_path):
                first = await world.ask("hello")
                await world.wait_for(lambda: len(world.replies(first.thread)) == 1)
                await world.ask("long answers as a file", after=first)
                await world.wait_for(lambda: len(world.replies(first.thread)) == 2)
        platform = world.platform()
        assert isinstance(platform, WebPlatform)
        said = [posted_of(each) for each in (await platform.read_thread(first.thread)).messages]
        await platform.close()
        answer, confirmation = [each.text for each in said if each.author.kind is ParticipantKind.SELF]
        assert world.replies(first.thread)[1].startswith("In other words: ")
        assert (bool(answer), confirmation) == (True, "")
