"""Pydantic's findings about a value, in words for operators: the value, and a right one."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

LONGEST = 60  # characters of a value that are shown
_OURS = "Value error, "  # pydantic's, before the message of a ValueError


def sentence(problem: ErrorDetails, field: FieldInfo, *, shown: bool) -> str:
    """*shown*: whether the value may be; a secret's never is."""
    value = problem["input"]
    may_be_shown = shown and SecretStr not in _kinds(field.annotation) and isinstance(value, str | int | float)
    if problem["msg"].startswith(_OURS):
        words = problem["msg"].removeprefix(_OURS)
        return words if not may_be_shown or str(value) in words else f"{_quoted(value)} cannot be used: {words}"
    wanted = _wanted(problem, field)
    return f"{_quoted(value)} cannot be used: {wanted}" if may_be_shown else wanted


def _quoted(value: Any) -> str:
    text = str(value)
    return ascii_controls(f'"{text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"}"')


def ascii_controls(text: str) -> str:
    """On one line, whatever it holds."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _wanted(problem: ErrorDetails, field: FieldInfo) -> str:
    kinds = _kinds(field.annotation)
    if bool in kinds:
        return "it should be on or off"
    for kind, words in ((int, "a whole number"), (float, "a number")):
        if kind in kinds:
            return f"it should be {words}{_bounds(field)}"
    if problem["type"] == "string_too_short":
        return "it should not be empty"
    if problem["type"] == "too_long":
        return f"there should be {problem['ctx']['max_length']} at most, separated by commas"
    return problem["msg"]


def _bounds(field: FieldInfo) -> str:
    found = {
        name: getattr(each, name) for each in field.metadata for name in ("ge", "gt", "le", "lt") if hasattr(each, name)
    }
    if "lt" in found:
        found["le"] = found["lt"] - 1  # of whole numbers only
    if "ge" in found and "le" in found:
        return f" from {found['ge']} to {found['le']}"
    parts = []
    if "ge" in found:
        parts.append(f"{found['ge']} or more")
    if "gt" in found:
        parts.append(f"above {found['gt']}")
    if "le" in found:
        parts.append(f"at most {found['le']}")
    return f", {', '.join(parts)}" if parts else ""


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """The types of `int | None`."""
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
