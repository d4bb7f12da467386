"""Search Guild Messages, which finds mentions that were missed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import Client, client


async def found(discord: Discord, ask: Client, query: str) -> list[str]:
    told = await ask("GET", f"/guilds/{discord.guild.id}/messages/search?{query}")
    assert told.status == 200, told.body
    return [each[0]["content"] for each in told.body["messages"]]


async def test_mentions_are_found_in_every_channel_and_thread(
    discord: Discord, ask: Client, kim: User, channel: Channel
) -> None:
    first = await discord.post(kim, channel, f"one {discord.mention}")
    await discord.post(kim, channel, "no mention")
    thread = await discord.start_thread(kim, first, "a thread")
    await discord.post(kim, thread, f"two {discord.mention}")
    hidden = discord.add_channel("hidden", hidden=True)
    await discord.post(kim, hidden, f"three {discord.mention}")
    await discord.post(kim, discord.direct(kim), f"four {discord.mention}")
    mine = f"mentions={discord.bot}"
    assert await found(discord, ask, mine) == [f"two {discord.mention}", f"one {discord.mention}"]
    later = f"{mine}&min_id={first.id}&sort_by=timestamp&sort_order=asc"
    told = (await ask("GET", f"/guilds/{discord.guild.id}/messages/search?{later}")).body
    assert (told["total_results"], told["messages"][0][0]["content"]) == (1, f"two {discord.mention}")
    assert [each["id"] for each in told["threads"]] == [thread.id]
    assert not discord.violations


async def test_pages_have_an_offset(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    for number in range(30):
        await discord.post(kim, channel, str(number))
    ascending = "sort_order=asc"
    assert len(await found(discord, ask, "")) == 25
    assert await found(discord, ask, f"{ascending}&limit=2&offset=28") == ["28", "29"]
    for query in ("limit=26", "offset=9976", "sort_order=up", "after=1", "has=thing"):
        assert (await ask("GET", f"/guilds/{discord.guild.id}/messages/search?{query}")).code == 50035


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("content=hello", ["hello https://example.com"]),
        ("has=link", ["hello https://example.com"]),
        ("has=file&has=-image", ["with a file"]),
        ("author_type=bot", ["own"]),
        ("pinned=true", ["hello https://example.com"]),
        ("mention_everyone=1", ["@everyone"]),
        ("author_id={kim}&has=-link&has=-file&pinned=false&mention_everyone=false", ["answer"]),
        ("replied_to_message_id={first}", ["answer"]),
        ("replied_to_user_id={kim}", ["answer"]),
        ("max_id={first}", []),
    ],
)
async def test_filters_narrow_it_down(
    discord: Discord, ask: Client, kim: User, channel: Channel, query: str, texts: list[str]
) -> None:
    first = await discord.post(kim, channel, "hello https://example.com")
    await discord.post(kim, channel, "with a file", files=[("a.txt", b"a", "text/plain")])
    await discord.post(kim, channel, "@everyone")
    await discord.post(kim, channel, "answer", reply_to=first, ping=False)
    await ask.create(channel.id, "own")
    channel.pins[first.id] = discord.clock()
    assert await found(discord, ask, query.format(kim=kim.id, first=first.id)) == texts


async def test_the_index_may_not_be_there_yet(discord: Discord, ask: Client, kim: User, channel: Channel) -> None:
    discord.search.unindexed = 1
    told: Any = await ask("GET", f"/guilds/{discord.guild.id}/messages/search")
    assert (told.status, told.code, told.body["retry_after"]) == (202, 110000, 0.1)
    discord.search.lag_seconds = 60
    old = await discord.post(kim, channel, "old")
    discord.clock.advance(61)
    await discord.post(kim, channel, "new")
    assert await found(discord, ask, "") == ["old"]
    discord.search.losing.add(old.id)
    assert await found(discord, ask, "") == []


async def test_it_needs_the_content_intent_and_the_history(discord: Discord, ask: Client) -> None:
    discord.guild.roles[discord.guild.id].permissions = 1 << 10
    assert (await ask("GET", f"/guilds/{discord.guild.id}/messages/search")).code == 50013
    async with Discord(content=False) as blind, client(blind) as asking:
        assert (await asking("GET", f"/guilds/{blind.guild.id}/messages/search")).code == 50001
