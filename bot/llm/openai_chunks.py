"""
What a streamed frame of the Chat Completions API says, as a Chunk. Pure.

The SDK validates nothing of a stream, and servers leave out much: ids, fingerprints, usage, choices. Whatever a field
is not supposed to be counts as absent. Reasoning and tool calls are not text; the finish reason tells of the latter.
"""

from __future__ import annotations

from openai.types.chat import ChatCompletionChunk
from openai.types.completion_usage import CompletionUsage

from bot.core.ports import Chunk
from bot.core.turn import Usage


def read(event: object) -> Chunk | None:
    """None for a frame that says nothing."""
    if not isinstance(event, ChatCompletionChunk):
        return None
    choice = event.choices[0] if event.choices else None
    delta = choice.delta if choice else None
    return Chunk(
        text=_text(delta.content) if delta else "",
        refusal=_text(delta.refusal) if delta else "",
        finish_reason=(choice.finish_reason or None) if choice else None,
        usage=usage(event.usage) if event.usage else None,
        response_id=event.id or None,
        model=event.model or None,
        fingerprint=event.system_fingerprint or None,
    )


def usage(said: CompletionUsage) -> Usage:
    prompt, completion = said.prompt_tokens_details, said.completion_tokens_details
    return Usage(
        prompt_tokens=_tokens(said.prompt_tokens),
        completion_tokens=_tokens(said.completion_tokens),
        cached_tokens=_tokens(prompt.cached_tokens) if prompt else None,
        cache_write_tokens=_tokens(prompt.cache_write_tokens) if prompt else None,
        reasoning_tokens=_tokens(completion.reasoning_tokens) if completion else None,
    )


def _text(content: object) -> str:
    """Some servers send a list of parts while the model thinks; only the parts of type text are the answer."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(part["text"] for part in content if _is_text(part))


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
