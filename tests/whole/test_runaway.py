"""A model that never stops: what people see of it, on Slack and in the playground."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot.core.texts import LANGUAGES
from bot.llm.wire import bounds
from tests.contract.web_world import WebWorld, open_world
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.whole.conftest import Office
from tests.whole.test_controls import CONTINUE, REPEAT, offered, press, shown
from tests.whole.test_playground import bot

LIMIT = 50  # tokens
MOST = bounds.LONGEST_TOKEN * (LIMIT * bounds.TOKENS + bounds.SPARE_TOKENS + 2 * bounds.BLOCK)  # characters


def frame(**delta: str) -> str:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta}]})}\n\n"


WORDS = Answer("one two ", flood_at=1, flood=frame(content="word "))
REASONING = Answer("", flood_at=0, flood=frame(reasoning_content="hm " * 20_000))


async def left(model: ModelServer, number: int = 1) -> None:
    request = await model.received(number)
    async with asyncio.timeout(60):
        await request.finished.wait()
    assert request.disconnected


@pytest.mark.parametrize(("question", "language"), [("count", "en"), ("세어 줘", "ko")])
@pytest.mark.parametrize("streams", [True, False])
async def test_an_answer_that_never_ends_is_cut_and_said_to_be(
    office: Office, question: str, language: str, *, streams: bool
) -> None:
    if not streams:
        office.slack.workspace.stream_kinds = ()
    office.model.answers.append(WORDS)
    async with office.bot(openai_max_tokens=LIMIT):
        root = await office.ask(question)
        [said] = await office.answers(root)
        answer, _, notice = said.rpartition("\n\n")
        assert (answer[:12], notice) == ("one two word", LANGUAGES[language]["length"])
        assert len(answer) < MOST
        assert CONTINUE in offered(office, root)
    await left(office.model)
    ((reason, outcome, cost),) = office.rows("SELECT finish_reason, outcome, cost_nanodollars FROM completions")
    assert (reason, outcome, cost > 0) == ("overrun", "complete", True)


async def test_each_continuation_has_a_bound_of_its_own_and_the_whole_answer_too(office: Office) -> None:
    words = iter("abcdefghij")
    office.model.respond = lambda _: replace(WORDS, flood=frame(content=f"{next(words)} "))  # never the same again
    async with office.bot(openai_max_tokens=LIMIT, prompt_tokens=1_000):
        root = await office.ask("count")
        await office.answers(root)
        lengths = [len(office.slack.replies(office.general, root)[0])]
        while CONTINUE in offered(office, root):
            await press(office, root, CONTINUE)
            await office.slack.wait_for(office.settled)
            lengths.append(sum(map(len, office.slack.replies(office.general, root))))
    assert 2 < len(lengths) < 10
    assert all(later - earlier < MOST for earlier, later in pairwise(lengths))


async def test_reasoning_that_never_ends_is_said_once_and_not_asked_for_again(office: Office) -> None:
    office.model.default = REASONING
    async with office.bot(openai_max_tokens=LIMIT):
        root = await office.ask("count")
        [said] = await office.answers(root)
        assert said == LANGUAGES["en"]["empty_length"].format(limit=LIMIT)
    await left(office.model)
    assert len(office.model.requests) == 1, "a server that ignores the limit is not given more room"


async def test_a_continuation_that_is_all_reasoning_leaves_what_was_there(office: Office) -> None:
    office.model.answers.extend([Answer("one two ", finish_reason="length"), REASONING])
    async with office.bot(openai_max_tokens=LIMIT):
        root = await office.ask("count")
        await office.answers(root)
        await press(office, root, CONTINUE)
        [said] = await shown(office, root, "one two\n\nThe model used up")
        assert said.startswith("one two\n\n")
        assert REPEAT in offered(office, root)
    await left(office.model, 2)


async def test_in_the_playground_it_is_cut_too(tmp_path: Path) -> None:
    async with open_world() as world, ModelServer(default=WORDS) as model:
        assert isinstance(world, WebWorld)
        async with bot(world, tmp_path, openai_base_url=model.url, openai_max_tokens=LIMIT):
            asked = await world.ask("count")
            await world.wait_for(lambda: LANGUAGES["en"]["length"] in "".join(world.replies(asked.thread)))
            [said] = world.replies(asked.thread)
            assert len(said) < MOST
        await left(model)
