"""Many messages at once, and the same message many times."""

from __future__ import annotations

import asyncio

import pytest

from tests.standins.model.script import Answer
from tests.whole.conftest import Office


async def test_fifty_messages_in_one_thread_make_one_or_two_turns_with_each_of_them_once_in_order(
    office: Office,
) -> None:
    async with office.bot():
        root = await office.ask("message 0")
        for number in range(1, 50):
            await office.ask(f"message {number}", thread=root)
        await office.slack.wait_for(
            lambda: office.settled() and office.rows("SELECT count(*) FROM messages WHERE turn_id > 0") == [(50,)], 30
        )
    questions = [prompt[-1][1] for prompt in office.prompts()]
    asked = "\n\n".join(questions).split("\n\n")
    assert asked == [f"message {number}" for number in range(50)]
    assert questions[0].startswith("message 0")
    assert len(questions) <= 2
    assert len(office.slack.replies(office.general, root)) == len(questions)


async def test_messages_that_wait_for_a_running_turn_become_one_next_turn(office: Office) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer("first answer", hold=gate))
    async with office.bot():
        root = await office.ask("message 0")
        await office.model.received(1)
        for number in range(1, 51):
            await office.ask(f"message {number}", thread=root)
        await office.slack.wait_for(lambda: office.rows("SELECT count(*) FROM messages") == [(51,)])
        gate.set()
        assert len(await office.answers(root, 2)) == 2
    assert office.prompts()[1][-1][1].split("\n\n") == [f"message {number}" for number in range(1, 51)]
    assert len(office.model.requests) == 2


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_an_event_that_is_delivered_again_and_again_is_answered_once(office: Office, times: int) -> None:
    async with office.bot():
        root = await office.ask("hello")
        for _ in range(times - 1):
            await office.slack.socket_mode.redeliver(everything=True)
        await office.answers(root)
        for _ in range(times - 1):
            await office.slack.socket_mode.redeliver(everything=True)
        await office.answers(await office.ask("something else"))
    assert len(office.slack.replies(office.general, root)) == 1
    assert len(office.model.requests) == 2


async def test_an_event_that_is_delivered_again_after_a_restart_is_answered_once(office: Office) -> None:
    async with office.bot():
        root = await office.ask("hello")
        await office.answers(root)
    async with office.bot():
        await office.slack.socket_mode.redeliver(everything=True)
        await office.answers(await office.ask("something else"))
    assert len(office.slack.replies(office.general, root)) == 1
    assert len(office.model.requests) == 2
