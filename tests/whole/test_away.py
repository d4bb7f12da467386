"""Nothing that was asked while the bot was away is lost, and nothing is answered twice for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from bot import app
from bot.platforms.common.catch_up import LOOK_BACK, CatchUpSettings
from bot.platforms.slack.adapter import SlackPlatform
from bot.settings import Settings
from bot.store.watermarks import SqlWatermarks
from tests.standins.model.script import Answer
from tests.whole.conftest import Office


@asynccontextmanager
async def bot(office: Office, *, look_back: timedelta = LOOK_BACK, **settings: Any) -> AsyncIterator[SlackPlatform]:
    """The bot as `threadbot run` starts it, only that it looks after its connection more often."""
    chosen = Settings(**{**office._settings(), **settings})  # noqa: SLF001 - our own tests
    stop = asyncio.Event()
    async with app.open_store(chosen) as store:
        platform = SlackPlatform(
            bot_token=office.slack.bot_token,
            app_token=office.slack.app_token,
            api_url=office.slack.api_url,
            ping_seconds=0.1,
            watermarks=SqlWatermarks(store),
            catch_up=CatchUpSettings(
                longest=timedelta(hours=chosen.catch_up_hours), note_seconds=0.05, look_back=look_back
            ),
        )
        running = asyncio.create_task(app.run(chosen, [platform], until=lambda: _set(stop), store=store))
        try:
            await office.slack.wait_for(lambda: office.slack.socket_mode.connections and platform.connected)
            await office.slack.wait_for(lambda: office.rows("SELECT 1 FROM watermarks WHERE channel = ''"))
            yield platform
        finally:
            stop.set()
            await running


async def _set(event: asyncio.Event) -> None:
    await event.wait()


@asynccontextmanager
async def outage(office: Office, platform: SlackPlatform) -> AsyncIterator[None]:
    """No connection; what is delivered meanwhile is lost for good."""
    office.slack.socket_mode.refuse_handshakes = True
    await office.slack.socket_mode.cut()
    await office.slack.wait_for(lambda: not platform.connected)
    yield
    office.slack.socket_mode.refuse_handshakes = False


async def test_a_question_asked_in_an_outage_is_answered_soon_after_it(office: Office) -> None:
    async with bot(office) as platform:
        async with outage(office, platform):
            asked = await office.ask("거기 있나요?")
        await office.slack.wait_connected()
        back = time.monotonic()
        assert len(await office.answers(asked)) == 1
        assert time.monotonic() - back < 5
        assert not any(delivery.acknowledged for delivery in office.slack.delivered(asked))


async def test_a_conversation_goes_on_in_an_outage_with_all_that_was_said(office: Office) -> None:
    office.model.answers.extend([Answer("NC 다이노스입니다."), Answer("창원 NC파크입니다.")])
    async with bot(office) as platform:
        root = await office.ask("2020년 우승팀은?")
        await office.answers(root)
        async with outage(office, platform):
            await office.slack.post(office.lee, office.general, "저도 궁금해요", root)
            await office.ask("마지막 게임은 어디?", thread=root)
        assert (await office.answers(root, 2))[1:] == ["창원 NC파크입니다."]
    question = office.prompts()[-1][-1][1]
    assert question.index("저도 궁금해요") < question.index("마지막 게임은 어디?")


async def test_a_question_asked_while_no_process_ran_is_answered_after_the_start(office: Office) -> None:
    direct = office.slack.direct(office.lee)
    async with bot(office):
        await office.answers(await office.ask("hello"))
    in_channel = await office.ask("anyone?")
    in_direct = await office.slack.post(office.lee, direct, "아무도 없나요?")
    async with bot(office):
        assert len(await office.answers(in_channel)) == 1
        assert len(await office.answers(in_direct, channel=direct)) == 1


async def test_what_is_read_and_then_delivered_after_all_is_answered_once(office: Office) -> None:
    async with bot(office) as platform:
        async with outage(office, platform):
            asked = await office.ask("한 번만 답해 주세요")
        await office.answers(asked)
        await office.slack.socket_mode.redeliver(everything=True)
        await office.slack.socket_mode.disconnect()
        await office.answers(await office.ask("another"))
        await office.slack.wait_for(lambda: all(delivery.acknowledged for delivery in office.slack.delivered(asked)))
        assert len(await office.answers(asked)) == 1
    assert len(office.model.requests) == 2


async def test_a_refresh_in_a_burst_of_questions_loses_none(office: Office) -> None:
    async with bot(office):
        asked = []
        for reason in ("warning", "refresh_requested", "too_many_websockets"):
            asked.append(await office.ask(f"before {reason}"))
            await office.slack.socket_mode.disconnect(reason, close=reason == "too_many_websockets")
            asked += [await office.ask(f"{number} after {reason}") for number in range(3)]
        for each in asked:
            assert len(await office.answers(each)) == 1
    assert len(office.model.requests) == len(asked)


async def test_at_the_first_start_old_questions_are_left_alone(office: Office) -> None:
    old = await office.ask("before there was a bot")
    async with bot(office):
        await office.answers(await office.ask("hello"))
    assert office.slack.replies(office.general, old) == []


async def test_a_question_that_is_too_old_is_not_answered(office: Office) -> None:
    async with bot(office):
        await office.answers(await office.ask("hello"))
    old = await office.ask("just missed")
    async with bot(office, catch_up_hours=0):
        await office.answers(await office.ask("hello again"))
    assert office.slack.replies(office.general, old) == []
    assert len(office.model.requests) == 2


async def test_an_edit_made_in_an_outage_is_what_the_model_reads(office: Office) -> None:
    async with bot(office) as platform:
        root = await office.ask("number 1?")
        await office.answers(root)
        async with outage(office, platform):
            await office.slack.edit(office.general, root, f"{office.slack.mention} number 2?")
        await office.slack.wait_for(lambda: len(office.rows("SELECT 1 FROM message_versions")) == 2)
        await office.ask("and?", thread=root)
        await office.answers(root, 2)
    assert office.prompts()[1][0] == ("user", "number 2?")


async def test_what_was_said_in_days_without_the_bot_is_read_when_it_is_asked_again(office: Office) -> None:
    office.model.answers.extend([Answer("NC 다이노스입니다."), Answer("창원입니다."), Answer("네.")])
    async with bot(office):
        root = await office.ask("2020년 우승팀은?")
        await office.answers(root)
    await office.slack.post(office.kim, office.general, "그동안 이야기했어요", root)
    async with bot(office, catch_up_hours=0):
        for number, question in enumerate(["마지막 게임은 어디?", "확실해?"]):
            await office.ask(question, thread=root)
            await office.answers(root, 2 + number)
    assert office.prompts()[1] == [
        ("user", "2020년 우승팀은?"),
        ("assistant", "NC 다이노스입니다."),
        ("user", "그동안 이야기했어요\n\n마지막 게임은 어디?"),
    ]
    assert len(thread_reads(office)) == 1


async def test_what_was_said_in_a_channel_that_the_bot_was_removed_from_is_read_when_it_is_back(
    office: Office,
) -> None:
    async with bot(office):
        root = await office.ask("first question")
        await office.answers(root)
        office.slack.workspace.add_message(office.general, office.kim, "said without the bot", root)
        joined = {"type": "member_joined_channel", "user": office.slack.bot_user, "channel": office.general}
        delivery = await office.slack.emit(joined)
        await office.slack.wait_for(lambda: delivery.acknowledged)
        await office.ask("second question", thread=root)
        await office.answers(root, 2)
    assert office.prompts()[1][-1] == ("user", "said without the bot\n\nsecond question")
    assert len(thread_reads(office)) == 1


async def test_after_an_outage_a_thread_is_read_whole_once_whatever_was_caught_up(office: Office) -> None:
    async with bot(office) as platform:
        root = await office.ask("first question")
        await office.answers(root)
        async with outage(office, platform):
            await office.slack.post(office.kim, office.general, "in the outage", root)
        await office.slack.wait_for(lambda: len(office.rows("SELECT 1 FROM messages")) >= 2)
        for question in ("second question", "third question"):
            await office.ask(question, thread=root)
            await asked(office, question)
    assert "in the outage" in str(office.prompts())
    assert len(thread_reads(office)) == 1


async def test_an_older_reply_that_was_edited_or_hidden_in_an_outage_is_sent_so(office: Office) -> None:
    async with bot(office, look_back=timedelta(0)) as platform:
        root = await office.ask("number 1?")
        edited, hidden = await office.ask("the OLD one", thread=root), await office.ask("a SECRET", thread=root)
        await office.slack.wait_for(lambda: len(office.rows("SELECT 1 FROM messages")) == 3 and office.settled())
        await until_noted(office)
        async with outage(office, platform):
            await office.slack.edit(office.general, edited, f"{office.slack.mention} the NEW one")
            await office.slack.react(office.kim, office.general, hidden, "see_no_evil")
        await office.slack.wait_for(lambda: bool(office.rows("SELECT 1 FROM conversations WHERE unread_since > 0")))
        await office.ask("and?", thread=root)
        await asked(office, "and?")
    sent = said_by_people(office)
    assert "NEW" in sent
    assert "OLD" not in sent
    assert "SECRET" not in sent


async def test_marks_are_what_they_are_after_a_gap_whatever_was_heard_of_them_before(office: Office) -> None:
    async with bot(office):
        root = await office.ask("first?")
        shown, hidden = await office.ask("SHOWN again", thread=root), await office.ask("a SECRET", thread=root)
        await office.slack.wait_for(lambda: len(office.rows("SELECT 1 FROM messages")) == 3 and office.settled())
        await office.slack.react(office.kim, office.general, shown, "see_no_evil")
        await office.slack.react(office.kim, office.general, hidden, "see_no_evil")
        await office.slack.unreact(office.kim, office.general, hidden, "see_no_evil")
        await office.slack.wait_for(lambda: office.rows("SELECT active FROM reactions ORDER BY id") == [(1,), (0,)])
    await office.slack.unreact(office.kim, office.general, shown, "see_no_evil")
    await office.slack.react(office.kim, office.general, hidden, "see_no_evil")
    async with bot(office, catch_up_hours=0):
        await office.ask("and?", thread=root)
        await asked(office, "and?")
    assert "SHOWN again" in said_by_people(office)
    assert "SECRET" not in said_by_people(office)


async def test_what_was_deleted_in_a_gap_is_erased(office: Office) -> None:
    office.model.answers.extend([Answer("yes"), Answer("a FAULTY answer"), Answer("no")])
    async with bot(office):
        root = await office.ask("first?")
        await office.answers(root)
        deleted = await office.ask("DELETED", thread=root)
        await office.answers(root, 2)
    answers = [m.ts for m in office.slack.thread(office.general, root) if m.user == office.slack.bot_user]
    for each in (deleted, answers[-1]):
        await office.slack.remove(office.general, each)
    async with bot(office, catch_up_hours=0):
        await office.ask("and?", thread=root)
        await asked(office, "and?")
    assert [content for _, content in office.prompts()[-1]] == ["first?", "yes", "and?"]
    assert "DELETED" not in str(office.rows("SELECT text, given FROM message_versions"))
    assert "FAULTY" not in str(office.rows("SELECT text FROM completions"))


async def test_a_question_that_was_hidden_in_the_outage_it_was_asked_in_is_not_answered(office: Office) -> None:
    async with bot(office) as platform:
        async with outage(office, platform):
            secret = await office.ask("a SECRET")
            await office.slack.react(office.kim, office.general, secret, "see_no_evil")
        await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("removed",)])
    assert office.slack.replies(office.general, secret) == []


def said_by_people(office: Office) -> str:
    """In the last prompt."""
    return str([content for role, content in office.prompts()[-1] if role == "user"])


async def asked(office: Office, text: str) -> None:
    """Until the model was asked that, and has answered."""
    await office.slack.wait_for(
        lambda: bool(office.prompts()) and text in office.prompts()[-1][-1][1] and office.settled(), 20
    )


async def until_noted(office: Office) -> None:
    """All that has been said so far is known to be stored."""
    now = int(time.time() * 1_000_000)
    query = "SELECT position FROM watermarks WHERE channel = ''"
    await office.slack.wait_for(lambda: office.rows(query)[0][0] > now)


def thread_reads(office: Office) -> list[object]:
    """Readings of whole threads, for an answer."""
    return [call for call in office.slack.calls("conversations.replies") if call.arguments.get("oldest") == "0"]
