"""Sessions get events by their intents and permissions, and see only the content that they may see."""

from __future__ import annotations

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import ALL_INTENTS, CONTENT, Client, socket

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 9, 1 << 12


async def test_events_come_by_intents(discord: Discord, kim: User, channel: Channel) -> None:
    intents = (0, GUILDS, GUILD_MESSAGES, 1 << 10, 1 << 11, DIRECT_MESSAGES, 1 << 13, 1 << 14)
    seen: list[list[str]] = []
    for each in intents:
        async with socket(discord) as connected:
            await connected.ready(each)
            for place in (channel, discord.direct(kim)):
                message = await discord.post(kim, place, "hello")
                await discord.react(kim, message, "👍")
                await discord.type(kim, place)
            discord.add_channel("another")
            seen.append([name for name in await connected.seen() if name not in ("READY", "GUILD_CREATE")])
    assert seen == [
        [],
        ["CHANNEL_CREATE"],
        ["MESSAGE_CREATE"],
        ["MESSAGE_REACTION_ADD"],
        ["TYPING_START"],
        ["MESSAGE_CREATE"],
        ["MESSAGE_REACTION_ADD"],
        ["TYPING_START"],
    ]


async def test_content_is_empty_without_its_intent_but_for_what_concerns_the_bot(
    discord: Discord, kim: User, channel: Channel, ask: Client
) -> None:
    async with socket(discord) as blind, socket(discord) as seeing:
        await blind.ready(ALL_INTENTS & ~CONTENT)
        await seeing.ready()
        own = discord.world.messages[(await ask.create(channel.id, "own")).body["id"]]
        file = ("a.txt", b"text", "text/plain")
        await discord.post(kim, channel, "hidden", files=[file], embeds=[{"title": "hidden"}])
        await discord.post(kim, channel, "hidden reply", reply_to=own, ping=False)
        forwarded = await discord.post(kim, channel, "hidden too")
        await discord.forward(kim, forwarded, channel)
        await discord.post(kim, channel, f"{discord.mention} shown")
        await discord.post(kim, channel, "shown reply", reply_to=own)
        await discord.post(kim, discord.direct(kim), "shown direct")
        await blind.seen()
        await seeing.seen()
    told = [each["d"] for each in blind.events if each["t"] == "MESSAGE_CREATE"]
    shown = ["own", "", "", "", "", f"{discord.mention} shown", "shown reply", "shown direct"]
    assert [each["content"] for each in told] == shown
    assert told[1]["attachments"] == told[1]["embeds"] == told[1]["components"] == []
    assert told[2]["referenced_message"]["content"] == "own"
    assert told[4]["message_snapshots"][0]["message"]["content"] == ""
    everything = [each["d"]["content"] for each in seeing.events if each["t"] == "MESSAGE_CREATE"]
    assert everything[1:4] == ["hidden", "hidden reply", "hidden too"]
    assert seeing.events[3]["d"]["attachments"][0]["filename"] == "a.txt"


async def test_the_api_shows_no_content_either_without_the_intent() -> None:
    from tests.standins.discord.tests.asking import client

    async with Discord(content=False) as discord, client(discord) as ask:
        kim, channel = discord.add_user("kim"), discord.add_channel("general")
        hidden = await discord.post(kim, channel, "hidden")
        await discord.post(kim, channel, f"{discord.mention} shown")
        reference = {"type": 1, "message_id": hidden.id, "channel_id": channel.id}
        assert (await ask.create(channel.id, message_reference=reference)).code == 160014
        listed = (await ask("GET", f"/channels/{channel.id}/messages")).body
        assert [each["content"] for each in listed] == [f"{discord.mention} shown", ""]


async def test_a_message_tells_who_wrote_it_and_where(discord: Discord, kim: User, channel: Channel) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        await discord.post(kim, channel, discord.mention)
        told = await connected.until("MESSAGE_CREATE")
        assert told["author"] == told["author"] | {"id": kim.id, "username": "kim", "bot": False}
        assert told["member"]["roles"] == []
        assert "user" not in told["member"]
        assert (told["guild_id"], told["channel_type"]) == (discord.guild.id, 0)
        assert [each["id"] for each in told["mentions"]] == [discord.bot]
        assert "member" in told["mentions"][0]
        await discord.post(kim, discord.direct(kim), "direct")
        told = await connected.until("MESSAGE_CREATE")
        assert "guild_id" not in told
        assert "member" not in told
        assert told["channel_type"] == 1


async def test_changes_and_deletions_are_told(discord: Discord, kim: User, channel: Channel) -> None:
    messages = [await discord.post(kim, channel, text) for text in ("one", "two", "three")]
    async with socket(discord) as connected:
        await connected.ready()
        await discord.edit(messages[0], "new")
        edited = await connected.until("MESSAGE_UPDATE")
        assert edited["content"] == "new"
        assert edited["edited_timestamp"]
        await discord.unfurl(messages[1])
        unfurled = await connected.until("MESSAGE_UPDATE")
        assert unfurled["edited_timestamp"] is None
        assert unfurled["embeds"]
        await discord.delete(messages[0])
        place = {"channel_id": channel.id, "guild_id": discord.guild.id}
        assert await connected.until("MESSAGE_DELETE") == place | {"id": messages[0].id}
        await discord.delete(*messages[1:])
        ids = [each.id for each in messages[1:]]
        assert await connected.until("MESSAGE_DELETE_BULK") == place | {"ids": ids}


async def test_reactions_are_told(discord: Discord, kim: User, channel: Channel) -> None:
    message = await discord.post(kim, channel, "hello")
    async with socket(discord) as connected:
        await connected.ready()
        await discord.react(kim, message, "👍")
        added = await connected.until("MESSAGE_REACTION_ADD")
        assert (added["user_id"], added["emoji"]) == (kim.id, {"id": None, "name": "👍"})
        assert added["message_author_id"] == kim.id
        await discord.unreact(kim, message, "👍")
        assert (await connected.until("MESSAGE_REACTION_REMOVE"))["message_id"] == message.id
        await discord.react(kim, message, "party:123456789012345678")
        await discord.clear_reactions(message, "party:123456789012345678")
        gone = await connected.until("MESSAGE_REACTION_REMOVE_EMOJI")
        assert gone["emoji"] == {"id": "123456789012345678", "name": "party"}
        await discord.clear_reactions(message)
        assert "emoji" not in await connected.until("MESSAGE_REACTION_REMOVE_ALL")


async def test_what_the_bot_cannot_see_it_is_not_told(discord: Discord, kim: User, channel: Channel) -> None:
    hidden = discord.add_channel("hidden", hidden=True)
    async with socket(discord) as connected:
        await connected.ready()
        assert [each["id"] for each in connected.events[-1]["d"]["channels"]] == [channel.id, hidden.id]
        secret = await discord.post(kim, hidden, f"{discord.mention} secret")
        thread = await discord.start_thread(kim, secret, "secret")
        assert await connected.seen() == ["READY", "GUILD_CREATE"]
        discord.allow(hidden, "VIEW_CHANNEL")
        synced = await connected.until("THREAD_LIST_SYNC")
        assert [each["id"] for each in synced["threads"]] == [thread.id]
        discord.forbid(hidden, "VIEW_CHANNEL")
        await connected.until("CHANNEL_UPDATE")
        await discord.post(kim, thread, "secret")
        assert (await connected.seen())[2:] == ["CHANNEL_UPDATE", "THREAD_LIST_SYNC", "CHANNEL_UPDATE"]


async def test_threads_are_told(discord: Discord, kim: User, channel: Channel) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        message = await discord.post(kim, channel, "hello")
        thread = await discord.start_thread(kim, message, "a thread")
        told = await connected.until("THREAD_CREATE")
        assert (told["id"], told["newly_created"]) == (message.id, True)
        assert (await connected.until("MESSAGE_CREATE"))["type"] == 21
        assert (await connected.until("MESSAGE_UPDATE"))["thread"]["id"] == thread.id
        await discord.change_thread(thread, archived=True, locked=True)
        archived = (await connected.until("THREAD_UPDATE"))["thread_metadata"]
        assert archived == archived | {"archived": True, "locked": True}
        await discord.invite(thread, discord.bot)
        joined = await connected.until("THREAD_MEMBERS_UPDATE")
        assert [each["user_id"] for each in joined["added_members"]] == [discord.bot]
        await discord.expel(thread, discord.bot)
        assert (await connected.until("THREAD_MEMBERS_UPDATE"))["removed_member_ids"] == [discord.bot]
        await discord.delete_channel(thread)
        gone = {"id": thread.id, "guild_id": discord.guild.id, "parent_id": channel.id, "type": 11}
        assert await connected.until("THREAD_DELETE") == gone


async def test_private_threads_are_told_to_their_members(discord: Discord, kim: User, channel: Channel) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        thread = await discord.open_thread(kim, channel, "private", private=True)
        await discord.post(kim, thread, "secret")
        assert await connected.seen() == ["READY", "GUILD_CREATE"]
        await discord.invite(thread, discord.bot)
        await discord.post(kim, thread, "not secret")
        assert (await connected.until("THREAD_CREATE"))["member"]["user_id"] == discord.bot
        assert (await connected.until("MESSAGE_CREATE"))["content"] == "not secret"


async def test_guilds_come_and_go(discord: Discord, kim: User, channel: Channel) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        await discord.break_down(discord.guild)
        assert await connected.until("GUILD_DELETE") == {"id": discord.guild.id, "unavailable": True}
        async with socket(discord) as another:
            await another.identify()
            assert (await another.until("GUILD_DELETE"))["unavailable"] is True
        await discord.post(kim, channel, f"{discord.mention} in the outage")
        await discord.come_back(discord.guild)
        assert (await connected.next())["t"] == "GUILD_CREATE"
        await discord.remove_bot(discord.guild)
        assert await connected.until("GUILD_DELETE") == {"id": discord.guild.id}
        await discord.post(kim, channel, f"{discord.mention} hello")
        assert "MESSAGE_CREATE" not in await connected.seen()


async def test_the_bot_is_told_of_its_own_member_without_the_intent(discord: Discord, kim: User) -> None:
    role = discord.add_role("helpers", "MANAGE_MESSAGES")
    async with socket(discord) as connected:
        await connected.ready()
        discord.give_role(kim.id, role)
        discord.give_role(discord.bot, role)
        told = await connected.until("GUILD_MEMBER_UPDATE")
        assert told["user"]["id"] == discord.bot
        assert role.id in told["roles"]


async def test_events_can_be_lost(discord: Discord, kim: User, channel: Channel) -> None:
    async with socket(discord) as connected:
        await connected.ready()
        discord.events.lost = True
        await discord.post(kim, channel, "lost")
        discord.events.lost = False
        await discord.post(kim, channel, "told")
        assert (await connected.until("MESSAGE_CREATE"))["content"] == "told"
