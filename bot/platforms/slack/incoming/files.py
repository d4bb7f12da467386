"""
The files of a message, as Slack describes them beside it. Pure; fetching them is in files.py.

Source: Slack, "File object".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.core.files import FileOutcome, FileRef

MOST = 20  # files of a message that are read; Slack's clients send ten
MOST_NAMED = 100  # files of a message that are looked at
_GONE = ("tombstone", "hidden_by_limit")  # deleted; too old for a free workspace
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLAIN = re.compile(r"[!-~]{1,255}")
_ADDRESS = re.compile(r"[!-~]{1,2000}")


def files_of(message: Mapping[str, Any]) -> tuple[FileRef, ...]:
    """Those that have an id; of too many the next ones are only named, and the last ones left. Never raises."""
    found = message.get("files")
    first = found[:MOST_NAMED] if isinstance(found, list) else []
    described = [each for each in first if isinstance(each, Mapping)]
    files = [file for each in described if (file := file_of(each)) is not None]
    return (*files[:MOST], *(replace(file, refused=file.refused or FileOutcome.TOO_MANY) for file in files[MOST:]))


def file_of(described: Mapping[str, Any]) -> FileRef | None:
    """One file object. That of a file which is shared from another workspace says little but its id."""
    if not _ID.fullmatch(id_ := _text(described, "id")):
        return None
    size = described.get("size")
    locator = _text(described, "url_private_download") or _text(described, "url_private")
    return FileRef(
        id=id_,
        name=_text(described, "name") or _text(described, "title") or id_,
        media_type=_matching(_PLAIN, _text(described, "mimetype")),
        size=size if isinstance(size, int) and 0 <= size < 2**63 else None,
        locator=_matching(_ADDRESS, locator),
        refused=_refused(described),
    )


def _refused(described: Mapping[str, Any]) -> FileOutcome | None:
    if described.get("mode") in _GONE:
        return FileOutcome.GONE
    return FileOutcome.ELSEWHERE if _is_remote(described) else None


def _is_remote(described: Mapping[str, Any]) -> bool:
    """Whether Slack has only a link to it. Any of the three fields says so; in a file of Slack's own, none does."""
    external = described.get("mode") == "external" or described.get("is_external") or described.get("external_type")
    return bool(external)


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""


def _text(described: Mapping[str, Any], name: str) -> str:
    value = described.get(name)
    return value if isinstance(value, str) else ""
