"""Rows of files: which came with a message, and what was read of them. Part of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, select, update

from bot.core.conversation import Posted
from bot.core.files import Cut, File, FileOutcome, FileRef, Reading
from bot.core.prompt.speakers import unbracketed
from bot.store.changes import outdated_summaries
from bot.store.database import erasure
from bot.store.database.base import Database
from bot.store.database.dialects import by_dialect
from bot.store.statements import AT_ADDRESS, address, now
from bot.store.tables import UtcDateTime, files, messages

_CONTENTS = ("text", "content", "content_type", "width", "height", "note")

# Built once; see statements.py.
_MESSAGE = select(messages.c.id).where(AT_ADDRESS, messages.c.erased_at.is_(None))
_NEW = by_dialect(lambda upsert: upsert(files).on_conflict_do_nothing(index_elements=["message_id", "external_id"]))
_GONE = (
    update(files)
    .where(
        files.c.message_id == bindparam("of_message"),
        files.c.external_id == bindparam("file"),
        files.c.outcome != FileOutcome.GONE.value,
    )
    .values(
        **dict.fromkeys(_CONTENTS),
        outcome=FileOutcome.GONE.value,
        erased_at=case(
            (files.c.outcome == FileOutcome.READ.value, bindparam("when", type_=UtcDateTime)), else_=files.c.erased_at
        ),
    )
)
_KEPT = messages.c.erased_at.is_(None)
_READ = update(files).where(
    files.c.id == bindparam("file"),
    files.c.outcome == FileOutcome.PENDING.value,
    files.c.message_id.in_(select(messages.c.id).where(messages.c.id == files.c.message_id, _KEPT)),
)
_WINDOW = (
    select(files)
    .select_from(files.join(messages, files.c.message_id == messages.c.id))
    .where(
        messages.c.conversation_id == bindparam("conversation"),
        messages.c.turn_id >= bindparam("start"),
        messages.c.turn_id <= bindparam("turn"),
        _KEPT,
    )
    .order_by(files.c.id)
)


def record(connection: Connection, posted: Posted) -> None:
    """The files of a message that is stored, once; those that were deleted since are forgotten."""
    if not posted.files:
        return
    message = connection.execute(_MESSAGE, address(posted.ref)).scalar()
    if message is None:
        return
    connection.execute(_NEW[connection.dialect.name], [_row(message, file) for file in posted.files])
    for file in posted.files:
        if file.refused is FileOutcome.GONE:
            at = now(connection)
            if connection.execute(_GONE, {"of_message": message, "file": file.id, "when": at}).rowcount:
                outdated_summaries.erase_for_message(connection, message, at)
                erasure.note(connection)


def of_window(connection: Connection, window: Mapping[str, int]) -> dict[int, list[File]]:
    """
    By message, in the order in which they came.

    *window*: the conversation, and the turns from *start* to *turn*.
    """
    found: dict[int, list[File]] = {}
    for row in connection.execute(_WINDOW, window).all():
        found.setdefault(row.message_id, []).append(file_of(row))
    return found


class SqlFiles:
    """The FileStore port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, files: Sequence[File]) -> None:
        rows = [_read(file) for file in files]

        def write(connection: Connection) -> None:
            for row in rows:
                connection.execute(_READ, row)

        await self._database.write(write)


def _row(message: int, file: FileRef) -> dict[str, Any]:
    return {
        "message_id": message,
        "external_id": file.id,
        "name": unbracketed(file.name),  # as it stands in prompts
        "media_type": file.media_type,
        "size": file.size,
        "locator": file.locator,
        "outcome": (file.refused or FileOutcome.PENDING).value,
    }


def _read(file: File) -> dict[str, Any]:
    reading = file.reading
    image = bool(reading.image)
    return {
        "file": file.id,
        "outcome": reading.outcome.value,
        "text": reading.text or None,
        "content": reading.image or None,
        "content_type": reading.media_type or None,
        "width": reading.width if image else None,
        "height": reading.height if image else None,
        "tokens": file.tokens,
        "note": reading.cut.row() if reading.cut else None,
    }


def file_of(row: Row[Any]) -> File:
    outcome = FileOutcome(row.outcome)
    reading = Reading(
        outcome=outcome,
        text=row.text or "",
        image=row.content or b"",
        media_type=row.content_type or "",
        width=row.width or 0,
        height=row.height or 0,
        cut=Cut.of(row.note),
    )
    refused = None if outcome in (FileOutcome.PENDING, FileOutcome.READ) else outcome
    ref = FileRef(row.external_id, row.name or "", row.media_type or "", row.size, row.locator or "", refused)
    tokens = 0 if outcome is FileOutcome.GONE else row.tokens or 0  # not those of what it held
    return File(row.id, ref, reading, tokens)
