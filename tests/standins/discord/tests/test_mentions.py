"""Whom a message calls, by what it says, by what is allowed, and by who may."""

from __future__ import annotations

from typing import Any

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import Client


async def test_everybody_is_called_who_is_named_unless_it_is_not_allowed(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    lee, helpers = discord.add_user("lee"), discord.add_role("helpers", mentionable=True)
    discord.give_role(lee.id, helpers)
    text = f"{kim.mention} {helpers.mention} @everyone"
    everybody = set(discord.guild.members) - {discord.bot}
    for allowed, pinged in (
        (None, everybody),
        ({"parse": []}, set()),
        ({}, set()),
        ({"parse": ["users"]}, {kim.id}),
        ({"parse": ["roles"]}, {lee.id}),
        ({"users": [kim.id, "1"], "roles": [helpers.id]}, {kim.id, lee.id}),
    ):
        more: dict[str, Any] = {} if allowed is None else {"allowed_mentions": allowed}
        made = await ask.create(channel.id, text, **more)
        assert discord.world.messages[made.body["id"]].pinged == pinged, allowed
        assert {each["id"] for each in made.body["mentions"]} <= {kim.id}


async def test_everyone_is_called_only_by_who_may(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    closed = discord.add_role("closed")
    discord.give_role(kim.id, closed)
    discord.forbid(channel, "MENTION_EVERYONE")
    made = await ask.create(channel.id, f"@here {closed.mention}")
    assert discord.world.messages[made.body["id"]].pinged == set()
    assert made.body["mention_everyone"] is False


async def test_a_reply_calls_its_author_unless_told_not_to(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    asked = await discord.post(kim, channel, "well?")
    reference = {"message_id": asked.id}
    allowed: dict[str, Any]
    for allowed, pinged in (({}, {kim.id}), ({"allowed_mentions": {"parse": []}}, set())):
        made = (await ask.create(channel.id, "yes", message_reference=reference, **allowed)).body
        assert (made["type"], made["referenced_message"]["id"]) == (19, asked.id)
        assert discord.world.messages[made["id"]].pinged == pinged
    allowed = {"allowed_mentions": {"parse": [], "replied_user": True}}
    made = (await ask.create(channel.id, "yes", message_reference=reference, **allowed)).body
    assert [each["id"] for each in made["mentions"]] == [kim.id]


async def test_an_edit_does_not_keep_the_allowance_of_the_first_request(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    made = (await ask.create(channel.id, "hello", allowed_mentions={"parse": []})).body
    path = f"/channels/{channel.id}/messages/{made['id']}"
    await ask("PATCH", path, {"content": kim.mention, "allowed_mentions": {"parse": []}})
    assert not discord.world.messages[made["id"]].highlighted
    edited = (await ask("PATCH", path, {"content": f"{kim.mention}!"})).body
    assert [each["id"] for each in edited["mentions"]] == [kim.id]
    message = discord.world.messages[made["id"]]
    assert (message.highlighted, message.pinged) == ({kim.id}, set())
