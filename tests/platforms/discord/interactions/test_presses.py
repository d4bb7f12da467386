"""Buttons, and what is shown to one person alone: acknowledged in time, and checked against the ledger."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.core.controls import Control, Controls
from bot.core.conversation import Acted, Operation, Participant, Posted, Reacted, ThreadRef
from bot.core.texts import label, sentence
from bot.core.turn import Notice
from bot.platforms.discord.incoming.events import moment_of
from bot.platforms.discord.markup.buttons import RECEIPT, Button, rows
from tests.platforms.discord.interactions.calling import ADMIN, Bot, shown
from tests.standins.discord import Discord
from tests.standins.discord.faults import Lost, ServerError
from tests.standins.discord.interactions.interactions import DEFERRED_MESSAGE, DEFERRED_UPDATE, MESSAGE
from tests.standins.discord.state.objects import Channel, Message, User

ALL = (Control.CONTINUE, Control.REPEAT, Control.FEEDBACK, Control.RECEIPT)


async def answer(discord: Discord, bot: Bot, user: User, channel: Channel) -> tuple[Message, int, int]:
    """An answer that stands in the channel, its turn and its completion."""
    question = await discord.post(user, channel, "<@1> 안녕")
    thread = ThreadRef("discord", channel.guild or "@me", channel.id, question.id)
    at, position = moment_of(int(question.id)), int(question.id)
    direct = channel.guild is None
    asker = Participant(user.id, locale=user.locale)
    said = Posted(thread, question.id, position, asker, "안녕", at, addressed=True, direct=direct)
    await bot.receive(said)
    bot.heard.clear()
    turn = await bot.claimed()
    made = await bot.api.create_message(channel.id, {"content": "네"})
    completion = await bot.answered(turn, made["id"])
    controls = rows(Controls(ALL, completion, "ko"), turn.claim.turn)
    await bot.api.edit_message(channel.id, made["id"], {"components": controls})
    return discord.world.messages[made["id"]], turn.claim.turn, completion


def custom_ids(message: Message) -> dict[str, str]:
    found = [each["custom_id"] for row in message.components for each in row["components"]]
    return {each.split(":")[1]: each for each in found}


async def press(discord: Discord, bot: Bot, user: User, message: Message, action: str) -> Any:
    pressed = await discord.press(user, message, custom_ids(message)[action])
    await bot.done()
    return pressed


@pytest.mark.parametrize(
    ("action", "operation"),
    [
        ("continue", Operation.CONTINUE),
        ("repeat", Operation.REPEAT),
        ("like", Operation.LIKE),
        ("dislike", Operation.DISLIKE),
    ],
)
async def test_a_button_is_stored_and_then_acknowledged(
    discord: Discord, bot: Bot, kim: User, channel: Channel, action: str, operation: Operation
) -> None:
    message, turn, completion = await answer(discord, bot, kim, channel)
    bot.held = asyncio.Event()
    pressed = await discord.press(kim, message, custom_ids(message)[action])
    await discord.wait_for(lambda: bot.tasks)
    assert pressed.answered == 0
    bot.held.set()
    await bot.done()
    assert pressed.answered == DEFERRED_UPDATE
    [acted] = bot.heard
    assert isinstance(acted, Acted)
    assert (acted.operation, acted.turn, acted.completion) == (operation, turn, completion)
    assert (acted.by.id, acted.at) == (kim.id, moment_of(int(pressed.id)))
    root = await bot.index.thread_of(bot.ref(channel, message.id))
    assert acted.thread == root
    assert not discord.violations


async def test_in_a_direct_message_the_answer_itself_tells_the_thread(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    direct = discord.direct(kim)
    message, _, _ = await answer(discord, bot, kim, direct)
    await press(discord, bot, kim, message, "repeat")
    [acted] = bot.heard
    assert isinstance(acted, Acted)
    assert acted.thread == await bot.index.thread_of(bot.ref(direct, message.id))
    assert (await bot.claimed()).variant == 2


async def test_a_press_that_takes_long_to_store_is_acknowledged_before_and_stored_all_the_same(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    message, _, _ = await answer(discord, bot, kim, channel)
    bot.held = asyncio.Event()
    pressed = await discord.press(kim, message, custom_ids(message)["repeat"])
    await discord.wait_for(lambda: pressed.answered)
    bot.broken = 1
    bot.held.set()
    await bot.done()
    assert (await bot.claimed()).variant == 2


@pytest.mark.parametrize(
    "forged", ["other:thing", "threadbot:repeat:999999:1", "threadbot:explode:1:1", "threadbot:repeat:x:1", "threadbot"]
)
async def test_forged_and_foreign_ids_do_nothing_and_are_acknowledged(
    discord: Discord, bot: Bot, kim: User, channel: Channel, forged: str
) -> None:
    message, _, _ = await answer(discord, bot, kim, channel)
    message.components[0]["components"][0]["custom_id"] = forged
    pressed = await discord.press(kim, message, forged)
    await bot.done()
    assert pressed.answered == DEFERRED_UPDATE
    assert not await bot.ledger.claim("me", ["discord"], 10)


async def test_a_button_of_another_channel_does_nothing(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    _, turn, completion = await answer(discord, bot, kim, channel)
    elsewhere = discord.add_channel("elsewhere")
    other, _, _ = await answer(discord, bot, kim, elsewhere)
    for button in (Button("repeat", turn, completion), Button(RECEIPT, turn, completion)):
        other.components[0]["components"][0]["custom_id"] = button.custom_id
        pressed = await discord.press(kim, other, button.custom_id)
        await bot.done()
    assert shown(pressed).content == label("receipt_unknown", "ko")
    assert not await bot.ledger.claim("me", ["discord"], 10)


async def test_details_are_shown_to_whoever_asked_and_to_nobody_else(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    message, turn, _ = await answer(discord, bot, kim, channel)
    pressed = await press(discord, bot, kim, message, "receipt")
    assert (pressed.answered, shown(pressed).ephemeral) == (MESSAGE, True)
    assert f"턴 {turn}" in shown(pressed).content
    assert "gpt-6-luna" in shown(pressed).content
    stranger = discord.add_user("lee")
    pressed = await press(discord, bot, stranger, message, "receipt")
    assert shown(pressed).content == label("receipt_private", "en")
    admin = discord.add_user("admin")
    discord.world.users[ADMIN] = discord.world.users.pop(admin.id)
    used = await discord.use_on(kim, message, "Details")
    await bot.done()
    assert f"턴 {turn}" in shown(used).content
    called = await discord.call(kim, channel, "details")
    await bot.done()
    assert shown(called).content == shown(used).content
    assert shown(called).ephemeral
    nothing = await discord.call(stranger, channel, "details")
    await bot.done()
    assert shown(nothing).content == label("receipt_unknown", "en")
    assert not discord.violations


async def test_details_of_what_is_no_answer_say_so(discord: Discord, bot: Bot, kim: User, channel: Channel) -> None:
    said = await discord.post(kim, channel, "hello")
    used = await discord.use_on(kim, said, "Details")
    await bot.done()
    assert shown(used).content == label("receipt_unknown", "ko")


async def test_details_that_take_long_are_filled_in_later(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    message, turn, _ = await answer(discord, bot, kim, channel)
    bot.ahead = timedelta(minutes=1)  # so there seems to be no time left
    pressed = await press(discord, bot, kim, message, "receipt")
    assert pressed.answered == DEFERRED_MESSAGE
    assert shown(pressed).ephemeral
    assert f"턴 {turn}" in shown(pressed).content


@pytest.mark.parametrize("fault", [Lost(), Lost(performed=False), ServerError()])
async def test_details_that_are_filled_in_later_are_so_whatever_becomes_of_the_first_try(
    discord: Discord, bot: Bot, kim: User, channel: Channel, fault: Lost | ServerError
) -> None:
    message, turn, _ = await answer(discord, bot, kim, channel)
    bot.ahead = timedelta(minutes=1)
    discord.fail("edit original interaction response", fault)
    pressed = await press(discord, bot, kim, message, "receipt")
    assert f"턴 {turn}" in shown(pressed).content


async def test_try_again_on_an_answer_has_it_answered_anew(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    message, _, _ = await answer(discord, bot, kim, channel)
    used = await discord.use_on(kim, message, "Try again")
    await bot.done()
    assert shown(used).content == label("repeats", "ko")
    [reacted] = bot.heard
    assert isinstance(reacted, Reacted)
    assert (await bot.claimed()).variant == 2
    no_answer = await discord.use_on(kim, await discord.post(kim, channel, "hello"), "Try again")
    await bot.done()
    assert shown(no_answer).content == label("not_an_answer", "ko")


@pytest.mark.parametrize("locale", ["ko", "en-US", "de"])
async def test_help_is_in_the_language_of_whoever_asks_for_it(
    discord: Discord, bot: Bot, channel: Channel, locale: str
) -> None:
    user = discord.add_user("somebody", locale=locale)
    called = await discord.call(user, channel, "help")
    await bot.done()
    assert (called.answered, shown(called).ephemeral) == (MESSAGE, True)
    assert label("help_how", "ko" if locale == "ko" else "en") in shown(called).content
    assert "\N{PUSHPIN}" in shown(called).content + "".join(each.content for each in called.followups)
    assert not discord.violations


async def test_a_command_that_is_no_more_says_so(discord: Discord, bot: Bot, kim: User, channel: Channel) -> None:
    discord.commands.registered[""].append(dict(discord.commands.registered[""][1]) | {"id": "7", "name": "gone"})
    called = await discord.call(kim, channel, "gone")
    await bot.done()
    assert shown(called).content == label("command_unknown", "ko")


async def test_a_private_answer_that_is_over_says_so_when_another_one_is_wanted(
    discord: Discord, bot: Bot, kim: User, channel: Channel
) -> None:
    asked = await discord.call(kim, channel, "ask", question="안녕", private=True)
    await bot.done()
    turn = await bot.claimed()
    completion = await bot.answered(turn, shown(asked).id)
    controls = rows(Controls(ALL, completion, "ko"), turn.claim.turn)
    await bot.api.edit_response(asked.token, {"content": "네", "components": controls})
    bot.heard.clear()
    await press(discord, bot, kim, shown(asked), "like")
    assert len(bot.heard) == 1
    await bot.store.end(bot.ref(channel, asked.id))
    pressed = await press(discord, bot, kim, shown(asked), "repeat")
    assert len(bot.heard) == 1
    assert shown(pressed).content == sentence(Notice("private_over"), "ko")
    assert not await bot.ledger.claim("me", ["discord"], 10)
