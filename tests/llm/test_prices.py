"""Windows and prices: what the snapshot knows, what we add, and names that nobody has heard of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.turn import Usage
from bot.llm import prices

LOCAL = "http://127.0.0.1:11434/v1"


@pytest.mark.parametrize(
    ("model", "url", "window"),
    [
        ("gpt-6-luna", None, 1_050_000),
        ("gpt-4o-mini", None, 128_000),
        ("gpt-4o-mini-2024-07-18", None, 128_000),
        ("gpt-6.2-sol", None, 1_050_000),
        ("ft:gpt-4.1-2025-04-14:acme::abc", None, 1_000_000),
        ("openai/gpt-4o", "https://openrouter.ai/api/v1", 128_000),
        ("openai/gpt-4o", LOCAL, 128_000),
        ("gpt-4o", LOCAL, 128_000),
        ("claude-sonnet-4-5", LOCAL, 200_000),
        ("gpt-oss:20b", LOCAL, 8_192),
        ("gpt-oss-20b", LOCAL, 8_192),
        ("deepseek-r1", LOCAL, 8_192),
        ("llama3.2", LOCAL, 8_192),
        ("뭔지모름", None, 8_192),
        ("", None, 8_192),
    ],
)
def test_the_window_of(model: str, url: str | None, window: int) -> None:
    assert prices.context_window(model, url) == window


def test_cost_counts_cached_and_written_input_apart() -> None:
    # gpt-6-luna, nano-dollars a token: input 100, cached 10, written to the cache 125, output 500
    usage = Usage(prompt_tokens=1_000, completion_tokens=20, cached_tokens=600, cache_write_tokens=100)
    assert prices.cost("gpt-6-luna", usage) == 300 * 100 + 600 * 10 + 100 * 125 + 20 * 500


def test_cost_of_a_first_seed_conversation_is_an_exact_integer() -> None:
    cost = prices.cost("gpt-4o-mini", Usage(prompt_tokens=81, completion_tokens=38))
    assert cost == 81 * 150 + 38 * 600
    assert isinstance(cost, int)


def test_our_own_table_agrees_with_its_sibling_in_the_snapshot_also_for_long_prompts() -> None:
    for prompt in (1_000, 272_000, 272_001, 300_000):
        usage = Usage(prompt_tokens=prompt, completion_tokens=999, cached_tokens=500, cache_write_tokens=70)
        assert prices.cost("gpt-6.2-sol", usage) == prices.cost("gpt-6.1-sol", usage)


def test_a_price_is_only_told_when_it_is_known() -> None:
    usage = Usage(prompt_tokens=10, completion_tokens=10)
    for model in ("nobody-knows-me", "gpt-oss:20b", "llama3.2:3b", "ft:gpt-4.1-2025-04-14:acme::abc"):
        assert prices.cost(model, usage) is None
        assert prices.cost(model, usage, LOCAL) is None
    assert prices.cost("gpt-6-luna", Usage()) is None
    assert prices.cost("gpt-6-luna", Usage(prompt_tokens=5)) is None


def test_numbers_that_contradict_each_other_still_have_a_cost() -> None:
    usage = Usage(prompt_tokens=10, completion_tokens=-1, cached_tokens=50, cache_write_tokens=50)
    assert prices.cost("gpt-6-luna", usage) == 10 * 10


@settings(deadline=None, max_examples=50)  # the first one imports the snapshot
@given(st.text(max_size=60), st.sampled_from([None, LOCAL, "https://openrouter.ai/api/v1", "rubbish"]))
def test_no_name_raises(model: str, url: str | None) -> None:
    assert prices.context_window(model, url) > 0
    for name in (model, f"ft:{model}", f"openai/{model}", f"gpt-{model}", f"{model}:20b"):
        prices.context_window(name, url)
        cost = prices.cost(name, Usage(prompt_tokens=10, completion_tokens=10), url)
        assert cost is None or cost >= 0
