"""Whatever is lost, refused or killed on the way, no message that answers a command stands there twice in the end."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from bot.core.errors import PlatformError
from bot.platforms.discord.markup.message import content, pieces
from tests.platforms.discord.interactions.calling import Bot, shown
from tests.platforms.discord.interactions.test_replies import FILL, FOLLOW, Asked, ask, seen
from tests.platforms.discord.reply.test_histories import ANSWERS, FAULTS
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, User

READ, CHANGE, TAKE_AWAY = "get original interaction response", "edit followup message", "delete followup message"
PRIVATE = (FILL, FOLLOW, FOLLOW, FOLLOW, READ, CHANGE, TAKE_AWAY)
PUBLIC = (FILL, FOLLOW, FOLLOW, FOLLOW, "create message", "edit message", "delete message", "get channel messages")


@pytest.mark.parametrize("seed", range(15))
async def test_after_any_history_a_private_answer_is_there_once(
    discord: Discord, bot: Bot, kim: User, channel: Channel, seed: int
) -> None:
    asked, chance = await ask(discord, bot, kim, channel, private=True), random.Random(f"private {seed}")  # noqa: S311 - the same each time
    answer = await _ended(asked, chance, PRIVATE)
    _check(asked, seen(asked), answer)
    assert not [each for each in channel.shown if each.author == discord.bot]


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("seed", range(6))
async def test_after_any_history_an_answer_where_we_may_not_post_is_there_once(
    discord: Discord, bot: Bot, kim: User, channel: Channel, seed: int, hidden: bool
) -> None:
    asked, chance = await ask(discord, bot, kim, channel), random.Random(f"public {seed}")  # noqa: S311 - as above
    discord.forbid(channel, "SEND_MESSAGES", *(["READ_MESSAGE_HISTORY"] if hidden else []))
    answer = await _ended(asked, chance, PUBLIC)
    _check(asked, [each.content for each in channel.shown if each.author == discord.bot], answer)


async def _ended(asked: Asked, chance: random.Random, calls: tuple[str, ...]) -> str:
    """After some attempts, with troubles, by processes of which some die before they can note what they have posted."""
    discord, reply = asked.bot.discord, await asked.reply()
    discord.limits.enforced = False
    for _ in range(chance.randint(2, 6)):
        for _ in range(chance.randint(0, 3)):
            discord.fail(chance.choice(calls), chance.choice(FAULTS))
        answer, asked.log.deaf = chance.choice(ANSWERS), chance.random() < 0.2
        with suppress(PlatformError):
            await reply.show(answer[: len(answer) // 2])
            await reply.finish(answer)
        discord.faults.clear()
        if asked.log.deaf or chance.random() < 0.5:
            asked.log.deaf = False
            reply = await asked.reply()
    answer = chance.choice(ANSWERS)
    await (await asked.reply()).finish(answer)
    return answer


def _check(asked: Asked, texts: list[str], answer: str) -> None:
    whole = [content(piece)["content"] for piece in pieces(answer)]
    files = [each.content for each in shown(asked.interaction).attachments]
    assert len(set(texts)) == len(texts)
    if files:
        assert (files, len(whole) > 1) == ([answer.encode()], True)
    else:
        assert texts[: len(whole)] == whole
    assert not asked.bot.discord.violations
