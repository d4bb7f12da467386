"""What an operator reads of a server's error: its words, and neither keys nor what people have said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.errors import ModelError
from bot.core.ports import CompletionRequest, PromptMessage
from bot.llm.openai_chat import OpenAIChat
from tests.llm.test_openai_errors import drain
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer, Failure, failure

QUESTION = "Where did the last game of the season take place, and who won it?"
REQUEST = CompletionRequest("m", [PromptMessage("system", "Be brief."), PromptMessage("user", QUESTION)], 100)


async def said(server: ModelServer, model: OpenAIChat, answer: Answer, request: CompletionRequest = REQUEST) -> str:
    server.answers.append(answer)
    with pytest.raises(ModelError) as raised:
        await drain(model, request)
    return raised.value.said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Answer(failure=failure(400, "The reasoning effort is unknown.", code="invalid_value")),
            "400 invalid_value invalid_request_error: The reasoning effort is unknown.",
        ),
        (Answer(failure=Failure(502, "<html><head/><h1>502 Bad\n Gateway</h1></html>")), "502: 502 Bad Gateway"),
        (Answer(failure=Failure(404, {"error": "model 'm' not found"})), "404: model 'm' not found"),
        (Answer(failure=Failure(422, {"detail": "prompt\x00 is odd"})), "422: prompt is odd"),
        (Answer(error_at=1, error_frame={"message": "out of memory", "code": "oom"}), "oom: out of memory"),
        (Answer(error_at=1, error_frame="out of memory"), "out of memory"),
        (
            Answer(
                failure=Failure(
                    400,
                    {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "bad template"}}},
                )
            ),
            "400: Provider returned error bad template",
        ),
    ],
)
async def test_the_status_the_code_and_the_message_are_kept(
    server: ModelServer, model: OpenAIChat, answer: Answer, words: str
) -> None:
    assert await said(server, model, answer) == words


async def test_no_more_than_the_beginning_of_it(server: ModelServer, model: OpenAIChat) -> None:
    words = await said(server, model, Answer(failure=failure(400, "no " * 1_000)))
    assert words == "400 invalid_request_error: " + ("no " * 1_000)[:299] + "…"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Incorrect API key provided: sk-made-up.", "Incorrect API key provided: …."),
        ("Incorrect API key provided: sk-pr***************7890.", "Incorrect API key provided: …."),
        ("bad header 'Authorization: Bearer abc.def-123'", "bad header 'Authorization: …'"),
        ("at https://me:secret@host/v1?api-key=12345678", "at https://…host/v1?…"),
        ("key 0123456789abcdef0123456789abcdef is unknown", "key … is unknown"),
        (f"cannot tokenize '{QUESTION}'", "cannot tokenize '…'"),
        ("cannot tokenize 'last game of the season take place, and'", "cannot tokenize '…'"),
        ("the game is over", "the game is over"),
    ],
)
async def test_keys_and_what_was_sent_are_left_out(
    server: ModelServer, model: OpenAIChat, message: str, words: str
) -> None:
    assert await said(server, model, Answer(failure=failure(400, message, type=""))) == f"400: {words}"


async def test_a_short_message_and_one_in_another_script_are_left_out_too(
    server: ModelServer, model: OpenAIChat
) -> None:
    asked = [PromptMessage("user", "아무에게도 말하지 마세요, 우리끼리 이야기")]
    answer = Answer(failure=failure(400, "no: 도 말하지 마세요, 우 (19)", type=""))
    assert await said(server, model, answer, replace(REQUEST, messages=asked)) == "400: no: … (19)"
    asked = [PromptMessage("user", "hush")]
    answer = Answer(failure=failure(400, "no: hush", type=""))
    assert await said(server, model, answer, replace(REQUEST, messages=asked)) == "400: no: …"
