"""A model with another tokenizer stays in its window, and what is stored of its prompts is true."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.standins.model import counting
from tests.standins.model.rules import Rules
from tests.standins.model.script import Answer
from tests.whole.conftest import Office

pytestmark = pytest.mark.usefixtures("no_burst")

LOCAL: dict[str, Any] = {"openai_model": "my-own:7b", "context_tokens": 3_000, "openai_max_tokens": 400}
QUESTION = "질문 {0}: 배포 순서를 다시 설명해 주세요. Which of the two migrations has to run first on the cluster? " * 2
ANSWER = Answer("먼저 마이그레이션을 실행하고 상태를 확인합니다. Then one instance after the other is deployed. " * 5)


async def talk(office: Office, turns: int, root: str | None = None) -> str:
    for number in range(turns):
        asked = await office.ask(QUESTION.format(number), thread=root)
        root = root or asked
        await office.answers(root, len(office.slack.replies(office.general, root)) + 1)
    assert root is not None
    return root


def statuses(office: Office) -> list[int | None]:
    return [request.status for request in office.model.requests]


@pytest.mark.parametrize("each", [1.4, 2.2])
async def test_another_tokenizer_is_learned_before_the_window_is_full(office: Office, each: float) -> None:
    office.model.rules = Rules(window=3_000, holds_reply=True, tokens_each=each)
    office.model.default = ANSWER
    async with office.bot(**LOCAL):
        await talk(office, 40)
    assert statuses(office) == [200] * 40
    [(factor,)] = office.rows("SELECT token_factor FROM models WHERE name = 'my-own:7b'")
    assert factor == pytest.approx(each, rel=0.02)
    largest = max(request.prompt_tokens or 0 for request in office.model.requests)
    assert 0.85 * (3_000 - 400) < largest <= 3_000 - 400, "the window is used"


async def test_what_was_learned_is_known_after_a_restart(office: Office) -> None:
    office.model.rules = Rules(window=3_000, holds_reply=True, tokens_each=1.4)
    office.model.default = ANSWER
    async with office.bot(**LOCAL):
        await talk(office, 12)
    question = "단어 " * 1_100
    assert 3_000 / 1.4 < counting.count(question) < 3_000 - 400 - 64, "it fits by our count, and not by the model's"
    async with office.bot(**LOCAL):
        [shown] = await office.answers(await office.ask(question))
    assert statuses(office) == [200] * 12
    assert "2,536토큰까지만" in shown


async def test_a_server_without_usage_is_lived_with(office: Office) -> None:
    office.model.rules = Rules(window=3_000, holds_reply=True, tokens_each=1.4)
    office.model.default = Answer(ANSWER.text, usage=False)
    async with office.bot(**LOCAL):
        await talk(office, 30)
    assert statuses(office).count(200) == 30
    assert len(statuses(office)) <= 32, "its refusals are learned from"
    assert statuses(office)[-12:] == [200] * 12
    assert office.rows("SELECT DISTINCT prompt_tokens FROM completions") == [(None,)]


@pytest.mark.parametrize("said", [0, -7, 10**9, 1])
async def test_a_server_that_reports_nonsense_is_lived_with(office: Office, said: int) -> None:
    office.model.default = Answer(ANSWER.text, usage_extra={"prompt_tokens": said})
    async with office.bot(**LOCAL):
        await talk(office, 6)
    assert statuses(office) == [200] * 6
    assert office.rows("SELECT token_factor FROM models") == []


async def test_the_estimate_is_stored_and_its_error_is_said(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.model.rules = Rules(tokens_each=1.4)
    with caplog.at_level(logging.INFO, "bot.core.completion.model_facts"):
        async with office.bot(**LOCAL):
            await talk(office, 12)
    rows = office.rows(
        "SELECT counted_prompt_tokens, estimated_prompt_tokens, prompt_tokens FROM completions ORDER BY id"
    )
    sent = [counting.count_prompt(request.body["messages"]) for request in office.model.requests]
    assert [counted for counted, _, _ in rows] == sent
    assert [billed for _, _, billed in rows] == [round(count * 1.4) for count in sent]
    assert rows[0][1] == rows[0][0], "nothing was learned yet"
    assert rows[-1][1] == pytest.approx(rows[-1][2], rel=0.02)
    said = [record.getMessage() for record in caplog.records if "estimated" in record.getMessage()]
    assert len(said) == sum(abs(estimated - billed) > 0.02 * billed for _, estimated, billed in rows)
    assert said[0].startswith(f"turn 1: the prompt was estimated at {rows[0][1]} tokens of my-own:7b, and billed as")
