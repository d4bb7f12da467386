"""
What a streamed frame of the Chat Completions API says, as a Chunk. Pure.

Servers leave out much: ids, fingerprints, usage, choices. A value of another type than the API has counts as absent.
Tool calls are not text; the finish reason tells of them. Reasoning that comes
within the text is told apart in core/completion/reasoning.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.ports import Chunk
from bot.core.turn import Usage

LONGEST_WORD = 256  # characters; it is stored, and shown to people
REASONING_FIELDS = (
    "reasoning_content",
    "reasoning",
    "thinking",
    "reasoning_text",
)  # DeepSeek, vLLM; OpenRouter; Ollama
_REASONS = {  # TGI, Anthropic, Gemini, Cohere, Mistral, OpenRouter, and what gateways hand on of them
    **dict.fromkeys(
        (
            *("stop", "eos", "eos_token", "eos_token_id", "end_of_text", "stop_token", "end_turn", "stop_sequence"),
            *("complete", "completed", "end", "done", "finished"),
        ),
        "stop",
    ),
    **dict.fromkeys(
        (
            *("length", "max_tokens", "max_output_tokens", "max_completion_tokens", "max_new_tokens", "max_length"),
            *("model_length", "token_limit", "error_limit", "model_context_window_exceeded", "context_length_exceeded"),
        ),
        "length",
    ),
    **dict.fromkeys(
        (
            *("content_filter", "safety", "content_filtered", "recitation", "prohibited_content", "blocklist", "spii"),
            *("refusal", "sensitive", "error_toxic", "guardrail_intervened"),
        ),
        "content_filter",
    ),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "malformed_function_call"), "tool_calls"),
    **dict.fromkeys(  # DeepSeek, GLM; vLLM and SGLang
        (
            *("error", "server_error", "insufficient_system_resource", "network_error"),
            *("abort", "aborted", "cancelled"),
        ),
        "error",
    ),
}
MOST_TOKENS = 2**31 - 1  # what a column of the ledger holds, and more than any model reads


def read(event: object) -> Chunk:
    """*event*: as JSON has it. An empty chunk for a frame that says nothing. Raises nothing."""
    if not isinstance(event, dict):
        return Chunk()
    choice = _first_choice(event.get("choices"))
    delta = _said(choice)
    content, refusal = delta.get("content"), delta.get("refusal")
    return Chunk(
        text=content if isinstance(content, str) else _text(content),
        reasoning=_reasoning(delta),
        refusal=_text(refusal) if refusal else "",
        finish_reason=_reason(choice.get("finish_reason")),
        usage=usage(told) if isinstance(told := event.get("usage"), dict) else None,
        response_id=_word(event.get("id")),
        model=_word(event.get("model")),
        fingerprint=_word(event.get("system_fingerprint")),
    )


def usage(said: Mapping[str, object]) -> Usage:
    prompt, completion = _object(said.get("prompt_tokens_details")), _object(said.get("completion_tokens_details"))
    return Usage(
        prompt_tokens=_tokens(said.get("prompt_tokens")),
        completion_tokens=_tokens(said.get("completion_tokens")),
        cached_tokens=_tokens(prompt.get("cached_tokens")),
        cache_write_tokens=_tokens(prompt.get("cache_write_tokens")),
        reasoning_tokens=_tokens(completion.get("reasoning_tokens")),
    )


def _said(choice: Mapping[str, object]) -> Mapping[str, object]:
    """The part of the answer in a frame; all of it, if the answer came as one object."""
    delta = choice.get("delta")
    if isinstance(delta, dict):
        return delta
    if isinstance(text := choice.get("text"), str):  # as the API had it before there were messages
        return {"content": text}
    return _object(choice.get("message"))


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


class Halves:
    """Joins the halves of surrogate pairs that JSON escapes and that came in two pieces; replaces those left alone."""

    def __init__(self) -> None:
        self._half = ""

    def joined(self, text: str) -> str:
        if text.isascii() and not self._half:
            return text
        text = self._half + text
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return _paired(text[: len(text) - len(self._half)])

    @property
    def left(self) -> str:
        """The text for a half whose other half never came."""
        return _paired(self._half)


def _paired(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _first_choice(choices: object) -> Mapping[str, object]:
    """Of several answers the first: none but that was asked for."""
    found = [each for each in choices if isinstance(each, dict)] if isinstance(choices, list) else []
    return next((each for each in found if each.get("index") in (0, None)), {})


def _word(value: object) -> str | None:
    """A name or a reason: short text that can be printed, and so be stored (no NUL, no half of a surrogate pair)."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_WORD and value.isprintable() else None


def _reason(value: object) -> str | None:
    """In the API's own words, where the server has others for it."""
    word = _word(value)
    return _REASONS.get(word.lower().removeprefix("finish_reason_"), word) if word else None


def _text(content: object) -> str:
    """Some servers send a list of parts while the model thinks; only the parts of type text are the answer."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    return "".join(map(_part_text, parts))


def _part_text(part: object) -> str:
    if not isinstance(part, dict):
        return part if isinstance(part, str) else ""
    text = part.get("text") if part.get("type") in ("text", "output_text") else None
    return text if isinstance(text, str) else ""


def _reasoning(delta: Mapping[str, object]) -> str:
    """In a field that the API does not have, or in parts of the content. Some servers send the same in two fields."""
    for name in REASONING_FIELDS:
        if isinstance(said := delta.get(name), str) and said:
            return said
    parts = [*_parts(delta.get("reasoning_details")), *_parts(delta.get("content"))]
    return "".join(_thought(part) for part in parts)


def _parts(content: object) -> list[dict[str, object]]:
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _thought(part: dict[str, object]) -> str:
    """Mistral: {type: thinking, thinking: [{type: text, text}]}; OpenRouter: {type: reasoning.text, text}."""
    kind = part.get("type")
    if not isinstance(kind, str) or not kind.startswith(("thinking", "reasoning")):
        return ""
    said = next((part[name] for name in ("thinking", "reasoning", "text", "summary") if part.get(name)), "")
    return said if isinstance(said, str) else _text(said)


def _tokens(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MOST_TOKENS else None
