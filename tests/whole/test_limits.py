"""How long answers and prompts may be where servers take less than is known, and say so or not."""

from __future__ import annotations

import pytest

from bot.core.retry import Backoff, Patience, RetryPolicy
from tests.standins.model.rules import Rules
from tests.standins.model.script import Answer, Failure
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


async def test_a_prompt_too_long_for_a_server_that_does_not_say_so_in_a_stream_is_learned_from(office: Office) -> None:
    """Such a server (llama-cpp-python 0.3.36) also closes the connection on which the next question may be sent."""
    async with office.bot(openai_max_tokens=50, prompt_tokens=4000):
        root = await office.ask("word " * 300)
        await office.answers(root)
        office.model.rules = Rules(window=300, streams_refusals=False)
        office.model.requests.clear()
        await office.ask("and more", thread=root)
        assert (await office.answers(root, 2))[1].startswith("You said: and more")
    asked = [(request.body["stream"], request.body["max_completion_tokens"]) for request in office.model.requests]
    assert asked == [(True, 50), (False, 1), (True, 50)]
    assert office.rows("SELECT window FROM models") == [(300,)]


async def test_a_stream_that_is_empty_for_no_reason_is_asked_about_once_and_counted(office: Office) -> None:
    office.model.default = Answer(failure=Failure(200, ""))
    async with office.bot(Patience(asking=RetryPolicy(attempts=1000, backoff=Backoff(first=0.01, longest=0.01)))):
        [shown] = await office.answers(await office.ask("hello"))
    assert shown.startswith("The connection to the model kept breaking off")
    assert [request.body["stream"] for request in office.model.requests] == [True, False, True, True]
