"""What `threadbot check` says of a model."""

from __future__ import annotations

import pytest

from bot.core.check_findings import Verdict
from bot.core.ports import Sampling
from bot.llm import probe
from bot.llm.openai_chat import OpenAIChat
from tests.standins.model import ModelServer
from tests.standins.model.rules import Rules
from tests.standins.model.script import Answer, Failure, failure


async def test_a_model_that_answers_is_ok_and_costs_a_few_tokens(server: ModelServer, model: OpenAIChat) -> None:
    finding = await model.probe("gpt-4o-mini", Sampling(seed=7))
    assert finding.verdict is Verdict.OK
    assert "gpt-4o-mini" in finding.detail
    (request,) = server.requests
    assert request.body["max_completion_tokens"] == 16
    assert request.body["seed"] == 7


async def test_a_reasoning_model_that_uses_up_its_tokens_is_ok(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer(text="", reasoning="hm " * 16, finish_reason="length"))
    assert (await model.probe("gpt-6-luna", Sampling(temperature=0.2))).verdict is Verdict.OK


async def test_an_unknown_model_is_answered_with_the_names_of_others(server: ModelServer, model: OpenAIChat) -> None:
    server.rules = Rules(models=tuple(f"model-{number:02}" for number in range(30)))
    finding = await model.probe("gpt-4o-mini")
    assert finding.verdict is Verdict.FAILED
    assert "model-00, model-01" in finding.remedy
    assert "model-09" in finding.remedy
    assert "model-10" not in finding.remedy


async def test_an_unknown_model_of_a_server_without_a_list_still_has_a_remedy(
    server: ModelServer, model: OpenAIChat
) -> None:
    server.answers.append(Answer(failure=failure(404, "no", code="model_not_found")))
    assert "OPENAI_MODEL" in (await model.probe("gpt-4o-mini")).remedy


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (Answer(failure=failure(401, "Incorrect API key provided: sk-1")), "OPENAI_API_KEY"),
        (Answer(failure=failure(429, "no money", code="insufficient_quota")), "billing"),
        (Answer(failure=failure(429, "slow", code="rate_limit_exceeded")), "Wait a minute"),
        (Answer(failure=Failure(502, "<html></html>")), "OPENAI_BASE_URL"),
        (Answer(failure=failure(400, "no")), "OPENAI_TEMPERATURE"),
        (Answer(cut_at=0), "proxies"),
        (Answer("", finish_reason=None), "cut off"),
        (Answer("OK", end_at=1), "proxies"),
    ],
)
async def test_a_failure_says_what_to_do(server: ModelServer, model: OpenAIChat, answer: Answer, remedy: str) -> None:
    server.answers.append(answer)
    finding = await model.probe("gpt-4o-mini")
    assert finding.verdict is Verdict.FAILED
    assert remedy in finding.remedy
    assert "sk-" not in finding.detail + finding.remedy


async def test_a_password_in_the_address_is_not_shown(server: ModelServer) -> None:
    model = OpenAIChat(base_url=server.url.replace("//", "//somebody:hunter2@") + "/elsewhere?key=hunter3")
    finding = await model.probe("gpt-4o-mini")
    assert finding.verdict is Verdict.FAILED
    assert "/elsewhere" in finding.remedy
    assert "hunter" not in finding.detail + finding.remedy
    await model.aclose()


async def test_it_can_be_asked_as_a_question_is(server: ModelServer, model: OpenAIChat) -> None:
    asked = probe.request("gpt-4o-mini", Sampling(), max_tokens=900, system_prompt="Be brief.")
    finding, error = await model.examine(asked)
    assert (finding.verdict, error) == (Verdict.OK, None)
    (request,) = server.requests
    assert [message["role"] for message in request.body["messages"]] == ["system", "user", "assistant", "user"]
    assert (request.body["max_completion_tokens"], request.body["stream"]) == (900, True)
    assert request.body["stream_options"] == {"include_usage": True}


async def test_what_the_server_says_of_a_refusal_is_told(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer(failure=failure(400, "The template is broken.", code="bad")))
    finding = await model.probe("gpt-4o-mini")
    assert finding.detail.endswith("It says: 400 bad invalid_request_error: The template is broken.")


async def test_a_server_that_does_not_tell_tokens_is_said_to(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer("OK.", usage=False))
    assert "does not tell the tokens" in (await model.probe("gpt-4o-mini")).detail
