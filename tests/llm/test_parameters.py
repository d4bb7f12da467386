"""What the limit of an answer's length is called, and who gets a cache key: by address and by model."""

from __future__ import annotations

import pytest

from bot.llm import parameters

LOCAL = "http://127.0.0.1:11434/v1"


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("gpt-4o-mini", LOCAL),
        ("gpt-6-luna", "http://litellm:4000"),
        ("openai/gpt-4o", "https://openrouter.ai/api/v1"),
        ("OpenAI/GPT-4o", "https://openrouter.ai/api/v1"),
        ("openrouter/openai/o3-mini", LOCAL),
        ("o1", LOCAL),
        ("chatgpt-4o-latest", LOCAL),
        ("ft:gpt-4.1-2025-04-14:acme::abc", LOCAL),
        ("ein-modell", "https://api.openai.com/v1"),
        ("gpt-oss-20b", "https://eu.api.openai.com/v1"),
        ("mein-deployment", "https://acme.openai.azure.com/openai/v1/"),
        ("mein-deployment", "https://ACME.services.ai.azure.com/openai/v1/"),
    ],
)
def test_the_newer_name_and_the_cache_key_are_for_openai_and_its_models(model: str, url: str) -> None:
    assert parameters.limit_names(model, url) == ("max_completion_tokens", "max_tokens")
    assert parameters.takes_cache_key(model, url)


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("llama3.2", LOCAL),
        ("gpt-oss:20b", LOCAL),
        ("openai/gpt-oss-120b:free", "https://openrouter.ai/api/v1"),
        ("EleutherAI/gpt-j-6b", LOCAL),
        ("EleutherAI/gpt-neo-2.7B", LOCAL),
        ("claude-sonnet-4-5", "https://api.anthropic.com/v1/"),
        ("olmo-2", LOCAL),
        ("한국어모델", "http://api.openai.com.example.com/v1"),
        ("qwen3", "http://not-api.openai.com.local/v1"),
        ("qwen3", "http://notapi.openai.com/v1"),
        ("qwen3", "http://["),
        ("", ""),
    ],
)
def test_the_older_name_and_no_cache_key_are_for_everybody_else(model: str, url: str) -> None:
    assert parameters.limit_names(model, url) == ("max_tokens", "max_completion_tokens")
    assert not parameters.takes_cache_key(model, url)
