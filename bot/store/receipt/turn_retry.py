"""
An operator releases a failed turn, beside the workers that use the same database.

The ledger's claim takes it from there: how it is answered has no code path of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, exists, insert, select, update

from bot.core.errors import BotError
from bot.core.turn import TurnState
from bot.store import statements as sql
from bot.store.changes import edits, reopened_turns, turn_log
from bot.store.database.base import Database
from bot.store.tables import UtcDateTime, audit, completions, turns


class NotRetriableError(BotError):
    """The turn is not there, or in a state in which it cannot be tried again; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Retried:
    """The result for the turn. *state*: PENDING, it is asked again; ANSWERED, the answer it has is shown."""

    turn: int
    state: TurnState


async def retry(database: Database, turn: int, clock: Callable[[], datetime] | None = None) -> Retried:
    """
    Make a failed turn due now, as if it had never been tried; its reply stays and is written over.

    *clock* replaces the time in tests. Raises NotRetriableError, or LedgerError when the database cannot be used.
    """

    def release(connection: Connection) -> Retried:
        return _release(connection, turn, clock() if clock else sql.now(connection))

    return await turn_log.write(database, release)


# Built once; see statements.py.
_others = turns.alias("others")
_ASKED = (
    select(
        turns.c.state,
        turns.c.reason,
        exists()
        .where(
            completions.c.turn_id == turns.c.id,
            completions.c.chosen,
            completions.c.variant == turns.c.variant,
            completions.c.text != "",
        )
        .label("has_answer"),
        select(_others.c.id)
        .where(_others.c.conversation_id == turns.c.conversation_id, _others.c.state.in_(sql.AT_WORK))
        .scalar_subquery()
        .label("active"),
    )
    .where(turns.c.id == bindparam("turn"))
    .with_for_update(of=turns)
)
_AT = bindparam("at", type_=UtcDateTime)
_TO_SHOW = (
    update(turns)
    .where(turns.c.id == bindparam("turn"))
    .values(
        state=TurnState.ANSWERED.value, due_at=_AT, owner=None, lease_until=_AT, fence=turns.c.fence + 1, attempts=0,
        first_attempt_at=None, reason="retried", stop_requested=False, ended_at=None,
    )
)  # fmt: skip
_NOTED = insert(audit)


def _release(connection: Connection, turn: int, now: datetime) -> Retried:
    row = connection.execute(_ASKED, {"turn": turn}).first()
    refusal = _refusal(turn, row)
    if row is None or refusal is not None:
        raise NotRetriableError(refusal)
    shows = row.has_answer and edits.still_asked(connection, turn)  # else its question was deleted, and its reply goes
    retried = _show_again(connection, turn, now) if shows else _ask_again(connection, turn, now)
    details = {"from": row.state, "reason": row.reason, "to": retried.state.value}
    connection.execute(_NOTED, {"at": now, "action": "retry", "subject": f"turn {turn}", "details": details})
    return retried


def _refusal(turn: int, row: Row[tuple[object, ...]] | None) -> str | None:
    if row is None:
        return f"There is no turn {turn}."
    if row.state != TurnState.FAILED:
        return f"Turn {turn} is {row.state}; only a failed turn can be tried again."
    if row.has_answer and row.active is not None:
        return f"Turn {turn} has an answer to show, but turn {row.active} of its conversation is at work: try later."
    return None


def _show_again(connection: Connection, turn: int, now: datetime) -> Retried:
    """The answer is there, it was only not shown: the model is not asked, or paid, again."""
    connection.execute(_TO_SHOW, {"turn": turn, "at": now})
    turn_log.note(connection, turn, TurnState.ANSWERED, "retried")
    return Retried(turn, TurnState.ANSWERED)


def _ask_again(connection: Connection, turn: int, now: datetime) -> Retried:
    """It is closed: what is asked in the thread meanwhile is another question, and gets an answer of its own."""
    reopened_turns.begin(connection, turn, now, now, "retried")
    return Retried(turn, TurnState.PENDING)
