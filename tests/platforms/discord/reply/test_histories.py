"""Whatever is lost, refused or killed on the way, the answer stands there once and whole in the end."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from bot.core.errors import PlatformError
from bot.platforms.discord.markup.message import content, pieces
from tests.platforms.discord.reply.conftest import DELETE, EDIT, GET, POST, READ, START, Asked, asked_in
from tests.standins.discord.faults import Fault, Lost, RateLimited, Refused, ServerError
from tests.standins.discord.standin import Discord

ANSWERS = ["short", *("".join(f"{word} {n} of it.\n\n" for n in range(250)) for word in ("Paragraph", "Section"))]
FAULTS: list[Fault] = [
    Lost(),
    Lost(performed=False),
    ServerError(500, performed=True),
    ServerError(502, html=True),
    RateLimited(0.01),
]
PLACES = ["thread", "in place", "direct"]


async def placed(discord: Discord, place: str) -> Asked:
    if place == "direct":
        return await asked_in(discord, discord.direct(discord.add_user("lee")))
    channel = discord.add_channel("general")
    if place == "in place":
        discord.forbid(channel, "CREATE_PUBLIC_THREADS")
    return await asked_in(discord, channel)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", range(15))
async def test_after_any_history_the_answer_is_there_once(discord: Discord, place: str, seed: int) -> None:
    chance = random.Random(f"{place} {seed}")  # noqa: S311 - the same histories each time
    discord.limits.enforced = False
    asked = await placed(discord, place)
    for _ in range(chance.randint(2, 6)):
        await _attempt(asked, chance)
        if chance.random() < 0.5:
            _die(asked)
    discord.faults.clear()
    asked.log.deaf = False
    answer = chance.choice(ANSWERS)
    await (await asked.reply()).finish(answer, ["A note."])
    assert asked.shown == [content(piece)["content"] for piece in pieces(answer, ["A note."])]
    assert sorted(filter(None, asked.log.ids.values())) == sorted(message.id for message in asked.posts)
    assert discord.violations == []


async def _attempt(asked: Asked, chance: random.Random) -> None:
    """Some of an answer, with troubles; perhaps all of it. The process may not come to note what it posts."""
    for _ in range(chance.randint(0, 3)):
        asked.discord.fail(chance.choice([POST, POST, EDIT, START, READ, DELETE, GET]), chance.choice(FAULTS))
    answer, asked.log.deaf = chance.choice(ANSWERS), chance.random() < 0.2
    with suppress(PlatformError):
        reply = await asked.reply(as_file=chance.random() < 0.2)
        for share in (0.1, 0.5, 0.9):
            await reply.show(answer[: int(share * len(answer))])
        if chance.random() < 0.5:
            await reply.finish(answer)
        elif chance.random() < 0.2:
            await reply.remove()
    if asked.log.deaf:
        _die(asked)


def _die(asked: Asked) -> None:
    asked.restart()
    asked.log.deaf = False


async def test_a_refused_thread_leaves_the_answer_in_place_whatever_is_lost(discord: Discord) -> None:
    asked = await placed(discord, "thread")
    discord.fail(START, Refused())
    discord.fail(POST, Lost())
    with pytest.raises(PlatformError):
        await (await asked.reply()).finish("one")
    asked.restart()
    await (await asked.reply()).finish("one")
    assert asked.shown == ["one"]
    assert asked.opened is None
