"""Where an answer is posted: in a thread, in place, in a voice chat, in a direct message."""

from __future__ import annotations

import pytest

from bot.core.errors import PlatformError
from bot.markdown import ZERO_WIDTH_SPACE as Z
from bot.platforms.discord.calls.errors import THREAD_LOCKED
from tests.platforms.discord.reply.conftest import EDIT, POST, READING, START, Asked, asked_in, thread_in
from tests.standins.discord.faults import Lost, Refused
from tests.standins.discord.standin import Discord
from tests.standins.discord.state import wire


async def test_a_question_in_a_channel_gets_a_thread_that_is_named_like_it(asked: Asked) -> None:
    await (await asked.reply()).finish("답")
    assert asked.opened is not None
    assert asked.opened.name == "How do I bake bread?"
    assert asked.discord.replies(asked.channel) == []


@pytest.mark.parametrize(
    ("title", "name"), [("@everyone <@12>", f"@{Z}everyone <{Z}@12>"), ("🎉", "대화"), ("word " * 60, None)]
)
async def test_its_name_calls_nobody_and_is_never_too_long(asked: Asked, title: str, name: str | None) -> None:
    asked.question.content = title
    asked.process.titles.note(asked.question.id, title)
    await (await asked.reply(language="ko")).finish("답")
    assert asked.opened is not None
    assert asked.opened.name == name or (name is None and len(asked.opened.name or "") <= 100)


async def test_after_a_restart_it_is_named_like_the_question_as_well(asked: Asked) -> None:
    asked.restart()
    await (await asked.reply()).finish("답")
    assert asked.opened is not None
    assert asked.opened.name == "How do I bake bread?"


async def test_whom_the_question_refers_to_is_named_in_it(asked: Asked) -> None:
    lee, random = asked.discord.add_user("lee"), asked.discord.add_channel("random")
    said = f"{asked.discord.mention} What did <@{lee.id}> say in <#{random.id}>?"
    asked.question = await asked.discord.post(asked.kim, asked.channel, said)
    asked.thread = thread_in(asked.discord, asked.channel, asked.question.id)
    await asked.process.places.find(random.id, asked.thread.workspace)
    asked.restart()
    await (await asked.reply()).finish("답")
    assert asked.opened is not None
    assert asked.opened.name == "What did @Lee say in #random?"


async def test_a_name_that_is_refused_is_left_out(asked: Asked) -> None:
    asked.discord.fail(START, Refused(400, 200001, "blocked"))
    await (await asked.reply()).finish("답")
    assert asked.opened is not None
    assert asked.opened.name == "Conversation"


async def test_a_thread_that_somebody_has_opened_meanwhile_is_used(asked: Asked) -> None:
    opened = await asked.discord.start_thread(asked.kim, asked.question, "bread")
    await (await asked.reply()).finish("답")
    assert asked.discord.replies(opened) == ["답"]
    assert asked.calls() == [START, POST]


async def test_a_thread_whose_opening_was_lost_is_there_once(asked: Asked) -> None:
    asked.discord.fail(START, Lost())
    reply = await asked.reply()
    with pytest.raises(PlatformError):
        await reply.finish("답")
    await reply.finish("답")
    assert asked.shown == ["답"]


@pytest.mark.parametrize("code", [160006, 160007, 50013, 50001, 50024])
async def test_where_there_can_be_no_thread_it_replies_in_place(asked: Asked, code: int) -> None:
    asked.discord.fail(START, Refused(400 if code > 100_000 else 403, code, "no"))
    reply = await asked.reply()
    await reply.show("one")
    await reply.finish("one two")
    assert asked.opened is None
    assert asked.shown[0].startswith("one two")
    [message] = [each for each in asked.channel.shown if each.author == asked.discord.bot]
    assert message.reference is not None
    assert message.reference["message_id"] == asked.question.id
    assert asked.calls() == [START, *(["get channel"] if code == 50024 else []), POST, EDIT]


async def test_a_missing_permission_is_not_asked_for_again_at_once(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "CREATE_PUBLIC_THREADS")
    for turn in (7, 8):
        asked.log.ids.clear()
        await (await asked.reply(turn)).finish("답")
    assert asked.calls() == [START, POST, EDIT, POST]


async def test_without_the_right_to_reply_it_is_a_message(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "CREATE_PUBLIC_THREADS", "READ_MESSAGE_HISTORY")
    await (await asked.reply()).finish("답")
    assert [each.partition("\n")[0] for each in asked.shown] == ["답"]


async def test_a_question_that_is_gone_is_answered_all_the_same(asked: Asked) -> None:
    await asked.discord.delete(asked.question)
    await (await asked.reply()).finish("답")
    assert asked.discord.replies(asked.channel) == ["답"]


async def test_what_is_asked_below_an_answer_in_place_is_answered_there(asked: Asked) -> None:
    root = asked.question.id
    asked.question = await asked.discord.post(asked.kim, asked.channel, "And rolls?")
    assert asked.thread.thread == root
    await (await asked.reply()).finish("답")
    assert asked.discord.world.channels.get(root) is None
    [message] = [each for each in asked.channel.shown if each.author == asked.discord.bot]
    assert message.reference is not None
    assert message.reference["message_id"] == asked.question.id
    assert START not in asked.calls()


async def test_after_a_restart_an_answer_in_place_is_edited_and_goes_on_there(asked: Asked) -> None:
    asked.discord.fail(START, Refused())
    await (await asked.reply()).show("one")
    asked.restart()
    await (await asked.reply()).finish("one " * 900)
    assert asked.opened is None
    assert len(asked.shown) == 2
    assert all(each.reference for each in asked.channel.shown if each.author == asked.discord.bot)


async def test_a_part_that_was_lost_in_place_is_found_by_the_question_that_it_replies_to(asked: Asked) -> None:
    asked.discord.fail(START, Refused())
    asked.discord.fail(POST, Lost())
    reply = await asked.reply()
    with pytest.raises(PlatformError):
        await reply.show("one")
    asked.discord.composer.post(asked.discord.composer.new(asked.channel, asked.discord.bot, {"content": "other"}))
    asked.restart()
    await (await asked.reply()).finish("one two")
    assert asked.shown == ["one two", "other"]


async def test_in_a_thread_the_answer_stands_there(discord: Discord) -> None:
    kim, general = discord.add_user("lee"), discord.add_channel("general")
    opened = await discord.open_thread(kim, general, "bread")
    asked = await asked_in(discord, opened, root=opened.id)
    await (await asked.reply()).finish("답")
    assert discord.replies(opened) == ["답"]
    assert asked.calls() == [POST]


async def test_a_post_in_a_forum_is_answered_in_it(discord: Discord) -> None:
    kim, forum = discord.add_user("lee"), discord.add_channel("help", "forum")
    opened, question = await discord.post_in_forum(kim, forum, "bread", "How?")
    asked = await asked_in(discord, opened, root=opened.id)
    for process_knows in (True, False):
        asked.log.ids.clear()
        asked.question = question
        if not process_knows:
            await discord.change_thread(opened, archived=True)
            asked.restart()
        await (await asked.reply(turn=7 + process_knows)).finish("답")
    assert discord.replies(opened) == ["답", "답"]
    assert discord.violations == []


async def test_a_voice_chat_is_one_conversation(discord: Discord) -> None:
    channel = discord.add_channel("talk", "voice")
    asked = await asked_in(discord, channel, root=channel.id)
    await (await asked.reply()).finish("답")
    assert asked.shown == ["답"]
    assert asked.calls() == [POST]


async def test_a_direct_message_is_answered_in_its_channel(discord: Discord) -> None:
    asked = await asked_in(discord, discord.direct(discord.add_user("lee")))
    reply = await asked.reply()
    await reply.show("one")
    await reply.finish("one two")
    assert asked.shown == ["one two"]
    assert asked.calls() == [POST, EDIT]
    assert not any(message.reference for message in asked.channel.shown)


async def test_who_takes_no_direct_messages_gets_none(discord: Discord) -> None:
    lee = discord.add_user("lee")
    asked = await asked_in(discord, discord.direct(lee))
    lee.refuses_direct = True
    with pytest.raises(PlatformError) as error:
        await (await asked.reply()).finish("답")
    assert (error.value.code, error.value.passing) == ("cannot_message_user", False)


@pytest.mark.parametrize("known", [True, False])
async def test_nothing_is_posted_into_a_locked_thread(asked: Asked, known: bool) -> None:
    opened = await asked.discord.start_thread(asked.kim, asked.question, "bread")
    await asked.discord.change_thread(opened, locked=True)
    if known:
        asked.process.places.note("THREAD_UPDATE", wire.channel(asked.discord.world, opened))
    with pytest.raises(PlatformError) as error:
        await (await asked.reply()).finish("답")
    assert (error.value.code, error.value.passing) == (THREAD_LOCKED, False)
    assert asked.discord.replies(opened) == []
    assert asked.discord.replies(asked.channel) == []
    assert not known or asked.calls() == []


async def test_a_thread_that_was_archived_wakes_up_for_a_post_and_for_an_edit(asked: Asked) -> None:
    reply = await asked.reply()
    await reply.show("one")
    assert asked.opened is not None
    await asked.discord.change_thread(asked.opened, archived=True)
    await reply.finish("one two")
    assert asked.shown == ["one two"]
    await asked.discord.change_thread(asked.opened, archived=True)
    asked.log.ids.clear()
    await (await asked.reply(turn=8)).finish("three")
    assert asked.shown == ["one two", "three"]
    assert asked.calls().count("modify channel") == 1


async def test_one_that_is_archived_and_locked_stays_as_it_is(asked: Asked) -> None:
    reply = await asked.reply()
    await reply.show("one")
    assert asked.opened is not None
    await asked.discord.change_thread(asked.opened, archived=True, locked=True)
    with pytest.raises(PlatformError) as error:
        await reply.finish("one two")
    assert not error.value.passing
    assert asked.shown == ["one"]


async def test_nothing_is_read_for_a_new_answer(asked: Asked) -> None:
    await (await asked.reply()).finish("답")
    assert not set(READING) & set(asked.calls())
