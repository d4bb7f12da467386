"""Sessions of the gateway: resumed, lost, half open; and what else goes wrong with what they are sent."""

from __future__ import annotations

import aiohttp
import pytest

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import ALL_INTENTS, socket


async def test_a_resume_brings_what_was_missed(discord: Discord, kim: User, channel: Channel) -> None:
    async with socket(discord) as first:
        ready = await first.ready()
        discord.gateway.drop()
        assert await first.closed() == 1006
    missed = [(await discord.post(kim, channel, text)).id for text in ("one", "two")]
    discord.gateway.replays = 2
    async with socket(discord) as second:
        await second.resume(ready["session_id"], first.seq)
        await second.until("RESUMED")
        assert [each["d"].get("id") for each in second.events[:-1]] == missed * 2
        assert [each["s"] for each in second.events] == [3, 4, 3, 4, 5]


@pytest.mark.parametrize("ending", ["forgotten", "too late", "left with 1000", "invalidated"])
async def test_nothing_comes_again_of_a_session_that_is_lost(
    discord: Discord, kim: User, channel: Channel, ending: str
) -> None:
    async with socket(discord) as first:
        ready = await first.ready()
        if ending == "invalidated":
            discord.gateway.invalidate()
            assert (await first.op(9))["d"] is False
        if ending != "left with 1000":
            discord.gateway.drop()
            await first.closed()
    await discord.wait_for(lambda: not discord.gateway.connections)
    await discord.post(kim, channel, "missed")
    if ending == "forgotten":
        discord.gateway.forget_sessions()
    discord.clock.advance(discord.sessions.resume_seconds + 1 if ending == "too late" else 0)
    async with socket(discord) as second:
        await second.resume(ready["session_id"], first.seq)
        assert (await second.op(9))["d"] is False
    async with socket(discord) as third:
        await third.ready()
        assert await third.seen() == ["READY", "GUILD_CREATE"]


async def test_a_resume_needs_the_token_and_a_sequence_that_was(discord: Discord) -> None:
    async with socket(discord) as first:
        ready = await first.ready()
        for token, seq, code in (("wrong", first.seq, 4004), (discord.token, 99, 4007)):
            async with socket(discord) as second:
                await second.resume(ready["session_id"], seq, token)
                assert await second.closed() == code


async def test_a_half_open_connection_loses_nothing_for_a_resume(discord: Discord, kim: User, channel: Channel) -> None:
    async with socket(discord) as dead:
        ready = await dead.ready()
        discord.gateway.freeze()
        message = await discord.post(kim, channel, "into the void")
        await dead.send(1, dead.seq)
        async with socket(discord) as alive:
            await alive.resume(ready["session_id"], dead.seq)
            assert (await alive.until("MESSAGE_CREATE"))["id"] == message.id
        discord.gateway.drop()
        assert await dead.closed() == 1006
        assert dead.names() == ["READY", "GUILD_CREATE"]
        assert dead.others == [dead.hello]


async def test_leaving_a_half_open_connection_does_not_end_its_session(discord: Discord) -> None:
    async with socket(discord) as dead:
        ready = await dead.ready()
        discord.gateway.freeze()
        await dead.raw.close(code=1000)
    await discord.wait_for(lambda: not discord.gateway.connections)
    async with socket(discord) as alive:
        await alive.resume(ready["session_id"], dead.seq)
        await alive.until("RESUMED")


async def test_it_asks_to_reconnect(discord: Discord) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        discord.gateway.reconnect()
        await connected.op(7)
        discord.gateway.invalidate(resumable=True)
        assert (await connected.op(9))["d"] is True
        discord.gateway.drop(4009)
        assert await connected.closed() == 4009


async def test_events_come_twice_and_in_another_order(discord: Discord, kim: User, channel: Channel) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        discord.gateway.hold_events()
        for text in ("one", "two"):
            await discord.post(kim, channel, text)
        discord.gateway.release_events(backwards=True)
        discord.gateway.repeat()
        await connected.seen()
    assert [each["d"]["content"] for each in connected.events[2:]] == ["two", "one", "one"]
    assert [each["s"] for each in connected.events] == [1, 2, 3, 4, 5]


async def test_connections_are_refused_in_an_outage(discord: Discord) -> None:
    discord.gateway.refuses = True
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with socket(discord):
            pass
    assert refused.value.status == 503
    discord.gateway.refuses = False
    async with socket(discord) as connected:
        assert await connected.ready(ALL_INTENTS)
