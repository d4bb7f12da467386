"""
Rows of summaries: which one a prompt may hold, and which are stale. Part of the ledger; summaries.py makes them.

Whatever changes before a summary's window may be in it, or should be: it is stale from then on, in the transaction of
the change. So is one that is only being made (it has no text yet), and nothing comes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update

from bot.core.turn import Place, Summary
from bot.store.tables import UtcDateTime, messages, summaries, turns


@dataclass(frozen=True, slots=True)
class Fresh:
    """A summary with its text, of what was said before *window*; *covers* as in its row."""

    summary: Summary
    window: Place
    covers: Sequence[str]


def find_fresh(connection: Connection, conversation: int, cut: Place, until: Place) -> Fresh | None:
    """The one that reaches furthest, but not beyond *until*. What was said before *cut* is not to be told of."""
    row = connection.execute(_FRESH, {"conversation": conversation, "turn": until[0], "position": until[1]}).first()
    if row is None or (row.window_start, row.window_position) <= cut:
        return None
    return Fresh(Summary(row.id, row.text, row.tokens), (row.window_start, row.window_position), row.covers.split())


def outdate_for_message(connection: Connection, message: int) -> None:
    connection.execute(_MESSAGE_CHANGED, {"message": message})


def outdate_for_answer(connection: Connection, turn: int) -> None:
    connection.execute(_ANSWER_CHANGED, {"turn": turn})


def erase_for_message(connection: Connection, message: int, at: datetime) -> None:
    connection.execute(_MESSAGE_ERASED, {"message": message, "when": at})


def erase_for_answer(connection: Connection, turn: int, at: datetime) -> None:
    connection.execute(_ANSWER_ERASED, {"turn": turn, "when": at})


def outdate_for_cut(connection: Connection, turn: int) -> None:
    """The conversation of *turn* begins at another place."""
    connection.execute(_ALL_CHANGED, {"turn": turn})


def _beyond(turn: ColumnElement[Any], position: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(
        summaries.c.window_start > turn, and_(summaries.c.window_start == turn, summaries.c.window_position > position)
    )


def _within(turn: ColumnElement[Any], position: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(
        summaries.c.window_start < turn, and_(summaries.c.window_start == turn, summaries.c.window_position <= position)
    )


def _of_message(column: Any) -> Any:
    return select(column).where(messages.c.id == bindparam("message")).scalar_subquery()


_OF_TURN = select(turns.c.conversation_id).where(turns.c.id == bindparam("turn")).scalar_subquery()

# Built once; see statements.py.
_TELLS_OF_MESSAGE = (
    summaries.c.conversation_id == _of_message(messages.c.conversation_id),
    _beyond(_of_message(messages.c.turn_id), _of_message(messages.c.position)),
)
_TELLS_OF_ANSWER = (
    summaries.c.conversation_id == _OF_TURN,
    summaries.c.window_start > bindparam("turn"),  # an answer is the last of its turn
)
_STILL_FRESH = summaries.c.stale.is_(False)
_MESSAGE_CHANGED = update(summaries).where(*_TELLS_OF_MESSAGE, _STILL_FRESH).values(stale=True)
_ANSWER_CHANGED = update(summaries).where(*_TELLS_OF_ANSWER, _STILL_FRESH).values(stale=True)
_ALL_CHANGED = update(summaries).where(summaries.c.conversation_id == _OF_TURN, _STILL_FRESH).values(stale=True)
_ERASED: dict[str, Any] = {
    "stale": True,
    "text": None,
    "erased_at": func.coalesce(summaries.c.erased_at, bindparam("when", type_=UtcDateTime)),
}
_MESSAGE_ERASED = update(summaries).where(*_TELLS_OF_MESSAGE).values(_ERASED)
_ANSWER_ERASED = update(summaries).where(*_TELLS_OF_ANSWER).values(_ERASED)
_FRESH = (
    select(summaries)
    .where(
        summaries.c.conversation_id == bindparam("conversation"),
        _STILL_FRESH,
        summaries.c.text.is_not(None),
        _within(bindparam("turn"), bindparam("position")),
    )
    .order_by(summaries.c.window_start.desc(), summaries.c.window_position.desc())
    .limit(1)
)
