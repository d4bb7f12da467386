"""Our sentences come in the language in which whoever asked reads Slack; what the model is sent knows nothing of it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.standins.model.script import Answer
from tests.standins.slack.faults import Refused
from tests.standins.slack.workspace import BOT_USER
from tests.whole.conftest import Office

LATE = Answer("네.", latency=1.0)
EN_STATUS, KO_STATUS = "is writing…", "답변을 작성하고 있습니다…"
EN_BLANK, KO_BLANK = (
    "I see no text to answer. Write me a question.",
    "답할 글이 보이지 않습니다. 저에게 질문을 써 주세요.",
)


def reads_slack_in(office: Office, user: str, locale: str) -> None:
    office.slack.workspace.users[user]["locale"] = locale


def asked_for(office: Office) -> list[Any]:
    users = [call.arguments["user"] for call in office.slack.calls("users.info")]
    return [user for user in users if user != BOT_USER]  # its own name is asked for by itself


async def status(office: Office, question: str) -> str:
    """What the status says at the first question."""
    office.model.answers.append(LATE)
    root = await office.ask(question)
    statuses = office.slack.workspace.channels[office.general].statuses
    await office.slack.wait_for(lambda: root in statuses)
    said = statuses[root]
    await office.answers(root)
    return said


@pytest.mark.parametrize(
    ("locale", "question", "said"),
    [("ko-KR", "hello?", KO_STATUS), ("en-US", "안녕?", EN_STATUS), ("fr-FR", "안녕?", KO_STATUS)],
)
async def test_the_first_status_speaks_the_language_of_the_askers_slack(
    office: Office, locale: str, question: str, said: str
) -> None:
    reads_slack_in(office, office.kim, locale)
    async with office.bot():
        assert await status(office, question) == said


async def test_a_sentence_instead_of_an_answer_does_too(office: Office) -> None:
    reads_slack_in(office, office.kim, "ko-KR")
    async with office.bot():
        assert await office.answers(await office.ask("")) == [KO_BLANK]
        assert await office.answers(await office.ask("", user=office.lee)) == [EN_BLANK]


async def test_a_command_is_confirmed_in_the_language_of_whoever_gave_it(office: Office) -> None:
    reads_slack_in(office, office.kim, "ko-KR")
    async with office.bot(bot_language="en"):
        root = await office.ask("hello")
        await office.answers(root)
        await office.ask("quiet", thread=root)
        assert (await office.answers(root, 2))[1].startswith("이제 이 스레드에서는")


@pytest.mark.parametrize(
    ("locale", "own", "said"), [("ko-KR", "en", "저는 슬래시"), ("fr-FR", "ko", "저는 슬래시"), ("en-US", "ko", "I do")]
)
async def test_a_slash_command_is_answered_in_the_language_of_whoever_gave_it(
    office: Office, locale: str, own: str, said: str
) -> None:
    reads_slack_in(office, office.kim, locale)
    async with office.bot(bot_language=own):
        given = await office.slack.people.command(office.kim, office.general, "/ask", "hello")
        await office.slack.wait_for(lambda: given.acknowledged)
        assert given.response is not None
        assert given.response["text"].startswith(said)


async def test_where_nothing_is_known_the_bots_own_language_is_spoken(office: Office) -> None:
    async with office.bot(bot_language="ko"):
        assert await status(office, "hello?") == KO_STATUS
        root = await office.ask("quiet")
        assert (await office.answers(root))[0].startswith("이제 이 채널에서는")


async def test_slack_is_asked_once_a_day_and_believed_anew(office: Office) -> None:
    reads_slack_in(office, office.kim, "ko-KR")
    for _ in range(2):
        async with office.bot():
            assert await office.answers(await office.ask("")) == [KO_BLANK]
    assert asked_for(office) == [office.kim]
    reads_slack_in(office, office.kim, "en-US")
    office.execute("UPDATE participants SET refreshed_at = datetime(refreshed_at, '-1 day')")
    async with office.bot():
        assert await office.answers(await office.ask("")) == [EN_BLANK]
    assert asked_for(office) == [office.kim] * 2


async def test_the_beginning_of_a_prompt_stays_the_same_when_somebody_changes_the_language(office: Office) -> None:
    async with office.bot():
        root = await office.ask("one")
        await office.answers(root)
        reads_slack_in(office, office.kim, "ko-KR")
        office.execute("UPDATE participants SET refreshed_at = datetime(refreshed_at, '-1 day')")
        await office.ask("two", thread=root)
        await office.answers(root, 2)
    first, second = office.prompts()
    assert second[: len(first)] == first


async def test_an_answer_does_not_wait_for_a_slack_that_does_not_say(office: Office) -> None:
    gate = office.slack.hold("users.info")
    async with office.bot():
        asked = time.monotonic()
        assert await status(office, "안녕?") == KO_STATUS
        assert office.model.requests[0].at - asked < 1
        assert time.monotonic() - asked < 4
        gate.open()


async def test_a_slack_that_refuses_is_asked_at_the_next_question(office: Office) -> None:
    office.slack.fail("users.info", Refused("missing_scope"), times=2)  # once about the bot itself
    async with office.bot():
        assert await status(office, "안녕?") == KO_STATUS
    reads_slack_in(office, office.kim, "en-US")
    async with office.bot():
        assert await status(office, "안녕?") == EN_STATUS
