"""What an operator may write as OPENAI_BASE_URL, and where the calls go then."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.core.ports import CompletionRequest, PromptMessage
from bot.llm.openai_chat import OpenAIChat
from bot.llm.wire.address import AZURE_VERSION, Address
from tests.standins.model import ModelServer
from tests.standins.model.rules import Rules

REQUEST = CompletionRequest("gpt-4o", [PromptMessage("user", "hello")], 100)
AZURE = "https://acme.openai.azure.com"


@pytest.mark.parametrize(
    ("url", "base", "query"),
    [
        ("http://localhost:11434/v1", "http://localhost:11434/v1", {}),
        ("http://localhost:11434/v1/", "http://localhost:11434/v1", {}),
        ("http://localhost:11434/v1/chat/completions", "http://localhost:11434/v1", {}),
        ("http://localhost:11434/v1/chat/completions/", "http://localhost:11434/v1", {}),
        ("http://localhost:11434/v1//Chat/Completions", "http://localhost:11434/v1", {}),
        ("http://localhost:11434/v1/completions", "http://localhost:11434/v1", {}),
        ("http://localhost:11434/v1/responses", "http://localhost:11434/v1", {}),
        ("http://localhost:11434/v1/models", "http://localhost:11434/v1", {}),
        ("http://localhost:11434/chat", "http://localhost:11434", {}),
        ("http://me:secret@host/v1/models#top", "http://me:secret@host/v1", {}),
        ("https://host/v1?key=a%2Bb&x=", "https://host/v1", {"key": "a+b", "x": ""}),
        ("https://host/models-of-mine/v1", "https://host/models-of-mine/v1", {}),
        (f"{AZURE}/openai/v1/", f"{AZURE}/openai/v1", {}),
        (f"{AZURE}/openai/v1/chat/completions", f"{AZURE}/openai/v1", {}),
        (AZURE, f"{AZURE}/openai/v1", {}),
        (f"{AZURE}/openai/", f"{AZURE}/openai/v1", {}),
        (f"{AZURE}/openai/responses?api-version=2025-04-01-preview", f"{AZURE}/openai/v1", {}),
        (
            "https://acme.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
            "https://acme.services.ai.azure.com/models",
            {"api-version": "2024-05-01-preview"},
        ),
        (
            "https://acme.services.ai.azure.com/models?api-version=2024-05-01-preview",
            "https://acme.services.ai.azure.com/models",
            {"api-version": "2024-05-01-preview"},
        ),
        ("http://[", "http://[", {}),
    ],
)
def test_an_address_is_the_apis_whatever_stands_behind_it(url: str, base: str, query: dict[str, str]) -> None:
    assert Address.of(url) == Address(base, query)


@pytest.mark.parametrize("host", [AZURE, "https://gateway.acme.example/west"])
@pytest.mark.parametrize("call", ["", "/", "/chat/completions"])
@pytest.mark.parametrize(("query", "version"), [("", AZURE_VERSION), ("?api-version=2024-02-01", "2024-02-01")])
def test_a_deployment_of_azures_has_a_version_and_a_header_for_the_key(
    host: str, call: str, query: str, version: str
) -> None:
    deployment = f"{host}/openai/deployments/our-gpt"
    assert Address.of(f"{deployment}{call}{query}") == Address(deployment, {"api-version": version}, "api-key")


async def answer(url: str, key: str | None) -> str:
    model = OpenAIChat(api_key=key, base_url=url)
    try:
        async with aclosing(model.stream(REQUEST)) as chunks:
            return "".join([chunk.text async for chunk in chunks])
    finally:
        await model.aclose()


@pytest.mark.parametrize("call", ["", "?api-version=2024-02-01", "/chat/completions?api-version=2024-02-01"])
async def test_a_deployment_of_azures_answers(server: ModelServer, call: str) -> None:
    server.rules = Rules(key="azures-key")
    deployment = server.url.replace("/v1", "/openai/deployments/our-gpt")
    assert await answer(deployment + call, "azures-key") == "You said: hello"
    [received] = server.requests
    assert received.path == "/openai/deployments/our-gpt/chat/completions"


async def test_a_query_goes_with_every_request_and_a_call_at_the_end_with_none(server: ModelServer) -> None:
    server.rules = replace(server.rules, key="a-key", models=("gpt-4o",))
    assert await answer(f"{server.url}/chat/completions?team=ours", "a-key") == "You said: hello"
    assert [(each.path, each.query) for each in server.requests] == [("/v1/chat/completions", {"team": "ours"})]
