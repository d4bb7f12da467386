"""What servers put on the wire instead of a stream as the API has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.texts import LANGUAGES
from tests.standins.model.script import Answer, Failure, failure
from tests.whole.conftest import Office

WHOLE: dict[str, Any] = {
    "id": "1",
    "object": "chat.completion",
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}


@pytest.mark.parametrize("reason", ["stop", None])
async def test_a_server_that_does_not_stream_is_answered_from_its_one_object(
    office: Office, reason: str | None
) -> None:
    choice = WHOLE["choices"][0] | {"finish_reason": reason}
    office.model.answers.append(Answer(failure=Failure(200, WHOLE | {"choices": [choice]})))
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["Hello."]
    assert len(office.model.requests) == 1
    assert office.rows("SELECT prompt_tokens, completion_tokens FROM completions") == [(9, 2)]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("<!DOCTYPE html><html><body>Welcome</body></html>", "model_address"),
        ("It works!", "model_address"),
        ({"status": "ok"}, "model_address"),
        ([], "model_address"),
        ({"error": {"message": "no", "code": 401}}, "model_auth"),
        ([{"error": {"message": "no", "code": 404}}], "model_not_found"),
        ({"object": "error", "message": "no such model", "code": 404}, "model_not_found"),
    ],
)
async def test_what_comes_with_200_and_is_no_answer_is_said_at_once(office: Office, body: Any, key: str) -> None:
    office.model.default = Answer(failure=replace(failure(200, ""), body=body))
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == [LANGUAGES["en"][key]]
    assert len(office.model.requests) == 1


@pytest.mark.parametrize(
    "raw",
    [": ping\n\n", "retry: 3000\n\n", "id: 7\n\n", "event: ping\n\n", "event: ping\ndata:\n\n", "data: ping\n\n"],
)
async def test_frames_that_say_nothing_are_passed_over(office: Office, raw: str) -> None:
    office.model.answers.append(Answer("Hello, Kim, and hello.", raw_at=1, raw=raw))
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["Hello, Kim, and hello."]
    assert len(office.model.requests) == 1


def _frame(content: str) -> str:
    return f'data: {{"choices": [{{"index": 0, "delta": {{"content": "{content}"}}}}]}}\n\n'


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (_frame("\\ud83d") + _frame("\\ude00"), "\N{GRINNING FACE}Hi."),
        (_frame("\\ud83d"), "\ufffdHi."),
        (_frame("a\\ude00"), "a\ufffdHi."),
    ],
)
async def test_halves_of_a_pair_are_joined_and_one_alone_is_replaced(office: Office, raw: str, shown: str) -> None:
    office.model.answers.append(Answer("Hi.", raw_at=0, raw=raw))
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == [shown]
    assert office.rows("SELECT text FROM completions") == [(shown,)]


async def test_a_half_at_the_end_is_replaced(office: Office) -> None:
    office.model.answers.append(Answer("Hi.", chunk_size=3, raw_at=1, raw=_frame("\\ud83d")))
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["Hi.\ufffd"]


async def test_an_answer_that_the_server_ends_with_an_error_is_asked_for_again(office: Office) -> None:
    office.model.answers.extend([Answer("Half", finish_reason="error"), Answer("All of it.")])
    async with office.bot():
        assert await office.answers(await office.ask("hello")) == ["All of it."]
    assert len(office.model.requests) == 2
