"""
Opens a turn that is over: its messages are asked again, in the same reply, for another variant of the answer; or its
answer is continued, in the same variant. Part of the ledger.

What leads to it: an edited question (edits.py), a reaction (reactions.py), a button (presses.py), an operator
(turn_retry.py).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, func, select, update

from bot.core.turn import TurnState
from bot.store.changes import turn_log
from bot.store.tables import UtcDateTime, completions, turns

CONTINUED = "continued"

_variants = completions.alias("variants")
_later = turns.alias("later")
_AT = bindparam("at", type_=UtcDateTime)
_DUE = bindparam("due", type_=UtcDateTime)


def chosen_answer() -> ColumnElement[bool]:
    """Whether a row of turns has an answer in words, of any variant."""
    return exists().where(completions.c.turn_id == turns.c.id, completions.c.chosen, completions.c.text != "")


# Built once; see statements.py.
_NEXT_VARIANT = (
    select(func.coalesce(func.max(_variants.c.variant), 0) + 1)
    .where(_variants.c.turn_id == turns.c.id)
    .scalar_subquery()
)
_BEGIN = (
    update(turns)
    .where(turns.c.id == bindparam("turn"))
    .values(
        state=TurnState.PENDING.value, closed=True, due_at=_DUE, owner=None, lease_until=_AT, fence=turns.c.fence + 1,
        attempts=0, first_attempt_at=None, reason=bindparam("why"), notices=None, stop_requested=False,
        changed=False, stale=False, ended_at=None, continues=None,
        variant=case((chosen_answer(), _NEXT_VARIANT), else_=turns.c.variant),
    )
)  # fmt: skip
_GO_ON = (
    update(turns)
    .where(turns.c.id == bindparam("turn"))
    .values(
        state=TurnState.PENDING.value, closed=True, due_at=_AT, owner=None, lease_until=_AT, fence=turns.c.fence + 1,
        attempts=0, first_attempt_at=None, reason=CONTINUED, notices=None, stop_requested=False, changed=False,
        ended_at=None, continues=bindparam("completion"),
    )
)  # fmt: skip
_GO_ON_LATER = update(turns).where(turns.c.id == bindparam("turn")).values(continues=bindparam("completion"))
_UNCONTINUED = (
    update(turns).where(turns.c.id == bindparam("turn"), turns.c.continues.is_not(None)).values(continues=None)
)
_ANOTHER_VARIANT = (  # of an answer that is not continued after all
    update(turns)
    .where(
        turns.c.id == bindparam("turn"),
        turns.c.continues.is_(None),
        exists().where(
            completions.c.turn_id == turns.c.id,
            completions.c.chosen,
            completions.c.text != "",
            completions.c.variant == turns.c.variant,
        ),
    )
    .values(variant=_NEXT_VARIANT)
)
_IS_LAST = select(
    ~exists().where(
        _later.c.conversation_id == turns.c.conversation_id,
        _later.c.id > turns.c.id,
        _later.c.state != TurnState.REMOVED.value,
        _later.c.command.is_(None),
    )
).where(turns.c.id == bindparam("turn"))
_RESTORED = (
    update(turns)
    .where(
        turns.c.id == bindparam("turn"),
        exists().where(
            and_(completions.c.turn_id == turns.c.id, completions.c.chosen, completions.c.text != ""),
            completions.c.variant != turns.c.variant,
        ),
    )
    .values(
        stale=True,
        variant=select(func.max(completions.c.variant))
        .where(completions.c.turn_id == turns.c.id, completions.c.chosen, completions.c.text != "")
        .scalar_subquery(),
    )
)


def begin(connection: Connection, turn: int, due: datetime, now: datetime, why: str) -> None:
    """*turn*, which is over, is pending, closed, and due at *due*."""
    connection.execute(_BEGIN, {"turn": turn, "due": due, "at": now, "why": why})
    turn_log.note(connection, turn, TurnState.PENDING, why)


def is_last(connection: Connection, turn: int) -> bool:
    """Whether nothing was asked in the thread since."""
    found: bool = connection.execute(_IS_LAST, {"turn": turn}).scalar_one()
    return found


def restore(connection: Connection, turn: int) -> None:
    """No new variant will come: the one that there is stays, for a question that is another one by now."""
    connection.execute(_RESTORED, {"turn": turn})


def continue_answer(connection: Connection, turn: int, completion: int, now: datetime) -> None:
    """Make *turn*, which is over, pending and due, to continue the answer that *completion* ended too early."""
    connection.execute(_GO_ON, {"turn": turn, "completion": completion, "at": now})
    turn_log.note(connection, turn, TurnState.PENDING, CONTINUED)


def continue_answer_later(connection: Connection, turn: int, completion: int) -> None:
    """The same for a turn whose answer is being shown: once that is done."""
    connection.execute(_GO_ON_LATER, {"turn": turn, "completion": completion})


def end_continuation(connection: Connection, turn: int) -> bool:
    """Stop *turn* from continuing an answer: its question was changed. Returns whether it was to continue one."""
    return connection.execute(_UNCONTINUED, {"turn": turn}).rowcount == 1


def take_another_variant(connection: Connection, turn: int) -> None:
    """Ask for another variant, instead of continuing the answer that there is."""
    connection.execute(_ANOTHER_VARIANT, {"turn": turn})
