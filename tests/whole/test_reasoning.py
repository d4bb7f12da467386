"""What a model thinks is shown to nobody, whatever form its server gives it; an answer that is all of that is found."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.texts import LANGUAGES
from tests.standins.model.script import Answer
from tests.whole.conftest import Office

THOUGHT = "Kim greets me, so I greet Kim."
ANSWERS = {
    "in tags": f"<think>\n{THOUGHT}\n</think>\n\nHello, Kim.",
    "only closed": f"{THOUGHT}\n</think>\n\nHello, Kim.",
    "of Mistral": f"[THINK]{THOUGHT}[/THINK]Hello, Kim.",
    "of gpt-oss": f"<|channel|>analysis<|message|>{THOUGHT}<|end|>"
    "<|start|>assistant<|channel|>final<|message|>Hello, Kim.",
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS.keys())
async def test_reasoning_within_the_text_is_neither_shown_nor_stored_nor_sent_again(office: Office, text: str) -> None:
    office.model.answers.extend([Answer(text, counts_reasoning=False), Answer("Again.")])
    async with office.bot():
        root = await office.ask("hello")
        assert await office.answers(root) == ["Hello, Kim."]
        await office.ask("and again?", thread=root)
        await office.answers(root, 2)
    assert office.prompts()[1][-3:] == [("user", "hello"), ("assistant", "Hello, Kim."), ("user", "and again?")]
    [(stored, reasoning), _] = office.rows("SELECT text, reasoning_tokens FROM completions ORDER BY id")
    assert stored == "Hello, Kim."
    assert 5 < reasoning < 20


async def test_nothing_of_the_reasoning_is_shown_while_it_comes_and_the_status_says_that_it_thinks(
    office: Office,
) -> None:
    gate = asyncio.Event()
    office.model.answers.append(Answer(ANSWERS["in tags"], gate=gate, gate_at=4))
    async with office.bot():
        root = await office.ask("hello")
        statuses = office.slack.workspace.channels[office.general].statuses
        await office.slack.wait_for(lambda: statuses.get(root) == "is thinking…")
        assert office.slack.replies(office.general, root) == []
        gate.set()
        assert await office.answers(root) == ["Hello, Kim."]


async def test_a_status_that_says_that_it_writes_says_that_it_thinks_once_it_does(office: Office) -> None:
    gate = asyncio.Event()
    hold = asyncio.Event()
    office.model.answers.append(Answer("Hello.", reasoning=THOUGHT, hold=hold, gate=gate))
    async with office.bot():
        root = await office.ask("hello")
        statuses = office.slack.workspace.channels[office.general].statuses
        await office.slack.wait_for(lambda: statuses.get(root) == "is writing…")
        hold.set()
        await office.slack.wait_for(lambda: statuses.get(root) == "is thinking…")
        gate.set()
        assert await office.answers(root) == ["Hello."]


async def test_what_was_shown_before_a_closing_tag_alone_is_taken_away_and_held_back_the_next_time(
    office: Office,
) -> None:
    gates = [asyncio.Event(), asyncio.Event()]
    text = f"{THOUGHT * 8}\n</think>\n\nHello, Kim."
    office.model.answers.extend(Answer(text, gate=gate, gate_at=20) for gate in gates)
    async with office.bot():
        root = await office.ask("hello")
        await office.slack.wait_for(lambda: office.slack.replies(office.general, root))
        gates[0].set()
        assert await office.answers(root) == ["Hello, Kim."]
        second = await office.ask("hello")
        statuses = office.slack.workspace.channels[office.general].statuses
        await office.slack.wait_for(lambda: second in statuses)
        assert office.slack.replies(office.general, second) == []
        gates[1].set()
        assert await office.answers(second) == ["Hello, Kim."]


async def test_an_answer_that_is_cut_within_its_reasoning_is_given_more_room(office: Office) -> None:
    office.model.answers.extend([Answer(f"<think>{THOUGHT}", finish_reason="length"), Answer("Five.")])
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["Five."]
    assert [request.body["max_completion_tokens"] for request in office.model.requests] == [4096, 4 * 4096]


ONLY_REASONING = {
    "in the field of DeepSeek": Answer("", reasoning=THOUGHT),
    "in the field of OpenRouter": Answer("", reasoning=THOUGHT, reasoning_field="reasoning"),
    "in tags": Answer(f"<think>{THOUGHT}</think>"),
    "in a tag that is never closed": Answer(f"<think>{THOUGHT}"),
}


@pytest.mark.parametrize("answer", ONLY_REASONING.values(), ids=ONLY_REASONING.keys())
async def test_an_answer_that_is_all_reasoning_is_asked_for_once_more(office: Office, answer: Answer) -> None:
    office.model.answers.extend([answer, Answer("Five.")])
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["Five."]
    assert len(office.model.requests) == 2


@pytest.mark.parametrize("answer", ONLY_REASONING.values(), ids=ONLY_REASONING.keys())
async def test_reasoning_without_an_answer_is_shown_as_what_it_is_in_the_end(office: Office, answer: Answer) -> None:
    office.model.default = answer
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == [f"{THOUGHT}\n\n{LANGUAGES['en']['only_reasoned']}"]
    assert len(office.model.requests) == 2


async def test_an_answer_without_anything_is_still_an_empty_one(office: Office) -> None:
    office.model.default = Answer("<think>\n\n</think>\n\n")
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == [LANGUAGES["en"]["empty_answer"]]
    assert len(office.model.requests) == 1
