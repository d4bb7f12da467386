"""What is posted beside the SDK is what the SDK posts: a new version that changes it fails here, and says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx2
import pytest
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    AsyncStream,
    DefaultAsyncHttpx2Client,
)
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from bot.llm.wire.chat_post import ChatPost
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer, failure

Post = Callable[[dict[str, Any]], Awaitable[AsyncStream[Any]]]

BODY = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "순서는 어떻게 되나요?"}],
    "stream": True,
    "max_completion_tokens": 50,
}
OF_THE_SDK_ALONE = {"x-stainless-retry-count", "x-stainless-read-timeout"}  # how it counts what we do not have it do


def posts(url: str, transport: httpx2.AsyncBaseTransport | None = None) -> tuple[Post, Post, AsyncOpenAI]:
    """Ours, the SDK's, and the client of both."""
    waits = httpx2.Timeout(0.5, connect=5)
    http = DefaultAsyncHttpx2Client(timeout=waits, transport=transport)
    client = AsyncOpenAI(
        api_key="sk-made-up",
        base_url=url,
        max_retries=0,
        default_headers={"Accept-Encoding": "identity"},
        timeout=waits,
        http_client=http,
    )

    async def theirs(body: dict[str, Any]) -> AsyncStream[Any]:
        stream_cls = AsyncStream[ChatCompletionChunk]
        return await client.post(
            "/chat/completions", cast_to=ChatCompletion, body=body, stream=True, stream_cls=stream_cls
        )

    return ChatPost(client, http).post, theirs, client


async def test_what_is_sent_is_what_the_sdk_sends(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-made-up")
    ours, theirs, client = posts(server.url)
    async with client:
        for post in (ours, ours, theirs):
            async with await post(BODY) as stream:
                assert [chunk async for chunk in stream]
    first, second, sdks = server.requests
    assert first.body == second.body == sdks.body == BODY
    headers = [{name.lower(): value for name, value in each.headers.items()} for each in (first, second, sdks)]
    assert headers[0] == headers[1] == {name: headers[2][name] for name in headers[2].keys() - OF_THE_SDK_ALONE}
    assert headers[0]["openai-organization"] == "org-made-up"


async def test_the_waits_are_those_of_the_client() -> None:
    sent = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, text="data: [DONE]\n\n")

    ours, theirs, client = posts("http://model.example/v1", httpx2.MockTransport(answer))
    async with client:
        await ours(BODY)
        await theirs(BODY)
    assert sent[0].extensions["timeout"] == sent[1].extensions["timeout"]
    assert sent[0].content == sent[1].content
    assert sent[0].url == sent[1].url


@pytest.mark.parametrize("status", [301, 400, 401, 404, 409, 422, 429, 500, 503])
async def test_a_status_raises_what_the_sdk_raises(server: ModelServer, status: int) -> None:
    ours, theirs, client = posts(server.url)
    errors = []
    async with client:
        for post in (ours, theirs):
            server.answers.append(Answer(failure=failure(status, "Slow down", headers={"Retry-After": "7"})))
            with pytest.raises(APIStatusError) as caught:
                await post(BODY)
            errors.append(caught.value)
    assert type(errors[0]) is type(errors[1])
    assert _told(errors[0]) == _told(errors[1])
    assert errors[0].response.headers["Retry-After"] == "7"
    assert errors[0].response.is_closed


@pytest.mark.parametrize("raised", [httpx2.ConnectError("refused"), anyio.EndOfStream(), httpx2.ReadTimeout("late")])
async def test_what_the_connection_raises_is_told_as_the_sdk_tells_it(raised: Exception) -> None:
    async def fail(_: httpx2.Request) -> httpx2.Response:
        raise raised

    ours, theirs, client = posts("http://model.example/v1", httpx2.MockTransport(fail))
    kinds = []
    async with client:
        for post in (ours, theirs):
            with pytest.raises(APIConnectionError) as caught:
                await post(BODY)
            assert caught.value.__cause__ is raised
            kinds.append(type(caught.value))
    assert kinds[0] is kinds[1]


async def test_a_server_that_says_nothing_is_a_timeout(server: ModelServer) -> None:
    server.answers.append(Answer(latency=5))
    ours, _, client = posts(server.url)
    async with client, asyncio.timeout(4):
        with pytest.raises(APITimeoutError):
            await ours(BODY)


async def test_an_error_in_the_stream_is_an_error() -> None:
    async def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, text='data: {"error": {"message": "Overloaded", "code": 503}}\n\n')

    ours, _, client = posts("http://model.example/v1", httpx2.MockTransport(answer))
    async with client, await ours(BODY) as stream:
        with pytest.raises(APIError, match="Overloaded"):
            [chunk async for chunk in stream]


def _told(error: APIStatusError) -> tuple[object, ...]:
    return error.status_code, error.message, error.body, error.code, error.type, error.param
