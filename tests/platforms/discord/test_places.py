"""Where things are, as the gateway tells of them, and as the API does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import PlatformError
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import DiscordLimiter
from bot.platforms.discord.places import DIRECT, Kind, Place, Places
from tests.platforms.discord.incoming.messages import otherwise
from tests.standins.discord import Discord
from tests.standins.discord.conftest import channel as channel
from tests.standins.discord.conftest import discord as discord
from tests.standins.discord.conftest import kim as kim
from tests.standins.discord.faults import Refused, ServerError
from tests.standins.discord.state import wire
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import Socket, socket

ALL = (
    "READY", "GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE",
    "GUILD_ROLE_DELETE", "GUILD_MEMBER_UPDATE", "THREAD_LIST_SYNC", "CHANNEL_CREATE", "CHANNEL_UPDATE",
    "CHANNEL_DELETE", "THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "MESSAGE_CREATE", "TYPING_START",
)  # fmt: skip


def places_of(discord: Discord) -> Places:
    return Places(DiscordApi(discord.token, discord.api_url, DiscordLimiter()))


async def told(places: Places, connected: Socket) -> None:
    """All that was told so far."""
    await connected.seen()
    for event in connected.events:
        places.note(event["t"], event["d"])
    connected.events.clear()


async def test_a_guild_says_what_is_in_it(discord: Discord, kim: User, channel: Channel) -> None:
    news, voice = discord.add_channel("news", "announcement"), discord.add_channel("talk", "voice")
    forum, media = discord.add_channel("help", "forum"), discord.add_channel("clips", "media")
    category, hidden = discord.add_channel("all", "category"), discord.add_channel("secret", hidden=True)
    message = await discord.post(kim, channel, "hello")
    thread = await discord.start_thread(kim, message, "a talk")
    post, _ = await discord.post_in_forum(kim, forum, "a question", "how?")
    places = places_of(discord)
    async with socket(discord) as connected:
        await connected.ready()
        await told(places, connected)
    guild = discord.guild.id
    role = next(each.id for each in discord.guild.roles.values() if each.bot)

    async def place(of: Channel) -> Place | None:
        return await places.find(of.id, guild)

    assert await place(channel) == Place(guild, channel.id, None, Kind.TEXT, name="general", own_role=role)
    assert await place(news) == Place(guild, news.id, None, Kind.ANNOUNCEMENT, name="news", own_role=role)
    assert await place(voice) == Place(guild, voice.id, voice.id, Kind.VOICE, name="talk", own_role=role)
    assert await place(thread) == Place(guild, channel.id, thread.id, Kind.THREAD, name="a talk", own_role=role)
    assert await place(post) == Place(guild, forum.id, post.id, Kind.THREAD, name="a question", own_role=role)
    assert await place(media) == Place(guild, media.id, None, Kind.FORUM, name="clips", own_role=role)
    assert await places.find(discord.direct(kim).id, None) == Place(DIRECT, discord.direct(kim).id, None, Kind.DIRECT)
    assert not discord.calls("get channel")
    assert await place(category) is None  # asked for, as nobody writes there
    assert set(places.readable_channels()) == {each.id for each in (channel, news, voice, forum, media)}
    assert hidden.id not in places.readable_channels()
    assert (list(places.guilds), places.own_role(guild)) == ([guild], role)
    assert places.threads_of(channel.id) == (thread.id,)
    assert places.last_message(thread.id) == int(thread.last_message or 0) > 0
    assert places.role_names(guild)[role] == "threadbot"
    assert (places.channel_name(thread.id), places.channel_name("5")) == ("a talk", None)
    assert places.guild_locale(guild) is None
    assert not discord.violations


async def test_changes_are_followed(discord: Discord, kim: User, channel: Channel) -> None:
    places, guild = places_of(discord), discord.guild.id
    async with socket(discord) as connected:
        await connected.ready()
        thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a talk")
        await told(places, connected)
        assert places.threads_of(channel.id) == (thread.id,)

        await discord.change_thread(thread, locked=True, name="closed")
        await told(places, connected)
        place = await places.find(thread.id, guild)
        assert place is not None
        assert (place.locked, place.archived, place.name) == (True, False, "closed")

        await discord.change_thread(thread, archived=True)
        await told(places, connected)
        assert places.threads_of(channel.id) == ()
        place = await places.find(thread.id, guild)
        assert place == Place(
            guild, channel.id, thread.id, Kind.THREAD, locked=True, archived=True, name="closed",
            own_role=places.own_role(guild),
        )  # fmt: skip
        assert not discord.calls("get channel"), "that it is locked was told"

        await discord.change_thread(thread, archived=False, locked=False)
        await told(places, connected)
        awake = await places.find(thread.id, guild)
        assert awake is not None
        assert (awake.locked, awake.archived) == (False, False)

        discord.forbid(channel, "VIEW_CHANNEL")
        await told(places, connected)
        assert channel.id not in places.readable_channels()
        discord.allow(channel, "VIEW_CHANNEL")
        await told(places, connected)
        assert channel.id in places.readable_channels()
        assert places.threads_of(channel.id) == (thread.id,)

        role = discord.add_role("team")
        discord.forbid(channel, "READ_MESSAGE_HISTORY", target=role.id)
        await told(places, connected)
        assert (places.role_names(guild)[role.id], channel.id in places.readable_channels()) == ("team", True)
        discord.give_role(discord.bot, role)
        await told(places, connected)
        assert channel.id not in places.readable_channels()

        await discord.delete_channel(channel)
        await told(places, connected)
        assert await places.find(channel.id, guild) is None
        assert await places.find(thread.id, guild) is None
        await discord.remove_bot(discord.guild)
        await told(places, connected)
        assert list(places.guilds) == []


async def test_an_outage_is_no_farewell(discord: Discord, channel: Channel) -> None:
    places = places_of(discord)
    async with socket(discord) as connected:
        await connected.ready()
        await told(places, connected)
        await discord.break_down(discord.guild)
        await told(places, connected)
        assert channel.id in places.readable_channels()
        await discord.come_back(discord.guild)
        await told(places, connected)
        assert channel.id in places.readable_channels()


async def test_a_guild_that_was_left_meanwhile_is_forgotten(discord: Discord) -> None:
    other = discord.add_guild("Other")
    places = places_of(discord)
    async with socket(discord) as connected:
        await connected.ready()
        await told(places, connected)
    assert set(places.guilds) == {discord.guild.id, other.id}
    await discord.remove_bot(other)
    async with socket(discord) as connected:
        await connected.ready()
        await told(places, connected)
    assert list(places.guilds) == [discord.guild.id]


async def test_what_cannot_be_asked_for_now_is_not_taken_for_gone(discord: Discord, channel: Channel) -> None:
    places = places_of(discord)
    discord.fail("get channel", ServerError(502))
    with pytest.raises(PlatformError) as error:
        await places.find(channel.id, discord.guild.id)
    assert error.value.passing
    discord.fail("get channel", Refused(403, 50001))
    assert await places.find(channel.id, discord.guild.id) is None
    assert await places.find(channel.id, discord.guild.id) is not None
    assert await places.find("5", discord.guild.id) is None


async def test_only_what_everybody_sees_is_open(discord: Discord, kim: User, channel: Channel) -> None:
    staff = discord.add_channel("staff")
    discord.forbid(staff, "VIEW_CHANNEL", target=discord.guild.id)
    discord.allow(staff, "VIEW_CHANNEL")
    thread = await discord.open_thread(kim, staff, "plans")
    places = places_of(discord)
    async with socket(discord) as connected:
        await connected.ready()
        await told(places, connected)
    assert places.is_open(channel.id)
    assert not places.is_open(staff.id)
    assert not places.is_open(thread.id)
    assert not places.is_open("5")


def test_a_community_says_its_language() -> None:
    places = Places(DiscordApi("token", "http://localhost", DiscordLimiter()), "7")
    places.note("GUILD_CREATE", {"id": "5", "features": ["COMMUNITY"], "preferred_locale": "ko"})
    assert places.guild_locale("5") == "ko"
    places.note("GUILD_UPDATE", {"id": "5", "features": [], "preferred_locale": "ko"})
    assert places.guild_locale("5") is None


def test_each_shard_tells_of_its_own_guilds() -> None:
    places = Places(DiscordApi("token", "http://localhost", DiscordLimiter()), "7")
    even, odd = str(2 << 22), str(3 << 22)
    for guild in (even, odd):
        places.note("GUILD_CREATE", {"id": guild})
    places.note("READY", {"user": {"id": "7"}, "shard": [1, 2], "guilds": []})
    assert list(places.guilds) == [even]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["5", "7"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "parent_id", "guild_id", "user", "roles", "tags", "permissions"]), inner
        )
    ),
    max_leaves=15,
)
FIELDS = st.sampled_from(
    ["id", "guild_id", "channels", "threads", "channel_ids", "members", "roles", "role", "role_id", "user", "guilds"]
)


async def test_a_guild_that_nobody_tells_of_is_asked_for_once_in_a_while(discord: Discord, channel: Channel) -> None:
    now = 0.0
    api = DiscordApi(discord.token, discord.api_url, DiscordLimiter())
    places, guild = Places(api, discord.bot, clock=lambda: now), discord.guild.id
    team = discord.add_role("team")
    for _ in range(2):
        await places.meet(guild)
        await places.find(channel.id, guild)
    assert places.role_names(guild)[team.id] == "team"
    assert places.is_open(channel.id)
    assert (len(discord.calls("get guild")), len(discord.calls("get channel"))) == (1, 1)
    assert not places.guilds
    now = 601.0
    assert not places.role_names(guild)
    assert places.channel_name(channel.id) is None
    await places.meet(guild)
    await places.find(channel.id, guild)
    assert (len(discord.calls("get guild")), len(discord.calls("get channel"))) == (2, 2)
    await places.meet(DIRECT)
    assert not discord.violations


async def test_what_nobody_tells_of_any_more_is_forgotten(discord: Discord, channel: Channel) -> None:
    other = discord.add_guild("other")
    discord.add_channel("elsewhere", guild=other)
    places = places_of(discord)
    async with socket(discord) as connected:
        await connected.ready()
        await told(places, connected)
    places.forget(lambda guild: guild == other.id)
    assert set(places.guilds) == {discord.guild.id}
    assert list(places.readable_channels()) == [channel.id]


@given(st.lists(st.tuples(st.sampled_from(ALL), JSON | st.dictionaries(FIELDS, JSON)), max_size=5))
def test_nothing_that_is_told_raises(events: list[tuple[str, Any]]) -> None:
    places = Places(DiscordApi("token", "http://localhost", DiscordLimiter()), "7")
    places.note("GUILD_CREATE", {"id": "5", "channels": [{"id": "7", "type": 0}]})
    for name, data in events:
        places.note(name, data)
    places.readable_channels()
    places.threads_of("7")


async def test_ids_may_be_numbers_and_counts_texts(discord: Discord, kim: User, channel: Channel) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a talk")
    hidden = discord.add_channel("secret", hidden=True)
    places = places_of(discord)
    places.note("READY", otherwise({"user": {"id": discord.bot}, "guilds": [{"id": discord.guild.id}]}))
    places.note("GUILD_CREATE", otherwise(wire.created_guild(discord.world, discord.guild)))
    assert places.threads_of(channel.id) == (thread.id,)
    assert channel.id in places.readable_channels()
    assert hidden.id not in places.readable_channels()
    places.note(
        "THREAD_LIST_SYNC", otherwise({"guild_id": discord.guild.id, "channel_ids": [channel.id], "threads": []})
    )
    assert places.threads_of(channel.id) == ()


@pytest.mark.parametrize("untold", ["members", "roles"])
async def test_where_nobody_tells_what_we_may_do_a_channel_may_be_read(
    discord: Discord, channel: Channel, untold: str
) -> None:
    places = places_of(discord)
    places.note("READY", {"user": {"id": discord.bot}, "guilds": []})
    guild = wire.created_guild(discord.world, discord.guild)
    places.note("GUILD_CREATE", {key: value for key, value in guild.items() if key != untold})
    assert places.readable_channels() == [channel.id]
    assert not places.lacks(channel.id, 1 << 38)


def test_our_name_is_that_of_the_guild_else_our_users_and_changes_are_followed() -> None:
    places = Places(DiscordApi("x", "http://127.0.0.1:1", DiscordLimiter()), own_id="7")
    us = {"id": "7", "username": "threadbot"}
    places.note("READY", {"user": us, "guilds": [{"id": "5"}]})
    places.note("GUILD_CREATE", {"id": "5", "members": [{"user": us, "nick": None, "roles": []}]})
    assert places.own_name_in("5") == "threadbot"
    for user, nick in (("7", "도우미"), ("8", "somebody")):
        places.note("GUILD_MEMBER_UPDATE", {"guild_id": "5", "user": {"id": user}, "nick": nick, "roles": []})
    assert places.own_name_in("5") == "도우미"
    places.note("USER_UPDATE", us | {"global_name": "Helper"})
    places.note("USER_UPDATE", {"id": "8", "username": "somebody"})
    assert (places.own_name_in("5"), places.own_name_in("6")) == ("도우미", "Helper")
    places.note("GUILD_MEMBER_UPDATE", {"guild_id": "5", "user": us, "nick": None})
    assert places.own_name_in("5") == "Helper"
