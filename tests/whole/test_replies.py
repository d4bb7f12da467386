"""One answer in one reply, whatever comes between its first words and its last."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

from bot.core.retry import Patience, RetryPolicy
from tests.standins.model.script import Answer, failure
from tests.standins.slack.faults import Call, Refused, ServerError
from tests.whole.conftest import Office

IMPATIENT = Patience(asking=RetryPolicy(attempts=1))
SLOW = "word " * 60


def messages(office: Office) -> list[Call]:
    """The calls that made a message."""
    return [call for name in ("postMessage", "startStream") for call in office.slack.calls(f"chat.{name}")]


async def test_what_was_shown_before_a_break_is_the_message_that_the_rest_comes_into(office: Office) -> None:
    office.model.answers.append(Answer(SLOW, chunk_size=10, chunk_delay=0.05, cut_at=25))
    async with office.bot(IMPATIENT):
        root = await office.ask("hello")
        [shown] = await office.answers(root)
    assert shown.startswith("word word")
    assert "broke off" in shown
    assert len(messages(office)) == 1


async def test_a_lasting_error_in_mid_stream_keeps_the_words_in_the_same_message(office: Office) -> None:
    frame = {"message": "no credit", "code": "insufficient_quota", "type": "insufficient_quota"}
    office.model.answers.append(Answer(SLOW, chunk_size=10, chunk_delay=0.05, error_at=25, error_frame=frame))
    async with office.bot():
        [shown] = await office.answers(await office.ask("hello"))
    assert shown.startswith("word word")
    assert len(messages(office)) == 1


async def test_a_final_post_that_is_under_way_when_the_bot_stops_is_not_made_twice(office: Office) -> None:
    office.model.answers.append(Answer("Hi."))
    gate = office.slack.hold("chat.postMessage")
    running = office.bot(stop_grace=0.1)
    await running.__aenter__()
    root = await office.ask("hello")
    await gate.reached.wait()
    stopping = asyncio.create_task(running.__aexit__(None, None, None))
    with suppress(TimeoutError):
        async with asyncio.timeout(1):  # longer than the grace: by then the turn is asked to end
            await asyncio.shield(stopping)
    gate.open()
    await stopping
    async with office.bot():
        assert await office.answers(root) == ["Hi."]


async def test_an_answer_is_streamed_to_somebody_from_another_workspace_also_after_a_restart(office: Office) -> None:
    stranger = office.slack.add_user("park", team="T0ELSEWHERE")
    office.model.answers.extend([Answer(SLOW, hold=asyncio.Event()), Answer(SLOW, chunk_size=10, chunk_delay=0.02)])
    async with office.bot(stop_grace=0):
        root = await office.ask("hello", user=stranger)
        await office.slack.wait_for(lambda: office.model.requests)
    async with office.bot():
        await office.answers(root)
    [begun] = messages(office)
    told = (begun.arguments.get("recipient_user_id"), begun.arguments.get("recipient_team_id"))
    assert (begun.method, told) == ("chat.startStream", (stranger, "T0ELSEWHERE"))


async def test_an_old_answer_outlives_a_passing_error_of_slack(office: Office) -> None:
    office.model.answers.append(Answer("Hi."))
    office.slack.fail("chat.postMessage", ServerError(), times=1)
    patience = Patience(showing=RetryPolicy(attempts=1000, within=timedelta(hours=1)))
    async with office.bot(patience):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: office.rows("SELECT 1 FROM turns WHERE state = 'answered'"))
        office.execute("UPDATE turns SET first_attempt_at = '2020-01-01 00:00:00.000000'")
        assert await office.answers(root) == ["Hi."]


async def test_after_an_outage_a_cut_is_tried_again(office: Office) -> None:
    down = Answer(failure=failure(503, "overloaded"))
    cut = Answer(SLOW, chunk_size=10, cut_at=5)
    office.model.answers.extend([down, down, cut, Answer("All of it.")])
    async with office.bot(Patience(asking=RetryPolicy(attempts=2))):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["All of it."])


async def test_a_channel_that_refuses_the_answer_leaves_it_to_be_shown_later(office: Office) -> None:
    office.model.answers.append(Answer("Hi."))
    office.slack.fail("chat.postMessage", Refused("is_archived"))
    async with office.bot():
        await office.ask("hello")
        await office.slack.wait_for(lambda: office.settled())
    assert office.rows("SELECT state, reason FROM turns") == [("failed", "is_archived")]
    assert office.rows("SELECT text FROM completions WHERE chosen") == [("Hi.",)]
