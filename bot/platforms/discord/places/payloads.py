"""
What is found in JSON that may hold anything: nothing here raises. Pure.

Discord writes ids as texts and counts as numbers; a server that plays Discord may do either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
MOST_IN_MESSAGE = 100  # of what is in a list of a message's; Discord takes ten files or embeds, and 40 components


def mapping(body: Json, key: str) -> Json:
    """What is at *key*; empty where there is nothing, or something else."""
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def mappings(body: Json, key: str) -> list[Json]:
    """Those in a list at *key*."""
    found = body.get(key)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def few(message: Json, key: str) -> list[Json]:
    """Those among the first in a list of a message's, however long it is."""
    found = message.get(key)
    return mappings({key: found[:MOST_IN_MESSAGE]}, key) if isinstance(found, list) else []


def text(body: Json, key: str) -> str:
    return _text(body.get(key))


def texts(body: Json, key: str) -> list[str]:
    """Those in a list at *key*, such as ids."""
    found = body.get(key)
    return [each for value in found if (each := _text(value))] if isinstance(found, list) else []


def _text(value: object) -> str:
    """Also of a number."""
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64 else value
    return written if isinstance(written, str) else ""


def number(value: object) -> int | None:
    """None for what is none, also for true and false."""
    if isinstance(value, str) and 0 < len(value) < 20 and value.isascii() and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def snowflake(value: object) -> int | None:
    """An id as a number, which orders what has one; None for what is none, or is more than a database holds."""
    found = number(value)
    return found if found is not None and 0 <= found < 2**63 else None


def shard_in(ready: Json) -> tuple[int, int]:
    """Which of how many shards a session is; one of one where READY does not say."""
    value = ready.get("shard")
    if isinstance(value, list | tuple) and len(value) == 2:
        shard, count = number(value[0]), number(value[1])
        if shard is not None and count:
            return shard, max(count, 1)
    return 0, 1
