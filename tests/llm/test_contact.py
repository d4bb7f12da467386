"""Whether the model answers: asked at the start by its list or with one token, and told by every question."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

import pytest

from bot.core.errors import ModelError
from bot.core.ports import CompletionRequest, PromptMessage
from bot.llm.openai_chat import OpenAIChat
from tests.standins.model import ModelServer
from tests.standins.model.rules import Rules
from tests.standins.model.script import Answer, failure

DOWN = Answer(failure=failure(503, "overloaded"))
BUSY = Answer(failure=failure(429, "slow down", code="rate_limit_exceeded"))
ODD = Answer(failure=failure(400, "max_tokens must be at least 16"))


async def ask(model: OpenAIChat) -> None:
    request = CompletionRequest("m", [PromptMessage("user", "hello")], 10)
    with suppress(ModelError):
        async with aclosing(model.stream(request)) as chunks:
            async for _ in chunks:
                pass


async def test_a_server_with_a_list_is_not_asked_for_a_token(server: ModelServer, model: OpenAIChat) -> None:
    server.rules = Rules(models=("m", "n"))
    await model.ping("m")
    assert (model.contact.trouble, server.requests) == ("", [])


@pytest.mark.parametrize("rules", [Rules(lists_models=False), Rules(models=())])
async def test_one_without_a_list_is_asked_for_one(server: ModelServer, model: OpenAIChat, rules: Rules) -> None:
    server.rules = rules
    await model.ping("m")
    [request] = server.requests
    assert request.body["max_tokens"] == 1


@pytest.mark.parametrize(
    ("rules", "answer", "trouble"),
    [
        (Rules(models=("n",)), Answer(), "m: the server does not know the model"),
        (Rules(key="sk-right"), Answer(), "m: the server does not accept the key"),
        (Rules(lists_models=False), DOWN, "m: the server is overloaded or not ready (HTTP 503)"),
        (Rules(lists_models=False), BUSY, ""),
        (Rules(lists_models=False), ODD, ""),
    ],
)
async def test_what_is_wrong_is_said(
    server: ModelServer, model: OpenAIChat, rules: Rules, answer: Answer, trouble: str
) -> None:
    server.rules, server.default = rules, answer
    await model.ping("m")
    assert model.contact.trouble.startswith(trouble)
    assert bool(model.contact.trouble) is bool(trouble)


async def test_a_server_that_is_not_there_is_said_to_be_and_the_next_answer_ends_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    told: list[bool] = []
    server = ModelServer()
    await server.start()
    port = int(server.url.rsplit(":", 1)[1].removesuffix("/v1"))
    model = OpenAIChat(base_url=server.url)
    model.contact.told = lambda trouble: told.append(not trouble)
    await ask(model)
    await server.stop()
    await model.ping("m")
    await ask(model)
    again = ModelServer()
    await again.start(port)
    await ask(model)
    await again.stop()
    await model.aclose()
    assert told == [False, True]
    assert sum("the model does not answer" in message for message in caplog.messages) == 1
    assert "the model answers again" in caplog.messages


async def test_it_is_asked_at_the_start_and_again_only_while_it_does_not_answer(
    server: ModelServer, model: OpenAIChat
) -> None:
    server.rules = Rules(lists_models=False)
    server.answers.extend([DOWN, DOWN])
    watching = asyncio.create_task(model.contact.watch(lambda: model.ping("m"), pause_seconds=0.01))
    await server.received(3)
    await server.requests[2].finished.wait()
    await asyncio.sleep(0.1)  # ten pauses
    watching.cancel()
    await asyncio.wait([watching])
    assert len(server.requests) == 3
