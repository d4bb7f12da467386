"""A question never costs more than four calls that bring something and no answer, however long we may try on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.retry import Backoff, Patience, RetryPolicy
from bot.core.texts import LANGUAGES
from tests.standins.model.script import Answer, Failure, failure
from tests.whole.conftest import Office

QUICK = Backoff(first=0.01, longest=0.01)
PATIENT = Patience(asking=RetryPolicy(attempts=1000, backoff=QUICK), outage_backoff=QUICK, outage=timedelta(hours=6))
BUSY = Answer(failure=failure(503, "overloaded"))
BROKEN = Answer("The first half and the second half", chunk_size=14, cut_at=1)
SENTENCES = LANGUAGES["en"]


@pytest.mark.parametrize(
    ("useless", "shown"),
    [
        (BROKEN, "The first half"),
        (Answer("The first half and the rest", chunk_size=14, error_at=1), "The first half"),
        (Answer("The first half", finish_reason="error"), "The first half"),
        (Answer("", finish_reason=None), SENTENCES["model_cut"]),  # as the API ends a stream, without a word
        (Answer("", finish_reason=None, end_at=0), SENTENCES["model_cut"]),
        (Answer(failure=Failure(200, "data: {}\n\n")), SENTENCES["model_cut"]),
        (Answer("", reasoning="Let me see.", cut_at=0), SENTENCES["model_cut"]),
        (Answer("<think>Let me see.", chunk_size=6, cut_at=2), SENTENCES["model_cut"]),
        (Answer("", finish_reason="error"), SENTENCES["model_cut"]),
        (Answer(failure=Failure(200, "data: {nonsense\n\n", kind="text/event-stream")), SENTENCES["model_cut"]),
        (Answer("", cut_at=0), SENTENCES["model_cut"]),  # it had begun
        (Answer("", cut_at=0, role_frame=False), SENTENCES["model_cut"]),
    ],
)
async def test_a_question_is_not_paid_for_more_than_four_times(office: Office, useless: Answer, shown: str) -> None:
    office.model.default = useless
    async with office.bot(PATIENT):
        [answer] = await office.answers(await office.ask("hello"))
    assert answer.startswith(shown)
    assert len(office.model.requests) == 4


async def test_the_question_why_a_stream_was_empty_is_within_the_four(office: Office) -> None:
    """It is not asked after the fourth call: that would be a fifth."""
    office.model.answers.extend([BROKEN] * 3)
    office.model.default = Answer(failure=Failure(200, ""))
    async with office.bot(PATIENT):
        [answer] = await office.answers(await office.ask("hello"))
    assert answer == SENTENCES["model_cut"]
    assert [request.body["stream"] for request in office.model.requests] == [True] * 4


async def test_what_costs_nothing_is_not_counted(office: Office) -> None:
    office.model.answers.extend([BROKEN, BUSY, BROKEN, Answer(drop=True), BROKEN, Answer("All of it.")])
    async with office.bot(PATIENT):
        assert await office.answers(await office.ask("hello")) == ["All of it."]
    assert len(office.model.requests) == 6


async def test_asking_with_more_room_is_counted(office: Office) -> None:
    thinking = Answer("", reasoning="Let me see.", finish_reason="length")
    office.model.answers.extend([BROKEN, BROKEN, thinking])
    office.model.default = BROKEN
    async with office.bot(PATIENT, openai_max_tokens=20):
        [answer] = await office.answers(await office.ask("hello"))
    assert answer.startswith("The first half")
    limits = [request.body["max_completion_tokens"] for request in office.model.requests]
    assert limits == [20, 20, 20, 80]


async def test_the_fourth_call_is_not_followed_by_one_with_more_room(office: Office) -> None:
    office.model.answers.extend([BROKEN, BROKEN, BROKEN])
    office.model.default = Answer("", reasoning="Let me see.", finish_reason="length")
    async with office.bot(PATIENT, openai_max_tokens=20):
        [answer] = await office.answers(await office.ask("hello"))
    assert answer.startswith("The model used up its length limit of 20 tokens")
    assert len(office.model.requests) == 4


async def test_calls_before_a_restart_are_counted(office: Office) -> None:
    office.model.default = BROKEN
    waiting = Patience(asking=RetryPolicy(attempts=1000, backoff=Backoff(first=600, longest=600), within=timedelta(1)))
    for number in range(1, 4):
        async with office.bot(waiting):
            if number == 1:
                root = await office.ask("hello")
            await office.model.received(number)
            await office.slack.wait_for(lambda: office.rows("SELECT state FROM turns") == [("pending",)])
        office.execute("UPDATE turns SET due_at = created_at")
    async with office.bot(waiting):
        [answer] = await office.answers(root)
    assert answer.startswith("The first half")
    assert len(office.model.requests) == 4


async def test_a_fourth_call_whose_end_was_not_settled_is_the_last_one(office: Office) -> None:
    office.model.default = BROKEN
    async with office.bot(Patience(asking=RetryPolicy(backoff=Backoff(first=600, longest=600), within=timedelta(1)))):
        root = await office.ask("hello")
        await office.slack.wait_for(
            lambda: bool(office.rows("SELECT 1 FROM turns WHERE state = 'pending' AND reason NOT NULL"))
        )
        for identity in (100, 101, 102):
            office.execute("CREATE TABLE copied AS SELECT * FROM completions LIMIT 1")
            office.execute(f"UPDATE copied SET id = {identity:d}")  # noqa: S608 - a number of ours
            office.execute("INSERT INTO completions SELECT * FROM copied")
            office.execute("DROP TABLE copied")
        office.execute("UPDATE turns SET due_at = created_at")
        await office.slack.wait_for(lambda: SENTENCES["model_cut"] in office.slack.replies(office.general, root))
    assert len(office.model.requests) == 1


async def test_a_question_that_somebody_asks_again_may_cost_as_much_again(office: Office) -> None:
    office.model.answers.extend([BROKEN] * 4)
    async with office.bot(PATIENT):
        root = await office.ask("hello")
        await office.answers(root)
        office.model.default = Answer("All of it.")
        await office.slack.edit(office.general, root, f"{office.slack.mention} hello again")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root) == ["All of it."])
    assert len(office.model.requests) == 5
