"""What is asked and set by commands: stored first, then acknowledged, in time."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.conversation import Posted, ThreadRef
from bot.core.texts import label
from tests.platforms.discord.interactions.calling import Bot, shown
from tests.standins.discord import Discord
from tests.standins.discord.faults import Hung, Lost, RateLimited, ServerError
from tests.standins.discord.interactions.interactions import DEFERRED_MESSAGE, MESSAGE, MODAL
from tests.standins.discord.state.objects import Channel, User


def posted(bot: Bot) -> Posted:
    [said] = bot.heard
    assert isinstance(said, Posted)
    return said


async def test_a_question_is_stored_and_then_acknowledged(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    bot.held = asyncio.Event()
    asked = await discord.call(kim, channel, "ask", question="수도가 어디야?")
    await discord.wait_for(lambda: bot.tasks)
    assert asked.answered == 0
    bot.held.set()
    await bot.done()
    assert (asked.answered, asked.loading, shown(asked).ephemeral) == (DEFERRED_MESSAGE, True, False)
    said = posted(bot)
    assert said.thread == ThreadRef("discord", discord.guild.id, channel.id, asked.id)
    assert (said.id, said.position, said.text) == (asked.id, int(asked.id), "수도가 어디야?")
    assert (said.author.id, said.author.locale, said.author.name) == (kim.id, "ko", "Kim")
    assert said.addressed
    assert not said.direct
    turn = await bot.claimed()
    [kept] = await bot.store.of_turn(turn.claim.turn)
    assert (kept.token, kept.private, kept.message) == (asked.token, False, said.ref)
    assert (kept.ends_at - said.posted_at).total_seconds() == 15 * 60
    assert not discord.violations


async def test_in_a_thread_and_in_a_direct_message_it_belongs_to_what_is_said_there(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    root = await discord.post(kim, channel, "hello")
    thread = await discord.start_thread(kim, root, "talk")
    await discord.call(kim, thread, "ask", question="in the thread")
    await bot.done()
    assert posted(bot).thread == ThreadRef("discord", discord.guild.id, channel.id, thread.id)
    bot.heard.clear()
    direct = discord.direct(kim)
    first = await discord.call(kim, direct, "ask", question="first", private=True)
    await bot.done()
    assert posted(bot).thread == ThreadRef("discord", "@me", direct.id, first.id)
    assert posted(bot).direct
    assert not shown(first).ephemeral  # nobody else is there
    bot.heard.clear()
    await discord.call(kim, direct, "ask", question="and then?")
    await bot.done()
    assert posted(bot).thread.thread == first.id


async def test_a_private_question_is_a_conversation_of_its_own(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    root = await discord.post(kim, channel, "hello")
    thread = await discord.start_thread(kim, root, "talk")
    asked = await discord.call(kim, thread, "ask", question="안녕", private=True)
    await bot.done()
    assert (asked.loading, shown(asked).ephemeral) == (True, True)
    assert posted(bot).thread == ThreadRef("discord", discord.guild.id, channel.id, asked.id)
    turn = await bot.claimed()
    assert [each.private for each in await bot.store.of_turn(turn.claim.turn)] == [True]


async def test_what_takes_long_to_store_is_acknowledged_before_and_stored_all_the_same(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    bot.held = asyncio.Event()
    asked = await discord.call(kim, channel, "ask", question="hello")
    await discord.wait_for(lambda: asked.answered)
    assert asked.answered == DEFERRED_MESSAGE
    assert asked.answered_at is not None
    assert asked.answered_at - asked.at < 3.0
    assert not bot.heard
    bot.broken = 2
    bot.held.set()
    await bot.done()
    assert posted(bot).text == "hello"
    assert len(discord.calls("create interaction response")) == 1
    await bot.claimed()


@pytest.mark.parametrize("fault", [Lost(performed=True), Lost(performed=False), ServerError(), Hung()])
async def test_an_acknowledgement_that_fails_is_given_again_in_time(
    discord: Discord, bot: Bot, kim: User, channel: Channel, fault: Lost | ServerError | Hung
) -> None:
    discord.fail("create interaction response", fault)
    asked = await discord.call(kim, channel, "ask", question="hello")
    await bot.done()
    assert asked.answered == DEFERRED_MESSAGE
    assert posted(bot).text == "hello"


async def test_an_acknowledgement_waits_as_long_as_discord_asks_for(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    discord.fail("create interaction response", RateLimited(0.4))
    asked = await discord.call(kim, channel, "ask", question="hello")
    await bot.done()
    assert asked.answered == DEFERRED_MESSAGE
    first, second = discord.calls("create interaction response")
    assert second.at - first.at >= 0.4


async def test_what_comes_too_late_to_be_acknowledged_is_asked_all_the_same(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    bot.held = asyncio.Event()
    asked = await discord.call(kim, channel, "ask", question="hello")
    discord.clock.advance(3.5)
    bot.held.set()
    await bot.done()
    assert asked.answered == 0
    assert posted(bot).text == "hello"


async def test_told_twice_it_is_asked_once(discord: Discord, bot: Bot, kim: User, channel: Channel) -> None:
    await discord.call(kim, channel, "ask", question="hello")
    await bot.done()
    discord.gateway.repeat(3)
    await discord.wait_for(lambda: len(bot.tasks) == 2)
    await bot.done()
    assert len(discord.calls("create interaction response")) == 1
    await bot.claimed()


@pytest.mark.parametrize(
    ("command", "key", "place"),
    [
        ("quiet", "mode_quiet", "channel"),
        ("listen", "mode_auto", "channel"),
        ("mention-only", "mode_mention", "thread"),
    ],
)
async def test_what_is_set_by_a_command_is_confirmed_by_an_answer(
    discord: Discord, bot: Bot, kim: User, channel: Channel, command: str, key: str, place: str
) -> None:
    where = channel
    if place == "thread":
        where = await discord.start_thread(kim, await discord.post(kim, channel, "hello"), "talk")
    called = await discord.call(kim, where, command)
    await bot.done()
    assert called.loading
    turn = await bot.claimed()
    assert turn.command is not None
    assert turn.command.key == f"{key}_{place}"
    assert [each.token for each in await bot.store.of_turn(turn.claim.turn)] == [called.token]


async def test_what_is_set_in_a_direct_message_holds_in_all_of_it(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    direct = discord.direct(kim)
    await discord.call(kim, direct, "ask", question="first")
    await bot.done()
    await bot.answered(await bot.claimed(), "1")
    await discord.call(kim, direct, "quiet")
    await bot.done()
    command = (await bot.claimed()).command
    assert command is not None
    assert command.key == "mode_quiet_direct"


@pytest.mark.parametrize("private", [True, False])
async def test_what_only_asks_sets_nothing_whatever_its_words(
    discord: Discord, bot: Bot, kim: User, channel: Channel, private: bool
) -> None:
    """Least of all in private, where the others would not see why the bot is silent."""
    await discord.call(kim, channel, "ask", question="quiet", private=private)
    await bot.done()
    turn = await bot.claimed()
    assert turn.command is None
    assert [each.version.text for each in (await bot.ledger.history(turn)).messages] == ["quiet"]


async def test_whoever_asks_where_the_bot_is_quiet_is_told_so(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    await discord.call(kim, channel, "quiet")
    await bot.done()
    asked = await discord.call(kim, channel, "ask", question="hello")
    await bot.done()
    assert asked.answered == MESSAGE
    assert shown(asked).ephemeral
    assert shown(asked).content == label("asked_when_quiet", "ko")


async def test_whoever_asks_where_the_bot_is_not_to_answer_is_told_so(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    bot.allowed = False
    asked = await discord.call(kim, channel, "ask", question="hello")
    await bot.done()
    assert shown(asked).content == label("not_here", "ko")
    assert not bot.heard


async def test_a_message_is_asked_about_in_a_form(discord: Discord, bot: Bot, kim: User, channel: Channel) -> None:
    lee = discord.add_user("lee")
    said = await discord.post(lee, channel, "첫 줄\n둘째 줄", files=[("log.txt", b"error", "text/plain")])
    used = await discord.use_on(kim, said, "Ask about this")
    await bot.done()
    assert used.answered == MODAL
    assert used.modal is not None
    written, quoted = (field["component"] for field in used.modal["components"])
    assert quoted["value"] == "첫 줄\n둘째 줄"
    asked = await discord.submit(kim, used, {written["custom_id"]: "왜?", quoted["custom_id"]: quoted["value"]})
    await bot.done()
    assert asked.answered == DEFERRED_MESSAGE
    assert posted(bot).text == "왜?\n\n> 첫 줄\n> 둘째 줄"
    assert [file.name for file in posted(bot).files] == ["log.txt"]
    assert posted(bot).thread.thread == asked.id
    assert not discord.violations


async def test_a_form_that_is_left_as_it_is_asks_what_the_message_means(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    used = await discord.use_on(kim, await discord.post(kim, channel, "TL;DR"), "Ask about this")
    await bot.done()
    await discord.submit(kim, used, {"written": "", "quoted": "TL;DR"})
    await bot.done()
    assert posted(bot).text == f"{label('ask_this_default', 'ko')}\n\n> TL;DR"


async def test_a_defect_of_ours_is_acknowledged_and_raised(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    bot.defect = KeyError("ours")
    asked = await discord.call(kim, channel, "ask", question="hello")
    with pytest.raises(KeyError):
        await bot.done()
    assert asked.answered == MESSAGE
