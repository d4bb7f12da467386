"""Within a second of a question its asker sees that it is worked on, unless there are words already."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.standins.model.script import Answer
from tests.standins.slack.faults import Call
from tests.whole.conftest import Office

SESSION, STATUS, EYES = "agents.sessions.setStatus", "assistant.threads.setStatus", "reactions.add"
REPLIES = "conversations.replies"
LIMIT = (
    0.8  # seconds from the delivery to the call that shows it; the rest of the second is the way from Slack and back
)
TRIES = 5  # a machine that is busy with something else may be late now and then
READING = 0.4  # seconds; a usual time for Slack to answer
FORMS = pytest.mark.parametrize("form", [SESSION, STATUS, EYES])


def offer(office: Office, form: str) -> None:
    """Let *form* be the best one that this workspace has."""
    office.slack.workspace.has_sessions = form == SESSION
    office.slack.workspace.is_agent = form != EYES


def given(office: Office, form: str) -> list[Call]:
    """The calls that show that a question is worked on."""
    calls = [call for call in office.slack.calls(form) if call.ok]
    return [call for call in calls if call.arguments.get("status") not in ("", "active")]


async def seconds_until_noticed(office: Office, form: str, thread: str | None = None) -> float:
    """From the first delivery of a question that the model does not answer yet. It is answered in the end."""
    before, gate = len(given(office, form)), asyncio.Event()
    office.model.answers.append(Answer("네.", gate=gate))
    asked = await office.ask("hello", thread=thread)
    await office.slack.wait_for(lambda: len(given(office, form)) > before)
    gate.set()
    await office.answers(thread or asked)
    delivered = min(at for delivery in office.slack.delivered(asked) for at in delivery.sent_at)
    return given(office, form)[before].at - delivered


async def in_time(attempt: Callable[[], Awaitable[float]]) -> None:
    waited: list[float] = []
    while not waited or waited[-1] > LIMIT:
        assert len(waited) < TRIES, f"seconds: {waited}"
        waited.append(await attempt())


@FORMS
async def test_a_question_looks_noticed_within_a_second_also_where_that_is_not_known_to_work(
    office: Office, form: str
) -> None:
    offer(office, form)

    async def of_a_bot_that_has_yet_to_find_out_which_form_works() -> float:
        async with office.bot():
            return await seconds_until_noticed(office, form)

    await in_time(of_a_bot_that_has_yet_to_find_out_which_form_works)


@FORMS
async def test_a_question_in_a_thread_that_is_read_first_looks_noticed_within_a_second(
    office: Office, form: str
) -> None:
    offer(office, form)

    async def in_such_a_thread() -> float:
        root = await office.slack.post(office.lee, office.general, "people talk")
        gate = office.slack.hold(REPLIES)
        asyncio.get_running_loop().call_later(READING, gate.open)
        return await seconds_until_noticed(office, form, root)

    async with office.bot():
        await in_time(in_such_a_thread)


@FORMS
async def test_it_looks_so_without_a_break_while_the_thread_is_read_and_the_model_asked(
    office: Office, form: str
) -> None:
    offer(office, form)
    reading, asking = office.slack.hold(REPLIES), asyncio.Event()
    office.model.answers.append(Answer("네.", gate=asking))
    async with office.bot():
        root = await office.slack.post(office.lee, office.general, "people talk")
        await office.ask("hello", thread=root)
        await office.slack.wait_for(lambda: given(office, form))
        reading.open()
        await office.slack.wait_for(lambda: office.model.requests)
        changed = [call.method for call in office.slack.faults.calls if call.method in (form, "reactions.remove")]
        asking.set()
        assert await office.answers(root) == ["네."]
    assert changed == [form]
    assert len(given(office, form)) == 1


@FORMS
async def test_where_the_words_are_there_at_once_nothing_else_is_shown(office: Office, form: str) -> None:
    offer(office, form)
    async with office.bot():
        for _ in range(TRIES):
            before = len(given(office, form))
            await office.answers(await office.ask("hello"))
            if len(given(office, form)) == before:
                return
    pytest.fail("always announced")
