"""What is found in JSON that may hold anything: nothing here raises. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def mapping(body: Json, key: str) -> Json:
    """What is at *key*; empty where there is nothing, or something else."""
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def mappings(body: Json, key: str) -> list[Json]:
    """Those in a list at *key*."""
    found = body.get(key)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def string(body: Json, key: str) -> str:
    found = body.get(key)
    return found if isinstance(found, str) else ""
