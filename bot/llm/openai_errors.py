"""
What went wrong at a model server: the SDK's exceptions become ModelError. Pure; openai_chat.py calls it.

Servers that speak the Chat Completions API agree on little in their errors. Codes are trusted first, the status next
and wordings last. The servers' messages may quote the prompt or a key, so no part of them but the code gets into ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from bot.core.errors import ModelError, ModelProblem
from bot.core.shortage import is_shortage
from bot.network.failures import Kind, failure

_CODES = {
    "context_length_exceeded": ModelProblem.CONTEXT_LENGTH,
    "exceed_context_size_error": ModelProblem.CONTEXT_LENGTH,  # llama.cpp
    "insufficient_quota": ModelProblem.QUOTA,
    "billing_hard_limit_reached": ModelProblem.QUOTA,
    "billing_not_active": ModelProblem.QUOTA,
    "rate_limit_exceeded": ModelProblem.RATE_LIMITED,
    "rate_limit_error": ModelProblem.RATE_LIMITED,
    "invalid_api_key": ModelProblem.AUTH,
    "authentication_error": ModelProblem.AUTH,
    "permission_error": ModelProblem.AUTH,
    "permission_denied": ModelProblem.AUTH,
    "account_deactivated": ModelProblem.AUTH,
    "no_db_connection": ModelProblem.AUTH,  # LiteLLM without a database, which knows one key: a 400 for any other
    **dict.fromkeys(
        ("model_not_found", "unknown_model", "model_not_supported", "invalid_model", "deploymentnotfound"),
        ModelProblem.NOT_FOUND,
    ),
}

# These replace the status where there is none: in a frame of a stream. With a status they say less than
# it does; OpenAI gives the type invalid_request_error to a 401 and a 404 too. As written, in lower case, by OpenAI,
# Anthropic, llama.cpp, vLLM, Ollama and OpenRouter.
_STATUSLESS_CODES = {
    **dict.fromkeys(
        ("invalid_request_error", "invalid_request", "badrequesterror", "not_supported_error", "request_too_large"),
        ModelProblem.BAD_REQUEST,
    ),
    **dict.fromkeys(("authenticationerror", "permissiondeniederror"), ModelProblem.AUTH),
    **dict.fromkeys(("not_found_error", "notfounderror"), ModelProblem.NOT_FOUND),
    **dict.fromkeys(("billing_error", "quota_exceeded"), ModelProblem.QUOTA),
    **dict.fromkeys(("requests", "tokens", "ratelimiterror", "too_many_requests"), ModelProblem.RATE_LIMITED),
    **dict.fromkeys(
        (
            *("server_error", "internal_server_error", "internal_error", "internalservererror", "api_error"),
            *("overloaded_error", "overloaded", "server_overloaded", "engine_overloaded"),
            *("service_unavailable", "service_unavailable_error", "serviceunavailableerror", "unavailable_error"),
            *("timeout_error", "gateway_timeout", "bad_gateway", "upstream_error"),
        ),
        ModelProblem.UNAVAILABLE,
    ),
}

_GATEWAY_CODES = frozenset({"gateway_timeout", "bad_gateway", "upstream_error"})

_PROBLEMS = {
    Kind.CERTIFICATE: ModelProblem.CERTIFICATE,
    Kind.PROXY_LOGIN: ModelProblem.PROXY,
    Kind.PROXY_REFUSED: ModelProblem.PROXY,
    Kind.PROXY_UNUSABLE: ModelProblem.PROXY,
}

_SENTENCES = {  # where the problem says less
    Kind.NOT_FOUND: "model_name_not_found",
    Kind.REFUSED: "model_refused",
    Kind.NO_TLS: "model_no_tls",
}
_OVERLOADED = frozenset({503, 509, 529})  # HTTP; the standard, gateways, Anthropic
_GATEWAY = frozenset({408, 502, 504, *range(520, 529), 530})  # gateways, the standard, Cloudflare
_SAYS_OVERLOADED = re.compile(
    r"overload|(?:at|no|out of|over|exceeded|insufficient) capacity|queue (?:is )?full|too busy|"
    r"(?:still|currently|is) (?:being )?load(?:ing|ed)\b|loading model|try again later",
    re.IGNORECASE,
)

_STATUSES = {
    401: ModelProblem.AUTH,
    402: ModelProblem.QUOTA,
    403: ModelProblem.AUTH,
    404: ModelProblem.NOT_FOUND,
    408: ModelProblem.UNAVAILABLE,
    407: ModelProblem.PROXY,  # of a proxy that opens no tunnel, as it is to http://
    409: ModelProblem.UNAVAILABLE,
    425: ModelProblem.UNAVAILABLE,
    429: ModelProblem.RATE_LIMITED,
    498: ModelProblem.RATE_LIMITED,  # Groq: no capacity
}

# Wordings of a prompt that is too long; the group is the window. Seen at OpenAI, vLLM, llama.cpp (and its Python
# server), LM Studio, Ollama, Anthropic, Gemini, Mistral and TGI.
_TOO_LONG = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"maximum context length (?:is|of)(?: only)? ([\d,]+)",
        r"context length is only ([\d,]+)",
        r"context length of only ([\d,]+)",
        r"longer than the maximum model length of ([\d,]+)",
        r"too large for model with ([\d,]+) maximum context length",
        r"exceeds? (?:the )?(?:available )?context (?:size|length|window)(?: of)? ?\(?([\d,]+)?",
        r"input tokens exceed the configured limit of ([\d,]+)",
        r"prompt is too long: [\d,]+ tokens > ([\d,]+)",
        r"exceeds the maximum number of tokens allowed \(([\d,]+)\)",
        r"tokens`? \+ `max_new_tokens` must be <= ([\d,]+)",
        r"request too large for .{1,200}tokens per min.{0,20}: limit ([\d,]+)",  # a 429 that no waiting helps
        r"context(?:_| )?window(?:_| )?exceeded()",  # LiteLLM, of whatever server is behind it
    )
]

# Wordings of a model that the server does not know, where it says so with a status that says nothing. Seen at LiteLLM,
# OpenRouter, Mistral, Perplexity, DeepSeek and Qwen, GitHub, Hugging Face and gateways.
_UNKNOWN_MODEL = re.compile(
    r"invalid model(?: name| id\b|:| ['\"`=])|not a valid model|(?:unknown|no such|unrecognized) model\b|"
    r"\bmodel\b(?! (?:supports|requires|output))[^.{}]{0,120}?(?:(?:does not|do not|doesn't|not) exist|"
    r"not (?:be )?found|is not supported by any|is not (?:served|loaded|deployed|hosted))",
    re.IGNORECASE,
)
# Wordings of a key that is not taken, with a status that says nothing. Seen at Gemini, LiteLLM, xAI and gateways.
_WRONG_KEY = re.compile(
    r"(?:invalid|incorrect|wrong|missing|expired|unknown) (?:or (?:missing|expired) )?api[ _-]?key|"
    r"api[ _-]?key (?:is )?(?:not valid|not found|invalid|incorrect|expired|missing|required)|"
    r"api_key_invalid|no api[ _-]?key (?:provided|found|passed)",
    re.IGNORECASE,
)
# Wordings of an answer that is asked to be longer than the server lets it be; the group is how long that is. Seen at
# OpenAI and Azure, Anthropic, DeepSeek and Qwen, Groq, Cohere, Bedrock, Gemini, Mistral, Fireworks and TGI, and as
# gateways (LiteLLM, OpenRouter) hand them on.
_MAX_TOKENS = (
    r"(?:max(?:imum)?[_ ]?(?:number of )?(?:completion|output|new|generated|response)?[_ ]?(?:tokens|length)|"
    r"maxOutputTokens|num_predict|completion tokens|output tokens)"
)
_LESS = (
    r"(?:less than or equal to|(?:must|should|can) (?:be )?(?:<=?|less than|below|at most|up to)|<=|"
    r"(?:supports?|allows?|generates?|is|are|be) (?:only )?(?:at most|up to)|at most|no more than|lower than|"
    r"(?:can ?not|must not|may not|can't|should not) (?:exceed|be (?:greater|larger|higher|more) than)|"
    r"exceeds? (?:the )?(?:\w+ ){0,4}(?:limit|maximum)(?: \w+){0,4}?(?: of|:| is| \()?|"
    r"(?:limit|maximum|max)(?: allowed)?(?: value)?(?: is| of|:|=))"
)
_REPLY_TOO_LONG = [
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"at most ([\d,]+) (?:completion|output|new) tokens",
        rf"{_MAX_TOKENS}.{{0,60}}?(?<![\w.])range.{{0,40}}?[\[(] ?\d+ ?, ?([\d,]+) ?[\])]",
        rf"range.{{0,20}}{_MAX_TOKENS}.{{0,40}}?[\[(] ?\d+ ?, ?([\d,]+) ?[\])]",
        rf"{_MAX_TOKENS}.{{0,80}}?range.{{0,20}}?from \d+.{{0,15}}? to ([\d,]+)(?: \(exclusive\))?",
        rf"{_MAX_TOKENS}.{{0,80}}?between \d+ and ([\d,]+)",
        rf"{_MAX_TOKENS}['`\"]?:? ?[\d,]+ ?> ?([\d,]+)",
        rf"{_MAX_TOKENS}.{{0,120}}?{_LESS} ?['`\"]?([\d,]+)",
        (
            rf"{_MAX_TOKENS}.{{0,60}}?(?:too (?:large|high|big|long|many|great)|exceeds?|above (?:the )?max|"
            rf"(?:greater|larger|higher|more) than (?:the |its )?(?:max|limit|allowed|supported|model))()"
        ),
        rf"(?:too (?:large|high|big|many)|exceeds?|above) .{{0,20}}{_MAX_TOKENS}()",
    )
]

_REFUSED_CODES = {"unsupported_parameter", "unsupported_value", "unknown_parameter"}
_REFUSED_WORDING = re.compile(
    r"unsupported|not supported|n[o']t support|unrecognized|unknown (?:field|parameter|argument|name)|unexpected|"
    r"not permitted|not allowed|not implemented|extra_forbidden|only the default",
    re.IGNORECASE,
)
_SYSTEM = r"(?:system|developer) (?:role|messages?|prompts?|instructions?)"
_NO_SYSTEM = re.compile(
    rf"{_SYSTEM}.{{0,40}}(?:not|n't|isn't) (?:be )?(?:supported|enabled|allowed|available|permitted)|"
    rf"(?:not|n't) (?:support|accept|allow).{{0,20}}{_SYSTEM}|unsupported.{{0,20}}{_SYSTEM}|"
    r"(?:role|roles).{0,20}['\"`]?system['\"`]?.{0,20}(?:not supported|not allowed|invalid)|"
    r"(?:unknown|unsupported|invalid|unexpected) role:? ?['\"`]?system|"
    r"only (?:the )?user(?:,)? and (?:the )?(?:assistant|model) roles|roles must alternate user/assistant",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<(?:!doctype|html|head|title)\b", re.IGNORECASE)
_OF_A_MODEL = re.compile(r"model|deployment|engine|resource", re.IGNORECASE)
_PLAIN = re.compile(r"[\w.-]{1,64}")
BEGINNING = 2_000  # characters in which a server says what the slower of them look for
QUOTED = 8_000  # characters at either end of what a server says that are looked at: dozens of wordings are looked for


@dataclass(frozen=True, slots=True)
class ServerError:
    """A server's description of an error, in whatever form it came."""

    status: int | None  # HTTP, or such a number that an error inside a stream gives as its code
    codes: tuple[str, ...]  # its code and its type
    param: str | None
    text: str  # its message and body, of which the middle may be left out; may quote the prompt
    window: int | None = None  # tokens, where a field of its own names them

    @classmethod
    def of(cls, error: APIError) -> ServerError:
        status = error.status_code if isinstance(error, APIStatusError) else _status(error.code)
        codes = tuple(code for code in (error.code, error.type) if isinstance(code, str) and code)
        window = _number(error.body.get("n_ctx")) if isinstance(error.body, Mapping) else None  # llama.cpp
        param = error.param if isinstance(error.param, str) else None
        return cls(status, codes, param, _ends(f"{error.message} {error.body}"), window)


def translate(error: APIError, now: datetime) -> ModelError:
    """The ModelError to raise from *error*; *now*, aware, is what a Retry-After date counts from."""
    if isinstance(error, APIConnectionError):
        return _connection(error)
    said = ServerError.of(error)
    problem, limit = classify(said)
    sentence = _fault(said) if problem is ModelProblem.UNAVAILABLE else ""
    if isinstance(error, APIStatusError):
        wait, status = retry_after(error.response.headers, now), error.status_code
        return ModelError(problem, _detail(said), status=status, retry_after=wait, limit=limit, sentence=sentence)
    return ModelError(problem, _detail(said), limit=limit, sentence=sentence)


def _fault(said: ServerError) -> str:
    """The sentence for a fault that the server tells itself: it was reached."""
    codes = " ".join(said.codes)
    if said.status in _OVERLOADED or _SAYS_OVERLOADED.search(f"{codes} {said.text[:BEGINNING]}"):
        return "model_overloaded"
    if said.status in _GATEWAY or any(code.lower() in _GATEWAY_CODES for code in said.codes):
        return "model_gateway"
    return "model_server_error"


def cut(error: Exception) -> ModelError:
    """For a stream that broke off in a way the SDK has no exception for: bytes that are no JSON, say."""
    return ModelError(ModelProblem.CUT, type(error).__name__, billed=True)


def unsent(error: Exception) -> ModelError:
    """For what the SDK could not send, and has no exception of its own for."""
    problem = ModelProblem.UNAVAILABLE if is_shortage(error) else ModelProblem.BAD_REQUEST
    return ModelError(problem, type(error).__name__)


def classify(said: ServerError) -> tuple[ModelProblem, int | None]:
    """The problem, and the context window where the server names it."""
    too_long, limit = _context_length(said)
    if too_long:
        return ModelProblem.CONTEXT_LENGTH, limit
    for code in said.codes:
        if code.lower() in _CODES:
            return _CODES[code.lower()], None
    if said.status in (None, 400, 422) and _UNKNOWN_MODEL.search(said.text[:BEGINNING]):
        return ModelProblem.NOT_FOUND, None
    if said.status in (None, 400, 422) and _WRONG_KEY.search(said.text):
        return ModelProblem.AUTH, None
    if _elsewhere(said):
        return ModelProblem.ADDRESS, None
    if said.status in _STATUSES:
        return _STATUSES[said.status], None
    if said.status is None or said.status < 400:
        return _without_status(said.codes), None
    return (ModelProblem.UNAVAILABLE if said.status >= 500 else ModelProblem.BAD_REQUEST), None


def _elsewhere(said: ServerError) -> bool:
    """Whether a server answers that has no API at that path: it redirects, shows a page, or knows no such path."""
    if said.status is None or said.codes:
        return False
    if 300 <= said.status < 400 or said.status == 405:
        return True
    if said.status == 404:
        return not _OF_A_MODEL.search(said.text[:BEGINNING])
    return said.status == 400 and _PAGE.search(said.text[:BEGINNING]) is not None


def _without_status(codes: Sequence[str]) -> ModelProblem:
    """The problem of an error inside a stream: CUT only when it says nothing."""
    known = (_STATUSLESS_CODES[code.lower()] for code in codes if code.lower() in _STATUSLESS_CODES)
    return next(known, ModelProblem.CUT)


def _context_length(said: ServerError) -> tuple[bool, int | None]:
    """Whatever the status: llama.cpp answers 500 in some versions, and errors inside a stream have none."""
    for pattern in _TOO_LONG:
        if found := pattern.search(said.text):
            return True, said.window or _number((found.group(1) or "").replace(",", ""))
    known = any(_CODES.get(code.lower()) is ModelProblem.CONTEXT_LENGTH for code in said.codes)
    return known, said.window if known else None


def blocked_by_filter(error: APIError) -> bool:
    """Whether a filter refused the prompt or the rest of an answer: Azure's content_filter, OpenAI's invalid_prompt."""
    return error.code in ("content_filter", "invalid_prompt")


def refused_system(error: APIError) -> bool:
    """Whether the model's template knows no system message: Gemma's, Mistral's first ones; Google's API for Gemma."""
    said = ServerError.of(error)
    return said.status in (None, 400, 422, 500) and _NO_SYSTEM.search(said.text) is not None


def reply_limit(error: APIError, asked: int) -> int | None:
    """
    How long an answer the server takes to be asked for, where *asked* tokens are too many for it; None: it is not that.

    Half of what was asked for where it does not say, or says what cannot be.
    """
    said = ServerError.of(error)
    if said.status not in (None, 400, 413, 422, 500) or classify(said)[0] in (
        ModelProblem.CONTEXT_LENGTH,
        ModelProblem.QUOTA,
    ):
        return None
    for pattern in _REPLY_TOO_LONG:
        if found := pattern.search(said.text[:BEGINNING]):
            limit = _number(found.group(1).replace(",", "")) or 0
            limit -= "range" in found.group() and found.group().endswith((")", " (exclusive)"))
            return (limit if 0 < limit < asked else asked // 2) or None
    return None


def refused_parameter(error: APIError, sent: Collection[str]) -> str | None:
    """
    Which of the *sent* parameters the server does not take, or None when that is not what its 400 or 422 says.

    Source: OpenAI names it in `param`; vLLM, Mistral and others name it somewhere in the body (pydantic's
    extra_forbidden, "Unrecognized request argument supplied: seed", "`stop` is not supported").
    """
    said = ServerError.of(error)
    if said.status not in (400, 422) or classify(said)[0] is not ModelProblem.BAD_REQUEST:
        return None
    if not (_REFUSED_CODES.intersection(said.codes) or _REFUSED_WORDING.search(said.text)):
        return None
    named = (said.param or "").split(".")[0]
    return named if named in sent else _first_named(said.text, sent)


def _first_named(text: str, names: Collection[str]) -> str | None:
    found = [(match.start(), name) for name in names if (match := re.search(rf"\b{name}\b", text))]
    return min(found)[1] if found else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the server asks us to wait: retry-after-ms, or Retry-After in seconds or as an HTTP date."""
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _seconds(value)
    return seconds if seconds is not None or value is None else _until(value, now)


def _until(date: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, OverflowError):  # no date, or a year or an offset that no datetime holds
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - now).total_seconds(), 0.0)


def _seconds(value: str | None) -> float | None:
    return float(value) if value and re.fullmatch(r"\s*\d{1,9}(\.\d+)?\s*", value) else None


def _connection(error: APIConnectionError) -> ModelError:
    """Never connected is UNAVAILABLE; connected and then silent TIMEOUT; connected and then gone CUT."""
    cause = error.__cause__
    detail = type(cause).__name__ if cause else type(error).__name__
    if not is_shortage(error) and (told := _on_the_way(error, cause)) is not None:
        return told
    if is_shortage(error) or isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return ModelError(ModelProblem.UNAVAILABLE, detail)
    if isinstance(cause, httpx2.TooManyRedirects):
        return ModelError(ModelProblem.ADDRESS, detail)
    if isinstance(cause, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
        return ModelError(ModelProblem.BAD_REQUEST, detail)
    timeout = isinstance(error, APITimeoutError)
    return ModelError(ModelProblem.TIMEOUT if timeout else ModelProblem.CUT, detail)


def _on_the_way(error: APIConnectionError, cause: BaseException | None) -> ModelError | None:
    """The reason why a connection was not made; None if it was made."""
    if not isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return None
    status = _number(str(cause)[:3]) if isinstance(cause, httpx2.ProxyError) else None
    told = failure(error, str(error.request.url), status)
    if told is None:
        return None
    problem = _PROBLEMS.get(told.kind, ModelProblem.UNAVAILABLE)
    return ModelError(problem, told.words, remedy=told.remedy, sentence=_SENTENCES.get(told.kind, ""))


def _detail(said: ServerError) -> str:
    """The status and the server's codes: words without spaces, so that nothing of a prompt gets into a log."""
    words = [str(said.status)] if said.status else []
    words += [code for code in said.codes if _PLAIN.fullmatch(code) and code not in words]
    return " ".join(words)


def _ends(text: str) -> str:
    """Its beginning and its end: a body that quotes a long prompt says elsewhere what is wrong."""
    return text if len(text) <= 2 * QUOTED else f"{text[:QUOTED]} … {text[-QUOTED:]}"


def _status(code: object) -> int | None:
    """An HTTP status of an error; other numbers are codes of the server's own."""
    number = _number(code)
    return number if number is not None and 400 <= number < 600 else None


def _number(value: object) -> int | None:
    """An int, or its digits; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,12}", value) else None
