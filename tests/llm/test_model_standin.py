"""The model stand-in itself: what it refuses, as a server without a stream, and as a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp
import pytest

from tests.standins.model import ModelServer
from tests.standins.model.rules import Rules, refuse
from tests.standins.model.script import Failure

GOOD: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


def with_message(**fields: Any) -> dict[str, Any]:
    return GOOD | {"messages": [GOOD["messages"][0] | fields]}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, None),
        (GOOD | {"model": ""}, None),
        (GOOD | {"messages": None}, None),
        (GOOD | {"messages": []}, "messages"),
        (GOOD | {"messages": ["hi"]}, "messages[0]"),
        (with_message(role="robot"), "messages[0].role"),
        (with_message(content=None), "messages[0].content"),
        (with_message(content=[]), "messages[0].content"),
        (with_message(name="two words"), "messages[0].name"),
        (with_message(name=""), "messages[0].name"),
        (with_message(id=3), "messages[0].id"),
        (GOOD | {"temperature": 2.1}, "temperature"),
        (GOOD | {"temperature": None}, "temperature"),
        (GOOD | {"max_completion_tokens": 0}, "max_completion_tokens"),
        (GOOD | {"max_tokens": 5, "max_completion_tokens": 5}, None),
        (GOOD | {"seed": 1.5}, "seed"),
        (GOOD | {"stop": []}, "stop"),
        (GOOD | {"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        (GOOD | {"stream_options": {"include_usage": True}}, "stream_options"),
        (GOOD | {"surprise": 1}, "surprise"),
        (GOOD | {"model": "gpt-6-luna", "max_tokens": 5}, "max_tokens"),
        (GOOD | {"model": "o3", "temperature": 0.5}, "temperature"),
    ],
)
def test_what_openai_refuses_is_refused(body: dict[str, Any], param: str | None) -> None:
    refusal = refuse(Rules(), {}, body)
    assert refusal is not None
    assert refusal.status == 400
    assert isinstance(refusal.body, dict)
    assert refusal.body["error"]["param"] == param


def test_what_openai_takes_is_taken() -> None:
    for body in (GOOD, with_message(name="Minji_1"), GOOD | {"temperature": 2, "stop": "끝", "seed": -1}):
        assert refuse(Rules(), {}, body) is None


def test_a_wrong_key_is_refused_first() -> None:
    refusal = refuse(Rules(key="sk-right"), {"Authorization": "Bearer sk-wrong"}, {})
    assert isinstance(refusal, Failure)
    assert refusal.status == 401


async def test_an_answer_can_be_had_as_a_whole(server: ModelServer) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.url}/chat/completions", json=GOOD) as response,
    ):
        answer = await response.json()
    assert answer["choices"][0]["message"]["content"] == "You said: hi"
    assert answer["usage"]["prompt_tokens"] == 3 + 3 + 1 + 1


async def test_it_runs_as_a_process_that_is_scripted_and_asked_from_outside() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.standins.model", "--latency", "0.01", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        url = json.loads(await process.stdout.readline())["url"]
        control = url.removesuffix("/v1") + "/control"
        async with aiohttp.ClientSession() as session:
            await session.post(f"{control}/script", json={"answers": [{"text": "둘", "finish_reason": "length"}]})
            async with session.post(f"{url}/chat/completions", json=GOOD) as response:
                assert (await response.json())["choices"][0]["finish_reason"] == "length"
            async with session.get(f"{control}/requests") as response:
                (request,) = await response.json()
    finally:
        process.terminate()
        await process.wait()
    assert request["first_byte_at"] - request["at"] >= 0.01
    assert (request["model"], request["messages"], request["finished"]) == ("gpt-4o-mini", 1, True)
