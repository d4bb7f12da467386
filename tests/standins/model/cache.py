"""
The prompt cache of the model stand-in, and what it makes a prompt cost.

As OpenAI documents it ("Prompt caching"): the longest beginning that is exactly one of an earlier prompt, from 1,024
tokens on, in steps of 128; a cached token costs a tenth. Stricter than the real one: nothing is ever found under
another prompt_cache_key, and nothing is forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from tests.standins.model import counting

LEAST = 1_024  # tokens
STEP = 128  # tokens
CACHED_PRICE = 0.1  # of an uncached token's

# What stands around each message, and before the answer: three tokens that no text has.
_START, _MIDDLE, _END = 300_000, 300_001, 300_002


class PromptCache:
    def __init__(self) -> None:
        self._known: set[tuple[object, object, bytes]] = set()

    def cached(self, body: dict[str, Any]) -> int:
        """Tokens of this prompt that an earlier one began with; from now on, it is an earlier one itself."""
        where = body.get("model"), body.get("prompt_cache_key")
        begins = list(_beginnings(serialized(body["messages"])))
        hits = [length for length, digest in begins if (*where, digest) in self._known]
        self._known.update((*where, digest) for _, digest in begins)
        return max(hits, default=0)


def price(tokens: int, cached: int) -> float:
    """Of a prompt's input, in uncached tokens."""
    return tokens - cached + cached * CACHED_PRICE


def serialized(messages: Sequence[dict[str, Any]]) -> list[int]:
    """The prompt as the model reads it; as many as counting.count_prompt counts."""
    tokens: list[int] = []
    for message in messages:
        role, content = _encoded(message["role"]), _encoded(counting.text_of(message.get("content")))
        tokens += (_START, *role, _MIDDLE, *content, _END)
    return [*tokens, _START, *_encoded("assistant"), _MIDDLE]


@lru_cache(maxsize=4_096)
def _encoded(text: str) -> tuple[int, ...]:
    return tuple(counting.encoding().encode(text, disallowed_special=()))


def _beginnings(tokens: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """(length, digest) of every beginning that can be cached."""
    running = hashlib.sha256()
    for end in range(STEP, len(tokens) + 1, STEP):
        running.update(b"".join(token.to_bytes(4, "big") for token in tokens[end - STEP : end]))
        if end >= LEAST:
            yield end, running.digest()
