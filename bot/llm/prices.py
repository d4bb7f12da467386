"""
Context windows and prices of models, from the snapshot inside genai-prices and a small table of newer models.

Nothing here reaches the network. A name that nobody has heard of is no error: it has the default window, and no
price. Counting tokens is in tokens.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.core.turn import Usage

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider

DEFAULT_WINDOW = 8_192  # tokens, for a model that is not known
OPENAI_URL = "https://api.openai.com/v1"

_NANO = Decimal(10) ** 9
_LONG_PROMPT = 272_000  # tokens; beyond it OpenAI charges the whole request at its long-context rate

# Where the provider at the address has no such model, or nobody knows the address (a proxy, a machine of one's own), a
# name has a list price only if nobody but its maker can run the model. Open weights cost what the machine costs.
_CLOSED = {"openai": ("gpt-", "o1", "o3", "o4", "chatgpt-"), "anthropic": ("claude-",), "google": ("gemini-",)}
_OPEN = ("gpt-oss",)


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A model of OpenAI that the snapshot lacks. Prices are nano-dollars a token ($1 a million tokens is 1,000)."""

    window: int  # tokens
    input: int
    cached: int
    cache_write: int
    output: int

    def cost(self, prompt: int, cached: int, written: int, completion: int) -> Decimal:
        base = (prompt - cached - written) * self.input + cached * self.cached + written * self.cache_write
        long = prompt > _LONG_PROMPT
        return Decimal(base) * (2 if long else 1) + completion * self.output * (Decimal("1.5") if long else 1)


# Released on 2026-11-17, after the snapshot of genai-prices 0.2.3. Source: the announcement's prices for a million
# tokens; Sol keeps those of gpt-6.1-sol, and writes to the cache cost 1.25 x the input, as since gpt-5.6.
_NEWER = {
    "gpt-6.2-astra": ListPrice(1_050_000, input=8_000, cached=400, cache_write=10_000, output=40_000),
    "gpt-6.2-sol": ListPrice(1_050_000, input=2_000, cached=100, cache_write=2_500, output=10_000),
}


def load() -> None:
    """Import the snapshot, about 0.3 s of CPU: call it in a thread before the first question."""
    _snapshot_model("gpt-4o", "openai")


def context_window(model: str, base_url: str | None = None) -> int:
    """Tokens of prompt and completion together; DEFAULT_WINDOW for a model that is not known at *base_url*."""
    name = _base_model(model)
    if found := _find(name, base_url or OPENAI_URL):
        return found[1].context_window or DEFAULT_WINDOW
    newer = _newer(name)
    return newer.window if newer else DEFAULT_WINDOW


def cost(model: str, usage: Usage, base_url: str | None = None) -> int | None:
    """
    Nano-dollars at list price, or None when no price is known or the server did not say what it used.

    Fine-tuned models have no price here: they cost more than the model that they come from.
    """
    if usage.prompt_tokens is None or usage.completion_tokens is None or _is_fine_tuned(model):
        return None
    prompt, completion = max(usage.prompt_tokens, 0), max(usage.completion_tokens, 0)
    cached = _between(usage.cached_tokens, prompt)
    written = _between(usage.cache_write_tokens, prompt - cached)
    if found := _find(model, base_url or OPENAI_URL):
        return _snapshot_cost(*found, prompt, cached, written, completion)
    newer = _newer(model)
    return round(newer.cost(prompt, cached, written, completion)) if newer else None


def _between(value: int | None, most: int) -> int:
    return min(max(value or 0, 0), most)


def _is_fine_tuned(model: str) -> bool:
    return model.startswith("ft:")


def _base_model(model: str) -> str:
    """ft:gpt-4.1-2025-04-14:acme::id comes from gpt-4.1-2025-04-14, and has its window."""
    return model.split(":")[1] if _is_fine_tuned(model) else model


def _newer(model: str) -> ListPrice | None:
    return _NEWER.get(model.removeprefix("openai/"))


@lru_cache(maxsize=256)
def _find(model: str, base_url: str) -> tuple[Provider, ModelInfo] | None:
    for name, provider in _candidates(model, base_url):
        if found := _snapshot_model(name, provider):
            return found
    return None


def _candidates(model: str, base_url: str) -> Iterator[tuple[str, str]]:
    """Names to look for, each with the id of its provider, the surest first."""
    provider = _provider_at(base_url)
    if provider is not None:
        yield model, provider
    maker, _, rest = model.rpartition("/")  # proxies write openai/gpt-4o
    for closed, beginnings in _CLOSED.items():
        if maker in ("", closed) and rest.startswith(beginnings) and not rest.startswith(_OPEN):
            yield rest, closed


def _provider_at(base_url: str) -> str | None:
    from genai_prices import data_snapshot  # importing it costs 0.25 s

    try:
        return data_snapshot.get_snapshot().find_provider(None, None, base_url).id
    except LookupError:
        return None


def _snapshot_model(model: str, provider: str) -> tuple[Provider, ModelInfo] | None:
    from genai_prices import data_snapshot  # importing it costs 0.25 s

    try:
        return data_snapshot.get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None


def _snapshot_cost(
    provider: Provider, model: ModelInfo, prompt: int, cached: int, written: int, completion: int
) -> int | None:
    from genai_prices import Usage as Quantities  # importing it costs 0.25 s

    quantities = Quantities(
        input_tokens=prompt, cache_read_tokens=cached, cache_write_tokens=written, output_tokens=completion
    )
    price = model.calc_price(quantities, provider)
    return round(price.total_price * _NANO)
