"""
Changes of turns that the ledger makes by itself, for the log: no worker holds those turns, and none would say it.

Noted within a transaction, said once it is committed. What a worker does with its turns it says itself.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from bot.core.turn import TurnChange, TurnState
from bot.core.turn_logs import turn_changed
from bot.store.database.base import Database, Operation, T
from bot.store.tables import conversations, turns

_NOTED = "changes of turns"  # in what a connection carries with it

# Built once; see statements.py.
_PLACE = (
    select(turns.c.conversation_id, conversations.c.platform, turns.c.attempts)
    .select_from(turns.join(conversations))
    .where(turns.c.id == bindparam("turn"))
)


async def write(database: Database, operation: Operation[T], *, synced: bool = True, urgent: bool = False) -> T:
    """As Database.write; what *operation* notes is in the log when this returns."""

    def noting(connection: Connection) -> tuple[T, list[TurnChange]]:
        noted: list[TurnChange] = []
        connection.info[_NOTED] = noted  # of this attempt: a transaction may be made more than once
        try:
            return operation(connection), noted
        finally:
            del connection.info[_NOTED]

    result, noted = await database.write(noting, synced=synced, urgent=urgent)
    for change in noted:
        turn_changed(change)
    return result


def note(connection: Connection, turn: int, state: TurnState, reason: str) -> None:
    """Within an operation of write()."""
    row = connection.execute(_PLACE, {"turn": turn}).one()
    note_known(connection, TurnChange(turn, row.conversation_id, row.platform, state, reason, row.attempts))


def note_known(connection: Connection, change: TurnChange) -> None:
    noted: list[TurnChange] = connection.info[_NOTED]
    noted.append(change)
