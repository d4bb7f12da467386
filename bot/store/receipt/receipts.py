"""The ReceiptStore port: what people may ask of the database beside the conversation. Read only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from bot.core.conversation import MessageRef
from bot.core.ports import Opinions, TurnRecord, Use, Viewer
from bot.store.changes.presses import DISLIKE, LIKE
from bot.store.database.base import Database
from bot.store.receipt import record
from bot.store.tables import completions, conversations, feedback, messages, participants, reply_parts, turns


class SqlReceiptStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def turn_record(self, turn: int, completion_id: int | None = None) -> TurnRecord | None:
        try:
            return await record.load(self._database, turn, completion_id=completion_id)
        except record.NoSuchTurnError:
            return None

    async def opinions(self, completion_id: int) -> Opinions:
        def read(connection: Connection) -> Opinions:
            found = {row.value: row.people for row in connection.execute(_OPINIONS, {"completion": completion_id})}
            return Opinions(found.get(LIKE, 0), found.get(DISLIKE, 0))

        return await self._database.read(read)

    async def turn_of(self, message: MessageRef) -> int | None:
        found = {"platform": message.platform, "channel": message.channel, "id": message.id}
        return await self._database.read(lambda connection: connection.execute(_TURN_OF, found).scalar())

    async def newest_turn(self, viewer: Viewer, channel: str, thread: str | None = None) -> int | None:
        where = _of(viewer) | {"channel": channel, "thread": thread}
        query = _NEWEST if thread is None else _NEWEST_IN_THREAD
        return await self._database.read(lambda connection: connection.execute(query, where).scalar())

    async def use(self, viewer: Viewer, since: datetime) -> Use:
        where = _of(viewer) | {"since": since}

        def read(connection: Connection) -> Use:
            row = connection.execute(_USE, where).one()
            return Use(row.turns, int(row.prompt or 0), int(row.completion or 0), int(row.cost or 0))

        return await self._database.read(read)

    async def locale(self, viewer: Viewer) -> str | None:
        return await self._database.read(lambda connection: connection.execute(_LOCALE, _of(viewer)).scalar())


def _of(viewer: Viewer) -> dict[str, Any]:
    return {"platform": viewer.platform, "workspace": viewer.workspace, "person": viewer.id}


# Built once; see statements.py.
_PERSON = (
    select(participants.c.id)
    .where(
        participants.c.platform == bindparam("platform"),
        participants.c.workspace == bindparam("workspace"),
        participants.c.external_id == bindparam("person"),
    )
    .scalar_subquery()
)
_LOCALE = select(participants.c.locale).where(participants.c.id == _PERSON)
_ASKED = (
    select(messages.c.turn_id)
    .where(messages.c.participant_id == _PERSON, messages.c.addressed, messages.c.posted_at >= bindparam("since"))
    .distinct()
)
_USE = select(
    func.count(completions.c.turn_id.distinct()).label("turns"),
    func.sum(completions.c.prompt_tokens).label("prompt"),
    func.sum(completions.c.completion_tokens).label("completion"),
    func.sum(completions.c.cost_nanodollars).label("cost"),
).where(completions.c.turn_id.in_(_ASKED))
_OPINIONS = (
    select(feedback.c.value, func.count().label("people"))
    .where(feedback.c.completion_id == bindparam("completion"))
    .group_by(feedback.c.value)
)
_TURN_OF = (
    select(turns.c.id)
    .select_from(reply_parts.join(turns, turns.c.id == reply_parts.c.turn_id).join(conversations))
    .where(
        reply_parts.c.external_id == bindparam("id"),
        conversations.c.platform == bindparam("platform"),
        conversations.c.channel == bindparam("channel"),
    )
    .limit(1)
)
_NEWEST = (
    select(messages.c.turn_id)
    .select_from(messages.join(conversations).join(turns, turns.c.id == messages.c.turn_id))
    .where(
        messages.c.participant_id == _PERSON,
        messages.c.addressed,
        conversations.c.platform == bindparam("platform"),
        conversations.c.channel == bindparam("channel"),
        turns.c.command.is_(None),
    )
    .order_by(messages.c.turn_id.desc())
    .limit(1)
)
_NEWEST_IN_THREAD = _NEWEST.where(conversations.c.thread == bindparam("thread"))
