"""How long answers and prompts may be where servers take less than is known, and say so or not."""

from __future__ import annotations

import pytest

from tests.standins.model_rules import Rules
from tests.standins.model_script import Answer
from tests.whole.conftest import Office


def asked_for(office: Office) -> list[int]:
    return [request.body["max_completion_tokens"] for request in office.model.requests]


@pytest.mark.parametrize(("names", "tried"), [(True, [4_096, 600]), (False, [4_096, 2_048, 1_024, 512])])
async def test_a_server_that_writes_no_answer_as_long_is_asked_for_less_from_then_on(
    office: Office, names: bool, tried: list[int]
) -> None:
    office.model.rules = Rules(longest_reply=600, names_longest_reply=names)
    async with office.bot(openai_max_tokens=4_096):
        root = await office.ask("one")
        await office.answers(root)
    async with office.bot(openai_max_tokens=4_096):
        await office.ask("two", thread=root)
        assert await office.answers(root, 2) == ["You said: one", "You said: two"]
    assert asked_for(office) == [*tried, tried[-1]]


async def test_asking_with_more_room_stays_within_what_the_server_takes(office: Office) -> None:
    office.model.rules = Rules(longest_reply=50)
    office.model.answers.extend([Answer("", reasoning="Let me see.", finish_reason="length")] * 2)
    office.model.default = Answer("Yes.")
    async with office.bot(openai_max_tokens=20):
        assert await office.answers(await office.ask("one")) == ["Yes."]
    assert asked_for(office) == [20, 80, 20, 50]


async def test_a_server_that_cuts_prompts_without_a_word_is_sent_shorter_ones(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.model.rules = Rules(cuts_prompts_at=400)
    async with office.bot(openai_max_tokens=50, prompt_tokens=4000):
        root = await office.ask("word " * 300)
        for answered in range(1, 6):
            await office.answers(root, answered)
            await office.ask("word " * 100, thread=root)
        await office.answers(root, 6)
    assert sum("cut long prompts" in message for message in caplog.messages) == 1
    assert office.rows("SELECT window FROM models") == [(400,)]
    counted = office.rows("SELECT counted_prompt_tokens FROM completions ORDER BY id")
    assert counted[3] > (700,)
    assert max(counted[4:]) < (400,)
