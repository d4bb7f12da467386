"""In which thread something stands, and what stands in one: ThreadIndex and PlaceContents. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from bot.core.conversation import MessageRef, ThreadRef
from bot.store import statements as sql
from bot.store.database.base import Database
from bot.store.tables import conversations, messages, reply_parts, turns


class SqlThreadIndex:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def thread_of(self, message: MessageRef) -> ThreadRef | None:
        where = sql.address(message)

        def read(connection: Connection) -> ThreadRef | None:
            return _found(connection, _SAID, where) or _found(connection, _SHOWN, where)

        return await self._database.read(read)

    async def newest_thread(self, platform: str, workspace: str, channel: str, before: int) -> ThreadRef | None:
        where = {"on_platform": platform, "in_workspace": workspace, "in_channel": channel, "before": before}
        return await self._database.read(lambda connection: _found(connection, _NEWEST, where))

    async def standing_in(self, platform: str, workspace: str, channel: str, thread: str | None) -> Sequence[str]:
        where = {"on_platform": platform, "in_workspace": workspace, "in_channel": channel, "in_thread": thread}

        def read(connection: Connection) -> Sequence[str]:
            return [id_ for query in _CONTENTS[thread is None] for id_ in connection.execute(query, where).scalars()]

        return await self._database.read(read)


def _found(connection: Connection, query: Any, where: dict[str, Any]) -> ThreadRef | None:
    row = connection.execute(query, where).first()
    return None if row is None else ThreadRef(*row)


# Built once; see statements.py.
_THREAD = select(
    conversations.c.platform, conversations.c.workspace, conversations.c.channel, conversations.c.thread
).select_from(conversations)
_SAID = _THREAD.join(messages, messages.c.conversation_id == conversations.c.id).where(sql.AT_ADDRESS).limit(1)
_SHOWN = (
    _THREAD.join(turns, turns.c.conversation_id == conversations.c.id)
    .join(reply_parts, reply_parts.c.turn_id == turns.c.id)
    .where(*sql.in_channel(conversations), reply_parts.c.external_id == bindparam("with_external_id"))
    .limit(1)
)
_NEWEST = (
    _THREAD.join(messages, messages.c.conversation_id == conversations.c.id)
    .where(*sql.in_channel(messages), messages.c.position < bindparam("before"))
    .order_by(messages.c.position.desc())
    .limit(1)
)
_IN_CHANNEL = sql.in_channel(conversations)
_IN_THREAD = (*_IN_CHANNEL, conversations.c.thread == bindparam("in_thread"))
_MESSAGES = (
    select(messages.c.external_id)
    .join(conversations, messages.c.conversation_id == conversations.c.id)
    .where(messages.c.erased_at.is_(None))
    .order_by(messages.c.position)
)
_PARTS = (
    select(reply_parts.c.external_id)
    .select_from(conversations)
    .join(turns, turns.c.conversation_id == conversations.c.id)
    .join(reply_parts, reply_parts.c.turn_id == turns.c.id)
    .where(reply_parts.c.external_id.is_not(None))
    .order_by(reply_parts.c.id)
)
_CONTENTS = {
    whole: tuple(query.where(*where) for query in (_MESSAGES, _PARTS))
    for whole, where in ((True, _IN_CHANNEL), (False, _IN_THREAD))
}
