"""The stand-in's prompt cache bills as the real one documents it."""

from __future__ import annotations

from typing import Any

from tests.standins.model import counting
from tests.standins.model.cache import LEAST, STEP, PromptCache, price, serialized


def body(*contents: str, key: str = "k") -> dict[str, Any]:
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": content} for n, content in enumerate(contents)]
    return {"model": "m", "prompt_cache_key": key, "messages": messages}


LONG = "word " * 1_500


def test_a_prompt_is_serialized_to_as_many_tokens_as_it_is_billed_for() -> None:
    messages = body("마지막 게임은?", "NC 파크", "<|endoftext|>")["messages"]
    assert len(serialized(messages)) == counting.count_prompt(messages)


def test_what_an_earlier_prompt_began_with_is_cached_in_steps() -> None:
    cache = PromptCache()
    assert cache.cached(body(LONG)) == 0
    cached = cache.cached(body(LONG, "answer", "question"))
    assert LEAST <= cached <= counting.count(LONG)
    assert cached % STEP == 0
    assert counting.count(LONG) - cached < STEP


def test_a_change_at_the_beginning_and_another_key_find_nothing() -> None:
    cache = PromptCache()
    cache.cached(body("a", LONG))
    assert cache.cached(body("b", LONG)) == 0
    assert cache.cached(body("a", LONG, key="other")) == 0
    assert cache.cached(body("a", LONG)) > 0


def test_a_short_prompt_is_never_cached() -> None:
    cache = PromptCache()
    assert [cache.cached(body("word " * 1_000)) for _ in range(2)] == [0, 0]


def test_a_cached_token_costs_a_tenth() -> None:
    assert price(2_000, 1_500) == 500 + 150
