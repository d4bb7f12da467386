"""
What is found in JSON that may hold anything: nothing here raises. Pure.

All that somebody wrote passes here, and is composed here, once: macOS gives Korean in letters (ᄀ ᅡ) where others write
syllables (가), and names, commands and prompts are compared and cut by characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

Json = Mapping[str, Any]

MOST = 100  # in a list of one message: no platform takes as many blocks, components, attachments or files
LONGEST = 80_000  # characters of a text; twice what any platform takes
_MANY_MARKS = re.compile(b"[^\\x00]{30}")  # in a row; Unicode's "Stream-Safe Text Format" has no more


def mapping(body: Json, key: str) -> Json:
    """The object at *key*; empty if there is none, or something else."""
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def mappings(body: Json, key: str) -> list[Json]:
    """Those in a list at *key*."""
    found = body.get(key)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def few(body: Json, key: str) -> list[Json]:
    """Those among the first MOST in a list of a message's, however long it is."""
    found = body.get(key)
    return mappings({key: found[:MOST]}, key) if isinstance(found, list) else []


def string(body: Json, key: str) -> str:
    """The first LONGEST characters, composed; empty where there is no text."""
    found = body.get(key)
    return composed(found[:LONGEST]) if isinstance(found, str) else ""


def within(texts: Iterable[str]) -> list[str]:
    """Of *texts* those with words, the first LONGEST characters of them all. The others are not even made."""
    kept: list[str] = []
    left = LONGEST
    for text in texts:
        if text.strip():
            kept.append(text[:left])
            left -= len(text)
        if left <= 0:
            break
    return kept


def composed(text: str) -> str:
    """
    *text* in Unicode's form NFC. Of very many marks on one character some may stay as they are.

    In pieces: Python puts marks in order in a time that is quadratic in their number.
    """
    if text.isascii():
        return text
    parts: list[str] = []
    start = 0
    classes = bytes(map(unicodedata.combining, text))  # 0 of all that is no mark
    for run in _MANY_MARKS.finditer(classes):
        parts.append(unicodedata.normalize("NFC", text[start : run.end()]))
        start = run.end()
    return "".join([*parts, unicodedata.normalize("NFC", text[start:])])
