"""When the provider is away for long, the window is smaller than known, or we were away ourselves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.core.retry import Patience, RetryPolicy
from tests.standins.model.rules import Rules
from tests.standins.model.script import Answer, failure
from tests.standins.slack.faults import Fault, Lost, RateLimited, Refused, ServerError
from tests.whole.conftest import Office

DOWN = Answer(failure=failure(503, "overloaded"))
OUTAGE = "The model's server is overloaded or not ready right now"


IMPATIENT = Patience(asking=RetryPolicy(attempts=1))  # an outage begins with the first failure


async def test_in_an_outage_the_user_is_told_once_and_the_answer_comes_when_it_is_over(office: Office) -> None:
    office.model.answers.extend([DOWN, DOWN, Answer("Here it is.")])
    async with office.bot(IMPATIENT):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: any(OUTAGE in r for r in office.slack.replies(office.general, root)))
        await office.ask("and one more thing", thread=root)
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["Here it is."])
    assert len(office.slack.calls("chat.postMessage")) == 1
    assert office.prompts()[2] == [("user", "hello\n\nand one more thing")]


async def test_an_answer_after_a_long_outage_is_a_new_message_so_that_it_is_noticed(
    office: Office,
) -> None:
    office.model.answers.extend([DOWN, Answer("Here it is.")])
    async with office.bot(replace(IMPATIENT, overlooked_after=timedelta(0))):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["Here it is."])
    assert len(office.slack.calls("chat.postMessage")) == 2
    assert len(office.slack.calls("chat.delete")) == 1


@pytest.mark.parametrize(
    ("fault", "times", "posts"),
    [
        (Refused("cant_delete_message"), 9, 1),
        (Refused("no_permission"), 9, 1),
        (Refused("message_not_found"), 9, 1),  # which is not true
        (ServerError(), 2, 2),
        (ServerError(performed=True), 2, 2),
        (Lost(), 2, 2),
        (RateLimited(1), 1, 2),
    ],
)
async def test_the_notice_of_a_long_outage_never_stands_beside_the_answer(
    office: Office, fault: Fault, times: int, posts: int
) -> None:
    """The second failure of Slack's is that of the finished answer: it is known, and the turn was given back."""
    office.model.answers.extend([DOWN, Answer("Here it is.")])
    office.slack.fail("chat.delete", fault, times=times)
    async with office.bot(replace(IMPATIENT, overlooked_after=timedelta(0))):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: any(OUTAGE in r for r in office.slack.replies(office.general, root)))
        await office.slack.wait_for(lambda: office.settled())
        assert office.slack.replies(office.general, root) == ["Here it is."]
    assert len(office.slack.calls("chat.postMessage")) == posts
    assert len(office.model.requests) == 2


async def test_a_notice_that_somebody_deleted_is_followed_by_the_answer(office: Office) -> None:
    office.model.answers.extend([DOWN, Answer("Here it is.")])
    async with office.bot(replace(IMPATIENT, overlooked_after=timedelta(0))):
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: any(OUTAGE in r for r in office.slack.replies(office.general, root)))
        [notice] = [each for each in office.slack.thread(office.general, root) if each.user == office.slack.bot_user]
        await office.slack.remove(office.general, notice.ts)
        await office.slack.wait_for(lambda: office.settled())
        assert office.slack.replies(office.general, root) == ["Here it is."]


async def test_after_the_last_hour_of_an_outage_the_user_is_told_to_ask_again(office: Office) -> None:
    office.model.default = DOWN
    async with office.bot(replace(IMPATIENT, outage=timedelta(0))):
        [shown] = await office.answers(await office.ask("안녕하세요"))
    assert shown == "모델 서버가 과부하 상태이거나 아직 준비되지 않았습니다. 몇 분 뒤에 다시 물어봐 주세요."
    assert office.rows("SELECT state, reason FROM turns") == [("failed", "model_unavailable")]


async def test_a_context_window_smaller_than_known_is_learned_and_the_user_gets_an_answer(office: Office) -> None:
    async with office.bot(openai_max_tokens=50, prompt_tokens=4000):
        root = await office.ask("question 0 " + "word " * 100)
        await office.answers(root)
        for number in range(1, 5):
            await office.ask(f"question {number} " + "word " * 100, thread=root)
            await office.answers(root, number + 1)
        office.model.rules = Rules(window=400)
        await office.ask("a last question", thread=root)
        shown = await office.answers(root, 6)
        asked = len(office.model.requests)
        await office.ask("and another", thread=root)
        await office.answers(root, 7)
    assert "longer than" not in shown[-1]
    assert "a last question" in shown[-1]
    assert len(office.model.requests) == asked + 1, "what was learned is kept"


async def test_a_question_too_long_for_every_window_is_told_so(office: Office) -> None:
    office.model.rules = Rules(window=64)
    async with office.bot(openai_max_tokens=10):
        [shown] = await office.answers(await office.ask("word " * 300))
    assert "too long for me" in shown


@pytest.mark.parametrize(
    "broken",
    [
        Answer("The first half and the second half", chunk_size=14, cut_at=1),
        Answer("The first half and the second half", chunk_size=14, end_at=1),
    ],
)
async def test_an_answer_that_keeps_breaking_off_is_kept_as_far_as_it_came(office: Office, broken: Answer) -> None:
    office.model.default = broken
    async with office.bot(IMPATIENT):
        root = await office.ask("hello")
        [shown] = await office.answers(root)
        office.model.default = Answer("All of it.")
        await office.ask("go on", thread=root)
        await office.answers(root, 2)
    assert shown.startswith("The first half")
    assert "broke off" in shown
    assert office.prompts()[1] == [("user", "hello"), ("assistant", "The first half"), ("user", "go on")]


@pytest.mark.parametrize("unseen", ["\u200b \u2060", "\u3164", "\uffa0\u2800\n", "\u202e\u2066", "\U000e0041"])
async def test_an_answer_that_nobody_can_see_counts_as_empty_and_is_never_shown(office: Office, unseen: str) -> None:
    office.model.answers.append(Answer(unseen * 20, chunk_size=4, chunk_delay=0.1))
    async with office.bot():
        [shown] = await office.answers(await office.ask("hello"))
    assert "empty" in shown
    assert office.slack.calls("chat.update") == office.slack.calls("chat.startStream") == []


async def test_a_turn_whose_lease_ended_while_the_bot_was_at_work_on_it_is_not_begun_again(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("하나 둘 셋", chunk_size=2, gate=gate, gate_at=2))
    async with office.bot():
        root = await office.ask("세어 줘")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root))
        for _ in range(3):  # a lease may be renewed in the moment between
            office.execute("UPDATE turns SET lease_until = created_at WHERE state = 'running'")
            other = await office.ask("안녕?")  # which is claimed at once
            await office.slack.wait_for(partial(office.slack.replies, office.general, other))
        gate.set()
        assert await office.answers(root) == ["하나 둘 셋"]
    assert len(office.model.requests) == 1 + 3


async def test_a_server_that_wants_to_be_left_alone_for_years_is_not_waited_for(office: Office) -> None:
    forever = failure(429, "Slow down", code="rate_limit_exceeded", headers={"Retry-After": "999999999"})
    office.model.answers.append(Answer(failure=forever))
    async with office.bot():
        root = await office.ask("anyone?")
        assert await office.answers(root) == ["The model is too busy right now. Ask me again in a few minutes."]
