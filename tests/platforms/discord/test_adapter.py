"""The Discord door as a whole: it hears, reads what it missed, does without what it may not hear, and ends cleanly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.conversation import Incoming, Posted, ThreadRef
from bot.core.errors import LedgerError, PlatformError
from bot.core.ports import WHOLE_WORKSPACE
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.incoming.events import PLATFORM, position_of
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.thread_index import SqlThreadIndex
from bot.store.watermarks import SqlWatermarks
from tests.contract.world import left_behind
from tests.platforms.discord.gateway.listening import HASTY
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite is enough: the store has tests of its own."""
    database = open_database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}")
    await migrate.upgrade(database)
    yield database
    await database.close()


class Heard(list[Posted]):
    """What was said, each message once: what comes over the gateway just after a start may be read back as well, and
    the ledger takes it once."""

    async def receive(self, incoming: Incoming) -> None:
        if isinstance(incoming, Posted) and incoming.id not in {each.id for each in self}:
            self.append(incoming)

    @property
    def texts(self) -> list[str]:
        return [each.words for each in self]


def door(discord: Discord, database: Database, **more: object) -> DiscordPlatform:
    discord.gateway.limit.enforced = False
    settings = {"token": discord.token, "api_url": discord.api_url, "patience": HASTY}
    settings |= {"index": SqlThreadIndex(database), "watermarks": SqlWatermarks(database)}
    return DiscordPlatform(**(settings | more))  # type: ignore[arg-type] # its own arguments


@asynccontextmanager
async def running(
    discord: Discord, platform: DiscordPlatform, receive: Callable[[Incoming], Awaitable[None]]
) -> AsyncIterator[None]:
    task = asyncio.create_task(platform.run(receive))
    try:
        await discord.wait_for(lambda: platform.connected or task.done())
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def an_hour_away(database: Database) -> None:
    an_hour_ago = position_of(datetime.now(UTC) - timedelta(hours=1))
    await SqlWatermarks(database).advance(PLATFORM, None, WHOLE_WORKSPACE, an_hour_ago)


async def test_it_knows_itself_and_hears_what_is_said(
    discord: Discord, database: Database, kim: User, channel: Channel
) -> None:
    platform, heard = door(discord, database), Heard()
    assert not platform.ready
    async with running(discord, platform, heard.receive):
        assert platform.ready
        assert platform.own_id == discord.bot
        assert platform.hears_content
        message = await discord.post(kim, channel, f"{discord.mention} hello")
        await discord.wait_for(lambda: heard)
    [posted] = heard
    assert posted.addressed
    assert posted.thread == ThreadRef("discord", discord.guild.id, channel.id, message.id)
    assert platform.readable(posted.text) == "hello"
    assert not discord.violations


async def test_without_the_intent_it_hears_those_who_mention_it(
    discord: Discord, database: Database, kim: User, channel: Channel
) -> None:
    discord.world.content = False
    platform, heard = door(discord, database), Heard()
    async with running(discord, platform, heard.receive):
        assert not platform.hears_content
        await discord.post(kim, channel, "to nobody")
        await discord.post(kim, channel, f"{discord.mention} to you")
        await discord.wait_for(lambda: heard)
    assert heard.texts == ["to you"]
    assert not discord.violations


async def test_an_intent_that_was_switched_off_since_is_done_without_and_named(
    discord: Discord, database: Database, kim: User, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    platform, heard = door(discord, database), Heard()
    gate = discord.hold("get gateway bot")
    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(platform.run(heard.receive))
        await gate.reached.wait()
        discord.world.content = False
        discord.release("get gateway bot")
        gate.open()
        await discord.wait_for(lambda: platform.connected)
        await discord.post(kim, channel, f"{discord.mention} to you")
        await discord.wait_for(lambda: heard)
        task.cancel()
        await asyncio.wait([task])
    assert "Message Content Intent" in caplog.text


async def test_a_wrong_token_ends_it(discord: Discord, database: Database) -> None:
    with pytest.raises(PlatformError, match="invalid_token") as ended:
        await door(discord, database, token="MTE0NTE0MTkxOTgxMDkzMTg5Mw.GxStan.another").run(Heard().receive)
    assert not ended.value.passing


async def test_it_starts_before_discord_does(discord: Discord, database: Database, kim: User, channel: Channel) -> None:
    await discord.stop()
    platform, heard = door(discord, database), Heard()
    task = asyncio.create_task(platform.run(heard.receive))
    await asyncio.sleep(0.1)
    assert not platform.connected
    await discord.start()
    await discord.wait_for(lambda: platform.connected)
    await discord.post(kim, channel, f"{discord.mention} hello")
    await discord.wait_for(lambda: heard)
    task.cancel()
    await asyncio.wait([task])


async def test_what_was_said_while_it_was_away_is_read_and_said_to_be_late(
    discord: Discord, database: Database, kim: User, channel: Channel
) -> None:
    await an_hour_away(database)
    message = await discord.post(kim, channel, f"{discord.mention} is anybody there?")
    heard = Heard()
    async with running(discord, door(discord, database), heard.receive):
        await discord.wait_for(lambda: heard)
    assert [(each.id, each.recovered) for each in heard] == [(message.id, True)]
    assert not discord.violations


async def test_what_was_said_while_there_was_no_session_is_read(
    discord: Discord, database: Database, kim: User, channel: Channel
) -> None:
    await an_hour_away(database)
    heard = Heard()
    platform = door(discord, database)
    async with running(discord, platform, heard.receive):
        await discord.post(kim, channel, f"{discord.mention} first")
        await discord.wait_for(lambda: heard)
        discord.gateway.refuses = True
        discord.gateway.forget_sessions()
        discord.gateway.drop()
        await discord.wait_for(lambda: not platform.connected)
        await discord.post(kim, channel, f"{discord.mention} second")
        discord.gateway.refuses = False
        await discord.wait_for(lambda: "second" in heard.texts)
    assert next(each for each in heard if each.words == "second").recovered


async def test_what_could_not_be_stored_is_handed_in_until_it_is(
    discord: Discord, database: Database, kim: User, channel: Channel
) -> None:
    heard, refused = Heard(), 0

    async def receive(incoming: Incoming) -> None:
        nonlocal refused
        if refused < 2:
            refused += 1
            raise LedgerError("the disk is full")
        await heard.receive(incoming)

    async with running(discord, door(discord, database), receive):
        await discord.post(kim, channel, f"{discord.mention} hello")
        await discord.wait_for(lambda: heard)
    assert heard.texts == ["hello"]


async def test_only_the_guilds_that_are_allowed_are_listened_to_and_read(
    discord: Discord, database: Database, kim: User, channel: Channel
) -> None:
    await an_hour_away(database)
    other = discord.add_guild("other")
    lee, elsewhere = discord.add_user("lee", guild=other), discord.add_channel("elsewhere", guild=other)
    await discord.post(lee, elsewhere, f"{discord.mention} missed elsewhere")
    await discord.post(kim, channel, f"{discord.mention} missed here")
    heard = Heard()
    platform = door(discord, database, allowed_guilds={discord.guild.id}, direct_messages=False)
    async with running(discord, platform, heard.receive):
        await discord.wait_for(lambda: heard)
        await discord.post(lee, elsewhere, f"{discord.mention} elsewhere")
        await discord.post(kim, discord.direct(kim), "directly")
        await discord.post(kim, channel, f"{discord.mention} here")
        await discord.wait_for(lambda: "here" in heard.texts)
    assert set(heard.texts) == {"missed here", "here"}


async def test_a_stop_lets_events_in_flight_be_stored_and_leaves_nothing_behind(
    discord: Discord, database: Database, kim: User, channel: Channel
) -> None:
    heard, gate, reached = Heard(), asyncio.Event(), asyncio.Event()

    async def receive(incoming: Incoming) -> None:
        reached.set()
        await gate.wait()
        await heard.receive(incoming)

    await an_hour_away(database)  # its own task is there from now on
    before = asyncio.all_tasks()
    platform = door(discord, database)
    task = asyncio.create_task(platform.run(receive))
    await discord.wait_for(lambda: platform.connected)
    await discord.post(kim, channel, f"{discord.mention} hello")
    await reached.wait()
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    await asyncio.wait([task])
    assert heard.texts == ["hello"]
    assert left_behind(before) == []
    assert not [task for task in asyncio.all_tasks() - before if "discord/client.py" in repr(task)]
    assert not platform.connected
    await discord.wait_for(lambda: not discord.gateway.connections)


async def test_a_token_that_is_reset_ends_it_before_it_asks_for_anything_else(
    discord: Discord, database: Database, kim: User, channel: Channel
) -> None:
    heard = Heard()
    platform = door(discord, database)
    running = asyncio.create_task(platform.run(heard.receive))
    await discord.wait_for(lambda: platform.connected)
    discord.world.token = "another one"
    with pytest.raises(PlatformError) as refused:
        await platform.read_thread(ThreadRef(PLATFORM, discord.guild.id, channel.id, channel.id))
    assert (refused.value.code, refused.value.passing) == ("invalid_token", True), "what waits for it is not lost"
    with pytest.raises(PlatformError, match="invalid_token") as ended:
        await running
    assert not ended.value.passing
    before = len(discord.faults.calls)
    with pytest.raises(PlatformError, match="invalid_token"):
        await platform.read_thread(ThreadRef(PLATFORM, discord.guild.id, channel.id, channel.id))
    assert len(discord.faults.calls) == before
