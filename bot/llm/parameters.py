"""
Which optional parameters a call of the Chat Completions API carries. Pure; openai_chat.py sends them.

The length of an answer has two names. OpenAI's newer models refuse the older one, max_tokens; many other servers know
no other, and pass over max_completion_tokens without a word, so that their answers would have no limit at all.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.core.ports import CompletionRequest
from bot.llm.wire.address import AZURE_HOSTS

_NEWER, _OLDER = "max_completion_tokens", "max_tokens"

_OPENAI_HOST = "api.openai.com"  # and its regional ones, such as eu.api.openai.com
_CLOSED = re.compile(r"(ft:)?(gpt-(?!oss|neo|j-)|chatgpt-|o\d)")  # GPT-OSS, GPT-Neo and GPT-J are open


def sent(request: CompletionRequest, refused: frozenset[str], base_url: str) -> frozenset[str]:
    """The parameters that can be left out and are sent: those with a value that the model has not refused yet."""
    sampling = request.sampling
    first, second = limit_names(request.model, base_url)
    wanted = {
        "stream_options": True,
        first: True,
        second: first in refused,
        "temperature": sampling.temperature is not None,
        "seed": sampling.seed is not None,
        "stop": bool(sampling.stop),
        "prompt_cache_key": request.cache_key is not None and takes_cache_key(request.model, base_url),
    }
    return frozenset(name for name, is_wanted in wanted.items() if is_wanted and name not in refused)


def limit_names(model: str, base_url: str) -> tuple[str, str]:
    """
    What the limit of an answer's length is called there, and what it is called when the server refuses that.

    Where only OpenAI's own models are, or the name is one of theirs, it is max_completion_tokens; elsewhere the name
    that all servers know. Source: Ollama passes over the newer one (its issues 7125 and 14464).
    """
    return (_NEWER, _OLDER) if _is_openais(base_url) or is_closed(model) else (_OLDER, _NEWER)


def takes_cache_key(model: str, base_url: str) -> bool:
    """
    Whether to send `prompt_cache_key`, which leads prompts that begin alike to the same machine.

    Only where OpenAI's own models are, or the name is one of theirs, behind a proxy: it does nothing elsewhere, and
    Groq, Gemini and Mistral refuse a request with a parameter that they do not know.
    """
    return _is_openais(base_url) or is_closed(model)


def is_closed(model: str) -> bool:
    """Whether the name is one of OpenAI's closed models, also behind a proxy's prefix such as openai/."""
    return _CLOSED.match(model.rpartition("/")[2].lower()) is not None


def _is_openais(base_url: str) -> bool:
    """Whether the address is OpenAI's or Azure's. An address that is none is nobody's."""
    try:
        host = (urlsplit(base_url).hostname or "").rstrip(".")
    except ValueError:
        return False
    return f".{host}".endswith((f".{_OPENAI_HOST}", *AZURE_HOSTS))
