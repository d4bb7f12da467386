"""What was said while nobody listened, and what is not asked for because nothing was said there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.conversation import Edited, Incoming, Posted, Reacted, ThreadRef
from bot.core.errors import PlatformError
from bot.platforms.discord.incoming.events import position_of
from bot.platforms.discord.incoming.reactions import DEFAULT_SIGNS
from bot.platforms.discord.places import DIRECT
from bot.platforms.discord.reading.channels import DiscordChannelReader
from tests.platforms.discord.reading.stage import Stage, posted, stage_of
from tests.standins.discord import Discord
from tests.standins.discord.faults import Refused, ServerError
from tests.standins.discord.state.objects import Channel, User

HISTORY, SEARCH = "get channel messages", "search guild messages"
HOURS = timedelta(hours=12)


def reader(stage: Stage, guilds: Sequence[str] = ()) -> DiscordChannelReader:
    def takes(guild: str) -> bool:
        return not guilds or guild in guilds

    return DiscordChannelReader(stage.api, stage.places, stage.index, stage.us, DEFAULT_SIGNS, HOURS, takes)


async def news(stage: Stage, channel: Channel, since: int = 0, known: Sequence[str] = ()) -> list[Incoming]:
    threads = [ThreadRef("discord", channel.guild or DIRECT, channel.id, each) for each in known]
    found = await reader(stage).news(channel.id, since, threads)
    return list(found.events)


def texts(events: list[Incoming]) -> list[str]:
    return [posted(each).text for each in events if isinstance(each, Posted | Edited)]


def now() -> int:
    return position_of(datetime.now(UTC))


async def test_what_was_said_is_told_as_its_event_told_it_and_marked(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    question = await discord.post(kim, channel, f"{discord.mention} hello", files=[("a.txt", b"text", "text/plain")])
    thread = await discord.start_thread(kim, question, "a talk")
    await stage.answer(thread, "An answer.")
    await discord.post(kim, thread, "and?")
    await discord.post(kim, channel, "a reply", reply_to=question)
    edited = await discord.post(kim, channel, "before")
    await discord.edit(edited, "after")
    told = [each for each in await stage.told() if posted(each).author.id != discord.bot]
    assert await news(stage, channel) == told
    assert all(posted(each).recovered for each in told)
    assert texts(list(told))[-1] == "after"


async def test_only_what_is_new_is_told_and_nothing_is_asked_for_where_nothing_is(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    old = await discord.post(kim, channel, "old")
    quiet = await discord.start_thread(kim, old, "a quiet talk")
    await discord.post(kim, quiet, "old")
    discord.clock.advance(60)
    new = await discord.post(kim, channel, "new")
    await stage.listen()
    assert texts(await news(stage, channel, int(new.id), [quiet.id])) == ["new"]
    assert [call.parameters["channel"] for call in discord.calls(HISTORY)] == [channel.id]
    assert texts(await news(stage, channel, int(new.id) + 1, [quiet.id])) == []
    assert len(discord.calls(HISTORY)) == 1


async def test_only_channels_in_which_somebody_wrote_and_that_we_may_read_are_named(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    forum, voice, quiet = (discord.add_channel(kind, kind) for kind in ("forum", "voice", "announcement"))
    hidden, blind = discord.add_channel("secret", hidden=True), discord.add_channel("blind")
    discord.forbid(blind, "READ_MESSAGE_HISTORY")
    for place in (channel, voice, hidden, blind):
        await discord.post(kim, place, "hello")
    await discord.post_in_forum(kim, forum, "a question", "how?")
    await stage.listen()
    assert set(await reader(stage).channels()) == {channel.id, forum.id, voice.id}
    assert quiet.id in stage.places.readable_channels()


async def test_a_channel_that_was_quiet_for_long_is_not_named(discord: Discord, kim: User, channel: Channel) -> None:
    busy = discord.add_channel("busy")
    discord.clock.advance(-HOURS.total_seconds() - 3600)
    discord.world._ids._last = 0  # noqa: SLF001 - ids of the past
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "old"), "a talk")
    discord.clock.advance(HOURS.total_seconds() + 3600)
    await discord.post(kim, busy, "new")
    async with stage_of(discord) as stage:
        assert list(await reader(stage).channels()) == [busy.id]
        await discord.post(kim, thread, "more")
        await stage.listen()
        assert set(await reader(stage).channels()) == {busy.id, channel.id}


async def test_posts_of_forums_are_told(stage: Stage, discord: Discord, kim: User) -> None:
    forum = discord.add_channel("help", "forum")
    post, _ = await discord.post_in_forum(kim, forum, "a question", f"{discord.mention} how?")
    await discord.post(kim, post, "more")
    told = await stage.told()
    assert await news(stage, forum) == told
    assert len(told) == 2


async def test_the_chat_of_a_voice_channel_is_told(stage: Stage, discord: Discord, kim: User) -> None:
    voice = discord.add_channel("talk", "voice")
    await discord.post(kim, voice, f"{discord.mention} hello")
    told = await stage.told()
    assert await news(stage, voice, known=[voice.id]) == told
    assert len(discord.calls(HISTORY)) == 1


async def test_a_direct_message_is_told_in_its_topics(stage: Stage, discord: Discord, kim: User) -> None:
    direct = discord.direct(kim)
    first = await discord.post(kim, direct, "one")
    stage.index.store(first, stage.thread(first, direct))
    since = int(first.id) + 1
    for text in ("two", "new topic", "three", "four"):
        await discord.post(kim, direct, text)
    events = [posted(each) for each in await news(stage, direct, since) if isinstance(each, Posted)]
    assert [each.text for each in events] == ["two", "new topic", "three", "four"]
    roots = [each.thread.thread for each in events]
    assert roots == [first.id, events[1].id, events[1].id, events[1].id]
    assert all(each.direct and each.thread.workspace == "@me" for each in events)
    assert len(discord.calls("get channel")) == 1


async def test_a_known_thread_that_was_archived_meanwhile_is_read(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    root = await discord.post(kim, channel, "hello")
    thread = await discord.start_thread(kim, root, "a talk")
    more = await discord.post(kim, thread, f"{discord.mention} more")
    await discord.change_thread(thread, archived=True)
    await stage.listen()
    since = int(more.id)
    assert texts(await news(stage, channel, since, [thread.id])) == [f"{discord.mention} more"]
    assert texts(await news(stage, channel, since, ["99"])) == []  # it is gone


async def test_a_mention_in_an_unknown_thread_that_was_archived_meanwhile_is_found(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a talk")
    more = await discord.post(kim, thread, f"{discord.mention} more")
    await discord.change_thread(thread, archived=True)
    await stage.listen()
    reading = reader(stage)
    assert channel.id in await reading.channels()
    found = await reading.news(channel.id, int(more.id), [])
    assert texts(list(found.events)) == [f"{discord.mention} more"]


@pytest.mark.parametrize("fault", [Refused(403, 50001), ServerError(500), Refused(403, 50013)])
async def test_channels_are_named_where_nothing_can_be_searched(
    stage: Stage, discord: Discord, kim: User, channel: Channel, fault: Refused | ServerError
) -> None:
    discord.add_guild("Another")
    await discord.post(kim, channel, "hello")
    await stage.listen()
    discord.fail(SEARCH, fault, times=9)
    reading = reader(stage)
    assert await reading.channels() == [channel.id]
    assert len(discord.calls(SEARCH)) in (1, 2)


@pytest.mark.parametrize("again", ["the next time", "after a moment"])
async def test_a_guild_that_is_not_indexed_is_searched_again(
    stage: Stage, discord: Discord, kim: User, channel: Channel, again: str
) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a talk")
    await discord.post(kim, thread, f"{discord.mention} more")
    await discord.change_thread(thread, archived=True)
    await stage.listen()
    us = (stage.api, stage.places, stage.index, stage.us, DEFAULT_SIGNS, HOURS)
    reading = DiscordChannelReader(*us, index_seconds=0.0 if again == "the next time" else 10.0)
    discord.search.unindexed = 1
    since = int(thread.id) + 1
    if again == "the next time":
        await reading.channels()
        assert texts(list((await reading.news(channel.id, since, [])).events)) == []
    await reading.channels()
    assert texts(list((await reading.news(channel.id, since, [])).events)) == [f"{discord.mention} more"]
    assert len(discord.calls(SEARCH)) == 2


async def test_all_pages_of_a_search_are_read_and_age_restricted_channels_are_searched(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    threads = []
    for number in range(3):
        thread = await discord.start_thread(kim, await discord.post(kim, channel, f"hello {number}"), "a talk")
        for _ in range(12):
            await discord.post(kim, thread, f"{discord.mention} {number}")
        threads.append(thread)
    for thread in threads:
        await discord.change_thread(thread, archived=True)
    await stage.listen()
    reading = reader(stage)
    await reading.channels()
    told = texts(list((await reading.news(channel.id, int(threads[0].id), [])).events))
    assert {f"{discord.mention} {number}" for number in range(3)} < set(told)
    searches = discord.calls(SEARCH)
    assert [dict(call.query).get("offset") for call in searches] == [None, "25"]
    assert all(("include_nsfw", "true") in call.query for call in searches)


async def test_what_was_hidden_at_once_is_told_with_its_mark(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    message = await discord.post(kim, channel, f"{discord.mention} hello")
    await discord.react(kim, message, "🙈")
    await stage.listen()
    said, mark = await news(stage, channel)
    assert isinstance(said, Posted)
    assert isinstance(mark, Reacted)
    assert mark.ref == said.ref


async def test_a_thread_that_is_not_for_us_does_not_keep_the_channel_from_being_read(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "a talk")
    await discord.post(kim, thread, "more")
    await stage.listen()
    discord.fail(HISTORY, Refused(403, 50001))
    assert texts(await news(stage, channel, int(thread.id) + 1)) == []
    discord.fail(HISTORY, Refused(403, 50001))
    with pytest.raises(PlatformError):
        await news(stage, channel)  # the channel itself


async def test_only_guilds_that_are_taken_are_read(stage: Stage, discord: Discord, kim: User, channel: Channel) -> None:
    await discord.post(kim, channel, "hello")
    await stage.listen()
    assert not list((await reader(stage, ["5"]).news(channel.id, 0, [])).events)
    assert list((await reader(stage, [discord.guild.id]).news(channel.id, 0, [])).events)
    assert not discord.calls("get channel")


async def test_a_channel_that_is_gone_has_no_news(stage: Stage) -> None:
    assert not list((await reader(stage).news("99", now(), [ThreadRef("discord", "1", "99", "98")])).events)


async def test_what_fails_in_passing_is_tried_again_and_a_wrong_token_is_not(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    await discord.post(kim, channel, "hello")
    await stage.listen()
    discord.fail(HISTORY, ServerError(502), times=2)
    assert texts(await news(stage, channel)) == ["hello"]
    discord.fail(HISTORY, Refused(401, 0))
    with pytest.raises(PlatformError) as error:
        await news(stage, channel)
    assert reader(stage).is_pointless(error.value)


async def test_many_pages_are_read_in_their_order(stage: Stage, discord: Discord, kim: User, channel: Channel) -> None:
    said = [(await discord.post(kim, channel, f"{number}")).id for number in range(250)]
    await stage.listen()
    assert [each.id for each in await news(stage, channel, int(said[0])) if isinstance(each, Posted)] == said
    assert len(discord.calls(HISTORY)) == 3


async def test_direct_messages_are_looked_at_and_read_where_something_is_new(
    stage: Stage, discord: Discord, kim: User
) -> None:
    lee, since = discord.add_user("lee"), position_of(datetime.now(UTC) - HOURS)
    quiet, busy = discord.direct(lee), discord.direct(kim)
    await discord.post(kim, busy, "hello")

    async def known() -> Sequence[str]:
        return [busy.id, quiet.id]

    us = (stage.api, stage.places, stage.index, stage.us, DEFAULT_SIGNS, HOURS)
    channels = DiscordChannelReader(*us, direct=known)
    assert set(await channels.channels()) >= {busy.id, quiet.id}
    found = [list((await channels.news(each.id, since, ())).events) for each in (busy, quiet)]
    assert [texts(each) for each in found] == [["hello"], []]
    assert [call.parameters["channel"] for call in discord.calls(HISTORY)] == [busy.id]
    guilds_only = DiscordChannelReader(*us, takes=bool, direct=known)
    assert not {busy.id, quiet.id} & set(await guilds_only.channels())
