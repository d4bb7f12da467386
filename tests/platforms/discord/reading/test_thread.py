"""What is read of a conversation is what its events told, whatever kind of conversation it is."""

from __future__ import annotations

import pytest

from bot.core.conversation import Edited, Operation, ParticipantKind, ThreadRef
from bot.core.errors import PlatformError
from bot.platforms.discord.reading.thread import KEPT
from tests.platforms.discord.reading.stage import Stage, posted
from tests.standins.discord import Discord
from tests.standins.discord.faults import Refused, ServerError
from tests.standins.discord.state.objects import Channel, User

POLL = {
    "question": {"text": "Lunch?"},
    "answers": [{"poll_media": {"text": "김밥"}}, {"poll_media": {"text": "pizza"}}],
}


async def test_a_thread_is_read_with_the_message_that_it_was_opened_from(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    question = await discord.post(kim, channel, f"{discord.mention} hello")
    thread = await discord.start_thread(kim, question, "a talk")
    answer = await stage.answer(thread, "**hi**\n-# A notice.")
    more = await discord.post(kim, thread, "and?")
    other = await discord.post(kim, channel, "not in it")
    found = await stage.read(stage.thread(question, channel))
    told = {posted(said).id: said for said in await stage.told()}
    assert [posted(said).text for said in found.messages] == [f"{discord.mention} hello", "**hi**", "and?"]
    assert [posted(said).author.kind for said in found.messages][1] is ParticipantKind.SELF
    assert [said for said in found.messages if posted(said).id != answer.id] == [told[question.id], told[more.id]]
    assert {question.id, answer.id, more.id} < found.positions.keys()  # and the message of type 21
    assert other.id not in found.positions
    assert not found.truncated
    assert not found.deleted
    assert len(discord.calls("get channel messages")) == 1


async def test_whatever_is_sent_is_read_back_as_its_event_told_it(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    jira = discord.add_user("jira", bot=True)
    team = discord.add_role("team", mentionable=True)
    own_role = next(each for each in discord.guild.roles.values() if each.bot)
    discord.rename(kim, "Kimmy")
    root = await discord.post(kim, channel, f"{discord.mention} hello")
    thread = await discord.start_thread(kim, root, "a talk")
    files = [(f"{number}.txt", b"text", "text/plain") for number in range(10)]
    plan = await discord.post(kim, channel, "the plan", files=files[:1])
    gone = await discord.post(kim, thread, "gone")
    said = [
        await discord.post(kim, thread, "look", files=files),
        await discord.post(kim, thread, "", sticker="Wave"),
        await discord.post(kim, thread, "", poll=POLL),
        await discord.post(kim, thread, "", voice=True, files=[("voice.ogg", b"sound", "audio/ogg")]),
        await discord.post(kim, thread, "a reply", reply_to=gone, ping=False),
        await discord.post(kim, thread, f"@everyone {team.mention} {jira.mention} <#{channel.id}>"),
        await discord.post(kim, thread, "가" * 4_000),
        await discord.post(jira, thread, "", embeds=[{"title": "Alert", "fields": [{"name": "host", "value": "db1"}]}]),
        await discord.post(kim, thread, "see https://example.com"),
        await discord.post(kim, thread, "to be edited"),
        await discord.forward(kim, plan, thread),
    ]
    discord.allow(channel, "MENTION_EVERYONE", target=kim.id)
    said.append(await discord.post(kim, thread, f"{own_role.mention} and you?"))
    await discord.edit(said[-3], "edited")
    await discord.unfurl(said[-4])
    told = {posted(each).id: each for each in await stage.told()}
    await discord.delete(gone)
    found = {posted(each).id: each for each in (await stage.read(stage.thread(root, channel))).messages}
    del told[plan.id], told[gone.id]
    reply = said[4].id
    assert {key: each for key, each in found.items() if key != reply} == {
        key: each for key, each in told.items() if key != reply
    }
    assert posted(found[reply]).text == "a reply"
    texts = [posted(found[each.id]).text for each in said]
    assert texts[1:4] == ["Sticker: Wave", "Poll: Lunch?\n- 김밥\n- pizza", "Voice message, 2 s"]
    assert texts[7] == "Alert\nhost: db1"
    assert texts[8:11] == ["see https://example.com", "edited", "Forwarded message:\nthe plan"]
    assert posted(found[said[11].id]).addressed
    assert [len(posted(found[said[n].id]).files) for n in (0, 10)] == [10, 1]
    assert isinstance(found[said[9].id], Edited)


async def test_of_a_long_thread_the_newest_part_is_read(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    root = await discord.post(kim, channel, "hello")
    thread = await discord.start_thread(kim, root, "a talk")
    said = [await discord.post(kim, thread, f"{number}") for number in range(KEPT + 50)]
    found = await stage.read(stage.thread(root, channel))
    assert found.truncated
    assert len(found.messages) == KEPT
    assert posted(found.messages[-1]).id == said[-1].id
    assert root.id not in found.positions  # what was said after it is not known


async def test_what_happened_to_the_first_message_is_read(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    root = await discord.post(kim, channel, "hello")
    thread = await discord.start_thread(kim, root, "a talk")
    await discord.post(kim, thread, "more")
    await discord.edit(root, "goodbye")
    assert await stage.texts(stage.thread(root, channel)) == ["goodbye", "more"]
    await discord.delete(root)
    found = await stage.read(stage.thread(root, channel))
    assert [posted(said).text for said in found.messages] == ["more"]
    assert [deleted.ref.id for deleted in found.deleted] == [root.id]


async def test_a_thread_of_no_message_has_no_first_one(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    thread = await discord.open_thread(kim, channel, "a talk")
    await discord.post(kim, thread, "hello")
    found = await stage.read(stage.thread(thread, channel))
    assert [posted(said).text for said in found.messages] == ["hello"]
    assert not found.deleted


@pytest.mark.parametrize("kind", ["forum", "media"])
async def test_a_post_begins_in_its_thread(stage: Stage, discord: Discord, kim: User, kind: str) -> None:
    forum = discord.add_channel("help", kind)
    post, first = await discord.post_in_forum(kim, forum, "a question", f"{discord.mention} how?")
    await discord.post(kim, post, "more")
    found = await stage.read(stage.thread(post, forum))
    assert list(found.messages) == await stage.told()
    assert posted(found.messages[0]).opens_thread
    assert posted(found.messages[0]).id == first.id
    await discord.change_thread(post, archived=True)
    assert len(await stage.texts(stage.thread(post, forum))) == 2
    await discord.delete(first)
    assert await stage.texts(stage.thread(post, forum)) == ["more"]


async def test_the_chat_of_a_voice_channel_is_one_conversation(stage: Stage, discord: Discord, kim: User) -> None:
    voice = discord.add_channel("talk", "voice")
    for text in ("one", "two"):
        await discord.post(kim, voice, text)
    found = await stage.read(stage.thread(voice, voice))
    assert list(found.messages) == await stage.told()
    assert len(found.messages) == 2


async def test_a_direct_message_is_read_topic_by_topic(stage: Stage, discord: Discord, kim: User) -> None:
    direct = discord.direct(kim)
    first = await discord.post(kim, direct, "one")
    await discord.post(kim, direct, "two")
    answer = await stage.answer(direct, "An answer.")
    second = await discord.post(kim, direct, "새 주제")
    await discord.post(kim, direct, "three")
    await discord.post(kim, direct, "four", reply_to=answer)
    topics = [stage.thread(first, direct), stage.thread(second, direct)]
    assert topics[0].workspace == "@me"
    stage.index.store(answer, topics[0], ours=True)
    assert await stage.texts(topics[0]) == ["one", "two", "An answer.", "four"]
    assert await stage.texts(topics[1]) == ["새 주제", "three"]
    found = await stage.read(topics[0])
    assert len(found.positions) == 6  # of all that stands between them
    assert all(posted(said).direct for said in found.messages)
    await discord.delete(first)
    found = await stage.read(topics[0])
    assert [deleted.ref.id for deleted in found.deleted] == [first.id]


async def test_an_answer_in_the_channel_itself_is_read_with_the_replies_to_it(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    lee = discord.add_user("lee")
    question = await discord.post(kim, channel, f"{discord.mention} hello")
    answer = await stage.answer(channel, "An answer.", question)
    await discord.post(lee, channel, "something else")
    reply = await discord.post(kim, channel, "and?", reply_to=answer)
    await discord.post(lee, channel, "because", reply_to=reply)
    await discord.post(lee, channel, "a question of its own", reply_to=question)
    lost = await stage.answer(channel, "More of it.", reply)
    thread = stage.thread(question, channel)
    for message in (question, answer):
        stage.index.store(message, thread, ours=message is answer)
    found = await stage.read(thread)
    texts = [posted(said).text for said in found.messages]
    assert texts == [f"{discord.mention} hello", "An answer.", "and?", "because", "More of it."]
    assert {each.id for each in channel.shown} == found.positions.keys()
    assert posted(found.messages[-1]).id == lost.id


async def test_what_a_question_replies_to_is_read_before_it(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    lee = discord.add_user("lee")
    remark = await discord.post(lee, channel, "the sky is green")
    await discord.post(lee, channel, "something else")
    question = await discord.post(kim, channel, f"{discord.mention} is it?", reply_to=remark)
    await discord.react(kim, remark, "🙈")
    thread = stage.thread(question, channel)
    for _ in range(2):
        found = await stage.read(thread)
        assert [posted(said).text for said in found.messages] == ["the sky is green", f"{discord.mention} is it?"]
        assert {posted(said).thread for said in found.messages} == {thread}
        assert [(each.ref.id, each.operation) for each in found.reactions] == [(remark.id, Operation.HIDE)]
        assert remark.id in found.positions
        if not discord.thread_of(question):
            await discord.start_thread(kim, question, "a talk")
    await discord.delete(remark)
    assert await stage.texts(thread) == [f"{discord.mention} is it?"]


async def test_what_was_answered_in_the_channel_before_a_thread_was_opened_stays(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    question = await discord.post(kim, channel, f"{discord.mention} hello")
    answer = await stage.answer(channel, "An answer.", question)
    await discord.post(kim, channel, "something else")
    discord.clock.advance(60)
    opened = await discord.start_thread(kim, question, "a talk")
    await discord.post(kim, opened, "in the thread")
    found = await stage.read(stage.thread(question, channel))
    assert [posted(said).text for said in found.messages] == [
        f"{discord.mention} hello",
        "An answer.",
        "in the thread",
    ]
    assert answer.id in found.positions
    for _ in range(400):
        await discord.post(kim, channel, "talk")
    late = await discord.post(kim, channel, f"{discord.mention} hello")
    for _ in range(400):
        await discord.post(kim, channel, "talk")
    discord.clock.advance(60)
    await discord.post(kim, await discord.start_thread(kim, late, "another talk"), "in it")
    found = await stage.read(stage.thread(late, channel))
    assert [posted(said).text for said in found.messages] == [f"{discord.mention} hello", "in it"]
    assert late.id not in found.positions


async def test_a_new_question_in_the_channel_is_read_with_one_call(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    question = await discord.post(kim, channel, f"{discord.mention} hello")
    assert await stage.texts(stage.thread(question, channel)) == [f"{discord.mention} hello"]
    assert [call.parameters["channel"] for call in discord.calls("get channel messages")] == [channel.id]
    thread = await discord.start_thread(kim, question, "a talk")
    await discord.post(kim, thread, "more")
    await discord.change_thread(thread, archived=True)  # by somebody: it would not be so soon
    assert await stage.texts(stage.thread(question, channel)) == [f"{discord.mention} hello", "more"]


async def test_marks_are_read_with_those_who_set_them(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    lee = discord.add_user("lee")
    root = await discord.post(kim, channel, "hello")
    thread = await discord.start_thread(kim, root, "a talk")
    more = await discord.post(kim, thread, "more")
    for user, message, sign in (
        (kim, root, "📌"),
        (lee, root, "📌"),
        (lee, more, "✂️"),
        (kim, more, "🛑"),
        (kim, more, "👍"),
    ):
        await discord.react(user, message, sign)
    await discord.react(kim, more, "🙈")
    await discord.unreact(kim, more, "🙈")
    found = await stage.read(stage.thread(root, channel))
    assert [(each.ref.id, each.operation, each.by.id) for each in found.reactions] == [
        (root.id, Operation.PIN, kim.id),
        (root.id, Operation.PIN, lee.id),
        (more.id, Operation.CUT, lee.id),
    ]
    assert {each.ref.channel for each in found.reactions} == {channel.id}
    assert all(each.added for each in found.reactions)


async def test_what_is_not_there_is_empty(stage: Stage, discord: Discord, kim: User, channel: Channel) -> None:
    await discord.post(kim, channel, "hello")
    nowhere = [
        ThreadRef("discord", discord.guild.id, channel.id, "99"),
        ThreadRef("discord", discord.guild.id, "98", "99"),
        ThreadRef("discord", discord.guild.id, "98", "98"),
        ThreadRef("discord", "@me", "98", "99"),
    ]
    for thread in nowhere:
        found = await stage.read(thread)
        assert not found.messages
        assert not found.positions
        assert not found.deleted


async def test_what_we_may_not_read_is_not_taken_for_deleted(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    root = await discord.post(kim, channel, f"{discord.mention} hello")
    discord.forbid(channel, "READ_MESSAGE_HISTORY")
    found = await stage.read(stage.thread(root, channel))
    assert (found.messages, found.deleted, found.positions) == ((), (), {})
    thread = await discord.start_thread(kim, root, "a talk")
    await discord.post(kim, thread, "more")
    found = await stage.read(stage.thread(root, channel))
    assert (list(found.messages), list(found.deleted), found.positions) == ([], [], {})


async def test_what_cannot_be_read_just_now_is_an_error(
    stage: Stage, discord: Discord, kim: User, channel: Channel
) -> None:
    root = await discord.post(kim, channel, "hello")
    thread = stage.thread(root, channel)
    discord.fail("get channel messages", ServerError(503), times=2)
    assert await stage.texts(thread) == ["hello"]
    discord.fail("get channel messages", Refused(403, 50001))
    with pytest.raises(PlatformError) as error:
        await stage.read(thread)
    assert not error.value.passing
