"""Permissions; reactions, pins, typing, and the routes by which a bot reads of guilds and people."""

from __future__ import annotations

from typing import Any

import pytest
from yarl import URL

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import Client, socket


@pytest.mark.parametrize(
    ("forbidden", "method", "path", "code"),
    [
        ("VIEW_CHANNEL", "GET", "/channels/{channel}", 50001),
        ("VIEW_CHANNEL", "POST", "/channels/{channel}/typing", 50001),
        ("SEND_MESSAGES", "POST", "/channels/{channel}/typing", 50013),
        ("READ_MESSAGE_HISTORY", "GET", "/channels/{channel}/messages/{message}", 50013),
        ("ADD_REACTIONS", "PUT", "/channels/{channel}/messages/{message}/reactions/%F0%9F%91%8D/@me", 50013),
        ("READ_MESSAGE_HISTORY", "PUT", "/channels/{channel}/messages/{message}/reactions/%F0%9F%91%8D/@me", 50013),
        ("PIN_MESSAGES", "PUT", "/channels/{channel}/messages/pins/{message}", 50013),
        ("MANAGE_CHANNELS", "DELETE", "/channels/{channel}", 50013),
    ],
)
async def test_a_permission_that_is_denied_is_missed(
    discord: Discord, ask: Client, kim: User, channel: Channel, forbidden: str, method: str, path: str, code: int
) -> None:
    message = await discord.post(kim, channel, "hello")
    discord.forbid(channel, forbidden)
    where = path.format(channel=channel.id, message=message.id)
    told = await ask(method, str(URL(discord.api_url + where, encoded=True)))
    assert (told.status, told.code) == (403, code)


@pytest.mark.parametrize(
    ("forbidden", "body", "code"),
    [
        ("SEND_MESSAGES", {}, 50013),
        ("EMBED_LINKS", {"embeds": [{"title": "t"}]}, 50013),
        ("SEND_POLLS", {"poll": {"question": {"text": "?"}, "answers": [{"poll_media": {"text": "!"}}]}}, 50013),
        ("READ_MESSAGE_HISTORY", {"message_reference": {"message_id": "1"}}, 160002),
    ],
)
async def test_a_message_needs_the_permissions_of_its_parts(
    discord: Discord, ask: Client, channel: Channel, forbidden: str, body: dict[str, Any], code: int
) -> None:
    discord.forbid(channel, forbidden)
    assert (await ask.create(channel.id, **body)).code == code


async def test_history_is_empty_without_its_permission(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    await discord.post(kim, channel, "hello")
    discord.forbid(channel, "READ_MESSAGE_HISTORY")
    assert (await ask("GET", f"/channels/{channel.id}/messages")).body == []


async def test_threads_have_a_permission_to_send_of_their_own(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a thread")
    discord.forbid(channel, "SEND_MESSAGES")
    assert (await ask.create(thread.id)).status == 200
    assert (await ask.create(thread.id, embeds=[{"title": "t"}])).status == 200
    discord.forbid(channel, "SEND_MESSAGES_IN_THREADS")
    assert (await ask.create(thread.id)).code == 50013


def test_permissions_are_computed_in_the_documented_order(discord: Discord, kim: User, channel: Channel) -> None:
    def may() -> bool:
        return discord.world.may(channel, kim.id, "SEND_MESSAGES")

    role, other = discord.add_role("one"), discord.add_role("other", "SEND_MESSAGES")
    discord.give_role(kim.id, role)
    assert may()
    discord.forbid(channel, "SEND_MESSAGES", target=discord.guild.id)
    assert not may()
    discord.give_role(kim.id, other)
    assert not may()  # a channel's overwrites win over what a role has in the guild
    discord.allow(channel, "SEND_MESSAGES", target=role.id)
    discord.forbid(channel, "SEND_MESSAGES", target=other.id)
    assert may()  # of all roles, what is allowed wins over what is denied
    discord.forbid(channel, "SEND_MESSAGES", target=kim.id)
    assert not may()
    discord.give_role(kim.id, discord.add_role("admin", "ADMINISTRATOR"))
    assert may()
    assert discord.world.may(channel, discord.owner.id, "MANAGE_ROLES")


def test_what_is_implied_goes_with_what_it_needs(discord: Discord, kim: User, channel: Channel) -> None:
    discord.forbid(channel, "SEND_MESSAGES", target=kim.id)
    assert not discord.world.may(channel, kim.id, "ATTACH_FILES")
    assert discord.world.may(channel, kim.id, "ADD_REACTIONS")
    discord.forbid(channel, "VIEW_CHANNEL", target=kim.id)
    assert discord.world.bits(channel, kim.id) == 0


def test_a_member_in_timeout_only_reads(discord: Discord, kim: User, channel: Channel) -> None:
    discord.time_out(kim.id, 60)
    assert discord.world.may(channel, kim.id, "VIEW_CHANNEL", "READ_MESSAGE_HISTORY")
    assert not discord.world.may(channel, kim.id, "SEND_MESSAGES")
    discord.clock.advance(61)
    assert discord.world.may(channel, kim.id, "SEND_MESSAGES")


async def test_unknown_things_have_their_codes(ask: Client, channel: Channel) -> None:
    for path, code in (
        ("/channels/1", 10003),
        ("/guilds/1", 10004),
        ("/users/1", 10013),
        (f"/channels/{channel.id}/messages/1", 10008),
        (f"/guilds/{channel.guild}/members/1", 10013),
    ):
        told = await ask("GET", path)
        assert (told.status, told.code) == (404, code)


async def test_another_guilds_channels_are_not_there_for_the_bot(discord: Discord, ask: Client) -> None:
    guild = discord.add_guild("another")
    channel = discord.add_channel("theirs", guild=guild)
    await discord.remove_bot(guild)
    assert (await ask("GET", f"/channels/{channel.id}")).code == 50001
    assert (await ask("GET", f"/guilds/{guild.id}")).code == 10004


# reactions


async def test_reactions_are_made_and_taken_back(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    message = await discord.post(kim, channel, "hello")
    for emoji in ("👍", "❤️", "1️⃣", "party:123456789012345678"):
        assert (await ask.react(channel.id, message.id, emoji)).status == 204
    await discord.react(kim, message, "👍")
    shown = (await ask("GET", f"/channels/{channel.id}/messages/{message.id}")).body["reactions"]
    assert (shown[0]["emoji"]["name"], shown[0]["count"], shown[0]["me"]) == ("👍", 2, True)
    base = f"/channels/{channel.id}/messages/{message.id}/reactions"
    thumbs = str(URL(f"{discord.api_url}{base}/%F0%9F%91%8D", encoded=True))
    assert [each["id"] for each in (await ask("GET", thumbs)).body] == sorted([discord.bot, kim.id], key=int)
    assert (await ask("DELETE", str(URL(f"{thumbs}/@me", encoded=True)))).status == 204
    assert message.reactions["👍"] == [kim.id]
    assert (await ask("DELETE", base)).code == 50013
    discord.allow(channel, "MANAGE_MESSAGES")
    assert (await ask("DELETE", base)).status == 204
    assert not message.reactions


@pytest.mark.parametrize("emoji", ["eyes", ":eyes:", "x", "party:x"])
async def test_an_unknown_emoji_is_refused(
    discord: Discord, ask: Client, kim: User, channel: Channel, emoji: str
) -> None:
    message = await discord.post(kim, channel, "hello")
    assert (await ask.react(channel.id, message.id, emoji)).code == 10014


async def test_a_message_takes_twenty_emojis_and_existing_ones_need_no_permission(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    message = await discord.post(kim, channel, "hello")
    for number in range(20):
        await discord.react(kim, message, chr(0x1F600 + number))
    assert (await ask.react(channel.id, message.id, "👍")).code == 30010
    discord.forbid(channel, "ADD_REACTIONS")
    assert (await ask.react(channel.id, message.id, chr(0x1F600))).status == 204


# pins, typing, channels, people


async def test_pins_are_listed_newest_first_and_told(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    messages = [await discord.post(kim, channel, str(number)) for number in range(3)]
    discord.allow(channel, "PIN_MESSAGES")
    async with socket(discord) as connected:
        await connected.ready()
        for message in messages:
            discord.clock.advance(1)
            assert (await ask("PUT", f"/channels/{channel.id}/messages/pins/{message.id}")).status == 204
        assert (await connected.until("CHANNEL_PINS_UPDATE"))["last_pin_timestamp"]
        assert (await connected.until("MESSAGE_UPDATE"))["pinned"] is True
        assert (await connected.until("MESSAGE_CREATE"))["type"] == 6
    page = (await ask("GET", f"/channels/{channel.id}/messages/pins?limit=2")).body
    assert ([each["message"]["content"] for each in page["items"]], page["has_more"]) == (["2", "1"], True)
    assert (await ask("DELETE", f"/channels/{channel.id}/messages/pins/{messages[0].id}")).status == 204
    assert [each["content"] for each in (await ask("GET", f"/channels/{channel.id}/pins")).body] == ["2", "1"]


async def test_typing_is_told(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        assert (await ask("POST", f"/channels/{channel.id}/typing")).status == 204
        assert (await connected.until("TYPING_START"))["user_id"] == discord.bot
        await discord.type(kim, channel)
        assert (await connected.until("TYPING_START"))["member"]["user"]["id"] == kim.id


async def test_channels_are_changed_and_deleted(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a thread")
    discord.allow(channel, "MANAGE_CHANNELS")
    async with socket(discord) as connected:
        await connected.ready()
        assert (await ask("PATCH", f"/channels/{channel.id}", {"topic": "new"})).body["topic"] == "new"
        assert (await connected.until("CHANNEL_UPDATE"))["topic"] == "new"
        assert (await ask("PATCH", f"/channels/{channel.id}", {"archived": True})).code == 50035
        assert (await ask("DELETE", f"/channels/{channel.id}")).body["id"] == channel.id
        await connected.until("CHANNEL_DELETE")
    assert (await ask("GET", f"/channels/{thread.id}")).code == 10003


async def test_a_bot_reads_about_itself_its_guilds_and_people(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    assert (await ask("GET", "/users/@me")).body["id"] == discord.bot
    for path in ("/applications/@me", "/oauth2/applications/@me"):
        told = (await ask("GET", path)).body
        assert (told["id"], told["flags"]) == (discord.application, 1 << 19)
    assert [each["id"] for each in (await ask("GET", "/users/@me/guilds")).body] == [discord.guild.id]
    guild = f"/guilds/{discord.guild.id}"
    assert (await ask("GET", guild)).body["owner_id"] == discord.owner.id
    assert [each["id"] for each in (await ask("GET", f"{guild}/channels")).body] == [channel.id]
    assert [each["name"] for each in (await ask("GET", f"{guild}/roles")).body] == ["@everyone", "threadbot"]
    discord.rename(kim, "Kimmy")
    assert (await ask("GET", f"{guild}/members/{kim.id}")).body["nick"] == "Kimmy"
    assert (await ask("GET", f"{guild}/members")).code == 50001
    assert (await ask("GET", f"/users/{kim.id}")).body["username"] == "kim"
