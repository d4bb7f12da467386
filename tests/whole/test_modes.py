"""When the bot answers, and how it is told to be quiet, to listen, or to wait for its mention."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.core.texts import LANGUAGES
from tests.standins.model.script import Answer
from tests.standins.slack.faults import Lost
from tests.whole.conftest import Office

TOLD = {
    "en": {"quiet": "quiet", "listen": "listen", "mention": "mention only, please", "channel": "quiet in this channel"},
    "ko": {
        "quiet": "조용히 해 줘",
        "listen": "다시 들어 줘",
        "mention": "멘션할 때만 답해 주세요.",
        "channel": "이 채널에서는 조용히 해 줘",
    },
}


async def overheard(office: Office, text: str, thread: str, user: str | None = None) -> None:
    """Somebody says something in a thread without a mention, and the bot has heard it."""
    said = await office.slack.post(user or office.kim, office.general, text, thread)
    await office.slack.wait_for(lambda: (heard := office.slack.delivered(said)) and heard[0].acknowledged)


async def test_in_a_thread_with_one_person_no_mention_is_needed(office: Office) -> None:
    office.model.answers.extend([Answer("서울은 맑습니다."), Answer("부산도 맑습니다.")])
    async with office.bot():
        root = await office.ask("서울 날씨는?")
        await office.answers(root)
        await office.slack.post(office.kim, office.general, "부산은?", root)
        assert await office.answers(root, 2) == ["서울은 맑습니다.", "부산도 맑습니다."]
    assert office.prompts()[1][-1] == ("user", "부산은?")


async def test_whoever_the_bot_asked_back_answers_without_a_mention(office: Office) -> None:
    office.model.answers.extend([Answer("For **which** city?"), Answer("서울은 맑습니다.")])
    async with office.bot():
        root = await office.slack.post(office.lee, office.general, "how is the weather")
        await office.ask("tell us", thread=root)
        await office.answers(root)
        await office.slack.post(office.kim, office.general, "서울", root)
        assert (await office.answers(root, 2))[1] == "서울은 맑습니다."


async def test_it_does_not_butt_in_when_people_talk_and_comes_when_it_is_called(office: Office) -> None:
    async with office.bot():
        root = await office.ask("who won?")
        await office.answers(root)
        await overheard(office, "I would not trust that", root, office.lee)
        await overheard(office, "me neither?", root)
        await overheard(office, f"<@{office.lee}> let us look it up", root)
        assert len(await office.answers(root)) == 1
        await overheard(office, "threadbot, are you sure?", root, office.lee)
        assert len(await office.answers(root, 2)) == 2
    assert len(office.model.requests) == 2
    assert "me neither?" in office.prompts()[1][-1][1], "what people said is context"


async def test_in_a_thread_that_somebody_else_opened_a_mention_is_needed(office: Office) -> None:
    office.model.answers.append(Answer("At the market."))
    async with office.bot():
        root = await office.slack.post(office.lee, office.general, "lunch?")
        await office.ask("where is it good?", thread=root)
        await office.answers(root)
        await overheard(office, "shall we go at noon?", root)
        await office.answers(await office.ask("another thing"))
    assert len(office.slack.replies(office.general, root)) == 1


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_thread_is_quiet_until_told_otherwise_also_after_a_restart(office: Office, language: str) -> None:
    told, said = TOLD[language], LANGUAGES[language]
    async with office.bot():
        root = await office.ask("hello")
        [answer] = await office.answers(root)
        await office.ask(told["quiet"], thread=root)
        assert await office.answers(root, 2) == [answer, said["mode_quiet_thread"]]
    async with office.bot():
        await office.ask("are you there?", thread=root)
        await overheard(office, "hello?", root)
        elsewhere = await office.ask("what about here?")
        assert len(await office.answers(elsewhere)) == 1
        assert len(office.slack.replies(office.general, root)) == 2
        await office.ask(told["listen"], thread=root)
        assert (await office.answers(root, 3))[2] == said["mode_auto_thread"]
        await overheard(office, "and now?", root)
        assert len(await office.answers(root, 4)) == 4
    prompt = office.prompts()[-1]
    assert not [content for _, content in prompt if told["quiet"] in content or said["mode_quiet_thread"] in content]
    assert len(office.model.requests) == 3


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_channel_can_be_quiet_but_for_a_thread(office: Office, language: str) -> None:
    told, said = TOLD[language], LANGUAGES[language]
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
        await office.ask(told["channel"], thread=root)
        assert (await office.answers(root, 2))[1] == said["mode_quiet_channel"]
        unheard = await office.ask("anybody?")
        await office.ask(told["listen"], thread=root)
        await office.answers(root, 3)
        await office.ask("still there?", thread=root)
        assert len(await office.answers(root, 4)) == 4
    assert office.slack.replies(office.general, unheard) == []
    assert office.rows("SELECT count(*) FROM audit") == [(2,)]


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_thread_can_be_answered_when_mentioned_only(office: Office, language: str) -> None:
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
        await office.ask(TOLD[language]["mention"], thread=root)
        assert (await office.answers(root, 2))[1] == LANGUAGES[language]["mode_mention_thread"]
        await overheard(office, "and then?", root)
        await office.ask("and then?", thread=root)
        await office.answers(root, 3)
    assert len(office.slack.replies(office.general, root)) == 3


async def test_direct_messages_stop_and_go_on_without_a_mention(office: Office) -> None:
    async with office.bot():
        direct = office.slack.direct(office.kim)
        told = await office.slack.post(office.kim, direct, "조용히")
        assert await office.answers(told, channel=direct) == [LANGUAGES["ko"]["mode_quiet_direct"]]
        unheard = await office.slack.post(office.kim, direct, "거기 있어?")
        told = await office.slack.post(office.kim, direct, "다시 들어 줘")
        assert await office.answers(told, channel=direct) == [LANGUAGES["ko"]["mode_auto_direct"]]
        asked = await office.slack.post(office.kim, direct, "이제?")
        assert len(await office.answers(asked, channel=direct)) == 1
    assert office.slack.replies(direct, unheard) == []


async def test_a_question_that_begins_like_a_command_is_a_question(office: Office) -> None:
    office.model.answers.append(Answer("Try Yeonnam-dong."))
    async with office.bot():
        assert await office.answers(await office.ask("quiet cafés in Seoul?")) == ["Try Yeonnam-dong."]
    assert office.rows("SELECT count(*) FROM preferences") == [(0,)]


async def test_a_command_beside_a_running_turn_holds_at_once_and_is_confirmed_after_it(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("one two three four", gate=gate, gate_at=1))
    async with office.bot():
        root = await office.ask("count")
        await office.model.received(1)
        await office.ask("quiet", thread=root)
        await office.ask("are you there?", thread=root)
        await office.slack.wait_for(lambda: len(office.rows("SELECT 1 FROM messages")) == 3)
        gate.set()
        assert await office.answers(root, 2) == ["one two three four", LANGUAGES["en"]["mode_quiet_thread"]]
    assert len(office.model.requests) == 1


async def test_a_confirmation_whose_post_is_lost_on_the_wire_is_shown_once(office: Office) -> None:
    office.slack.fail("chat.postMessage", Lost())
    async with office.bot():
        told = await office.ask("quiet")
        assert await office.answers(told) == [LANGUAGES["en"]["mode_quiet_channel"]]
        await office.slack.socket_mode.redeliver(everything=True)
        await office.slack.wait_for(office.settled)
    assert len(office.slack.replies(office.general, told)) == 1
    assert office.rows("SELECT state, attempts FROM turns") == [("shown", 2)]


async def test_an_edit_is_no_command(office: Office) -> None:
    async with office.bot():
        root = await office.ask("quiet cafés in Seoul?")
        await office.answers(root)
        await office.slack.edit(office.general, root, f"{office.slack.mention} quiet")
        assert len(await office.answers(await office.ask("hello"))) == 1
    assert office.rows("SELECT count(*) FROM preferences") == [(0,)]


async def test_another_bot_is_answered_if_it_is_allowed_and_only_three_times_in_a_row(office: Office) -> None:
    robot = office.slack.workspace.add_user("robot", is_bot=True)

    async def beep(thread: str | None = None) -> str:
        text = f"{office.slack.mention} beep"
        return await office.slack.post(robot, office.general, text, thread, bot_id="B0ROBOT", subtype="bot_message")

    async with office.bot(allowed_bots=frozenset({"B0ROBOT"})):
        root = await beep()
        for number in (1, 2):
            await office.answers(root, number)
            await beep(root)
        await office.answers(root, 3)
        fourth = await beep(root)
        await office.slack.wait_for(lambda: all(each.acknowledged for each in office.slack.delivered(fourth)))
        await overheard(office, "stop it, you two", root)
        await beep(root)
        assert len(await office.answers(root, 4)) == 4
    assert len(office.model.requests) == 4


async def test_the_log_names_the_rule(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.messages")
    async with office.bot():
        root = await office.ask("quiet")
        await office.answers(root)
        await office.ask("hello?", thread=root)
        await office.slack.wait_for(lambda: "rule=told to be quiet" in caplog.text)
    assert "action=obey rule=a command" in caplog.text
    assert "hello?" not in caplog.text
