"""discord.py, unchanged but for its addresses, lives in the stand-in as it lives in Discord."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from tests.standins.discord import Discord, ServerError
from tests.standins.discord.state.objects import Channel, User
from tests.standins.discord.tests.asking import library, running


async def test_it_hears_and_answers(
    discord: Discord, kim: User, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(discord, monkeypatch) as bot:
        message = await discord.post(kim, channel, f"{discord.mention} ping")
        await discord.wait_for(lambda: discord.replies(channel))
        assert bot.heard[0].content == f"{discord.mention} ping"
    answer = channel.shown[-1]
    assert answer.reference
    assert answer.reference["message_id"] == message.id
    assert not answer.pinged
    assert not discord.violations


async def test_it_resumes_and_gets_what_it_missed(
    discord: Discord, kim: User, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(discord, monkeypatch) as bot:
        discord.gateway.drop(4000)  # what happens next is not sent to this connection any more
        await discord.post(kim, channel, f"{discord.mention} ping")
        await discord.wait_for(lambda: discord.replies(channel), 60)
        assert len(discord.gateway.resumed) == 1
        assert [each.content for each in bot.heard if each.author != bot.user] == [f"{discord.mention} ping"]
    assert not discord.violations


async def test_it_works_in_threads(
    discord: Discord, kim: User, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(discord, monkeypatch) as bot:
        message = await discord.post(kim, channel, "a question")
        place = await bot.fetch_channel(int(channel.id))
        thread = await (await place.fetch_message(int(message.id))).create_thread(name="a question")
        sent = await thread.send("an answer")
        await sent.edit(content="a better answer")
        await sent.add_reaction("👍")
        await thread.edit(archived=True)
        await thread.send("once more")
    made = discord.thread_of(message)
    assert made is not None
    assert discord.replies(made) == ["a better answer", "once more"]
    assert made.thread
    assert not made.thread.archived
    assert channel.shown[0].reactions == {}
    assert not discord.violations


async def test_it_keeps_within_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Discord() as discord, running(discord, monkeypatch) as bot:
        channel = discord.add_channel("general")
        discord.limits.set("create message", 2, 0.1)
        place = bot.get_partial_messageable(int(channel.id))
        for number in range(5):
            await place.send(str(number))
        assert discord.replies(channel) == ["0", "1", "2", "3", "4"]
        assert not discord.limits.refused


async def test_a_lost_answer_makes_no_second_message(
    discord: Discord, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    discord.fail("create message", ServerError(502, html=True, performed=True))
    async with running(discord, monkeypatch) as bot:
        await bot.get_partial_messageable(int(channel.id)).send("once")
    assert discord.replies(channel) == ["once"]
    assert len(discord.calls("create message")) == 2


async def test_the_fields_that_it_sends_beyond_the_documentation_pass(
    discord: Discord, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    dpy = library()
    forum = discord.add_channel("help", "forum")
    async with running(discord, monkeypatch) as bot:
        post = await (await bot.fetch_channel(int(forum.id))).create_thread(name="a post", content="hello")
        file = dpy.File(io.BytesIO(b"text"), "a.txt")
        place = bot.get_partial_messageable(int(channel.id))
        sent = await place.send("with a file", file=file, silent=True)
        changed = await sent.edit(content="kept", attachments=sent.attachments)
        polled = await place.send(poll=dpy.Poll("Lunch?", timedelta(hours=1)).add_answer(text="yes"))
        forwarded = await changed.forward(place)
        assert await sent.attachments[0].read() == b"text"
    assert post.thread.id == post.message.id
    assert [each.filename for each in changed.attachments] == ["a.txt"]
    assert polled.poll.question == "Lunch?"
    assert forwarded.message_snapshots[0].content == "kept"
    assert not discord.violations
