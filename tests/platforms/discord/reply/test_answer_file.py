"""A long answer as a file: once, whole and below its beginning, or in messages where Discord takes no file."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bot.core.controls import Control, Controls
from bot.core.errors import PlatformError
from bot.core.texts import LANGUAGES
from bot.platforms.discord.reply.answer_file import FILE_PART, file_name
from tests.platforms.discord.reply.conftest import POST, START, Asked
from tests.standins.discord.faults import Lost, RateLimited, Refused, ServerError

LONG = "".join(f"Paragraph {n} says @everyone and a little more of it, up to the end.\n\n" for n in range(120))
OTHER = LONG.replace("Paragraph", "Section")
SAID = {language: sentences["whole_in_file"] for language, sentences in LANGUAGES.items()}


def files(asked: Asked) -> list[str]:
    """What the files in the thread hold."""
    return [each.content.decode() for message in asked.posts for each in message.attachments]


def is_whole(asked: Asked, text: str) -> bool:
    """Whether the beginning of *text* and, below it, all of it as a file are all that is there."""
    beginning, below = asked.posts
    return files(asked) == [text] and beginning.content.startswith(text[:7]) and not below.content


@pytest.fixture(autouse=True)
def _room(asked: Asked) -> None:
    asked.discord.limits.set(POST, 100, 5.0)


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_its_beginning_is_shown_and_all_of_it_as_it_is_follows_as_a_file(asked: Asked, language: str) -> None:
    reply = await asked.reply(as_file=True, language=language)
    await reply.finish(LONG, ["Cut."], Controls((Control.REPEAT,), 1, language))

    assert is_whole(asked, LONG)
    beginning, below = asked.posts
    assert beginning.content.split("\n")[-2:] == [f"-# {SAID[language]}", "-# Cut."]
    assert [len(beginning.components), len(below.components)] == [1, 0]
    assert below.attachments[0].name == file_name(7, LONG)
    assert asked.log.ids == {1: beginning.id, FILE_PART: below.id}
    assert asked.calls() == [START, POST, POST]


async def test_where_nobody_asked_for_a_file_it_comes_in_messages(asked: Asked) -> None:
    await (await asked.reply()).finish(LONG)
    assert files(asked) == []
    assert len(asked.posts) > 3


async def test_what_fits_into_one_message_is_one(asked: Asked) -> None:
    await (await asked.reply(as_file=True)).finish("short")
    assert asked.shown == ["short"]
    assert asked.calls() == [START, POST]


async def test_messages_that_showed_it_while_it_was_written_are_taken_away(asked: Asked) -> None:
    reply = await asked.reply(as_file=True)
    await reply.show(LONG[:500])
    await reply.show(LONG[:-10])
    assert len(asked.posts) > 3
    await reply.finish(LONG)
    assert is_whole(asked, LONG)


async def test_where_files_are_not_allowed_it_comes_in_messages_and_no_other_is_tried_at_once(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "ATTACH_FILES")
    for turn, text in ((7, LONG), (8, OTHER)):
        asked.log.ids.clear()
        asked.log.intended_at.clear()
        await (await asked.reply(turn, as_file=True)).finish(text)
        assert FILE_PART not in asked.log.ids
    assert " ".join(asked.shown).count("Paragraph") == " ".join(asked.shown).count("Section") == 120
    assert SAID["en"] not in " ".join(asked.shown)
    assert sum(bool(call.files) for call in asked.discord.calls(POST)) == 1


async def test_one_that_is_too_large_is_no_word_on_the_next(asked: Asked) -> None:
    reply = await asked.reply(as_file=True)
    await reply.show(LONG[:300])
    asked.discord.fail(POST, Refused(413, 40005, "Request entity too large"))
    await reply.finish(LONG)
    assert files(asked) == []
    await (await asked.reply(as_file=True)).finish(OTHER)
    assert is_whole(asked, OTHER)


@pytest.mark.parametrize("fault", [Lost(), Lost(performed=False), ServerError(), RateLimited(0.01)])
@pytest.mark.parametrize("restarted", [False, True])
async def test_after_a_lost_response_it_is_there_once(
    asked: Asked, fault: Lost | ServerError | RateLimited, restarted: bool
) -> None:
    await (await asked.reply(as_file=True)).show(LONG[:300])
    asked.discord.fail(POST, fault)
    with suppress(PlatformError):
        await (await asked.reply(as_file=True)).finish(LONG)
    if restarted:
        asked.restart()
    await (await asked.reply(as_file=True)).finish(LONG)
    assert is_whole(asked, LONG)
    assert asked.log.ids[FILE_PART] == asked.posts[1].id
    asked.discord.limits.refused.clear()


async def test_what_stands_there_already_is_not_sent_again(asked: Asked) -> None:
    await (await asked.reply(as_file=True)).finish(LONG)
    asked.restart()
    await (await asked.reply(as_file=True)).finish(LONG)
    assert is_whole(asked, LONG)
    assert len(asked.discord.calls(POST)) == 2


async def test_another_variant_takes_the_earlier_file_away(asked: Asked) -> None:
    await (await asked.reply(as_file=True)).finish(LONG)
    asked.restart()
    await (await asked.reply(as_file=True)).finish(OTHER)
    assert is_whole(asked, OTHER)
    await (await asked.reply(as_file=True)).finish("short")
    assert asked.shown == ["short"]
    assert list(asked.log.ids) == [1]


async def test_removing_the_answer_removes_its_file(asked: Asked) -> None:
    await (await asked.reply(as_file=True)).finish(LONG)
    asked.restart()
    await (await asked.reply(as_file=True)).remove()
    assert asked.posts == []
    assert asked.log.ids == {}


async def test_one_that_somebody_deleted_is_sent_again(asked: Asked) -> None:
    await (await asked.reply(as_file=True)).finish(LONG)
    await asked.discord.delete(asked.posts[1])
    await (await asked.reply(as_file=True)).finish(LONG)
    assert is_whole(asked, LONG)


async def test_it_stays_below_its_beginning_where_that_must_be_posted_anew(asked: Asked) -> None:
    await (await asked.reply(as_file=True)).finish(LONG)
    asked.discord.fail("edit message", RateLimited(60, code=30046))
    await (await asked.reply(as_file=True)).finish(LONG)
    assert is_whole(asked, LONG)
    asked.discord.limits.refused.clear()


async def test_a_first_part_that_was_lost_is_not_taken_for_the_file(asked: Asked) -> None:
    await (await asked.reply(as_file=True)).finish(LONG)
    asked.log.ids[1] = None
    asked.restart()
    await (await asked.reply(as_file=True)).finish(LONG)
    assert is_whole(asked, LONG)
