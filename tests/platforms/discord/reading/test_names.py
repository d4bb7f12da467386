"""Whose name is asked for, and whose an event has told already."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.core.conversation import ThreadRef
from bot.platforms.discord.places import Places
from bot.platforms.discord.reading.names import HIDDEN, DiscordDirectory
from tests.platforms.discord.reading.stage import Stage
from tests.standins.discord import Discord
from tests.standins.discord.faults import RateLimited, Refused, ServerError
from tests.standins.discord.state.objects import Channel, User

MEMBER, USER, CHANNEL = "get guild member", "get user", "get channel"


@pytest.fixture
def directory(stage: Stage) -> DiscordDirectory:
    return DiscordDirectory(stage.api, stage.places, patience=0.3)


def note(directory: DiscordDirectory, stage: Stage) -> None:
    for event in stage.connected.events:
        directory.note(event["t"], event["d"])


async def test_people_are_called_as_in_the_guild(discord: Discord, kim: User, directory: DiscordDirectory) -> None:
    lee = discord.add_user("lee")
    discord.rename(kim, "Kimmy")
    guild = discord.guild.id
    for _ in range(2):
        assert await directory.names(guild, [kim.id, lee.id, discord.bot]) == {
            kim.id: "Kimmy",
            lee.id: "Lee",
            discord.bot: "threadbot",
        }
    assert len(discord.calls(MEMBER)) == 3
    assert await directory.names("@me", [kim.id]) == {kim.id: "Kim"}
    assert len(discord.calls(USER)) == 1


async def test_who_has_left_is_still_somebody(discord: Discord, kim: User, directory: DiscordDirectory) -> None:
    del discord.guild.members[kim.id]
    assert await directory.names(discord.guild.id, [kim.id]) == {kim.id: "Kim"}


async def test_whom_an_event_names_is_not_asked_for(
    stage: Stage, discord: Discord, kim: User, channel: Channel, directory: DiscordDirectory
) -> None:
    lee = discord.add_user("lee")
    discord.rename(kim, "Kimmy")
    discord.rename(lee, "🦊")
    await discord.post(kim, channel, f"{discord.mention} {lee.mention}")
    await discord.post(kim, discord.direct(kim), "hello")
    await stage.connected.seen()
    note(directory, stage)
    assert await directory.names(discord.guild.id, [kim.id, lee.id]) == {kim.id: "Kimmy", lee.id: "🦊"}
    assert await directory.names("@me", [kim.id]) == {kim.id: "Kim"}
    assert not discord.calls(MEMBER)
    assert not discord.calls(USER)


async def test_roles_are_named_without_a_call(discord: Discord, stage: Stage, directory: DiscordDirectory) -> None:
    team = discord.add_role("team")
    await stage.listen()
    assert await directory.names(discord.guild.id, [f"&{team.id}", "&5"]) == {f"&{team.id}": "team"}
    assert not discord.calls(MEMBER)
    assert directory.locales([f"&{team.id}"]) == {}


async def test_a_channel_that_not_everybody_sees_is_named_only_in_itself(
    stage: Stage, discord: Discord, kim: User, channel: Channel, directory: DiscordDirectory
) -> None:
    staff, hidden = discord.add_channel("staff"), discord.add_channel("hidden", hidden=True)
    discord.forbid(staff, "VIEW_CHANNEL", target=discord.guild.id)
    discord.allow(staff, "VIEW_CHANNEL")
    talk = await discord.open_thread(kim, channel, "a talk")
    await stage.listen()
    everywhere = [channel.id, staff.id, talk.id, hidden.id, "99"]
    here = ThreadRef("discord", discord.guild.id, channel.id, "5")
    assert await directory.channel_names(here, everywhere) == {
        channel.id: "general",
        staff.id: HIDDEN,
        talk.id: "a talk",
    }
    assert len(discord.calls(CHANNEL)) == 2  # those that no event told of
    there = ThreadRef("discord", discord.guild.id, staff.id, "5")
    assert await directory.channel_names(there, [staff.id]) == {staff.id: "staff"}


async def test_an_archived_thread_is_asked_for(
    stage: Stage, discord: Discord, kim: User, channel: Channel, directory: DiscordDirectory
) -> None:
    talk = await discord.open_thread(kim, channel, "a talk")
    await discord.change_thread(talk, archived=True)
    await stage.listen()
    thread = ThreadRef("discord", discord.guild.id, channel.id, "5")
    assert await directory.channel_names(thread, [talk.id]) == {talk.id: "a talk"}


async def test_where_another_process_is_connected_all_is_called_the_same(
    discord: Discord, stage: Stage, kim: User, channel: Channel, directory: DiscordDirectory
) -> None:
    team, hidden = discord.add_role("team"), discord.add_channel("secret")
    discord.forbid(hidden, "VIEW_CHANNEL", target=discord.guild.id)
    discord.allow(hidden, "VIEW_CHANNEL")
    discord.allow(hidden, "VIEW_CHANNEL", target=kim.id)
    thread = await discord.start_thread(kim, await discord.post(kim, hidden, "hello"), "a talk")
    here = ThreadRef("discord", discord.guild.id, channel.id, "1")
    apart = DiscordDirectory(stage.api, Places(stage.api, discord.bot))
    names = await apart.names(discord.guild.id, [kim.id, f"&{team.id}"])
    channels = await apart.channel_names(here, [channel.id, hidden.id, thread.id])
    assert names == {kim.id: "Kim", f"&{team.id}": "team"}
    assert channels == {channel.id: "general", hidden.id: HIDDEN, thread.id: HIDDEN}
    await stage.listen()
    assert await directory.names(discord.guild.id, [kim.id, f"&{team.id}"]) == names
    assert await directory.channel_names(here, [channel.id, hidden.id, thread.id]) == channels
    assert not discord.violations


async def test_the_language_is_known_of_whoever_pressed_something(
    stage: Stage, discord: Discord, kim: User, directory: DiscordDirectory
) -> None:
    guild = discord.guild.id
    assert directory.locales([kim.id]) == {}
    stage.places.note("GUILD_UPDATE", {"id": guild, "features": ["COMMUNITY"], "preferred_locale": "ja"})
    assert directory.locales([kim.id]) == {}  # kept as theirs, it would take the place of their own
    pressed = {"guild_id": guild, "locale": "ko", "member": {"nick": "Kimmy", "user": {"id": kim.id}}}
    directory.note("INTERACTION_CREATE", pressed)
    assert directory.locales([kim.id, "5"]) == {kim.id: "ko"}
    assert await directory.names(guild, [kim.id]) == {kim.id: "Kimmy"}
    directory.note("INTERACTION_CREATE", {"locale": "fr", "user": {"id": kim.id, "username": "kim"}})
    assert directory.locales([kim.id]) == {kim.id: "fr"}
    assert not discord.calls(MEMBER)


@pytest.mark.parametrize("fault", [Refused(403, 50001), RateLimited(30), ServerError(503)])
async def test_a_name_that_does_not_come_is_absent(
    discord: Discord, kim: User, directory: DiscordDirectory, fault: Refused | RateLimited | ServerError
) -> None:
    discord.fail(MEMBER, fault)
    for _ in range(2):
        assert await directory.names(discord.guild.id, [kim.id]) == {}
    assert len(discord.calls(MEMBER)) == 1


async def test_names_that_take_long_are_not_waited_for(
    discord: Discord, kim: User, directory: DiscordDirectory
) -> None:
    gate = discord.hold(MEMBER)
    async with asyncio.timeout(100):
        assert await directory.names(discord.guild.id, [kim.id]) == {}
    gate.open()


async def test_nonsense_names_nobody(discord: Discord, directory: DiscordDirectory) -> None:
    assert await directory.names(discord.guild.id, ["", "kim", "99", "../users/@me"]) == {}
    assert await directory.channel_names(ThreadRef("discord", discord.guild.id, "5", "5"), ["", "x"]) == {}
    events: list[dict[str, Any]] = [
        {},
        {"author": 7, "mentions": [None, {"id": []}, {"id": "5"}]},
        {"author": {"id": "x", "username": "x"}, "member": {"nick": 7}},
        {"webhook_id": "5", "author": {"id": "5", "username": "hook"}},
        {"member": {"user": "kim"}, "locale": 7},
    ]
    for name in ("MESSAGE_CREATE", "MESSAGE_UPDATE", "INTERACTION_CREATE", "READY"):
        for event in events:
            directory.note(name, event)
    assert len(discord.calls(MEMBER)) == 1  # of what looks like an id
