"""Servers whose chat templates are strict: the user speaks first, then in turns, and some know no system message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.standins.model.script import Answer, failure
from tests.whole.conftest import Office


async def test_a_model_without_a_system_message_reads_it_in_the_first_message_from_then_on(office: Office) -> None:
    office.model.rules = replace(office.model.rules, strict_roles=True, knows_system=False)
    async with office.bot(system_prompt="Be brief."):
        root = await office.ask("one")
        await office.answers(root)
        await office.ask("two", thread=root)
        await office.answers(root, 2)
    assert [request.status for request in office.model.requests] == [400, 200, 200]
    sent = office.prompts()
    assert [role for role, _ in sent[2]] == ["user", "assistant", "user"]
    assert sent[1][0] == sent[2][0] == ("user", "Be brief.\n\none")


async def test_that_a_model_knows_no_system_message_is_remembered_over_a_restart(office: Office) -> None:
    office.model.rules = replace(office.model.rules, strict_roles=True, knows_system=False)
    async with office.bot(system_prompt="Be brief."):
        root = await office.ask("one")
        await office.answers(root)
    async with office.bot(system_prompt="Be brief."):
        await office.ask("two", thread=root)
        await office.answers(root, 2)
    assert [request.status for request in office.model.requests] == [400, 200, 200]


async def test_a_server_whose_template_wants_turns_is_not_asked_for_ever_without_a_system_message(
    office: Office,
) -> None:
    refusal = failure(400, "Conversation roles must alternate user/assistant/user/assistant/...")
    office.model.default = Answer(failure=refusal)
    async with office.bot(system_prompt="Be brief."):
        [shown] = await office.answers(await office.ask("one"))
    assert shown.startswith("The model refused my request")
    assert len(office.model.requests) == 2


async def test_summaries_are_asked_for_without_a_system_message_where_the_model_knows_none(office: Office) -> None:
    office.model.rules = replace(office.model.rules, strict_roles=True, knows_system=False)
    async with office.bot(threadbot_summarize=True, openai_max_tokens=50, prompt_tokens=700):
        root = await office.ask("question 0 " + "word " * 200)
        for number in range(1, 5):
            await office.answers(root, number)
            await office.ask(f"question {number} " + "word " * 200, thread=root)
        await office.answers(root, 5)
        made = "SELECT count(*) FROM summaries WHERE text IS NOT NULL"
        await office.slack.wait_for(lambda: office.rows(made) != [(0,)])
    assert [request.status for request in office.model.requests].count(400) == 1


@pytest.mark.parametrize("knows_system", [True, False])
async def test_examples_summaries_pinned_and_deleted_messages_leave_turns_that_a_strict_template_takes(
    office: Office, no_burst: None, *, knows_system: bool
) -> None:
    office.model.rules = replace(office.model.rules, strict_roles=True, knows_system=knows_system)
    chosen: dict[str, Any] = {"system_prompt": "Be brief.", "threadbot_examples": (("Hi", "Hello."),)}
    async with office.bot(**chosen, threadbot_summarize=True, openai_max_tokens=50, prompt_tokens=700):
        first = await office.ask("question 0 " + "word " * 150)
        await office.answers(first)
        answer = next(each.ts for each in office.slack.thread(office.general, first) if each.user != office.kim)
        await office.slack.react(office.lee, office.general, answer, "pushpin")
        await office.slack.remove(office.general, first)
        for number in range(1, 7):
            await office.ask(f"question {number} " + "word " * 150, thread=first)
            await office.answers(first, number + 1)
        made = "SELECT count(*) FROM summaries WHERE text IS NOT NULL"
        await office.slack.wait_for(lambda: office.rows(made) != [(0,)])
        await office.ask("and now?", thread=first)
        await office.answers(first, 8)
    assert any("summary of what was said before" in content for _, content in office.prompts()[-1])
    refused = [request for request in office.model.requests if request.status != 200]
    assert len(refused) == (0 if knows_system else 1)
