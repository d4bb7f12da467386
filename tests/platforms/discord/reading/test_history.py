"""Pages of messages: which are asked for, and how long."""

from __future__ import annotations

from bot.platforms.discord.reading.history import History
from tests.platforms.discord.reading.stage import Stage
from tests.standins.discord import Discord
from tests.standins.discord.faults import RateLimited
from tests.standins.discord.state.objects import Channel, User


async def said(discord: Discord, user: User, channel: Channel, count: int) -> list[str]:
    return [(await discord.post(user, channel, f"{number}")).id for number in range(count)]


async def test_the_newest_messages_are_read_oldest_first(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    ids, history = await said(discord, kim, channel, 250), History(stage.api)
    for most, since, expected, whole in (
        (1_000, 0, ids, True),
        (100, 0, ids[-100:], False),
        (120, 0, ids[-120:], False),
        (1_000, int(ids[200]), ids[200:], True),
        (1_000, int(ids[-1]) + 1, [], True),
    ):
        found = await history.newest(channel.id, most, since=since)
        assert [each["id"] for each in found.messages] == expected
        assert found.whole is whole


async def test_what_takes_too_long_is_read_in_part(stage: Stage, discord: Discord, kim: User, channel: Channel) -> None:
    ids = await said(discord, kim, channel, 450)
    clock = iter([0.0, 4.0, 9.0])
    found = await History(stage.api, lambda: next(clock)).newest(channel.id, 1_000)
    assert [each["id"] for each in found.messages] == ids[-200:]
    assert not found.whole


async def test_messages_since_a_moment_are_read_in_their_order(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    ids, history = await said(discord, kim, channel, 250), History(stage.api)
    for since, until, most, expected, whole in (
        (0, None, None, ids, True),
        (int(ids[40]), None, None, ids[40:], True),
        (int(ids[40]), int(ids[45]), None, ids[40:45], True),
        (int(ids[40]), int(ids[245]), None, ids[40:245], True),
        (0, int(ids[245]), 150, ids[:200], False),
        (int(ids[-1]) + 1, None, None, [], True),
    ):
        found = await history.since(channel.id, since, until=until, most=most)
        assert [each["id"] for each in found.messages] == expected
        assert found.whole is whole


async def test_a_pause_that_discord_asks_for_is_waited_out(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    ids = await said(discord, kim, channel, 3)
    discord.fail("get channel messages", RateLimited(0.05), times=4)
    found = await History(stage.api).newest(channel.id, 100)
    assert [each["id"] for each in found.messages] == ids


async def test_a_message_that_is_gone_is_none(stage: Stage, discord: Discord, kim: User, channel: Channel) -> None:
    [first] = await said(discord, kim, channel, 1)
    history = History(stage.api)
    assert (await history.message(channel.id, first) or {})["content"] == "0"
    assert await history.message(channel.id, "99") is None
    assert await history.message("98", "99") is None
