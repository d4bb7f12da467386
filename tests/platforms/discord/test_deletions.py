"""What people delete as a whole is erased with all that was said in it, and sent to no model any more."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.lives import bot
from tests.platforms.discord.test_locked import Stage, staged
from tests.platforms.discord.test_process import started
from tests.standins.model.script import Answer

TEXTS = "SELECT text FROM message_versions UNION ALL SELECT text FROM completions"


def texts(stage: Stage) -> list[str]:
    return [str(text) for (text,) in stage.rows(TEXTS) if text is not None]


def shown(stage: Stage) -> object:
    [[count]] = stage.rows("SELECT count(*) FROM turns WHERE state = 'shown'")
    return count


async def test_a_deleted_thread_is_erased_but_for_the_message_that_it_was_opened_from(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage, started(tmp_path, stage.given):
        await stage.discord.wait_connected()
        stage.model.answers += [Answer("answer one"), Answer("answer two"), Answer("answer three")]
        question, thread = await stage.answered("one?")
        await stage.say(thread, "two?")
        await stage.discord.wait_for(lambda: len(stage.discord.replies(thread)) == 2)
        await stage.answered("three?")
        await stage.discord.delete_channel(thread)
        await stage.discord.wait_for(lambda: "answer two" not in texts(stage))
        assert [text.split()[-1] for text in texts(stage)] == ["one?", "three?", "three"]
        again = await stage.discord.start_thread(stage.kim, question, "again")
        await stage.say(again, "what was said?")
        await stage.discord.wait_for(lambda: stage.discord.replies(again))
        sent = str(stage.model.requests[-1].body["messages"])
        assert ("one?" in sent, "two" in sent, "answer one" in sent) == (True, False, False)


async def test_a_deleted_channel_takes_its_threads_along_and_a_deleted_post_its_first_message(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage, started(tmp_path, stage.given):
        await stage.discord.wait_connected()
        await stage.answered("one?")
        forum = stage.discord.add_channel("forum", "forum")
        post, _ = await stage.discord.post_in_forum(stage.kim, forum, "a post", f"{stage.discord.mention} two?")
        await stage.discord.wait_for(lambda: stage.discord.replies(post) and post.shown[-1].components)
        assert len(texts(stage)) == 4
        await stage.discord.delete_channel(post)
        await stage.discord.wait_for(lambda: len(texts(stage)) == 2)
        await stage.discord.delete_channel(stage.channel)
        await stage.discord.wait_for(lambda: not texts(stage))


async def test_a_thread_that_was_deleted_while_it_was_away_is_erased(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        async with started(tmp_path, stage.given):
            await stage.discord.wait_connected()
            stage.model.answers += [Answer("answer one"), Answer("answer two")]
            question, thread = await stage.answered("one?")
            await stage.say(thread, "two?")
            await stage.discord.wait_for(lambda: shown(stage) == 2)
        await stage.discord.delete_channel(thread)
        async with started(tmp_path, stage.given):
            await stage.discord.wait_for(lambda: [text.split()[-1] for text in texts(stage)] == ["one?"])
            assert question in stage.channel.shown


async def test_a_channel_that_was_deleted_while_it_was_away_is_erased_and_one_that_is_hidden_stays(
    tmp_path: Path,
) -> None:
    async with staged(tmp_path) as stage:
        hidden = stage.discord.add_channel("hidden")
        async with started(tmp_path, stage.given):
            await stage.discord.wait_connected()
            await stage.answered("one?")
            asked = await stage.say(hidden, "two?")
            await stage.discord.wait_for(lambda: stage.discord.thread_of(asked))
            await stage.discord.wait_for(lambda: shown(stage) == 2)
        stage.discord.forbid(hidden, "VIEW_CHANNEL")
        await stage.discord.delete_channel(stage.channel)
        async with bot(tmp_path, stage.given) as life:
            await stage.discord.wait_for(lambda: life.says("was read"))
            assert texts(stage)[0].endswith("two?")
            assert len(texts(stage)) == 2


async def test_a_conversation_in_the_channel_itself_stays_and_what_was_asked_by_a_command(tmp_path: Path) -> None:
    """Neither has a thread that could have been deleted."""
    async with staged(tmp_path) as stage:
        async with started(tmp_path, stage.given):
            await stage.discord.wait_connected()
            stage.discord.forbid(stage.channel, "CREATE_PUBLIC_THREADS")
            await stage.say(stage.channel, "one?")
            for private in (True, False):
                await stage.discord.call(stage.kim, stage.channel, "ask", question="two?", private=private)
            await stage.discord.wait_for(lambda: shown(stage) == 3)
        before = texts(stage)
        async with bot(tmp_path, stage.given) as life:
            await stage.discord.wait_for(lambda: life.says("was read"))
            assert texts(stage) == before
            assert len(before) == 6


async def test_an_answer_ends_with_the_channel_that_is_deleted_in_the_middle_of_it(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage, started(tmp_path, stage.given):
        await stage.discord.wait_connected()
        gate = asyncio.Event()
        stage.model.answers.append(Answer("A beginning and " * 400, gate=gate, gate_at=3))
        question = await stage.say(stage.channel, "one?")
        await stage.discord.wait_for(lambda: (found := stage.discord.thread_of(question)) and found.shown)
        await stage.discord.delete_channel(stage.channel)
        await stage.discord.wait_for(lambda: stage.rows("SELECT state FROM turns") == [("removed",)])
        gate.set()
        assert not texts(stage)
        assert len(stage.model.requests) == 1
