"""Threads and forum posts of the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import Client, socket


async def start(ask: Client, channel: Channel, message: str, **body: Any) -> Any:
    path = f"/channels/{channel.id}/messages/{message}/threads"
    return await ask("POST", path, {"name": "a thread"} | body)


async def test_a_thread_has_the_id_of_its_message(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    message = await discord.post(kim, channel, "hello")
    made = await start(ask, channel, message.id, auto_archive_duration=60)
    assert (made.status, made.body["id"], made.body["type"]) == (200, message.id, 11)
    assert (made.body["parent_id"], made.body["owner_id"]) == (channel.id, discord.bot)
    assert made.body["thread_metadata"]["auto_archive_duration"] == 60
    assert made.body["member"]["user_id"] == discord.bot
    assert (await start(ask, channel, message.id)).code == 160004
    shown = (await ask("GET", f"/channels/{channel.id}/messages/{message.id}")).body
    assert (shown["flags"] & 1 << 5, shown["thread"]["id"]) == (1 << 5, message.id)
    first = (await ask("GET", f"/channels/{message.id}/messages")).body[0]
    assert (first["type"], first["content"], first["referenced_message"]["id"]) == (21, "", message.id)


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"name": "x" * 101}, {"auto_archive_duration": 61}, {"type": 11}, {"name": None}]
)
async def test_a_thread_of_a_wrong_form_is_refused(
    discord: Discord, ask: Client, kim: User, channel: Channel, body: dict[str, Any]
) -> None:
    message = await discord.post(kim, channel, "hello")
    assert (await start(ask, channel, message.id, **body)).code == 50035


async def test_a_thread_cannot_be_started_everywhere(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    message = await discord.post(kim, channel, "hello")
    assert (await start(ask, channel, "1")).code == 10008
    thread = await discord.start_thread(kim, message, "there is one")
    inside = await discord.post(kim, thread, "inside")
    assert (await start(ask, thread, inside.id)).code == 50024
    direct = discord.direct(kim)
    assert (await start(ask, direct, (await discord.post(kim, direct, "direct")).id)).code == 50024
    another = await discord.post(kim, channel, "another")
    discord.guild.active_threads_allowed = 1
    assert (await start(ask, channel, another.id)).code == 160006
    discord.forbid(channel, "CREATE_PUBLIC_THREADS")
    assert (await start(ask, channel, another.id)).code == 50013


async def test_sending_wakes_a_thread_and_nothing_else_does(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a thread")
    own = (await ask.create(thread.id, "own")).body
    await discord.change_thread(thread, archived=True)
    path = f"/channels/{thread.id}/messages/{own['id']}"
    assert (await ask("PATCH", path, {"content": "new"})).code == 50083
    assert (await ask.react(thread.id, own["id"], "👍")).code == 50083
    assert (await ask("PUT", f"/channels/{thread.id}/thread-members/@me")).code == 50083
    assert (await ask("DELETE", path)).status == 204
    async with socket(discord) as connected:
        await connected.ready()
        assert (await ask.create(thread.id, "awake")).status == 200
        assert (await connected.until("THREAD_UPDATE"))["thread_metadata"]["archived"] is False
        await connected.until("THREAD_MEMBER_UPDATE")
        await connected.until("MESSAGE_CREATE")


async def test_a_locked_thread_is_closed_but_for_moderators(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a thread")
    own = (await ask.create(thread.id, "own")).body
    await discord.change_thread(thread, locked=True, archived=True)
    assert (await ask.create(thread.id)).code == 160005
    assert (await ask("PATCH", f"/channels/{thread.id}", {"archived": False})).code == 160005
    await discord.change_thread(thread, archived=False)
    assert (await ask("PATCH", f"/channels/{thread.id}/messages/{own['id']}", {"content": "new"})).code == 160005
    discord.allow(channel, "MANAGE_THREADS")
    assert (await ask.create(thread.id)).status == 200


async def test_a_thread_archives_itself_when_it_is_idle(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a thread")
    discord.clock.advance(1440 * 60 + 1)
    shown = (await ask("GET", f"/channels/{thread.id}")).body
    assert shown["thread_metadata"]["archived"] is True


async def test_a_thread_is_changed_by_its_owner_and_by_moderators(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    own = (await start(ask, channel, (await discord.post(kim, channel, "hello")).id)).body["id"]
    assert (await ask("PATCH", f"/channels/{own}", {"name": "new"})).body["name"] == "new"
    assert (await ask("PATCH", f"/channels/{own}", {"locked": True})).code == 50013
    assert (await ask("PATCH", f"/channels/{own}", {"topic": "none"})).code == 50035
    assert (await ask("PATCH", f"/channels/{own}", {"archived": True})).status == 200
    assert (await ask("PATCH", f"/channels/{own}", {"name": "newer"})).code == 50083
    assert (await ask("PATCH", f"/channels/{own}", {"archived": False, "name": "newer"})).status == 200
    theirs = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "theirs")
    assert (await ask("PATCH", f"/channels/{theirs.id}", {"name": "ours"})).code == 50013
    assert (await ask("DELETE", f"/channels/{theirs.id}")).code == 50013
    discord.allow(channel, "MANAGE_THREADS")
    assert (await ask("DELETE", f"/channels/{theirs.id}")).status == 200
    assert (await ask("GET", f"/channels/{theirs.id}")).code == 10003


async def test_threads_of_no_message(discord: Discord, ask: Client, channel: Channel) -> None:
    path = f"/channels/{channel.id}/threads"
    public = (await ask("POST", path, {"name": "public", "type": 11})).body
    private = (await ask("POST", path, {"name": "private", "invitable": False})).body
    assert (public["type"], private["type"]) == (11, 12)
    assert private["thread_metadata"]["invitable"] is False
    told = channel.shown[-1]
    assert (told.type, told.content) == (18, "public")
    discord.forbid(channel, "CREATE_PRIVATE_THREADS")
    assert (await ask("POST", path, {"name": "private"})).code == 50013


async def test_a_post_of_a_forum_begins_with_its_message(discord: Discord, ask: Client, kim: User) -> None:
    forum = discord.add_channel("help", "forum")
    assert (await ask.create(forum.id)).code == 40058
    path = f"/channels/{forum.id}/threads"
    assert (await ask("POST", path, {"name": "no message"})).code == 50035
    async with socket(discord) as connected:
        await connected.ready()
        made = (await ask("POST", path, {"name": "a post", "message": {"content": "hello"}})).body
        assert made["message"]["id"] == made["id"]
        assert (await connected.until("THREAD_CREATE"))["id"] == made["id"]
        await connected.until("MESSAGE_CREATE")
        theirs, message = await discord.post_in_forum(kim, forum, "help!", f"{discord.mention} help")
        await connected.until("THREAD_CREATE")
        assert (await connected.until("MESSAGE_CREATE"))["id"] == theirs.id == message.id
    assert theirs.thread
    assert theirs.thread.message_count == 0


async def test_members_join_and_leave(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    thread = await discord.open_thread(discord.owner, channel, "a thread")
    base = f"/channels/{thread.id}/thread-members"
    assert (await ask("GET", f"{base}/@me")).code == 10007
    assert (await ask("PUT", f"{base}/@me")).status == 204
    assert (await ask("GET", f"{base}/@me")).body["user_id"] == discord.bot
    assert (await ask("PUT", f"{base}/{kim.id}")).status == 204
    assert (await ask("GET", base)).code == 50001
    discord.world.members_intent = True
    assert {each["user_id"] for each in (await ask("GET", base)).body} == {discord.owner.id, discord.bot, kim.id}
    assert (await ask("DELETE", f"{base}/{kim.id}")).code == 50013
    assert (await ask("DELETE", f"{base}/@me")).status == 204


async def test_threads_are_listed(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    threads = [await discord.open_thread(kim, channel, str(number)) for number in range(4)]
    hidden = await discord.open_thread(kim, channel, "private", private=True)
    for thread in threads[:3]:
        discord.clock.advance(1)
        await discord.change_thread(thread, archived=True)
    active = (await ask("GET", f"/guilds/{discord.guild.id}/threads/active")).body
    assert [each["id"] for each in active["threads"]] == [threads[3].id]
    path = f"/channels/{channel.id}/threads/archived/public"
    page = (await ask("GET", f"{path}?limit=2")).body
    assert [each["name"] for each in page["threads"]] == ["2", "1"]
    assert page["has_more"] is True
    before = page["threads"][-1]["thread_metadata"]["archive_timestamp"].replace("+", "%2B")
    rest = (await ask("GET", f"{path}?before={before}")).body
    assert ([each["name"] for each in rest["threads"]], rest["has_more"]) == (["0"], False)
    assert (await ask("GET", f"/channels/{channel.id}/threads/archived/private")).code == 50013
    assert (await ask("GET", f"/channels/{hidden.id}")).code == 50001
    joined = f"/channels/{channel.id}/users/@me/threads/archived/private"
    await discord.invite(hidden, discord.bot)
    await discord.change_thread(hidden, archived=True)
    assert [each["id"] for each in (await ask("GET", joined)).body["threads"]] == [hidden.id]
