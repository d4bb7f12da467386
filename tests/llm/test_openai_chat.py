"""The Chat Completions door: what is sent, what is read, what is left out, and what closing means."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.core.completion.endings import UNMARKED, UNSTATED
from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import Chunk, CompletionRequest, LanguageModel, PromptMessage, Sampling
from bot.core.turn import Usage
from bot.llm.openai_chat import OpenAIChat
from tests.standins.model import ModelServer, counting
from tests.standins.model.rules import Rules
from tests.standins.model.script import Answer, failure

PROMPT = [
    PromptMessage("system", "You are a helpful assistant."),
    PromptMessage("user", "마지막 게임이 어디에서 열렸어?"),
]
REQUEST = CompletionRequest("gpt-4o-mini", PROMPT, max_tokens=500)
SAMPLED = replace(REQUEST, sampling=Sampling(temperature=0.7, seed=123, stop=("끝", "END")), cache_key="0a1b2c")


async def collect(model: OpenAIChat, request: CompletionRequest = REQUEST) -> list[Chunk]:
    async with aclosing(model.stream(request)) as chunks:
        return [chunk async for chunk in chunks]


def text(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def finish_reasons(chunks: list[Chunk]) -> list[str]:
    return [chunk.finish_reason for chunk in chunks if chunk.finish_reason]


async def test_an_answer_is_streamed_with_its_usage_and_names(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(
        Answer(text="창원 NC파크에서 열렸습니다.", usage_extra={"prompt_tokens_details": {"cached_tokens": 7}})
    )
    chunks = await collect(model)
    assert text(chunks) == "창원 NC파크에서 열렸습니다."
    assert sum(bool(chunk.text) for chunk in chunks) > 1
    assert finish_reasons(chunks) == ["stop"]
    assert [chunk.usage for chunk in chunks if chunk.usage] == [
        Usage(
            prompt_tokens=counting.count_prompt([{"role": m.role, "content": m.content} for m in PROMPT]),
            completion_tokens=counting.count("창원 NC파크에서 열렸습니다."),
            cached_tokens=7,
            reasoning_tokens=0,
        )
    ]
    named = {(chunk.response_id, chunk.model, chunk.fingerprint) for chunk in chunks}
    assert named == {("chatcmpl-standin", "gpt-4o-mini", "fp_standin")}


async def test_only_what_is_set_is_sent(server: ModelServer, model: OpenAIChat) -> None:
    await collect(model)
    await collect(model, SAMPLED)
    plain, sampled = (request.body for request in server.requests)
    assert plain == {
        "model": "gpt-4o-mini",
        "messages": [{"role": message.role, "content": message.content} for message in PROMPT],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 500,
    }
    assert sampled == plain | {"temperature": 0.7, "seed": 123, "stop": ["끝", "END"], "prompt_cache_key": "0a1b2c"}
    assert server.requests[0].headers["Authorization"] == "Bearer sk-made-up"


async def test_our_count_is_the_servers(server: ModelServer, model: OpenAIChat) -> None:
    chunks = await collect(model)
    per_message, per_prompt = model.overhead("gpt-4o-mini")
    ours = per_prompt + sum(per_message + model.count_tokens("gpt-4o-mini", message.content) for message in PROMPT)
    assert [chunk.usage.prompt_tokens for chunk in chunks if chunk.usage] == [ours]


async def test_a_server_that_tells_little_is_enough(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer(text="네", usage=False, fingerprint=None, id=None, role_frame=False))
    chunks = await collect(model)
    assert text(chunks) == "네"
    assert {(chunk.usage, chunk.fingerprint, chunk.response_id) for chunk in chunks} == {(None, None, None)}


@pytest.mark.parametrize(
    "frame",
    [
        '{"choices": []}',
        '{"choices": null}',
        "{}",
        "[]",
        '"text"',
        '{"choices": [{"index": 0}]}',
        '{"choices": [{"index": 0, "delta": null}]}',
        '{"choices": [{"index": 0, "delta": {"content": null}, "finish_reason": ""}], "usage": null}',
        '{"choices": [], "usage": {"prompt_tokens": null}}',
        '{"choices": [{"delta": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "x"}]}]}}]}',
    ],
)
async def test_a_strange_frame_is_passed_over(server: ModelServer, model: OpenAIChat, frame: str) -> None:
    server.answers.append(Answer(text="abcdef", chunk_size=3, raw_at=1, raw=f"data: {frame}\n\n: a comment\n\n"))
    chunks = await collect(model)
    assert text(chunks) == "abcdef"
    assert finish_reasons(chunks) == ["stop"]


async def test_text_in_parts_is_text(server: ModelServer, model: OpenAIChat) -> None:
    frame = '{"choices": [{"delta": {"content": [{"type": "text", "text": "안녕"}]}}]}'
    server.answers.append(Answer(text="", raw_at=0, raw=f"data: {frame}\n\n"))
    assert text(await collect(model)) == "안녕"


async def test_reasoning_and_tool_calls_are_not_text(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer(text="4", reasoning="2 and 2 make", tool_call=True, finish_reason="tool_calls"))
    chunks = await collect(model)
    assert text(chunks) == "4"
    assert finish_reasons(chunks) == ["tool_calls"]
    assert [chunk.usage.reasoning_tokens for chunk in chunks if chunk.usage] == [counting.count("2 and 2 make")]


async def test_a_refusal_is_told_apart_from_text(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer(refusal="I cannot help with that."))
    chunks = await collect(model)
    assert "".join(chunk.refusal for chunk in chunks) == "I cannot help with that."
    assert text(chunks) == ""


@pytest.mark.parametrize("reason", ["length", "content_filter", "something_new"])
async def test_every_finish_reason_is_handed_on(server: ModelServer, model: OpenAIChat, reason: str) -> None:
    server.answers.append(Answer(finish_reason=reason))
    assert finish_reasons(await collect(model)) == [reason]


JUST_ENDS = Answer(text="abcdef", chunk_size=3, end_at=1)


async def test_a_stream_that_just_ends_was_cut_off(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.extend([Answer(), JUST_ENDS, JUST_ENDS])
    await collect(model)
    for _ in range(2):
        with pytest.raises(ModelError) as raised:
            await collect(model)
        assert raised.value.problem is ModelProblem.CUT


async def test_a_stream_without_a_finish_reason_that_ends_as_the_api_has_it_is_whole(
    server: ModelServer, model: OpenAIChat
) -> None:
    server.answers.extend([Answer(text="abcdef", finish_reason=None), JUST_ENDS])
    chunks = await collect(model)
    assert text(chunks) == "abcdef"
    assert finish_reasons(chunks) == [UNSTATED]
    with pytest.raises(ModelError):  # this server marks its ends
        await collect(model)


async def test_a_mark_in_the_words_of_the_model_is_none(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.extend([Answer(), Answer(text="\ndata: [DONE]\n\n and so on", chunk_size=20, end_at=1)])
    await collect(model)
    with pytest.raises(ModelError):
        await collect(model)


async def test_of_a_server_that_never_marks_an_end_one_call_is_made_once_more(
    server: ModelServer, model: OpenAIChat
) -> None:
    server.default = JUST_ENDS
    with pytest.raises(ModelError):
        await collect(model)
    for _ in range(2):
        assert finish_reasons(await collect(model)) == [UNMARKED]


async def test_a_filter_that_refuses_the_prompt_ends_like_one_that_stops_the_answer(
    server: ModelServer, model: OpenAIChat
) -> None:
    server.answers.append(Answer(failure=failure(400, "The prompt was filtered", code="content_filter")))
    assert await collect(model) == [Chunk(finish_reason="content_filter")]


@pytest.mark.parametrize("code", ["content_filter", "invalid_prompt"])
async def test_a_filter_that_speaks_inside_the_stream_ends_the_answer_there(
    server: ModelServer, model: OpenAIChat, code: str
) -> None:
    frame = {"code": code, "type": "invalid_request_error", "message": "No."}
    server.answers.append(Answer(text="abcdef", chunk_size=3, error_at=1, error_frame=frame))
    chunks = await collect(model)
    assert text(chunks) == "abc"
    assert finish_reasons(chunks) == ["content_filter"]


async def test_closing_the_stream_ends_the_request(server: ModelServer, model: OpenAIChat) -> None:
    server.answers.append(Answer(text="abcdef", chunk_size=3, gate=asyncio.Event(), gate_at=1))
    chunks = model.stream(REQUEST)
    async for chunk in chunks:
        if chunk.text:
            break
    await chunks.aclose()
    await left(server)


@pytest.mark.parametrize("answer", [Answer(hold=asyncio.Event()), Answer(stall_at=1)])
async def test_cancelling_the_task_ends_the_request(server: ModelServer, model: OpenAIChat, answer: Answer) -> None:
    answer = replace(answer, hold=asyncio.Event() if answer.hold else None)
    server.answers.append(answer)
    task = asyncio.create_task(collect(model))
    await server.received(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await left(server)


async def left(server: ModelServer) -> None:
    request = await server.received(1)
    async with asyncio.timeout(100):
        await request.finished.wait()
    assert request.disconnected


async def test_many_streams_share_the_client_and_do_not_wait_for_each_other(
    server: ModelServer, model: OpenAIChat
) -> None:
    gate = asyncio.Event()
    server.default = Answer(hold=gate)
    tasks = [asyncio.create_task(collect(model)) for _ in range(260)]
    await server.received(260)
    gate.set()
    for chunks in await asyncio.gather(*tasks):
        assert finish_reasons(chunks) == ["stop"]


# Parameters that a server does not take


@pytest.mark.parametrize(
    "name", ["temperature", "seed", "stop", "stream_options", "max_completion_tokens", "prompt_cache_key"]
)
async def test_a_parameter_that_the_model_does_not_take_is_left_out_from_then_on_with_one_warning(
    server: ModelServer, model: OpenAIChat, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.rules = Rules(unsupported=frozenset({name}))
    with caplog.at_level(logging.WARNING):
        assert text(await collect(model, SAMPLED)).startswith("You said")
        await collect(model, SAMPLED)
    assert [name in request.body for request in server.requests] == [True, False, False]
    assert [record.getMessage() for record in caplog.records] == [
        f"model gpt-4o-mini does not take {name}: it is no longer sent"
    ]
    await collect(model, replace(SAMPLED, model="gpt-4.1"))
    assert name in server.requests[3].body


async def test_max_tokens_takes_the_place_of_max_completion_tokens_as_long_as_it_is_taken(
    server: ModelServer, model: OpenAIChat
) -> None:
    server.rules = Rules(unsupported=frozenset({"max_completion_tokens"}))
    await collect(model)
    assert server.requests[-1].body["max_tokens"] == 500
    server.rules = Rules(unsupported=frozenset({"max_completion_tokens", "max_tokens"}))
    await collect(model)
    assert not {"max_completion_tokens", "max_tokens"} & server.requests[-1].body.keys()


async def test_the_limit_holds_at_a_server_that_passes_over_the_newer_name(
    server: ModelServer, model: OpenAIChat
) -> None:
    server.rules = Rules(ignored=frozenset({"max_completion_tokens"}))
    server.default = Answer(text="하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열")
    chunks = await collect(model, replace(REQUEST, model="llama3.2", max_tokens=3))
    assert finish_reasons(chunks) == ["length"]
    assert counting.count(text(chunks)) <= 3


async def test_an_open_model_is_limited_by_the_newer_name_where_the_older_is_refused(
    server: ModelServer, model: OpenAIChat
) -> None:
    server.rules = Rules(unsupported=frozenset({"max_tokens"}))
    await collect(model, replace(REQUEST, model="llama3.2"))
    first, second = (request.body for request in server.requests)
    assert (first.get("max_tokens"), "max_completion_tokens" in first) == (500, False)
    assert (second.get("max_completion_tokens"), "max_tokens" in second) == (500, False)


async def test_a_local_model_gets_no_cache_key(server: ModelServer, model: OpenAIChat) -> None:
    server.rules = Rules(unsupported=frozenset({"prompt_cache_key"}))
    await collect(model, replace(SAMPLED, model="llama3.2"))
    assert [request.status for request in server.requests] == [200]


async def test_a_server_that_takes_nothing_optional_is_asked_once_for_each(
    server: ModelServer, model: OpenAIChat
) -> None:
    names = {"max_completion_tokens", "max_tokens", "stream_options", "temperature", "seed", "stop", "prompt_cache_key"}
    server.rules = Rules(unsupported=frozenset(names))
    assert text(await collect(model, SAMPLED)).startswith("You said")
    assert len(server.requests) == len(names) + 1
    assert server.requests[-1].body.keys() == {"model", "messages", "stream"}


async def test_a_reasoning_model_is_asked_again_without_its_temperature(server: ModelServer, model: OpenAIChat) -> None:
    chunks = await collect(model, replace(SAMPLED, model="gpt-6-luna"))
    assert finish_reasons(chunks) == ["stop"]
    assert "temperature" not in server.requests[-1].body


async def test_calls_that_learn_at_the_same_time_all_get_an_answer_and_warn_once(
    server: ModelServer, model: OpenAIChat, caplog: pytest.LogCaptureFixture
) -> None:
    server.rules = Rules(unsupported=frozenset({"seed", "temperature"}))
    answers = await asyncio.gather(*(collect(model, SAMPLED) for _ in range(10)))
    assert [finish_reasons(chunks) for chunks in answers] == [["stop"]] * 10
    assert len(caplog.records) == 2


# What is known without asking


def known(model: LanguageModel) -> tuple[int, int | None]:
    return model.context_window("gpt-6-luna"), model.cost("gpt-6-luna", Usage(prompt_tokens=10, completion_tokens=2))


async def test_window_and_cost_come_from_the_table_unless_the_window_is_configured(server: ModelServer) -> None:
    for configured, window in ((None, 1_050_000), (4_096, 4_096)):
        model = OpenAIChat(base_url=server.url, context_tokens=configured)
        assert known(model) == (window, 10 * 100 + 2 * 500)
        await model.aclose()


async def test_the_environment_decides_neither_address_nor_key(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin")
    model = OpenAIChat(base_url=server.url)
    await collect(model)
    await model.aclose()
    assert server.requests[0].headers["Authorization"] == "Bearer none"


async def test_an_unset_key_is_sent_as_a_placeholder(server: ModelServer) -> None:
    model = OpenAIChat(api_key="", base_url=server.url)
    await collect(model)
    await model.aclose()
    assert server.requests[0].headers["Authorization"] == "Bearer none"
