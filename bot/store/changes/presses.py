"""
What people do with the controls of an answer: stop it, go on with it, have another one, say what they think of it.
Part of the ledger.

A press may come twice, from two people, late, or after a restart: what it asks for is done once, because it names the
completion that was shown with the control, and because it is later than the last one that was done: the same answer may
stand there again, where another one came to nothing. Reactions that ask for the same are in reactions.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, case, or_, select, update

from bot.core.conversation import Acted, Operation
from bot.core.turn import CUT_SHORT, TurnState
from bot.store.changes import edits, reactions, reopened_turns
from bot.store.database.dialects import by_dialect
from bot.store.statements import AT_WORK, PENDING
from bot.store.tables import UtcDateTime, completions, conversations, feedback, turns

LIKE, DISLIKE = "like", "dislike"  # values of feedback
OPINIONS = {Operation.LIKE: LIKE, Operation.DISLIKE: DISLIKE}
CLOCKS = timedelta(seconds=20)  # how much those of the platform and ours may differ


def _noted(upsert: Any) -> Executable:
    made = upsert(feedback)
    last: Executable = made.on_conflict_do_update(
        index_elements=["completion_id", "participant_id"],
        set_={"value": made.excluded.value, "at": made.excluded.at},
        where=feedback.c.at <= made.excluded.at,
    )
    return last


# Built once; see statements.py.
_OPINION = by_dialect(_noted)
_PRESSED = (
    select(*(turns.c[name] for name in ("id", "state", "variant", "created_at", "first_attempt_at", "pressed_at")))
    .select_from(turns.join(conversations))
    .where(
        turns.c.id == bindparam("turn"),
        conversations.c.platform == bindparam("platform"),
        conversations.c.channel == bindparam("channel"),
        turns.c.command.is_(None),
    )
    .with_for_update(of=turns)
)
_IN_THREAD = (  # what is at work, else what waits longest
    select(turns.c.id)
    .select_from(turns.join(conversations))
    .where(
        conversations.c.platform == bindparam("platform"),
        conversations.c.workspace == bindparam("workspace"),
        conversations.c.channel == bindparam("channel"),
        conversations.c.thread == bindparam("thread"),
        turns.c.command.is_(None),
        or_(turns.c.state.in_(AT_WORK), turns.c.state == PENDING),
    )
    .order_by(case((turns.c.state == PENDING, 1), else_=0), turns.c.id)
    .limit(1)
)
_SHOWN = select(completions.c.id, completions.c.finish_reason).where(
    completions.c.turn_id == bindparam("turn"),
    completions.c.variant == bindparam("variant"),
    completions.c.chosen,
    completions.c.text != "",
)
_DONE = update(turns).where(turns.c.id == bindparam("turn")).values(pressed_at=bindparam("when", type_=UtcDateTime))
_OF_TURN = select(completions.c.id).where(
    completions.c.id == bindparam("completion"), completions.c.turn_id == bindparam("turn")
)


def act(connection: Connection, acted: Acted, participant: Callable[[], int], now: datetime) -> bool:
    """
    Whether there is something to do now, or to be left. *participant* gives the id of who pressed, if it is needed.

    A press in another channel than the turn's does nothing: what a button claims to belong to may be forged.
    """
    turn = _pressed(connection, acted)
    if turn is None:
        return False
    if acted.operation in OPINIONS:
        _note_opinion(connection, acted, turn, participant)
        return False
    if turn.pressed_at is not None and acted.at <= turn.pressed_at:
        return False  # delivered again
    done = _obey(connection, acted, turn, now)
    if done:
        connection.execute(_DONE, {"turn": turn.id, "when": acted.at})
    return done


def _obey(connection: Connection, acted: Acted, turn: Row[Any], now: datetime) -> bool:
    if acted.operation is Operation.STOP:
        return _is_meant(turn, acted.at) and reactions.stop(connection, turn.id, now)
    shown: Any = connection.execute(_SHOWN, {"turn": turn.id, "variant": turn.variant}).first()
    if acted.completion != (shown and shown.id):
        return False  # pressed below an answer that is another one by now
    if acted.operation is Operation.REPEAT:
        return reactions.repeat(connection, turn.id, now)
    return acted.operation is Operation.CONTINUE and shown is not None and _continue(connection, turn, shown, now)


def _pressed(connection: Connection, acted: Acted) -> Row[Any] | None:
    """The turn, locked. Its number is enough: the platform may name another workspace of whoever pressed."""
    thread, turn = acted.thread, acted.turn
    place = {"platform": thread.platform, "channel": thread.channel}
    if turn is None:
        turn = connection.execute(_IN_THREAD, place | {"workspace": thread.workspace, "thread": thread.thread}).scalar()
    return connection.execute(_PRESSED, place | {"turn": turn}).first()


def _is_meant(turn: Row[Any], at: datetime) -> bool:
    """Delivered late, or again, a stop is not for what was begun since."""
    begun: datetime = turn.first_attempt_at or turn.created_at
    return begun <= at + CLOCKS


def _note_opinion(connection: Connection, acted: Acted, turn: Row[Any], participant: Callable[[], int]) -> None:
    which = {"completion": acted.completion, "turn": turn.id}
    if connection.execute(_OF_TURN, which).first() is None:
        return
    opinion = {"value": OPINIONS[acted.operation], "at": acted.at}
    row = {"completion_id": acted.completion, "participant_id": participant(), **opinion}
    connection.execute(_OPINION[connection.dialect.name], row)


def _continue(connection: Connection, turn: Row[Any], shown: Any, now: datetime) -> bool:
    if shown.finish_reason not in CUT_SHORT or not edits.still_asked(connection, turn.id):
        return False
    if turn.state in (TurnState.SHOWN, TurnState.STOPPED):
        reopened_turns.continue_answer(connection, turn.id, shown.id, now)
        return True
    if turn.state == TurnState.ANSWERED:  # shown, but not noted yet
        reopened_turns.continue_answer_later(connection, turn.id, shown.id)
        return True
    return False
