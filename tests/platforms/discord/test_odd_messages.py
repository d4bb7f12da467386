"""What people write beside plain questions: each has an answer, and the model is sent what there is to read of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.platforms.discord.test_locked import Stage, staged
from tests.platforms.discord.test_process import started
from tests.standins.discord.state.objects import Message
from tests.standins.model.script import Answer

POLL = {
    "question": {"text": "Where to eat?"},
    "answers": [{"poll_media": {"text": "River"}}, {"poll_media": {"text": "Harbour"}}],
}


async def answer(stage: Stage, question: Message) -> str:
    """The answer to *question* of all requests, and what the model was sent for it."""
    discord = stage.discord
    await discord.wait_for(lambda: (found := discord.thread_of(question)) and found.shown[-1].components)
    return str(stage.model.requests[-1].body["messages"])


async def test_whatever_a_message_holds_it_is_answered_and_the_model_reads_it(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage, started(tmp_path, stage.given):
        discord, kim, channel, us = stage.discord, stage.kim, stage.channel, stage.discord.mention
        await discord.wait_connected()

        long = "words " * 660
        assert long.strip() in await answer(stage, await discord.post(kim, channel, f"{us} {long}"))

        files = [(f"part{number}.txt", f"content {number}".encode(), "text/plain") for number in range(10)]
        sent = await answer(stage, await discord.post(kim, channel, f"{us} what is in these?", files=files))
        assert all(f"content {number}" in sent for number in range(10))

        assert "Wave" in await answer(stage, await discord.post(kim, channel, f"{us} cute?", sticker="Wave"))
        sent = await answer(stage, await discord.post(kim, channel, f"{us} which one?", poll=POLL))
        assert ("Where to eat?" in sent, "Harbour" in sent) == (True, True)

        asked = await discord.post(kim, channel, f"{us} @everyone what is up?")
        await answer(stage, asked)
        assert not any(each.pinged for each in discord.world.messages.values() if each.author == discord.bot)

        gone = await discord.post(kim, channel, "something")
        replies = await discord.post(kim, channel, f"{us} is that so?", reply_to=gone)
        await discord.delete(gone)
        assert "is that so?" in await answer(stage, replies)

        discord.rename(kim, "🦊🦊")
        assert "who am I?" in await answer(stage, await discord.post(kim, channel, f"{us} who am I?"))
        only_signs = await discord.post(kim, channel, f"{us} 🦊🔥")
        assert "🦊🔥" in await answer(stage, only_signs)
        thread = discord.thread_of(only_signs)
        assert thread is not None
        assert (thread.name or "").strip()

        forwarded = await discord.forward(kim, await discord.post(kim, channel, "the original words"), thread)
        await discord.post(kim, thread, f"{us} what does it say?")
        await discord.wait_for(lambda: len(discord.replies(thread)) == 2 and thread.shown[-1].components)
        assert "the original words" in str(stage.model.requests[-1].body["messages"])
        assert forwarded in thread.shown


async def test_a_server_that_goes_away_in_the_middle_of_an_answer_ends_it_and_nothing_else(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage, started(tmp_path, stage.given):
        discord = stage.discord
        await discord.wait_connected()
        other = discord.add_guild("another one")
        lee, elsewhere = discord.add_user("lee", guild=other), discord.add_channel("elsewhere", guild=other)
        gate = asyncio.Event()
        stage.model.answers.append(Answer("Too late.", hold=gate))
        await discord.post(lee, elsewhere, f"{discord.mention} one?")
        await stage.model.received(1)
        await discord.remove_bot(other)
        gate.set()
        await stage.answered("and here?")
        failed = ("failed",)
        await discord.wait_for(
            lambda: set(stage.rows("SELECT state FROM turns")) == {failed, ("shown",)},
        )
        assert stage.rows("SELECT reason FROM turns WHERE state = 'failed'") == [("missing_access",)]


async def test_a_permission_that_is_granted_is_used_at_once(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage, started(tmp_path, stage.given):
        discord, channel = stage.discord, stage.channel
        await discord.wait_connected()
        discord.forbid(channel, "CREATE_PUBLIC_THREADS")
        in_place = await stage.say(channel, "here?")
        await discord.wait_for(lambda: channel.shown[-1].components)
        assert discord.thread_of(in_place) is None
        discord.allow(channel, "CREATE_PUBLIC_THREADS")
        _, thread = await stage.answered("and now?")
        assert discord.replies(thread)
