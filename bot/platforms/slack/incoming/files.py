"""
The files of a message, as Slack describes them beside it. Pure; fetching them is in files.py.

Source: Slack, "File object".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from bot.core.files import FileOutcome, FileRef
from bot.platforms.common.payloads import MOST as MOST_NAMED
from bot.platforms.common.payloads import Json, few, string
from bot.platforms.slack.incoming.message_text import attachments_of, messages_in

MOST = 20  # files of a message that are read; Slack's clients send ten
_GONE = ("tombstone", "hidden_by_limit")  # deleted; too old for a free workspace
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PLAIN = re.compile(r"[!-~]{1,255}")
_ADDRESS = re.compile(r"[!-~]{1,2000}")


def files_of(message: Json) -> tuple[FileRef, ...]:
    """Those that have an id, forwarded ones too; of too many the last ones are only named. Never raises."""
    found: dict[str, FileRef] = {}
    described = (each for holder in _holders(message) for each in few(holder, "files"))
    for each in islice(described, MOST_NAMED):
        if (file := file_of(each)) is not None:
            found.setdefault(file.id, file)
    files = list(found.values())
    return (*files[:MOST], *(replace(file, refused=file.refused or FileOutcome.TOO_MANY) for file in files[MOST:]))


def _holders(message: Json) -> Iterator[Json]:
    """*message*, what is attached to it, the messages that are forwarded with it, and the same of each of these."""
    rest = [message]
    while rest:
        holder = rest.pop()
        yield holder
        rest += reversed([*messages_in(holder), *attachments_of(holder)])


def file_of(described: Json) -> FileRef | None:
    """One file object. That of a file which is shared from another workspace says little but its id."""
    if not _ID.fullmatch(id_ := string(described, "id")):
        return None
    size = described.get("size")
    locator = string(described, "url_private_download") or string(described, "url_private")
    return FileRef(
        id=id_,
        name=string(described, "name") or string(described, "title") or id_,
        media_type=_matching(_PLAIN, string(described, "mimetype")),
        size=size if isinstance(size, int) and 0 <= size < 2**63 else None,
        locator=_matching(_ADDRESS, locator),
        refused=_refused(described),
    )


def _refused(described: Json) -> FileOutcome | None:
    if described.get("mode") in _GONE:
        return FileOutcome.GONE
    return FileOutcome.ELSEWHERE if _is_remote(described) else None


def _is_remote(described: Json) -> bool:
    """Whether Slack has only a link to it. Any of the three fields says so; in a file of Slack's own, none does."""
    external = described.get("mode") == "external" or described.get("is_external") or described.get("external_type")
    return bool(external)


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
