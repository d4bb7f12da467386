"""How much is measured: all of it, or as little as a smoke test needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import caching

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    warm_up: int  # mentions that are not measured: the first ones load vocabularies and open connections
    sequential: int  # mentions of each bot
    bursts: int
    at_once: int  # mentions, in each burst
    model_seconds: float
    short_thread: int  # turns
    long_thread: int  # turns
    long_rounds: int  # replies in each
    talks: tuple[caching.Talk, ...]  # conversations whose input is billed
    talk_turns: int  # of each
    guilds: int  # on Discord, while memory is measured
    guild_members: int  # of each


WHOLE = Size(
    warm_up=5,
    sequential=60,
    bursts=3,
    at_once=200,
    model_seconds=2.0,
    short_thread=300,
    long_thread=3_000,
    long_rounds=40,
    talks=(caching.SHORT, caching.EVERYDAY, caching.LONG),
    talk_turns=400,
    guilds=100,
    guild_members=1_000,
)
QUICK = Size(
    warm_up=1,
    sequential=2,
    bursts=1,
    at_once=20,
    model_seconds=0.2,
    short_thread=300,
    long_thread=600,
    long_rounds=2,
    talks=(caching.EVERYDAY,),
    talk_turns=120,
    guilds=5,
    guild_members=100,
)
