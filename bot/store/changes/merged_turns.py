"""
A turn that gives its messages to another one of its conversation: two may not wait for messages at the same time.

Part of the ledger. The turn that gave them away stays, without messages, and says where they went. Closed turns are
left alone: what is asked again has a reply of its own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, select, update

from bot.core.turn import TurnState
from bot.store.changes import turn_log
from bot.store.statements import PENDING
from bot.store.tables import UtcDateTime, messages, turns

# Built once; see statements.py.
_WAITING = (
    select(turns.c.id)
    .where(
        turns.c.conversation_id
        == select(turns.c.conversation_id).where(turns.c.id == bindparam("turn")).scalar_subquery(),
        turns.c.state == PENDING,
        ~turns.c.closed,
        turns.c.id != bindparam("turn"),
    )
    .with_for_update()  # a worker that claims it waits for us, or we for it
)
_LEFT = update(messages).where(messages.c.turn_id == bindparam("left")).values(turn_id=None)
_STOPS = turns.alias("stops")
_WANTED = (  # what nobody stopped is not stopped with the rest
    update(turns)
    .where(
        turns.c.id == bindparam("into"),
        ~exists().where(_STOPS.c.id == bindparam("left"), _STOPS.c.stop_requested),
    )
    .values(stop_requested=False)
)
_REMOVED = (
    update(turns)
    .where(turns.c.id == bindparam("left"))
    .values(state="removed", reason=bindparam("why"), ended_at=bindparam("at", type_=UtcDateTime))
)


def waiting_turn(connection: Connection, turn: int) -> int | None:
    """The other turn of *turn*'s conversation that takes what is said, locked."""
    found: int | None = connection.execute(_WAITING, {"turn": turn}).scalar()
    return found


def join(connection: Connection, turn: int, into: int, now: datetime) -> bool:
    """
    Leave *turn*'s messages to *into*, which takes them when it is claimed.

    True where nobody has stopped *turn*: then *into* is stopped no more.
    """
    connection.execute(_LEFT, {"left": turn})
    wanted = connection.execute(_WANTED, {"left": turn, "into": into}).rowcount == 1
    why = f"joined turn {into}"
    connection.execute(_REMOVED, {"left": turn, "why": why, "at": now})
    turn_log.note(connection, turn, TurnState.REMOVED, why)
    return wanted


def absorb_waiting(connection: Connection, turn: int, now: datetime) -> bool:
    """
    Have *turn*, which is begun again, take the place of the one that waits behind it, and its messages.

    True where there is one that nobody has stopped.
    """
    behind = waiting_turn(connection, turn)
    return behind is not None and join(connection, behind, turn, now)
