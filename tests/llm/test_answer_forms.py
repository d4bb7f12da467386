"""The forms in which servers answer a streamed request, and what becomes of each."""

from __future__ import annotations

import json
from contextlib import aclosing

import pytest

from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import CompletionRequest, PromptMessage
from bot.llm.openai_chat import OpenAIChat
from tests.llm.test_openai_errors import drain
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer, Failure

REQUEST = CompletionRequest("m", [PromptMessage("user", "hello")], 100)
EVENTS = "text/event-stream"


def frame(delta: object, reason: str | None = None) -> str:
    return json.dumps({"id": "1", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})


ONE, TWO, END = frame({"role": "assistant", "content": "Hel"}), frame({"content": "lo"}), frame({}, "stop")
FRAMES = (ONE, TWO, END)
WHOLE = json.dumps({"choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]})
STREAM = "".join(f"data: {each}\n\n" for each in FRAMES)
TOLD = {
    "CRLF": STREAM.replace("\n", "\r\n") + "data: [DONE]\r\n\r\n",
    "CR": STREAM.replace("\n", "\r") + "data: [DONE]\r\r",
    "a mark of the byte order": "\ufeff" + STREAM,
    "comments": STREAM.replace("data", ": PROCESSING\n\n: more\ndata"),
    "no blank after the colon": STREAM.replace("data: ", "data:"),
    "data in lines": "data: " + json.dumps(json.loads(ONE), indent=1).replace("\n", "\ndata: ") + f"\n\ndata: {TWO}\n\n"
    f"data: {END}\n\n",
    "named events": STREAM.replace("data", "event: message\nid: 1\ndata"),
    "no mark": STREAM,
    "no end of the last event": STREAM.rstrip("\n"),
    "blanks around the mark": STREAM + "data:  [DONE] \n\n",
    "a mark in lower case": STREAM + "data: [done]\n\n",
    "another mark": STREAM + "data: [END]\n\n",
    "lists": f"data: [{ONE}, {TWO}]\n\ndata: [{END}]\n\n",
    "one list": f"[{ONE},{TWO},{END}]",
    "lines of JSON": "\n".join(FRAMES),
    "objects in a row": "".join(FRAMES),
    "one object": WHOLE,
    "one object over lines": json.dumps(json.loads(WHOLE), indent=1),
    "one object as an event": f"data: {WHOLE}\n\n",
    "the older field": 'data: {"choices": [{"index": 0, "text": "Hello", "finish_reason": "stop"}]}\n\n',
    "a part": f"data: {frame({'content': {'type': 'text', 'text': 'Hello'}}, 'stop')}\n\n",
    "parts that are strings": f"data: {frame({'content': ['Hel', 'lo']}, 'stop')}\n\n",
    "another answer beside": STREAM.replace('"choices": [', '"choices": [{"index": 1, "delta": {"content": "No"}}, '),
    "another answer between": 'data: {"choices": [{"index": 1, "delta": {"content": "No"}}]}\n\n' + STREAM,
}


async def told(server: ModelServer, model: OpenAIChat, body: str, kind: str = EVENTS) -> tuple[str, str]:
    """The answer and the reasoning."""
    server.answers.append(Answer(failure=Failure(200, body, kind=kind)))
    async with aclosing(model.stream(REQUEST)) as stream:
        chunks = [chunk async for chunk in stream]
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == ["stop"]
    return "".join(chunk.text for chunk in chunks), "".join(chunk.reasoning for chunk in chunks)


@pytest.mark.parametrize("body", TOLD.values(), ids=TOLD.keys())
async def test_an_answer_is_read_in_whatever_form_it_comes(server: ModelServer, model: OpenAIChat, body: str) -> None:
    assert await told(server, model, body) == ("Hello", "")


async def test_bytes_that_are_no_text_are_replaced(server: ModelServer, model: OpenAIChat) -> None:
    assert await told(server, model, STREAM.replace("Hel", "H\udcff")) == ("H\ufffdlo", "")


async def test_halves_of_a_pair_within_reasoning_are_joined(server: ModelServer, model: OpenAIChat) -> None:
    halves = "".join(f"data: {frame({'reasoning': half})}\n\n" for half in ("so \ud83d", "\ude00"))
    assert await told(server, model, halves + STREAM) == ("Hello", "so \N{GRINNING FACE}")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('event: error\ndata: {"message": "no", "code": 502}\n\n', ModelProblem.UNAVAILABLE),
        ('data: {"object": "error", "message": "no", "code": 401}\n\n', ModelProblem.AUTH),
        ('data: [{"error": {"message": "no", "code": 404}}]\n\n', ModelProblem.NOT_FOUND),
        ('data: {"detail": "out of memory"}\n\n', ModelProblem.CUT),
        ('{"detail": "the model does not exist"}', ModelProblem.NOT_FOUND),
        ("<!DOCTYPE html><html></html>", ModelProblem.ADDRESS),
        ('"Hello"', ModelProblem.CUT),
        ("", ModelProblem.CUT),
    ],
)
async def test_an_error_is_told_in_whatever_form_it_comes(
    server: ModelServer, model: OpenAIChat, body: str, problem: ModelProblem
) -> None:
    server.default = Answer(failure=Failure(200, body, kind=EVENTS))
    with pytest.raises(ModelError) as raised:
        await drain(model, REQUEST)
    assert raised.value.problem is problem


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirection_that_loses_the_question_is_a_wrong_address(
    server: ModelServer, model: OpenAIChat, status: int
) -> None:
    to = {"Location": server.url.replace("/v1", "/v1/models")}
    server.answers.append(Answer(failure=Failure(status, "moved", headers=to)))
    with pytest.raises(ModelError) as raised:
        await drain(model, REQUEST)
    assert raised.value.problem is ModelProblem.ADDRESS


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirection_that_keeps_the_question_is_followed(
    server: ModelServer, model: OpenAIChat, status: int
) -> None:
    server.answers.append(
        Answer(failure=Failure(status, "moved", headers={"Location": f"{server.url}/chat/completions"}))
    )
    async with aclosing(model.stream(REQUEST)) as stream:
        assert "".join([chunk.text async for chunk in stream]) == "You said: hello"
