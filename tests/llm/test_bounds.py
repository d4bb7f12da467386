"""A call of the model has an end, whatever the server sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from bot.core.check_findings import Verdict
from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import Chunk, CompletionRequest, PromptMessage
from bot.core.turn import OVERRUN
from bot.llm import tokens
from bot.llm.openai_chat import OpenAIChat
from bot.llm.wire import bounds
from tests.standins.model import ModelServer
from tests.standins.model.rules import Rules
from tests.standins.model.script import Answer, Failure
from tests.watchdog import watching

LIMIT = 50  # tokens
REQUEST = CompletionRequest("gpt-4o-mini", [PromptMessage("user", "go on for ever")], max_tokens=LIMIT)
ROOM = LIMIT * bounds.TOKENS + bounds.SPARE_TOKENS + 2 * bounds.BLOCK  # tokens, with what is not yet counted
LARGE = 2**16  # characters


def frame(delta: object, finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


async def collect(model: OpenAIChat, request: CompletionRequest = REQUEST) -> list[Chunk]:
    async with aclosing(model.stream(request)) as chunks:
        return [chunk async for chunk in chunks]


async def left(server: ModelServer) -> None:
    """The server has seen the end of the connection."""
    request = await server.received(1)
    async with asyncio.timeout(60):
        await request.finished.wait()
    assert request.disconnected


def text(chunks: list[Chunk]) -> str:
    return "".join(chunk.text + chunk.refusal for chunk in chunks)


WORDS = [
    frame({"content": "word "}),
    frame({"content": "말 "}),
    frame({"content": "word " * 1000}),
    frame({"content": " " * LARGE}),
    frame({"content": [{"type": "text", "text": "word "}]}),
    frame({"refusal": "no "}),
    frame({"content": "word "}, "stop"),
    frame({}, "stop") + frame({"content": "word "}),
]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("flood", WORDS, ids=range(len(WORDS)))
async def test_words_without_an_end_are_cut_off(
    server: ModelServer, model: OpenAIChat, flood: str, *, compressed: bool
) -> None:
    server.answers.append(Answer("one two ", flood_at=1, flood=flood, compressed=compressed))
    chunks = await collect(model)
    assert [chunk.finish_reason for chunk in chunks][-1] == OVERRUN
    assert text(chunks).startswith("one two ")
    assert LIMIT < tokens.count(text(chunks).strip()) + len(text(chunks)) // bounds.LONGEST_TOKEN < ROOM * 2
    await left(server)


NO_WORDS = [
    frame({"reasoning_content": "hm " * LARGE}),
    frame({"reasoning": "hm " * LARGE}),
    frame({"tool_calls": [{"index": 0, "function": {"arguments": "x" * LARGE}}]}),
    frame({"thinking": "hm " * LARGE, "content": ""}),
    f": {' ' * LARGE}\n\n",  # a comment
    f'event: ping\ndata: {{"x": "{"x" * LARGE}"}}\n\n',
    "x" * LARGE,  # a line without an end
    f"data: {' ' * LARGE}\n",  # an event without an end
    "\n" * LARGE,
]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("flood", NO_WORDS, ids=range(len(NO_WORDS)))
async def test_bytes_without_an_end_are_cut_off(
    server: ModelServer, model: OpenAIChat, flood: str, *, compressed: bool
) -> None:
    server.answers.append(Answer("one two ", flood_at=1, flood=flood, compressed=compressed))
    chunks = await collect(model)
    assert text(chunks) == "one two "
    assert [chunk.finish_reason for chunk in chunks][-1] == OVERRUN
    await left(server)


async def test_events_without_an_end_hold_nothing_up_and_are_cut_off(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer("one two ", flood_at=1, flood="data: {}\n\n" * (LARGE // 10)))
    with watching() as watchdog:
        chunks = await collect(model)
    assert text(chunks) == "one two "
    assert chunks[-1].finish_reason == OVERRUN
    assert len(chunks) < 70_000
    assert watchdog.held == []
    await left(server)


async def test_one_event_that_is_larger_than_any_answer_is_not_read(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer("one two ", raw_at=1, raw=frame({"content": "x" * 100_000_000})))
    chunks = await collect(model)
    assert (text(chunks), chunks[-1].finish_reason) == ("one two ", OVERRUN)


NESTED = json.dumps({"choices": [{"index": 0, "delta": {"content": "more"}}], "x": [[]] * 300_000})


@pytest.mark.parametrize("said", [f"data: {NESTED}\n\n", f"data: [{NESTED}]\n\n", f"data: {NESTED[:-2]}\n\n"])
async def test_an_event_of_more_objects_than_any_has_is_not_read(
    server: ModelServer, model: OpenAIChat, said: str
) -> None:
    server.answers.append(Answer("one two ", raw_at=1, raw=said))
    with watching() as watchdog:
        chunks = await collect(model)
    assert (text(chunks), chunks[-1].finish_reason) == ("one two ", OVERRUN)
    assert watchdog.held == []


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
async def test_nor_is_such_an_object(server: ModelServer, model: OpenAIChat, kind: str) -> None:
    server.answers.append(Answer(failure=Failure(200, NESTED, kind=kind)))
    with watching() as watchdog:
        chunks = await collect(model)
    assert [chunk.finish_reason for chunk in chunks] == [OVERRUN]
    assert watchdog.held == []


async def test_of_an_error_no_more_objects_are_read(server: ModelServer, model: OpenAIChat) -> None:
    said = {"x": [[]] * 2 * bounds.WHOLE_BRACKETS, "error": {"message": "the context has 8192 tokens"}}
    server.answers.append(Answer(failure=Failure(400, json.dumps(said))))
    with pytest.raises(ModelError) as caught:
        await collect(model)
    assert "8192" not in str(caught.value.said)


@pytest.mark.parametrize("flood", ["\n", ": keep-alive\n\n", frame({}), frame({"content": ""}), "data: {}\n\n"])
async def test_a_drip_without_an_end_becomes_a_timeout(server: ModelServer, flood: str) -> None:
    server.answers.append(Answer("one two ", flood_at=1, flood=flood, flood_delay=0.05))
    model = OpenAIChat(base_url=server.url, timeout=0.5)
    with pytest.raises(ModelError) as caught:
        await collect(model, replace(REQUEST, max_tokens=1))
    assert caught.value.problem is ModelProblem.TIMEOUT
    await left(server)
    await model.aclose()


@pytest.mark.parametrize("flood", [": keep-alive\n\n", "x" * LARGE])
async def test_an_answer_that_is_whole_does_not_wait_for_the_end_of_its_stream(server: ModelServer, flood: str) -> None:
    raw = frame({"content": "one two"}) + frame({}, "stop")
    server.answers.append(Answer("", raw_at=0, raw=raw, flood_at=0, flood=flood, flood_delay=0.05))
    model = OpenAIChat(base_url=server.url, timeout=0.5)
    chunks = await collect(model, replace(REQUEST, max_tokens=1))
    assert (text(chunks), [chunk.finish_reason for chunk in chunks if chunk.finish_reason]) == ("one two", ["stop"])
    await model.aclose()


@pytest.mark.parametrize("body", ["x" * LARGE, {"error": {"message": "x" * LARGE}}])
@pytest.mark.parametrize(("status", "problem"), [(500, ModelProblem.UNAVAILABLE), (401, ModelProblem.AUTH)])
async def test_an_error_without_an_end_is_the_error_that_its_status_says(
    server: ModelServer, model: OpenAIChat, body: str, status: int, problem: ModelProblem
) -> None:
    server.answers.append(Answer(failure=Failure(status, body, flood=True)))
    with pytest.raises(ModelError) as caught:
        await collect(model)
    assert (caught.value.problem, caught.value.status) == (problem, status)
    await left(server)


async def test_the_check_of_a_server_that_never_ends_ends(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer("OK", flood_at=1, flood=frame({"content": "OK"})))
    assert (await model.probe("gpt-4o-mini")).verdict is Verdict.OK
    await left(server)


async def test_a_list_of_models_without_an_end_names_none(server: ModelServer, model: OpenAIChat) -> None:
    server.rules = Rules(models=("x" * 1000,) * 10_000)
    finding = await model.probe("gpt-4o-mini")
    assert finding.verdict is Verdict.FAILED
    assert "It lists" not in finding.remedy


HONEST = [
    "word " * (LIMIT - 1),
    " " * 128 * (LIMIT // 2) + "x",
    "antidisestablishmentarianism " * (LIMIT // 8),
    "안녕하세요 " * (LIMIT // 3),
]


@pytest.mark.parametrize("answer", HONEST, ids=range(len(HONEST)))
@pytest.mark.parametrize("chunk_size", [1, LARGE])
async def test_no_answer_of_the_length_that_was_asked_for_is_cut(
    server: ModelServer, model: OpenAIChat, answer: str, chunk_size: int
) -> None:
    server.answers.append(Answer(answer, chunk_size=chunk_size, reasoning="hm " * 1_000))
    chunks = await collect(model)
    assert (text(chunks), chunks[-1].finish_reason or chunks[-2].finish_reason) == (answer, "stop")


async def test_names_that_are_no_names_are_not_kept(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer("one", id="x" * 10_000, fingerprint="x" * 10_000))
    assert {(chunk.response_id, chunk.fingerprint) for chunk in await collect(model)} == {(None, None)}


@asynccontextmanager
async def sending(first: bytes, again: bytes) -> AsyncIterator[str]:
    """The URL of a server that answers so once, until the client leaves."""
    left = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(first)
            while True:
                writer.write(again)
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            writer.close()
            left.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with asyncio.timeout(60):
            await left.wait()


async def test_a_server_that_never_comes_to_its_answer_becomes_a_timeout() -> None:
    async with sending(b"", b"HTTP/1.1 102 Processing\r\n\r\n") as url:
        model = OpenAIChat(base_url=url, timeout=0.5)
        with pytest.raises(ModelError) as caught:
            await collect(model, replace(REQUEST, max_tokens=1))
        assert caught.value.problem is ModelProblem.TIMEOUT
        await model.aclose()
