"""
What is found in JSON that may hold anything: nothing here raises. Pure.

Discord writes ids as texts and counts as numbers; a server that plays Discord may do either.
"""

from __future__ import annotations

from bot.platforms.common.payloads import Json as Json
from bot.platforms.common.payloads import composed
from bot.platforms.common.payloads import few as few
from bot.platforms.common.payloads import mapping as mapping
from bot.platforms.common.payloads import mappings as mappings


def text(body: Json, key: str) -> str:
    return _text(body.get(key))


def texts(body: Json, key: str) -> list[str]:
    """Those in a list at *key*, such as ids."""
    found = body.get(key)
    return [each for value in found if (each := _text(value))] if isinstance(found, list) else []


def _text(value: object) -> str:
    """Also of a number."""
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64 else value
    return composed(written) if isinstance(written, str) else ""


def name_of(user: Json, member: Json | None = None) -> str | None:
    """A person's name on one line: that in the guild, else the global one, else the handle."""
    for name in (text(member or {}, "nick"), text(user, "global_name"), text(user, "username")):
        if words := " ".join(name.split()):
            return words
    return None


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
