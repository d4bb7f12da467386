"""Answers to commands: the response that Discord shows is filled in, and what comes after it is posted in place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.controls import Control, Controls
from bot.core.conversation import Posted
from bot.core.errors import PlatformError
from bot.core.ports import Interaction, ReplyRequest
from bot.core.texts import sentence
from bot.core.turn import Notice, Turn
from bot.platforms.discord.incoming.events import read
from bot.platforms.discord.incoming.threading import thread_of
from bot.platforms.discord.reading.thread import DiscordThreadReader
from bot.platforms.discord.reply.reply import DiscordReply, opened
from bot.platforms.discord.reply.services import ReplyServices
from bot.platforms.discord.status.titles import Titles
from bot.platforms.discord.status.typing import DiscordTyping
from bot.store.interactions import SqlInteractions
from tests.contract.world import Log
from tests.platforms.discord.interactions.calling import Bot, shown
from tests.standins.discord import Discord
from tests.standins.discord.faults import Lost, Refused, ServerError
from tests.standins.discord.interactions.interactions import Interaction as Called
from tests.standins.discord.state.objects import Channel, User

LONG = "\n\n".join(f"{number}. " + "word " * 300 for number in range(3))
FILL, POST, FOLLOW = "edit original interaction response", "create message", "create followup message"
OVER = sentence(Notice("private_over"), "ko")


@dataclass
class Asked:
    bot: Bot
    interaction: Called
    turn: Turn
    log: Log = field(default_factory=Log)
    as_file: bool = False  # is what people want of long answers

    async def reply(self, question: str | None = None) -> DiscordReply:
        """Of a process that knows nothing but what is stored."""
        bot = self.bot
        titles = Titles()
        typing = DiscordTyping(bot.api, bot.places, titles)
        services = ReplyServices(bot.api, bot.places, bot.index, typing, titles, bot.store)
        thread, turn = self.turn.conversation.thread, self.turn.claim.turn
        question = question or self.interaction.id
        parts, log, as_file = self.log.parts(), self.log, self.as_file
        request = ReplyRequest(thread, turn, parts, log, language="ko", as_file=as_file, question=question)
        return await opened(services, bot.us, request)


async def ask(discord: Discord, bot: Bot, user: User, channel: Channel, **options: object) -> Asked:
    interaction = await discord.call(user, channel, "ask", **({"question": "안녕"} | options))
    await bot.done()
    return Asked(bot, interaction, await bot.claimed())


def posts(discord: Discord, channel: Channel) -> list[str]:
    """What everybody sees of ours there."""
    return [each.content for each in channel.shown if each.author == discord.bot]


async def test_a_short_answer_fills_the_response_in_and_grows_there(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    asked = await ask(discord, bot, kim, channel)
    reply = await asked.reply()
    await reply.show("네")
    response = shown(asked.interaction)
    assert (response.content, response.id) == ("네", asked.log.ids[1])
    await reply.show("네, 안녕하세요. 무엇을")
    await reply.finish("네, 안녕하세요. 무엇을 도와드릴까요?", controls=Controls((Control.REPEAT,), 1, "ko"))
    assert posts(discord, channel) == ["네, 안녕하세요. 무엇을 도와드릴까요?"]
    assert response.components
    assert len(discord.calls(FILL)) == 1
    assert not discord.calls(POST)
    assert not discord.calls("start thread from message")
    assert not discord.violations


async def test_a_long_answer_goes_on_in_ordinary_messages(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    asked = await ask(discord, bot, kim, channel)
    await (await asked.reply()).finish(LONG)
    first, *others = [each for each in channel.shown if each.author == discord.bot]
    assert first.id == shown(asked.interaction).id == asked.log.ids[1]
    assert [each.id for each in others] == [asked.log.ids[number] for number in range(2, len(others) + 2)]
    assert all(each.nonce for each in others)
    assert not discord.calls("start thread from message")
    assert not discord.violations


async def test_in_a_thread_all_of_it_stands_in_the_thread(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "talk")
    asked = await ask(discord, bot, kim, thread)
    await (await asked.reply()).finish(LONG)
    assert len(posts(discord, thread)) > 1
    assert posts(discord, thread)[0] == shown(asked.interaction).content
    assert not posts(discord, channel)


async def test_after_a_restart_the_same_message_is_gone_on_with(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    asked = await ask(discord, bot, kim, channel)
    await (await asked.reply()).show("네, 안녕")
    await (await asked.reply()).finish("네, 안녕하세요.")
    assert posts(discord, channel) == ["네, 안녕하세요."]


@pytest.mark.parametrize("fault", [Lost(), ServerError(performed=True)])
async def test_a_response_that_was_filled_in_unnoticed_is_found(
    discord: Discord, bot: Bot, kim: User, channel: Channel, fault: Lost | ServerError
) -> None:
    asked = await ask(discord, bot, kim, channel)
    discord.fail(FILL, fault)
    with pytest.raises(PlatformError):
        await (await asked.reply()).finish("네")
    assert asked.log.ids == {1: None}
    await (await asked.reply()).finish("네, 안녕하세요.")
    assert posts(discord, channel) == ["네, 안녕하세요."]
    assert asked.log.ids == {1: shown(asked.interaction).id}


async def test_one_that_was_not_filled_in_is_filled_in_then(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    asked = await ask(discord, bot, kim, channel)
    discord.fail(FILL, Lost(performed=False))
    with pytest.raises(PlatformError):
        await (await asked.reply()).finish("네")
    await (await asked.reply()).finish("네")
    assert posts(discord, channel) == ["네"]
    assert len(discord.calls(FILL)) == 2


async def test_when_the_token_is_over_a_public_answer_goes_through_the_channel(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    asked = await ask(discord, bot, kim, channel)
    discord.clock.advance(15 * 60 + 1)
    reply = await asked.reply()
    await reply.finish(LONG)
    assert len(posts(discord, channel)) > 1
    assert posts(discord, channel)[-1].split()[0] == "2."
    assert shown(asked.interaction).content == ""
    assert [each.token for each in await bot.store.of_turn(asked.turn.claim.turn)] == [None]
    await (await asked.reply()).finish("short")
    assert posts(discord, channel)[-1] == "short"


async def test_what_was_posted_through_the_channel_unnoticed_is_found(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    asked = await ask(discord, bot, kim, channel)
    await bot.store.end(bot.ref(channel, asked.interaction.id))
    asked.log.deaf = True
    await (await asked.reply()).finish("네")
    asked.log.deaf = False
    await (await asked.reply()).finish("네, 안녕하세요.")
    assert [each for each in posts(discord, channel) if each] == ["네, 안녕하세요."]


async def test_an_answer_that_is_there_before_the_acknowledgement_waits_for_it(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    gate = discord.hold("create interaction response")
    interaction = await discord.call(kim, channel, "ask", question="안녕")
    await discord.wait_for(lambda: discord.calls("create interaction response"))
    asked = Asked(bot, interaction, await bot.claimed())
    discord.fail(FILL, Refused(404, 10015, "Unknown Webhook"))
    gate.open()
    await (await asked.reply()).finish("네")
    assert posts(discord, channel) == ["네"]
    assert len(discord.calls(FILL)) == 2


async def test_one_that_was_never_acknowledged_is_answered_in_the_channel(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    discord.fail("create interaction response", Refused(404, 10062, "Unknown interaction"), times=9)
    asked = await ask(discord, bot, kim, channel)
    await (await asked.reply()).finish("네")
    assert posts(discord, channel) == ["네"]
    assert not discord.calls(FILL)


async def test_a_long_answer_may_come_as_a_file(discord: Discord, bot: Bot, kim: User, channel: Channel) -> None:
    asked = await ask(discord, bot, kim, channel)
    asked.as_file = True
    await (await asked.reply()).finish(LONG)
    first, file = [each for each in channel.shown if each.author == discord.bot]
    assert first.id == shown(asked.interaction).id
    assert len(file.attachments) == 1


async def test_where_we_may_not_post_the_rest_follows_with_the_token(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    asked = await ask(discord, bot, kim, channel)
    discord.forbid(channel, "SEND_MESSAGES")
    await (await asked.reply()).finish(LONG)
    ids = [each.id for each in channel.shown if each.author == discord.bot]
    assert len(ids) > 1
    assert ids == list(asked.log.ids.values())
    await (await asked.reply()).finish("short")
    assert posts(discord, channel) == ["short"]


async def test_what_was_asked_by_a_command_stays_when_its_conversation_is_read_back(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    """There is no message of it, in what is read."""
    asked = await ask(discord, bot, kim, channel)
    reply = await asked.reply()
    await reply.finish("네")
    response = shown(asked.interaction)
    await bot.answered(asked.turn, response.id)
    await discord.post(kim, channel, "다른 이야기")
    again = await discord.post(kim, channel, f"{discord.mention} 정말?", reply_to=response)
    place = await bot.places.find(channel.id, channel.guild)
    assert place is not None
    said = discord.shown(again)
    thread = await thread_of(said, place, bot.index)
    assert thread == asked.turn.conversation.thread
    posted = read(said, place, thread, bot.us)
    assert isinstance(posted, Posted)
    await bot.receive(posted)
    turn = await bot.claimed()
    found = await DiscordThreadReader(bot.api, bot.places, bot.index, {}).read(bot.us, thread)
    assert response.id in found.positions
    for deleted in found.deleted:
        await bot.ledger.erase(deleted)
    await bot.ledger.fill(turn.claim, 0, found)
    history = await bot.ledger.history(turn)
    assert [each.version.text for past in history.past for each in past.messages] == ["안녕"]


async def test_several_questions_that_are_answered_together_have_one_response(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    thread = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "talk")
    first = await discord.call(kim, thread, "ask", question="하나")
    second = await discord.call(kim, thread, "ask", question="둘")
    await bot.done()
    asked = Asked(bot, second, await bot.claimed())
    await (await asked.reply()).finish("셋")
    assert posts(discord, thread) == ["셋"]
    assert shown(second).content == "셋"
    assert shown(first).id not in discord.world.messages


async def test_a_confirmation_fills_the_response_in(discord: Discord, bot: Bot, kim: User, channel: Channel) -> None:
    called = await discord.call(kim, channel, "quiet")
    await bot.done()
    turn = await bot.claimed()
    reply = await Asked(bot, called, turn).reply(turn.conversation.thread.thread)
    await reply.finish("", ["조용히 있겠습니다."])
    assert shown(called).content == "-# 조용히 있겠습니다."
    assert len(posts(discord, channel)) == 1


async def test_a_message_that_followed_with_the_token_unnoticed_is_found(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    asked = await ask(discord, bot, kim, channel)
    discord.forbid(channel, "SEND_MESSAGES")
    discord.fail(FOLLOW, Lost())
    with pytest.raises(PlatformError):
        await (await asked.reply()).finish(LONG)
    await (await asked.reply()).finish(LONG)
    ids = [each.id for each in channel.shown if each.author == discord.bot]
    assert ids == list(asked.log.ids.values())
    assert len(discord.calls(FOLLOW)) == len(ids) - 1


@pytest.mark.parametrize("performed", [True, False])
async def test_one_that_followed_where_nobody_can_look_is_not_posted_again(
    discord: Discord, bot: Bot, kim: User, channel: Channel, performed: bool
) -> None:
    asked = await ask(discord, bot, kim, channel)
    discord.forbid(channel, "SEND_MESSAGES")
    discord.forbid(channel, "READ_MESSAGE_HISTORY")
    discord.fail(FOLLOW, Lost(performed=performed))
    with pytest.raises(PlatformError):
        await (await asked.reply()).finish(LONG)
    for _ in range(2):
        await (await asked.reply()).finish(LONG)
    response, *others = [each for each in channel.shown if each.author == discord.bot]
    assert [each.content for each in response.attachments] == [LONG.encode()]
    assert len(others) == performed
    assert len(discord.calls(FOLLOW)) == 1


# Private ones


@pytest.fixture
async def private(discord: Discord, bot: Bot, kim: User, channel: Channel) -> AsyncIterator[Asked]:
    """Whatever happens, nobody else sees a word of ours."""
    asked = await ask(discord, bot, kim, channel, private=True)
    yield asked
    assert not posts(discord, channel)
    assert not discord.calls(POST)
    assert not discord.violations


def seen(asked: Asked) -> list[str]:
    """By whoever asked."""
    own = [shown(asked.interaction), *asked.interaction.followups]
    there = asked.bot.discord.world.messages
    assert all(each.ephemeral for each in own)
    return [each.content for each in own if each.id in there]


async def test_a_private_answer_is_shown_to_whoever_asked_alone(private: Asked) -> None:
    reply = await private.reply()
    await reply.show("네")
    await reply.finish(LONG)
    parts = seen(private)
    assert len(parts) > 1
    assert parts[-1].split()[0] == "2."
    assert list(private.log.ids.values()) == [
        shown(private.interaction).id,
        *(each.id for each in private.interaction.followups),
    ]
    await (await private.reply()).finish("짧게")
    assert seen(private) == ["짧게"]


async def test_a_private_answer_is_taken_away_and_given_anew(private: Asked) -> None:
    reply = await private.reply()
    await reply.finish(LONG)
    await reply.remove()
    assert seen(private) == []
    await reply.finish("다시")
    assert seen(private) == ["다시"]


async def test_a_private_response_that_was_filled_in_unnoticed_is_found(discord: Discord, private: Asked) -> None:
    discord.fail(FILL, Lost())
    with pytest.raises(PlatformError):
        await (await private.reply()).finish("네")
    await (await private.reply()).finish("네, 안녕하세요.")
    assert seen(private) == ["네, 안녕하세요."]
    assert not discord.calls(FOLLOW)


async def test_a_long_private_answer_may_come_as_a_file_of_its_response(discord: Discord, private: Asked) -> None:
    private.as_file = True
    await (await private.reply()).finish(LONG)
    [text] = seen(private)
    assert text.startswith("0. word")
    assert [each.content for each in shown(private.interaction).attachments] == [LONG.encode()]
    await (await private.reply()).finish("짧게")
    assert seen(private) == ["짧게"]
    assert not shown(private.interaction).attachments


@pytest.mark.parametrize("fault", [Lost(), Lost(performed=False), ServerError(performed=True)])
async def test_a_private_message_that_may_be_there_is_not_posted_again(
    discord: Discord, private: Asked, fault: Lost | ServerError
) -> None:
    discord.fail(FOLLOW, fault)
    reply = await private.reply()
    with pytest.raises(PlatformError):
        await reply.finish(LONG)
    await reply.show(LONG)
    await reply.finish(LONG)
    await (await private.reply()).finish(LONG)
    assert len(discord.calls(FOLLOW)) == 1
    assert len(seen(private)) == 1 + fault.performed
    assert [each.content for each in shown(private.interaction).attachments] == [LONG.encode()]


async def test_after_that_a_short_answer_has_no_file(discord: Discord, private: Asked) -> None:
    discord.fail(FOLLOW, Lost(performed=False))
    with pytest.raises(PlatformError):
        await (await private.reply()).finish(LONG)
    await (await private.reply()).finish(LONG)
    await (await private.reply()).finish("짧게")
    assert seen(private) == ["짧게"]
    assert not shown(private.interaction).attachments


async def test_where_no_file_is_taken_that_the_rest_is_in_doubt_is_said(discord: Discord, private: Asked) -> None:
    discord.fail(FOLLOW, Lost())
    with pytest.raises(PlatformError):
        await (await private.reply()).finish(LONG)
    discord.fail(FILL, Refused(413, 40005, "Request entity too large"))
    discord.fail("edit followup message", Refused(413, 40005, "Request entity too large"))
    await (await private.reply()).finish(LONG)
    assert sentence(Notice("rest_in_doubt"), "ko") in seen(private)[0]
    assert len(discord.calls(FOLLOW)) == 1


async def test_a_private_message_in_place_of_the_response_is_posted_once(discord: Discord, private: Asked) -> None:
    reply = await private.reply()
    await reply.finish("네")
    await reply.remove()
    discord.fail(FOLLOW, Lost())
    with pytest.raises(PlatformError):
        await (await private.reply()).finish("다시")
    with pytest.raises(PlatformError) as refused:
        await (await private.reply()).finish("다시")
    assert (refused.value.code, refused.value.passing) == ("private_over", False)
    assert len(discord.calls(FOLLOW)) == 1


async def test_a_private_part_that_has_only_begun_is_not_posted(discord: Discord, private: Asked) -> None:
    reply = await private.reply()
    await reply.show("네")
    await reply.show(LONG[:2500])
    assert len(seen(private)) == 1
    assert shown(private.interaction).components
    await reply.show(LONG[:3500])
    assert len(seen(private)) == len(discord.calls(FOLLOW)) + 1


async def test_a_private_answer_is_not_posted_when_its_token_is_over(discord: Discord, private: Asked) -> None:
    discord.clock.advance(15 * 60 + 1)
    with pytest.raises(PlatformError) as refused:
        await (await private.reply()).finish("네")
    assert (refused.value.code, refused.value.passing) == ("private_over", False)


async def test_a_private_answer_is_not_posted_when_its_token_is_forgotten(private: Asked, channel: Channel) -> None:
    await private.bot.store.end(private.bot.ref(channel, private.interaction.id))
    with pytest.raises(PlatformError) as refused:
        await (await private.reply()).finish("네")
    assert refused.value.code == "private_over"


async def test_a_private_answer_that_is_still_written_at_the_end_says_so(private: Asked) -> None:
    await (await private.reply()).show("네, 그건")
    assert seen(private) == ["네, 그건"]
    private.bot.store = Ending(private.bot.database)
    with pytest.raises(PlatformError) as refused:
        await (await private.reply()).show("네, 그건 이렇게")
    assert refused.value.code == "private_over"
    [text] = seen(private)
    assert text.startswith("네, 그건 이렇게")
    assert text.endswith(f"-# {OVER}")


async def test_a_private_answer_that_is_whole_at_the_end_says_nothing_more(private: Asked) -> None:
    private.bot.store = Ending(private.bot.database)
    await (await private.reply()).finish("네")
    assert seen(private) == ["네"]


async def test_a_private_question_that_is_not_answered_by_the_end_is_told_so(discord: Discord, private: Asked) -> None:
    bot = private.bot
    bot.later = timedelta(minutes=14, seconds=55)
    ending = asyncio.create_task(bot.interactions.end_tokens())
    await discord.wait_for(lambda: seen(private) == [OVER])
    ending.cancel()
    await asyncio.wait([ending])
    with pytest.raises(PlatformError) as refused:
        await (await private.reply()).finish("네")
    assert refused.value.code == "private_over"


class Ending(SqlInteractions):
    """Whose interactions have ten seconds left."""

    async def of_turn(self, turn: int) -> Sequence[Interaction]:
        ends = datetime.now(UTC) + timedelta(seconds=10)
        return [replace(each, ends_at=ends) for each in await super().of_turn(turn)]
