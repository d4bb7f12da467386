"""A permission that is missing is named once: below an answer, or to whoever gets none."""

from __future__ import annotations

import pytest

from bot.core.errors import PlatformError
from tests.platforms.discord.reply.conftest import POST, START, Asked
from tests.standins.discord.faults import Lost, Refused, ServerError

THREADS = "-# I answer here because I may not open threads in this channel: "
POSTS = "-# I answer here because I may not write in the threads of this channel: "


async def answer(asked: Asked, turn: int, text: str = "답", *, language: str = "en", as_file: bool = False) -> None:
    asked.log.ids.clear()
    await (await asked.reply(turn, as_file=as_file, language=language)).finish(text)


async def test_what_keeps_it_from_opening_a_thread_is_said_below_one_answer(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "CREATE_PUBLIC_THREADS")
    for turn in (7, 8):
        await answer(asked, turn)
    assert asked.shown == [f"답\n{THREADS}somebody who manages it can allow me “Create Public Threads”.", "답"]


async def test_it_is_said_in_the_language_of_the_answer(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "CREATE_PUBLIC_THREADS")
    await answer(asked, 7, language="ko")
    assert "“공개 스레드 만들기”" in asked.shown[0]


async def test_an_answer_that_was_shown_before_gets_the_sentence_with_its_end(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "CREATE_PUBLIC_THREADS")
    reply = await asked.reply()
    await reply.show("one")
    await reply.finish("one two")
    assert asked.shown[0].startswith(f"one two\n{THREADS}")
    assert asked.calls() == [START, POST, "edit message"]


async def test_no_thread_is_opened_that_it_may_not_write_in(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "SEND_MESSAGES_IN_THREADS")
    asked.restart()
    for turn in (7, 8):
        await answer(asked, turn)
    assert asked.opened is None
    assert asked.shown == [f"답\n{POSTS}somebody who manages it can allow me “Send Messages in Threads”.", "답"]


async def test_where_a_thread_takes_no_post_after_all_the_answer_stands_in_place(asked: Asked) -> None:
    asked.discord.fail(POST, Refused())
    await answer(asked, 7)
    [shown] = asked.discord.replies(asked.channel)
    assert shown.startswith(f"답\n{POSTS}")
    [message] = [each for each in asked.channel.shown if each.author == asked.discord.bot]
    assert message.reference is not None
    assert message.reference["message_id"] == asked.question.id


async def test_where_it_may_send_no_file_the_answer_says_so(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "ATTACH_FILES")
    await answer(asked, 7, "word " * 800, as_file=True)
    assert "“Attach Files”" in asked.shown[-1]


async def test_who_gets_no_answer_is_told_once_in_a_direct_message(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "SEND_MESSAGES", "CREATE_PUBLIC_THREADS")
    for turn in (7, 8):
        with pytest.raises(PlatformError, match="missing_permissions"):
            await answer(asked, turn)
    told = "-# I cannot answer you in #general: a manager of that channel can allow me “Send Messages”."
    assert asked.discord.replies(asked.discord.direct(asked.kim)) == [told]


@pytest.mark.parametrize("name", ["create dm", POST])
@pytest.mark.parametrize("fault", [Lost(), Lost(performed=False), ServerError()])
async def test_who_gets_no_answer_is_told_so_once_whatever_becomes_of_the_first_try(
    asked: Asked, name: str, fault: Lost | ServerError
) -> None:
    asked.discord.forbid(asked.channel, "SEND_MESSAGES", "CREATE_PUBLIC_THREADS")
    if name == POST:
        asked.discord.fail(POST, Refused())  # the answer itself
    asked.discord.fail(name, fault)
    with pytest.raises(PlatformError, match="missing_permissions"):
        await answer(asked, 7)
    [told] = asked.discord.replies(asked.discord.direct(asked.kim))
    assert "“Send Messages”" in told


async def test_in_a_thread_it_names_what_is_missing_there(asked: Asked) -> None:
    opened = await asked.discord.start_thread(asked.kim, asked.question, "bread")
    asked.discord.forbid(asked.channel, "SEND_MESSAGES_IN_THREADS")
    asked.question = await asked.discord.post(asked.kim, opened, "and rolls?")
    with pytest.raises(PlatformError, match="missing_permissions"):
        await answer(asked, 7)
    [told] = asked.discord.replies(asked.discord.direct(asked.kim))
    assert "“Send Messages in Threads”" in told


async def test_who_takes_no_direct_messages_is_left_alone(asked: Asked) -> None:
    asked.discord.forbid(asked.channel, "SEND_MESSAGES", "CREATE_PUBLIC_THREADS")
    asked.kim.refuses_direct = True
    with pytest.raises(PlatformError, match="missing_permissions"):
        await answer(asked, 7)
    assert asked.discord.replies(asked.discord.direct(asked.kim)) == []
