"""The connection comes back whatever happens to it, says when something may have been missed, and ends cleanly."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import pytest
from discord.gateway import KeepAliveHandler

from bot.core.errors import PlatformError
from tests.platforms.discord.gateway.listening import HASTY, listener, listening
from tests.standins.discord import Discord


def beating() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if isinstance(thread, KeepAliveHandler) and thread.is_alive()]


async def test_a_new_session_is_told_once_its_guilds_are_there(discord: Discord) -> None:
    discord.add_guild("another one")
    async with listening(discord) as us:
        assert us.names[:3] == ["READY", "GUILD_CREATE", "GUILD_CREATE"]
        assert us.sessions == [us.connection.session]
        assert us.connection.connected
    assert not discord.violations


async def test_a_guild_that_does_not_come_is_not_waited_for_for_long(discord: Discord) -> None:
    await discord.break_down(discord.guild)
    async with listening(discord) as us:
        assert len(us.sessions) == 1


async def test_guilds_that_come_later_may_have_been_missed(discord: Discord) -> None:
    async with listening(discord) as us:
        await discord.break_down(discord.guild)
        await discord.come_back(discord.guild)
        discord.add_guild("another one")
        await discord.wait_for(lambda: len(us.sessions) == 2)
        assert us.sessions[0] is us.sessions[1]
        await asyncio.sleep(0.2)
        assert len(us.sessions) == 2, "they are read together"


async def test_without_any_guild_there_is_a_session_too(discord: Discord) -> None:
    await discord.remove_bot(discord.guild)
    async with listening(discord) as us:
        assert us.names == ["READY"]


@pytest.mark.parametrize("content", [True, False])
async def test_it_asks_for_what_it_needs_and_for_content_only_where_it_may_have_it(
    discord: Discord, content: bool
) -> None:
    async with listening(discord, content=content):
        [identify] = discord.gateway.identified
    needed = 1 << 0 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13
    assert identify["intents"] == (needed | 1 << 15 if content else needed)


async def test_events_come_in_their_order(discord: Discord) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    async with listening(discord, content=True) as us:
        for number in range(50):
            await discord.post(kim, channel, str(number))
        await discord.wait_for(lambda: len(us.said) == 50)
        assert us.said == [str(number) for number in range(50)]


@pytest.mark.parametrize("code", [None, 4000, 4009])
async def test_a_session_is_resumed_and_brings_what_was_missed(discord: Discord, code: int | None) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    async with listening(discord, content=True) as us:
        before = us.connection.session
        discord.gateway.drop(code)
        await discord.post(kim, channel, "meanwhile")
        await discord.wait_for(lambda: us.said)
        await discord.wait_for(lambda: us.connection.connected)
        assert us.connection.session is before, "nothing was missed"
        assert len(us.sessions) == 1
        assert us.said == ["meanwhile"]
        assert discord.gateway.resumed


async def test_a_request_to_reconnect_is_followed(discord: Discord) -> None:
    async with listening(discord) as us:
        before = us.connection.session
        discord.gateway.reconnect()
        await discord.wait_for(lambda: discord.gateway.resumed)
        await discord.wait_for(lambda: us.connection.connected)
        assert us.connection.session is before


@pytest.mark.parametrize("how", ["invalidated", "forgotten", "closed"])
async def test_a_session_that_is_lost_is_followed_by_a_new_one_that_says_so(discord: Discord, how: str) -> None:
    async with listening(discord) as us:
        if how == "invalidated":
            discord.gateway.invalidate()
        elif how == "closed":
            discord.gateway.drop(1000)
        else:
            discord.gateway.forget_sessions()
            discord.gateway.drop()
        await discord.wait_for(lambda: len(us.sessions) == 2)
        first, second = us.sessions
        assert us.connection.session is second
        assert second is not first
        assert len(discord.gateway.identified) == 2


async def test_a_connection_that_is_dead_without_a_word_is_noticed(discord: Discord) -> None:
    async with listening(discord) as us:
        discord.gateway.freeze()
        began = time.monotonic()
        await discord.wait_for(lambda: not us.connection.connected)
        await discord.wait_for(lambda: us.connection.connected)
        assert time.monotonic() - began < HASTY.dead + 5.0
        assert discord.gateway.resumed


async def test_a_connection_that_brings_events_but_acknowledges_no_heartbeat_is_resumed_over_another_one(
    discord: Discord,
) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    discord.gateway.heartbeat_seconds = 0.3
    async with listening(discord, content=True, patience=replace(HASTY, dead=60.0)) as us:
        before = us.connection.session
        discord.gateway.acknowledges = False
        began, number = time.monotonic(), 0
        while not discord.gateway.resumed:
            assert time.monotonic() - began < 10.0
            await discord.post(kim, channel, str(number))
            number += 1
            await asyncio.sleep(0.1)
        discord.gateway.acknowledges = True
        await discord.post(kim, channel, "the last one")
        await discord.wait_for(lambda: "the last one" in us.said)
        assert us.connection.session is before, "nothing was missed"
        assert set(map(str, range(number))) <= set(us.said)


async def test_there_is_no_session_while_there_is_no_connection(discord: Discord) -> None:
    async with listening(discord) as us:
        discord.gateway.refuses = True
        discord.gateway.drop()
        await discord.wait_for(lambda: not us.connection.connected)
        assert us.connection.session is None


async def test_it_comes_back_after_an_outage_that_is_longer_than_the_patience_with_the_library(
    discord: Discord,
) -> None:
    async with listening(discord) as us:
        discord.gateway.refuses = True
        discord.gateway.forget_sessions()
        discord.gateway.drop()
        asked = len(discord.calls("get gateway bot"))
        await discord.wait_for(lambda: len(discord.calls("get gateway bot")) > asked + 1)
        discord.gateway.refuses = False
        await discord.wait_for(lambda: len(us.sessions) == 2)


async def test_it_starts_while_discord_is_down(discord: Discord) -> None:
    await discord.stop()
    us = listener(discord)
    task = asyncio.create_task(us.connection.serve(us.hear, us.greet))
    await asyncio.sleep(0.2)
    await discord.start()
    await discord.wait_for(lambda: us.sessions)
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize(
    ("code", "word"),
    [(4004, "invalid_token"), (4013, "disallowed_intents"), (4014, "disallowed_intents"), (4011, "sharding_required")],
)
async def test_what_a_repetition_will_not_mend_ends_it(discord: Discord, code: int, word: str) -> None:
    async with listening(discord) as us:
        assert us.task is not None
        discord.gateway.drop(code)
        with pytest.raises(PlatformError, match=word) as ended:
            await us.task
        assert not ended.value.passing
        assert not us.connection.connected


async def test_an_intent_that_is_not_switched_on_is_said_to_be_the_reason(discord: Discord) -> None:
    discord.world.content = False
    us = listener(discord)
    with pytest.raises(PlatformError, match="disallowed_intents"):
        await us.connection.serve(us.hear, us.greet, content=True)


async def test_a_wrong_token_ends_it(discord: Discord) -> None:
    us = listener(discord, token="wrong")
    with pytest.raises(PlatformError, match="invalid_token"):
        await us.connection.serve(us.hear, us.greet)


async def test_sessions_that_are_used_up_are_waited_for(discord: Discord) -> None:
    discord.gateway.limit.total = 0
    us = listener(discord)
    task = asyncio.create_task(us.connection.serve(us.hear, us.greet))
    await discord.wait_for(lambda: discord.calls("get gateway bot"))
    await asyncio.sleep(0.2)
    assert not discord.gateway.identified
    discord.gateway.limit.total = 1000
    await discord.wait_for(lambda: us.sessions)
    task.cancel()
    await asyncio.wait([task])
    assert not discord.violations


@pytest.mark.parametrize("frozen", [True, False])
async def test_a_stop_leaves_nothing_behind(discord: Discord, frozen: bool) -> None:
    before = asyncio.all_tasks()
    async with listening(discord):
        assert beating()
        if frozen:
            discord.gateway.freeze()
    await discord.wait_for(lambda: not beating())
    left = asyncio.all_tasks() - before
    assert not [task for task in left if "/discord/" in str(task) and "standins" not in str(task)]
    if not frozen:
        await discord.wait_for(lambda: not discord.gateway.connections)
        await discord.wait_for(lambda: asyncio.all_tasks() <= before)


async def test_a_stop_before_the_session_leaves_nothing_behind(discord: Discord) -> None:
    us = listener(discord)
    gate = discord.hold("get gateway bot")
    task = asyncio.create_task(us.connection.serve(us.hear, us.greet))
    await gate.reached.wait()
    task.cancel()
    gate.open()
    await asyncio.wait([task])
    assert task.cancelled()
    assert not beating()


async def test_what_the_library_cannot_read_is_heard_and_ends_no_connection(discord: Discord) -> None:
    kim, general = discord.add_user("kim"), discord.add_channel("general")
    talk = discord.add_channel("talk", "voice")  # without a `bitrate`, which the library takes for granted
    async with listening(discord, content=True) as us:
        await discord.post(kim, talk, "in the chat of a voice channel")
        thread = await discord.open_thread(kim, general, "private", private=True)
        await discord.invite(thread, discord.bot)
        await discord.post(kim, thread, "in a private thread")
        await discord.wait_for(lambda: len(us.said) == 2)
        assert len(us.sessions) == len(discord.gateway.identified) == 1
    assert not discord.calls("get current bot application information")
