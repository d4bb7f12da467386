"""
What the model stand-in refuses, worded as OpenAI does. Pure.

Strict on purpose: a request that the real API would refuse must not pass here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.standins.model.script import Body, Failure, failure

_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
_NAME = re.compile(r"[^\s<|\\/>]{1,64}")
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$")
_KNOWN = {
    *("model", "messages", "stream", "stream_options", "max_completion_tokens", "max_tokens", "temperature", "seed"),
    *("stop", "top_p", "n", "user", "prompt_cache_key", "safety_identifier", "reasoning_effort", "verbosity", "store"),
    *("service_tier", "presence_penalty", "frequency_penalty", "metadata", "response_format", "tools", "tool_choice"),
}
_REASONING = re.compile(r"(o[134]|gpt-[5-9])")  # models that take no max_tokens and no temperature but 1


@dataclass(frozen=True, slots=True)
class Rules:
    """What this server is: its key, its models and what it does not take."""

    key: str | None = None  # None: every key, or none, is accepted
    models: tuple[str, ...] | None = None  # None: every name is accepted
    lists_models: bool = True
    window: int = 1_050_000  # tokens
    sees: bool = True  # takes images
    strict_roles: bool = False  # its chat template insists on turns, and on the user's as the first one
    knows_system: bool = True  # its chat template has a system message
    streams_refusals: bool = True  # else a streamed prompt that is too long gets an empty 200
    holds_reply: bool = False  # whether prompt and max_tokens together must fit into the window, as vLLM has it
    longest_reply: int | None = None  # tokens that may be asked for
    names_longest_reply: bool = True
    cuts_prompts_at: int | None = None  # tokens: of a longer prompt it reads the end, and bills that
    tokens_each: float = 1.0  # its own tokens for each of o200k_base
    unsupported: frozenset[str] = field(default_factory=frozenset)  # parameters answered with a 400
    ignored: frozenset[str] = field(default_factory=frozenset)  # parameters that are taken and have no effect


def refuse(rules: Rules, headers: Mapping[str, str], body: Body) -> Failure | None:
    """The first reason to refuse a request, apart from its length."""
    return next(_refusals(rules, headers, body), None)


def too_long(rules: Rules, prompt_tokens: int, body: Body) -> Failure | None:
    asked: int = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    reply = asked if rules.holds_reply else 0
    if prompt_tokens + reply <= rules.window:
        return None
    message = (
        f"This model's maximum context length is {rules.window} tokens. However, your messages resulted in "
        f"{prompt_tokens} tokens. Please reduce the length of the messages."
    )
    return failure(400, message, code="context_length_exceeded", param="messages")


def reply_too_long(rules: Rules, body: Body) -> Failure | None:
    asked: int = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    if rules.longest_reply is None or asked <= rules.longest_reply:
        return None
    most = f" This model supports at most {rules.longest_reply} completion tokens, whereas you provided {asked}."
    message = f"max_tokens is too large: {asked}.{most if rules.names_longest_reply else ''}"
    return failure(400, message, code="invalid_value", param="max_tokens")


def unauthorized(rules: Rules, headers: Mapping[str, str]) -> Failure | None:
    if rules.key is None or headers.get("Authorization") == f"Bearer {rules.key}":
        return None
    return failure(401, "Incorrect API key provided: sk-wr***ng.", code="invalid_api_key")


def _refusals(rules: Rules, headers: Mapping[str, str], body: Body) -> Iterator[Failure]:
    if (refusal := unauthorized(rules, headers)) is not None:
        yield refusal
    if not body:
        yield failure(400, "We could not parse the JSON body of your request.")
    yield from _model(rules, body)
    yield from _parameters(rules, body)
    yield from _messages(body.get("messages"))
    yield from _template(rules, [message["role"] for message in body["messages"]])
    if not rules.sees and any(part["type"] == "image_url" for part in parts_of(body["messages"])):
        message = "Invalid content type. image_url is only supported by certain models."
        yield failure(400, message, param="messages.[0].content.[1].type")


def _template(rules: Rules, roles: list[str]) -> Iterator[Failure]:
    """What the templates of Gemma and Mistral raise, as vLLM hands it on."""
    if not rules.knows_system and "system" in roles:
        yield failure(400, "System role not supported", code=None, type="BadRequestError")
    turns = roles[1:] if roles[:1] == ["system"] else roles
    if rules.strict_roles and turns != [("user", "assistant")[number % 2] for number in range(len(turns))]:
        message = (
            "After the optional system message, conversation roles must alternate user/assistant/user/assistant/..."
        )
        yield failure(400, message, type="BadRequestError")


def _model(rules: Rules, body: Body) -> Iterator[Failure]:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        yield failure(400, "you must provide a model parameter")
    elif rules.models is not None and model not in rules.models:
        message = f"The model `{model}` does not exist or you do not have access to it."
        yield failure(404, message, code="model_not_found")


def _parameters(rules: Rules, body: Body) -> Iterator[Failure]:
    for name in body:
        if name in rules.unsupported:
            yield _unsupported(name)
        if name not in _KNOWN:
            yield failure(400, f"Unrecognized request argument supplied: {name}", code="unknown_parameter", param=name)
    if "max_tokens" in body and "max_completion_tokens" in body:
        yield failure(400, "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    if "stream_options" in body and body.get("stream") is not True:
        yield _invalid("stream_options", "only allowed when 'stream' is enabled")
    yield from _reasoning(body)
    yield from _values(body)


def _reasoning(body: Body) -> Iterator[Failure]:
    if not _REASONING.match(str(body.get("model"))):
        return
    if "max_tokens" in body:
        yield _unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
    if body.get("temperature", 1) != 1:
        message = (
            f"Unsupported value: 'temperature' does not support {body['temperature']} with this model. "
            "Only the default (1) value is supported."
        )
        yield failure(400, message, code="unsupported_value", param="temperature")


def _values(body: Body) -> Iterator[Failure]:
    for name in ("max_tokens", "max_completion_tokens"):
        if name in body and not (_is_int(body[name]) and body[name] >= 1):
            yield _invalid(name, "integer below minimum value", "integer_below_min_value")
    if "seed" in body and not _is_int(body["seed"]):
        yield _invalid("seed", "expected an integer", "invalid_type")
    temperature = body.get("temperature", 1)
    if isinstance(temperature, bool) or not isinstance(temperature, int | float) or not 0 <= temperature <= 2:
        yield _invalid("temperature", "decimal above maximum value", "decimal_above_max_value")
    if "stop" in body and not _is_stop(body["stop"]):
        yield _invalid("stop", "expected a string or at most 4 strings", "invalid_type")


def _messages(messages: object) -> Iterator[Failure]:
    if not isinstance(messages, list):
        yield failure(400, "Missing required parameter: 'messages'.", code="missing_required_parameter")
        return
    if not messages:
        yield _invalid("messages", "empty array. Expected an array with minimum length 1", "empty_array")
    for index, message in enumerate(messages):
        yield from _message(f"messages[{index}]", message)


def _message(place: str, message: object) -> Iterator[Failure]:
    if not isinstance(message, dict):
        yield _invalid(place, "expected an object", "invalid_type")
        return
    if message.get("role") not in _ROLES:
        yield _invalid(f"{place}.role", f"'{message.get('role')}' is not a role", "invalid_value")
    if not _is_content(message.get("content")) and not message.get("tool_calls"):
        yield _invalid(f"{place}.content", "expected a string or an array of parts", "invalid_type")
    if "name" in message and not _NAME.fullmatch(str(message["name"])):
        yield _invalid(f"{place}.name", "string does not match pattern '^[^\\s<|\\\\/>]+$'", "invalid_value")
    if extra := message.keys() - {"role", "content", "name", "tool_calls", "tool_call_id", "refusal"}:
        yield _invalid(f"{place}.{min(extra)}", "unknown parameter", "unknown_parameter")


def _is_content(content: object) -> bool:
    return all(map(_is_part, content)) and bool(content) if isinstance(content, list) else isinstance(content, str)


def _is_part(part: object) -> bool:
    """A text that is not empty, or a picture as a data URL."""
    match part:
        case {"type": "text", "text": str(text), **more}:
            return bool(text) and not more
        case {"type": "image_url", "image_url": {"url": str(url), **options}, **more}:
            return _IMAGE.match(url) is not None and not options.keys() - {"detail"} and not more
    return False


def parts_of(messages: list[Body]) -> Iterator[Body]:
    """The parts of those contents that have parts."""
    for message in messages:
        if isinstance(message.get("content"), list):
            yield from message["content"]


def _is_stop(stop: object) -> bool:
    many = [stop] if isinstance(stop, str) else stop
    return isinstance(many, list) and 1 <= len(many) <= 4 and all(isinstance(one, str) and one for one in many)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _unsupported(name: str, advice: str = "") -> Failure:
    message = f"Unsupported parameter: '{name}' is not supported with this model.{advice}"
    return failure(400, message, code="unsupported_parameter", param=name)


def _invalid(param: str, reason: str, code: str = "invalid_value") -> Failure:
    return failure(400, f"Invalid '{param}': {reason}.", code=code, param=param)
