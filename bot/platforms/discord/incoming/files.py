"""
The files of a message, as Discord describes them beside it. Pure; fetching them is in reading/files.py.

Their addresses are signed again each time that a message is shown, and expire: what is kept is the message to look at.
Source: Discord, "Attachment Object", "Signed Attachment CDN URLs".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from bot.core.files import FileOutcome, FileRef
from bot.platforms.discord.places.payloads import Json, few, mapping, number, snowflake, text

MOST = 20  # files of a message that are read; Discord's clients send ten
MOST_NAMED = 100  # files of a message that are looked at
_PLAIN = re.compile(r"[!-~]{1,255}")
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")


def files_of(message: Json) -> tuple[FileRef, ...]:
    """
    Those that have an id, forwarded ones too. Of too many the next ones are only named, and the last ones left.

    Never raises.
    """
    first = islice(attachments_of(message), MOST_NAMED)
    files = [file for each in first if (file := _file(each, locator_of(message))) is not None]
    return (*files[:MOST], *(replace(file, refused=FileOutcome.TOO_MANY) for file in files[MOST:]))


def attachments_of(message: Json) -> Iterator[Json]:
    """The attachment objects of a message, and of what it forwards."""
    yield from few(message, "attachments")
    for snapshot in few(message, "message_snapshots"):
        yield from few(mapping(snapshot, "message"), "attachments")


def locator_of(message: Json) -> str:
    """Which message is to be read again for the addresses: its channel and its id; see place_of()."""
    channel, id_ = text(message, "channel_id"), text(message, "id")
    return f"{channel}/{id_}" if snowflake(channel) is not None and snowflake(id_) is not None else ""


def place_of(locator: str) -> tuple[str, str] | None:
    """The channel and the message of a locator_of()."""
    channel, _, message = locator.partition("/")
    return (channel, message) if snowflake(channel) is not None and snowflake(message) is not None else None


def _file(described: Json, locator: str) -> FileRef | None:
    id_, size = text(described, "id"), number(described.get("size"))
    if snowflake(id_) is None:
        return None
    media_type = text(described, "content_type").partition(";")[0].strip()
    return FileRef(
        id=id_,
        name=_name(described) or id_,
        media_type=media_type if _PLAIN.fullmatch(media_type) else "",
        size=size if size is not None and 0 <= size < 2**63 else None,
        locator=locator,
    )


def _name(described: Json) -> str:
    """As its sender called it: Discord takes the letters of many languages out of a `filename`, and puts them here."""
    filename, title = text(described, "filename"), text(described, "title").strip()
    ending = _ENDING.search(filename[-12:])
    if not title or ending is None or title.casefold().endswith(ending[0].casefold()):
        return title or filename
    return title + ending[0]
