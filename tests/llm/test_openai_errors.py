"""Which ModelError each fault of a model server becomes, over real connections, and the wordings of many servers."""

from __future__ import annotations

import errno
import json
import socket
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from openai import APIConnectionError, APIError, APIStatusError, OpenAIError

from bot.core.errors import ModelError, ModelProblem
from bot.core.ports import CompletionRequest, PromptMessage, Sampling
from bot.llm import openai_errors
from bot.llm.openai_chat import OpenAIChat
from tests.standins.model import ModelServer
from tests.standins.model.rules import Rules
from tests.standins.model.script import Answer, Failure, failure

SECRET = "아무에게도 말하지 마"
REQUEST = CompletionRequest("gpt-4o-mini", [PromptMessage("user", SECRET)], 100, Sampling())
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


async def drain(model: OpenAIChat, request: CompletionRequest) -> None:
    async with aclosing(model.stream(request)) as chunks:
        async for _ in chunks:
            pass


async def error_of(model: OpenAIChat, request: CompletionRequest = REQUEST) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await drain(model, request)
    assert SECRET not in str(raised.value)
    assert "sk-" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(drop=True), ModelProblem.CUT),
        (Answer(cut_at=0), ModelProblem.CUT),
        (Answer(cut_at=1), ModelProblem.CUT),
        (Answer(error_at=0), ModelProblem.CUT),
        (Answer(error_at=1), ModelProblem.CUT),
        (Answer(error_at=1, error_frame="out of memory"), ModelProblem.CUT),
        (Answer(error_at=1, error_frame={"message": "Bad gateway", "code": 502}), ModelProblem.UNAVAILABLE),
        (Answer(error_at=1, error_frame={"message": "m", "code": "server_error"}), ModelProblem.UNAVAILABLE),
        (Answer(error_at=1, error_frame={"message": "m", "code": "insufficient_quota"}), ModelProblem.QUOTA),
        (Answer(error_at=1, error_frame={"message": "m", "code": "invalid_api_key"}), ModelProblem.AUTH),
        (Answer(error_at=1, error_frame={"message": "m", "code": "rate_limit_exceeded"}), ModelProblem.RATE_LIMITED),
        (Answer(error_at=0, error_frame={"message": "m", "code": 429}), ModelProblem.RATE_LIMITED),
        (Answer(error_at=1, error_frame={"code": "context_length_exceeded"}), ModelProblem.CONTEXT_LENGTH),
        (Answer(raw_at=1, raw="data: {half a fra\n\n"), ModelProblem.CUT),
        (Answer(raw_at=1, raw="data: " + '{"a":' * 20_000 + "\n\n"), ModelProblem.CUT),
        (Answer(failure=Failure(502, "<html><body>Bad Gateway</body></html>")), ModelProblem.UNAVAILABLE),
        (Answer(failure=failure(500, "The server had an error", type="server_error")), ModelProblem.UNAVAILABLE),
        (Answer(failure=failure(503, "Overloaded")), ModelProblem.UNAVAILABLE),
        (Answer(failure=failure(429, "Slow down", code="rate_limit_exceeded")), ModelProblem.RATE_LIMITED),
        (Answer(failure=Failure(429, "<html>too many</html>")), ModelProblem.RATE_LIMITED),
        (Answer(failure=failure(429, "You exceeded", code="insufficient_quota")), ModelProblem.QUOTA),
        (Answer(failure=failure(429, "You exceeded", type="insufficient_quota")), ModelProblem.QUOTA),
        (Answer(failure=failure(402, "Insufficient Balance")), ModelProblem.QUOTA),
        (Answer(failure=failure(401, f"Incorrect API key provided: sk-123. {SECRET}")), ModelProblem.AUTH),
        (Answer(failure=failure(403, "Country not supported")), ModelProblem.AUTH),
        (Answer(failure=failure(404, "no such model", code="model_not_found")), ModelProblem.NOT_FOUND),
        (Answer(failure=Failure(404, {"error": "model 'm' not found"})), ModelProblem.NOT_FOUND),
        (Answer(failure=Failure(404, "<html>Not Found</html>")), ModelProblem.ADDRESS),
        (Answer(failure=Failure(404, {"detail": "Not Found"})), ModelProblem.ADDRESS),
        (Answer(failure=Failure(404, "404 page not found")), ModelProblem.ADDRESS),
        (Answer(failure=Failure(405, {"detail": "Method Not Allowed"})), ModelProblem.ADDRESS),
        (Answer(failure=Failure(301, "")), ModelProblem.ADDRESS),
        (Answer(failure=Failure(400, "<html>a plain request to an HTTPS port</html>")), ModelProblem.ADDRESS),
        (Answer(failure=failure(400, f"I do not like: {SECRET}", code=SECRET)), ModelProblem.BAD_REQUEST),
        (Answer(failure=failure(422, "Unprocessable")), ModelProblem.BAD_REQUEST),
    ],
)
async def test_a_fault_becomes(server: ModelServer, model: OpenAIChat, answer: Answer, problem: ModelProblem) -> None:
    server.answers.append(answer)
    error = await error_of(model)
    assert error.problem is problem
    assert error.status == (answer.failure.status if answer.failure else None)
    assert len(server.requests) == 1  # nothing is repeated here


@pytest.mark.parametrize("answer", [Answer(stall_at=0), Answer(stall_at=1)])
async def test_silence_becomes_a_timeout(server: ModelServer, answer: Answer) -> None:
    server.answers.append(answer)
    model = OpenAIChat(base_url=server.url, timeout=0.2)
    assert (await error_of(model)).problem is ModelProblem.TIMEOUT
    await model.aclose()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"  # bound, and nobody listens
        model = OpenAIChat(base_url=address)
        assert (await error_of(model)).problem is ModelProblem.UNAVAILABLE
        await model.aclose()


async def test_a_host_that_has_no_address_is_unavailable() -> None:
    model = OpenAIChat(base_url="http://no-such-host.invalid/v1")
    assert (await error_of(model)).problem is ModelProblem.UNAVAILABLE
    await model.aclose()


async def test_an_address_that_is_none_is_a_lasting_error() -> None:
    model = OpenAIChat(base_url="ftp://127.0.0.1/v1")
    assert (await error_of(model)).problem is ModelProblem.BAD_REQUEST
    await model.aclose()


@pytest.mark.parametrize(
    ("message", "type_"),
    [
        ("API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),  # Gemini
        ("No connected db.", "no_db_connection"),  # LiteLLM
        ("Incorrect API key provided: ab***yz. You can obtain an API key from the console.", "invalid_request"),  # xAI
        ("Invalid API Key", "invalid_request_error"),
        ("Missing API key in request", "invalid_request_error"),
    ],
)
async def test_a_wrong_key_is_known_by_its_wording(
    server: ModelServer, model: OpenAIChat, message: str, type_: str
) -> None:
    server.default = Answer(failure=failure(400, message, type=type_))
    assert (await error_of(model)).problem is ModelProblem.AUTH


async def test_a_wrong_key_and_an_unknown_model_are_told_apart(server: ModelServer, model: OpenAIChat) -> None:
    server.rules = Rules(key="sk-another")
    assert (await error_of(model)).problem is ModelProblem.AUTH
    server.rules = Rules(models=("qwen3",))
    assert (await error_of(model)).problem is ModelProblem.NOT_FOUND


async def test_a_prompt_beyond_the_window_names_the_window(server: ModelServer, model: OpenAIChat) -> None:
    server.rules = Rules(window=5)
    error = await error_of(model)
    assert (error.problem, error.limit) == (ModelProblem.CONTEXT_LENGTH, 5)


async def test_the_servers_wish_to_wait_is_handed_on(server: ModelServer, model: OpenAIChat) -> None:
    for headers, seconds in (({"Retry-After": "7"}, 7.0), ({"retry-after-ms": "250", "Retry-After": "1"}, 0.25)):
        server.answers.append(Answer(failure=failure(429, "Slow down", headers=headers)))
        assert (await error_of(model)).retry_after == seconds
    server.answers.append(Answer(failure=failure(429, "Slow down")))
    assert (await error_of(model)).retry_after is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30.0),
        ("Mon, 23 Nov 99999999999999999999 12:00:30 GMT", None),
        ("Mon, 23 Nov 2026 12:00:30 +99999999999999999999", None),
        ("soon", None),
        ("-1", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert openai_errors.retry_after({"retry-after": value}, NOW) == seconds


FRAMES: list[tuple[Any, ModelProblem]] = [
    ({"type": "invalid_request_error", "code": None}, ModelProblem.BAD_REQUEST),
    ({"type": "invalid_request_error", "code": "unsupported_value"}, ModelProblem.BAD_REQUEST),
    ({"type": "invalid_request_error", "code": "model_not_found"}, ModelProblem.NOT_FOUND),
    ({"type": "invalid_request_error", "code": 401}, ModelProblem.AUTH),
    ({"type": "BadRequestError", "code": 400}, ModelProblem.BAD_REQUEST),
    ({"type": "BadRequestError"}, ModelProblem.BAD_REQUEST),
    ({"type": "not_found_error"}, ModelProblem.NOT_FOUND),
    ({"type": "permission_error"}, ModelProblem.AUTH),
    ({"type": "insufficient_quota", "code": None}, ModelProblem.QUOTA),
    ({"type": "billing_error"}, ModelProblem.QUOTA),
    ({"type": "tokens", "code": "rate_limit_exceeded"}, ModelProblem.RATE_LIMITED),
    ({"type": "requests", "code": None}, ModelProblem.RATE_LIMITED),
    ({"type": "rate_limit_error"}, ModelProblem.RATE_LIMITED),
    ({"code": "429"}, ModelProblem.RATE_LIMITED),
    ({"type": "server_error", "code": None}, ModelProblem.UNAVAILABLE),
    ({"type": "overloaded_error"}, ModelProblem.UNAVAILABLE),
    ({"type": "InternalServerError", "code": 500}, ModelProblem.UNAVAILABLE),
    ({"type": "api_error"}, ModelProblem.UNAVAILABLE),
    ({"code": 1301, "message": "a number of the server's own"}, ModelProblem.CUT),
    ({"type": "something_new", "code": "also_new"}, ModelProblem.CUT),
    ({"message": "The server had an error"}, ModelProblem.CUT),
]


@pytest.mark.parametrize(("frame", "problem"), FRAMES)
async def test_an_error_inside_a_stream_is_what_its_code_or_type_says(
    server: ModelServer, model: OpenAIChat, frame: dict[str, Any], problem: ModelProblem
) -> None:
    server.answers.append(Answer(error_at=1, error_frame=frame))
    error = await error_of(model)
    assert (error.problem, error.status) == (problem, None)


def test_a_type_says_less_than_the_status_beside_it() -> None:
    for status, problem in ((401, ModelProblem.AUTH), (404, ModelProblem.NOT_FOUND), (500, ModelProblem.UNAVAILABLE)):
        error = status_error(status, {"error": {"message": "m", "type": "invalid_request_error"}})
        assert openai_errors.translate(error, NOW).problem is problem


# Wordings: (status, body, the window it names). Bodies as the servers send them.

OPENAI_SHAPE = {"type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}
TOO_LONG: list[tuple[int, Any, int | None]] = [
    (
        400,
        {"error": OPENAI_SHAPE | {"message": "This model's maximum context length is 8192 tokens. However, your"}},
        8192,
    ),
    (
        400,
        {"error": OPENAI_SHAPE | {"message": "Input tokens exceed the configured limit of 272,000 tokens."}},
        272_000,
    ),
    (400, {"error": OPENAI_SHAPE | {"message": "Please reduce the length of the messages or completion."}}, None),
    (
        400,  # vLLM
        {
            "object": "error",
            "message": "This model's maximum context length is 6048 tokens. However, you requested 6616 tokens (568 in "
            "the messages, 6048 in the completion).",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        6048,
    ),
    (
        400,  # vLLM; names a parameter, and is not about it
        {
            "error": {
                "message": "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context "
                "length is 4096 tokens and your request has 100 input tokens (4096 > 4096 - 100).",
                "type": "BadRequestError",
                "param": "max_tokens",
                "code": 400,
            }
        },
        4096,
    ),
    (
        400,  # LiteLLM's proxy 1.108, before a server that names no number
        {
            "error": {
                "message": "litellm.ContextWindowExceededError: litellm.BadRequestError: too many tokens model=long. "
                "context_window_fallbacks=None. fallbacks=None.",
                "type": "invalid_request_error",
                "param": None,
                "code": "400",
            }
        },
        None,
    ),
    (400, {"message": "The decoder prompt (length 5000) is longer than the maximum model length of 4096."}, 4096),
    (
        400,  # llama.cpp
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size. try increasing the context size or enable "
                "context shift",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 14429,
                "n_ctx": 8192,
            }
        },
        8192,
    ),
    (
        500,
        {"error": {"code": 500, "message": "the request exceeds the available context size, try increasing it"}},
        None,
    ),
    (400, {"detail": "Requested tokens (2285) exceed context window of 2048"}, 2048),  # llama-cpp-python
    (
        400,  # LM Studio
        {
            "error": "Trying to keep the first 4502 tokens when context the overflows. However, the model is loaded "
            "with context length of only 4096 tokens, which is not enough."
        },
        4096,
    ),
    (400, {"error": {"message": "the input length exceeds the context length", "type": "api_error"}}, None),  # Ollama
    (400, {"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum"}}, 200_000),  # Anthropic
    (
        400,
        {
            "error": {
                "message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
            }
        },
        1_048_576,
    ),
    (
        400,  # Mistral
        {
            "message": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum "
            "context length"
        },
        32_768,
    ),
    (
        429,  # no waiting helps
        {
            "error": {
                "message": "Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, "
                "Requested 34000.",
                "type": "tokens",
                "code": "rate_limit_exceeded",
            }
        },
        30_000,
    ),
]


def status_error(status: int, body: Any) -> APIStatusError:
    """As the SDK builds it from a response."""
    response = httpx2.Response(status, request=httpx2.Request("POST", "http://127.0.0.1/v1"), text=json.dumps(body))
    inner = body.get("error", body) if isinstance(body, dict) else body
    message = inner.get("message", "") if isinstance(inner, dict) else ""
    return APIStatusError(f"Error code: {status} - {message}", response=response, body=inner)


@pytest.mark.parametrize(("status", "body", "limit"), TOO_LONG)
def test_a_prompt_that_is_too_long_is_recognised_in(status: int, body: Any, limit: int | None) -> None:
    error = status_error(status, body)
    translated = openai_errors.translate(error, NOW)
    assert (translated.problem, translated.limit) == (ModelProblem.CONTEXT_LENGTH, limit)
    assert openai_errors.refused_parameter(error, {"max_tokens", "max_completion_tokens", "stop"}) is None


SENT = {"max_completion_tokens", "stream_options", "temperature", "seed", "stop"}
REFUSED: list[tuple[int, Any, str | None]] = [
    (
        400,
        {"error": {"message": "Unsupported value", "code": "unsupported_value", "param": "temperature"}},
        "temperature",
    ),
    (
        400,
        {"error": {"message": "x", "code": "unsupported_parameter", "param": "stream_options.include_usage"}},
        "stream_options",
    ),
    (400, {"error": {"message": "Unrecognized request argument supplied: seed", "code": None}}, "seed"),
    (400, {"error": "unknown field `stream_options`"}, "stream_options"),
    (400, {"error": {"message": "property 'stop' is unsupported"}}, "stop"),
    (
        400,
        {
            "object": "error",
            "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs "
            "are not permitted', 'input': 8192}]",
            "code": 400,
        },
        "max_completion_tokens",
    ),
    (
        422,  # Mistral
        {
            "detail": [
                {"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}
            ]
        },
        "stream_options",
    ),
    (400, {"error": {"message": "Invalid 'temperature': above maximum", "code": "decimal_above_max_value"}}, None),
    (400, {"error": {"message": "This model does not support images", "code": None}}, None),
    (400, {"error": {"message": "Unsupported parameter: 'logprobs'", "code": "unsupported_parameter"}}, None),
    (401, {"error": {"message": "seed is not supported"}}, None),
    (500, {"error": {"message": "seed is not supported"}}, None),
]


@pytest.mark.parametrize(("status", "body", "name"), REFUSED)
def test_the_parameter_that_is_not_taken_is_found_in(status: int, body: Any, name: str | None) -> None:
    assert openai_errors.refused_parameter(status_error(status, body), SENT) == name


@pytest.mark.parametrize(
    "body", [None, "", [], 3, {"error": None}, {"error": [1]}, {"code": [], "param": {}, "type": 7}]
)
def test_a_body_of_any_shape_is_translated(body: Any) -> None:
    assert openai_errors.translate(status_error(400, body), NOW).problem is ModelProblem.BAD_REQUEST
    framed = APIError("", httpx2.Request("POST", "http://127.0.0.1/v1"), body=body)
    assert openai_errors.translate(framed, NOW).problem is ModelProblem.CUT


def test_a_process_without_descriptors_finds_the_model_unavailable_and_not_the_request_bad() -> None:
    full = OSError(errno.EMFILE, "Too many open files")
    unreachable = APIConnectionError(request=httpx2.Request("POST", "http://127.0.0.1/v1"))
    unreachable.__cause__ = full
    unsent = OpenAIError("unsent")
    unsent.__cause__ = full
    assert openai_errors.translate(unreachable, NOW).problem is ModelProblem.UNAVAILABLE
    assert openai_errors.unsent(unsent).problem is ModelProblem.UNAVAILABLE
    assert openai_errors.unsent(OpenAIError("x")).problem is ModelProblem.BAD_REQUEST


TOO_LONG_ANSWERS = [
    # OpenAI and Azure
    (("max_tokens is too large: 200000. This model supports at most 16384 completion tokens, whereas you provided "
     "200000."), 16_384),
    (("Invalid 'max_completion_tokens': integer above maximum value. Expected a value <= 128000, but got 200000 "
     "instead."), 128_000),
    # Anthropic, also through LiteLLM
    ("max_tokens: 200000 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4", 64_000),
    (('litellm.BadRequestError: AnthropicException - {"type":"error","error":{"type":"invalid_request_error",'
     '"message":"max_tokens: 200000 > 8192, which is the maximum allowed number of output tokens"}}'), 8_192),
    # Groq
    (("`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the "
     "`context_window` for this model"), 8_192),
    ("'max_completion_tokens' : must be at most 32768", 32_768),
    # DeepSeek, Qwen
    ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8_192),
    ("<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]", 8_192),
    # Gemini
    (("Unable to submit request because it has a maxOutputTokens value of 200000 but the supported range is from 1 "
     "(inclusive) to 65537 (exclusive). Update the value and try again."), 65_536),
    ("* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be in the range [1, 8193).",
     8_192),
    # Cohere, Bedrock, Fireworks, Mistral, TGI, Together
    (("too many tokens: max tokens must be less than or equal to 4096, the maximum output length for this model - "
     "received 200000"), 4_096),
    (("The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is "
     "lower than 4096."), 4_096),
    ("max_tokens: Input should be less than or equal to 32768", 32_768),
    (('[{"loc":["body","max_tokens"],"msg":"ensure this value is less than or equal to 4096",'
     '"ctx":{"limit_value":4096}}]'), 4_096),
    ("Input validation error: `max_new_tokens` must be <= 512. Given: 200000", 512),
    ("max_tokens (200000) exceeds the maximum allowed value of 16,384", 16_384),
    ("max_tokens must be between 1 and 4096", 4_096),
    ("The value of max_tokens cannot exceed 8192", 8_192),
    ("The requested number of output tokens exceeds the limit (4096)", 4_096),
    # without a number, or with one that cannot be
    ("max_tokens is too large", 100_000),
    ("max_tokens exceeds what this model supports", 100_000),
    ("Requested max_tokens is greater than the maximum allowed", 100_000),
    ("The value of max_tokens is too high: at most 900000", 100_000),
]  # fmt: skip


@pytest.mark.parametrize(("message", "limit"), TOO_LONG_ANSWERS)
async def test_a_server_that_lets_answers_be_no_longer_is_understood(
    server: ModelServer, model: OpenAIChat, message: str, limit: int
) -> None:
    server.answers.append(Answer(failure=failure(400, message)))
    error = await error_of(model, replace(REQUEST, max_tokens=200_000))
    assert (error.problem, error.limit) == (ModelProblem.REPLY_LENGTH, limit)


@pytest.mark.parametrize(
    ("status", "message", "problem"),
    [
        (400, "max_tokens must be at least 1", ModelProblem.BAD_REQUEST),
        (400, "max_tokens must be greater than 0", ModelProblem.BAD_REQUEST),
        (400, "max_tokens should be an integer", ModelProblem.BAD_REQUEST),
        (
            400,
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 200000. This model's maximum context length is "
                "8192 tokens and your request has 100 input tokens (200000 > 8192 - 100)."
            ),
            ModelProblem.CONTEXT_LENGTH,
        ),
        (
            422,
            (
                "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 22 `inputs` tokens "
                "and 200000 `max_new_tokens`"
            ),
            ModelProblem.CONTEXT_LENGTH,
        ),
        (
            400,
            (
                "This endpoint's maximum context length is 131072 tokens. However, you requested about 200020 tokens "
                "(20 of text input, 200000 in the output). Please reduce the length of either one."
            ),
            ModelProblem.CONTEXT_LENGTH,
        ),
        (
            402,
            (
                "This request requires more credits, or fewer max_tokens. You requested up to 200000 tokens, but can "
                "only afford 1234."
            ),
            ModelProblem.QUOTA,
        ),
        (429, "Rate limit reached: output tokens per minute, limit 8000", ModelProblem.RATE_LIMITED),
    ],
)
async def test_other_words_about_lengths_are_something_else(
    server: ModelServer, model: OpenAIChat, status: int, message: str, problem: ModelProblem
) -> None:
    server.answers.append(Answer(failure=failure(status, message)))
    assert (await error_of(model, replace(REQUEST, max_tokens=200_000))).problem is problem


async def test_a_limit_that_is_refused_is_not_left_out(server: ModelServer, model: OpenAIChat) -> None:
    message = "Unsupported value: 'max_tokens' supports at most 4096 completion tokens"
    server.answers.append(Answer(failure=failure(400, message, code="unsupported_value", param="max_tokens")))
    assert (await error_of(model)).problem is ModelProblem.REPLY_LENGTH
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (400, "/chat/completions: Invalid model name passed in model=x. Call `/v1/models` to view models", "400"),
        (400, "litellm.BadRequestError: Invalid model name passed in model=x", None),
        (400, "x is not a valid model ID", None),
        (400, "Invalid model: x", "1500"),
        (400, "Invalid model 'x'. Permitted models can be found in the documentation", None),
        (400, "Model Not Exist", None),
        (400, "Unknown model: x", "unknown_model"),
        (400, "The requested model 'x' is not supported by any provider you have enabled.", "model_not_supported"),
        (422, "The model `x` does not exist.", None),
        (400, "model 'x' not found, try pulling it first", None),
    ],
)
async def test_a_model_that_is_not_known_is_understood_whatever_the_status(
    server: ModelServer, model: OpenAIChat, status: int, message: str, code: str | None
) -> None:
    server.answers.append(Answer(failure=failure(status, message, code=code)))
    assert (await error_of(model)).problem is ModelProblem.NOT_FOUND


@pytest.mark.parametrize(
    "message",
    [
        "This model does not support temperature",
        "The file was not found",
        "Unsupported value: 'seed' is not supported with this model.",
        "model output must contain either output text or tool calls, these cannot both be empty",
    ],
)
async def test_other_words_about_a_model_say_nothing_of_its_being_known(
    server: ModelServer, model: OpenAIChat, message: str
) -> None:
    server.answers.append(Answer(failure=failure(400, message)))
    assert (await error_of(model)).problem is ModelProblem.BAD_REQUEST
