"""Questions asked by commands: the InteractionStore port on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, literal_column, or_, select, update

from bot.core.conversation import MessageRef
from bot.core.ports import Interaction
from bot.store import statements as sql
from bot.store.database.base import Database
from bot.store.database.dialects import by_dialect
from bot.store.tables import UtcDateTime, interactions, messages, participants, turns


class SqlInteractions:
    def __init__(self, database: Database, clock: Callable[[], datetime] | None = None) -> None:
        """*clock* replaces the time in tests."""
        self._database, self._clock = database, clock

    async def note(self, interaction: Interaction) -> None:
        ref = interaction.message
        row = {
            "platform": ref.platform,
            "workspace": ref.workspace,
            "channel": ref.channel,
            "external_id": ref.id,
            "token": interaction.token,
            "private": interaction.private,
            "ends_at": interaction.ends_at,
        }

        def write(connection: Connection) -> None:
            connection.execute(_NOTED[connection.dialect.name], row)

        await self._database.write(write, urgent=True)

    async def of_turn(self, turn: int) -> Sequence[Interaction]:
        def read(connection: Connection) -> list[Interaction]:
            return [_interaction(row) for row in connection.execute(_OF_TURN, {"turn": turn})]

        return await self._database.read(read)

    async def has(self, message: MessageRef) -> bool:
        where = sql.address(message)
        return await self._database.read(lambda connection: bool(connection.execute(_NOTED_BEFORE, where).scalar()))

    async def is_awaited(self, message: MessageRef) -> bool:
        where = sql.address(message)
        return await self._database.read(lambda connection: bool(connection.execute(_AWAITED, where).scalar()))

    async def end(self, message: MessageRef) -> None:
        where = sql.address(message)
        await self._database.write(lambda connection: connection.execute(_ENDED, where))

    async def ending(self, within: timedelta) -> Sequence[tuple[Interaction, str | None]]:
        def read(connection: Connection) -> list[tuple[Interaction, str | None]]:
            rows = connection.execute(_ENDING, {"until": self._now(connection) + within})
            return [(_interaction(row), row.locale) for row in rows]

        return await self._database.read(read)

    async def forget_tokens(self) -> int:
        def write(connection: Connection) -> int:
            return connection.execute(_FORGOTTEN, {"now": self._now(connection)}).rowcount

        return await self._database.write(write, synced=False)

    def _now(self, connection: Connection) -> datetime:
        return self._clock() if self._clock is not None else sql.now(connection)


def _interaction(row: Row[Any]) -> Interaction:
    ref = MessageRef(row.platform, row.workspace, row.channel, row.external_id)
    return Interaction(ref, row.ends_at, row.token, row.private)


# Built once; see statements.py.
_ADDRESS = ("platform", "workspace", "channel", "external_id")
_HERE = (*sql.in_channel(interactions), interactions.c.external_id == bindparam("with_external_id"))
_NOTED = by_dialect(lambda upsert: upsert(interactions).on_conflict_do_nothing(index_elements=list(_ADDRESS)))
_NOTED_BEFORE = select(exists().where(*_HERE))
_OF_TURN = (
    select(interactions)
    .select_from(turns)  # whose conversation the index of messages begins with
    .join(messages, and_(messages.c.conversation_id == turns.c.conversation_id, messages.c.turn_id == turns.c.id))
    .join(interactions, sql.ASKED_BY_COMMAND)
    .where(turns.c.id == bindparam("turn"))
    .order_by(messages.c.position)
)
_WAITS: list[ColumnElement[Any]] = [literal_column(f"'{state}'") for state in ("pending", "running", "answered")]
_ENDING = (
    select(interactions, participants.c.locale)
    .select_from(interactions)
    .join(messages, sql.ASKED_BY_COMMAND)
    .join(participants, participants.c.id == messages.c.participant_id)
    .outerjoin(turns, turns.c.id == messages.c.turn_id)
    .where(
        interactions.c.token.is_not(None),
        interactions.c.private,
        interactions.c.ends_at <= bindparam("until", type_=UtcDateTime),
        messages.c.addressed,
        or_(messages.c.turn_id.is_(None), turns.c.state.in_(_WAITS)),
    )
)
_AWAITED = select(exists().where(sql.AT_ADDRESS, or_(messages.c.addressed, messages.c.turn_id.is_not(None))))
_ENDED = update(interactions).where(*_HERE).values(token=None)
_FORGOTTEN = (
    update(interactions)
    .where(interactions.c.token.is_not(None), interactions.c.ends_at <= bindparam("now", type_=UtcDateTime))
    .values(token=None)
)
