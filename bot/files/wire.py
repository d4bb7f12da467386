"""
The protocol between the bot and a child that reads a file: a line of JSON, then bytes to the end. Before its answer,
the child sends BEGUN.

The bot does not trust the answer: the file may have taken over the child.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from bot.core.files import Cut, FileOutcome, Reading
from bot.files.limits import Limits

BEGUN = b"\x06"  # the child sends it before it parses anything
SHORT = 75  # the exit status of a child that lacked resources to begin; sysexits.h, EX_TEMPFAIL
_SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}  # the formats of sent images
_UNITS = ("characters", "pages")


class GarbledError(ValueError):
    """An answer that our own child.py never gives."""


def request(content: bytes, media_type: str, limits: Limits) -> bytes:
    return _packed({"media_type": media_type, "limits": asdict(limits)}, content)


def requested(data: bytes) -> tuple[bytes, str, Limits]:
    """The content, its claimed media type and the limits, from the output of request()."""
    line, _, content = data.partition(b"\n")
    head = json.loads(line)
    return content, head["media_type"], Limits(**head["limits"])


def answer(reading: Reading) -> bytes:
    cut = reading.cut
    head = {
        "outcome": reading.outcome.value,
        "media_type": reading.media_type,
        "width": reading.width,
        "height": reading.height,
        "cut": [cut.kept, cut.total, cut.unit] if cut else None,
    }
    return _packed(head, reading.image or reading.text.encode())


def answered(data: bytes, limits: Limits) -> Reading:
    """The child's answer as a Reading. Raises GarbledError."""
    line, _, body = data.partition(b"\n")
    try:
        head = json.loads(line)
        outcome, media_type = FileOutcome(head["outcome"]), head["media_type"]
        width, height, cut = head["width"], head["height"], _cut(head["cut"])
        text = body.decode() if not media_type else ""
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise GarbledError(type(error).__name__) from None
    if media_type:
        _check_image(media_type, body, width, height, limits)
    read = outcome is FileOutcome.READ
    if read != bool(body) or len(text) > limits.characters or not all(_is_count(n) for n in (width, height)):
        raise GarbledError("body")
    return Reading(outcome, text, body if media_type else b"", media_type, width, height, cut)


def _check_image(media_type: Any, body: bytes, width: Any, height: Any, limits: Limits) -> None:
    signature = _SIGNATURES.get(media_type) if isinstance(media_type, str) else None
    if signature is None or not body.startswith(signature):
        raise GarbledError("image")
    if not all(_is_count(side) and 0 < side <= limits.long_side for side in (width, height)):
        raise GarbledError("size")


def _cut(said: Any) -> Cut | None:
    if said is None:
        return None
    kept, total, unit = said
    if not _is_count(kept) or not (total is None or _is_count(total)) or unit not in _UNITS:
        raise ValueError(unit)
    return Cut(kept, total, unit)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _packed(head: dict[str, Any], body: bytes) -> bytes:
    return json.dumps(head).encode() + b"\n" + body
