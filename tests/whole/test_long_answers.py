"""People can have long answers as a file. Nobody who did not ask for it gets one."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.texts import LANGUAGES
from tests.standins.model.script import Answer
from tests.standins.slack.workspace import Message
from tests.whole.conftest import Office

ENGLISH = "".join(f"Paragraph {n} goes on and on about the same thing.\n\n" for n in range(300)).strip()
KOREAN = "".join(f"{n}번째 문단은 같은 이야기를 계속해서 길게 이어 갑니다.\n\n" for n in range(400)).strip()
WHOLE = 20_000  # tokens: they are not cut
TOLD = {
    "en": ("long answers as a file", "long answers as messages", "in this channel"),
    "ko": ("긴 답변은 파일로 보내 줘", "긴 답변은 메시지로", "이 채널에서"),
}
TEXTS = {"en": ENGLISH, "ko": KOREAN}


def answer(office: Office, root: str) -> list[Message]:
    """The bot's messages since the last one of a person."""
    thread = office.slack.thread(office.general, root)
    last = max(n for n, message in enumerate(thread) if message.user != office.slack.bot_user)
    return thread[last + 1 :]


async def answered(office: Office, text: str, thread: str | None = None) -> list[Message]:
    """What *text* is answered with, when all is settled."""
    asked = await office.ask(text, thread=thread)
    root = thread or asked
    await office.slack.wait_for(lambda: answer(office, root) and office.settled())
    return answer(office, root)


def file_in(office: Office, message: Message) -> str:
    [file] = message.files
    return office.slack.files.stored[file["id"]].content.decode()


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_thread_has_its_long_answers_as_files_until_it_is_told_otherwise(office: Office, language: str) -> None:
    as_file, as_messages, _ = TOLD[language]
    said, text = LANGUAGES[language], TEXTS[language]
    office.model.default = Answer(text)
    async with office.bot(openai_max_tokens=WHOLE):
        root = await office.ask("질문" if language == "ko" else "hello")
        assert len(await office.answers(root)) > 1, "off by default"
        [confirmed] = await answered(office, as_file, root)
        assert confirmed.shown == said["long_answers_file_thread"]
    async with office.bot(openai_max_tokens=WHOLE):
        beginning, below = await answered(office, "다시" if language == "ko" else "again", root)
        assert beginning.shown.startswith(text[:20])
        assert said["whole_in_file"] in beginning.shown
        assert file_in(office, below) == text
        assert len(await answered(office, "elsewhere")) > 1
        assert office.slack.files.stored.keys() == {below.files[0]["id"]}
        [confirmed] = await answered(office, as_messages, root)
        assert confirmed.shown == said["long_answers_messages_thread"]
        assert not any(message.files for message in await answered(office, "again", root))
    assert office.prompts()[-1][-2] == ("assistant", text)
    kept = office.rows("SELECT json_extract(details, '$.key'), json_extract(details, '$.value') FROM audit ORDER BY id")
    assert kept == [("long_answers", "file"), ("long_answers", "messages")]


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_channel_has_them_as_files_whether_it_is_quiet_or_not(office: Office, language: str) -> None:
    as_file, _, in_this_channel = TOLD[language]
    office.model.default = Answer(ENGLISH)
    async with office.bot(openai_max_tokens=WHOLE):
        root = await office.ask("hello")
        await office.answers(root)
        [confirmed] = await answered(office, f"{in_this_channel} {as_file}", root)
        assert confirmed.shown == LANGUAGES[language]["long_answers_file_channel"]
        await answered(office, "mention only in this channel", root)
        assert [bool(message.files) for message in await answered(office, "somewhere else")] == [False, True]


async def test_another_variant_and_a_deleted_question_take_the_file_with_them(office: Office) -> None:
    office.model.answers.extend([Answer(ENGLISH), Answer(KOREAN), Answer("Short.")])
    async with office.bot(openai_max_tokens=WHOLE):
        await answered(office, "long answers as a file in this channel")
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: answer(office, root) and office.settled())
        assert file_in(office, answer(office, root)[1]) == ENGLISH
        await office.slack.edit(office.general, root, f"{office.slack.mention} 한국어로")
        await office.slack.wait_for(lambda: len(office.model.requests) == 2 and office.settled())
        assert file_in(office, answer(office, root)[1]) == KOREAN
        await office.slack.edit(office.general, root, f"{office.slack.mention} in a word")
        await office.slack.wait_for(lambda: len(office.model.requests) == 3 and office.settled())
        assert [message.shown for message in answer(office, root)] == ["Short."]
    assert office.slack.files.stored == {}
    assert office.rows("SELECT count(*) FROM completions WHERE text IS NULL") == [(0,)], "we deleted, nobody else did"


async def test_another_variant_that_is_stopped_before_its_first_word_leaves_the_file(office: Office) -> None:
    office.model.answers.extend([Answer(ENGLISH), Answer("never", gate=asyncio.Event())])
    async with office.bot(openai_max_tokens=WHOLE):
        await answered(office, "long answers as a file in this channel")
        asked = await office.ask("hello")
        await office.answers(asked, 2)
        beginning, below = answer(office, asked)
        await office.slack.react(office.kim, office.general, beginning.ts, "repeat")
        await office.slack.wait_for(lambda: len(office.model.requests) == 2)
        await office.slack.react(office.kim, office.general, asked, "octagonal_sign")
        await office.slack.wait_for(lambda: office.rows("SELECT 1 FROM turns WHERE reason = 'stopped'"))
        await office.slack.wait_for(office.settled)
        first, second = answer(office, asked)
        assert (first.ts, second.ts) == (beginning.ts, below.ts)
        assert LANGUAGES["en"]["stopped_unanswered"] in first.shown
        assert file_in(office, second) == ENGLISH


async def test_somebody_who_deletes_the_file_deletes_the_answer(office: Office) -> None:
    office.model.answers.append(Answer(ENGLISH))
    async with office.bot(openai_max_tokens=WHOLE):
        await answered(office, "long answers as a file in this channel")
        _, below = await answered(office, "hello")
        await office.slack.remove(office.general, below.ts)
        await office.slack.wait_for(lambda: office.rows("SELECT text FROM completions") == [(None,)])


async def test_a_workspace_without_the_scope_is_answered_in_messages(office: Office) -> None:
    office.slack.workspace.scopes = tuple(set(office.slack.workspace.scopes) - {"files:write"})
    office.model.default = Answer(ENGLISH)
    async with office.bot(openai_max_tokens=WHOLE):
        await answered(office, "long answers as a file in this channel")
        for _ in range(2):
            parts = await answered(office, "hello")
            assert "".join(ENGLISH.split()) == "".join("".join(part.shown for part in parts).split())
    assert len(office.slack.calls("files.getUploadURLExternal")) == 1
