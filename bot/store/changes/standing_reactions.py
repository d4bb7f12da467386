"""
The marks that reactions left in a conversation, as its window needs them. Part of the ledger; reactions.py sets them.

Costs the same however long the thread is: marks have an index of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, literal, select, text, union_all

from bot.core.turn import ANSWER, Place
from bot.store.tables import messages, turns

START: Place = (0, 0)


@dataclass(frozen=True, slots=True)
class StandingReactions:
    cut: Place = START  # nothing before it is sent
    pinned: bool = False  # whether anything is


def read(connection: Connection, conversation: int, turn: int) -> StandingReactions:
    """Those on messages that *turn* or one before it took, and on answers before it."""
    rows = connection.execute(_MARKED, {"conversation": conversation, "turn": turn}).all()
    cuts = [(row.turn, row.position) for row in rows if row.cut]
    return StandingReactions(max(cuts, default=START), any(row.pinned for row in rows))


def _marked() -> Select[Any]:
    # The condition is written as the indexes have it: a partial one serves no other (SQLite, "Partial Indexes").
    said = select(messages.c.turn_id.label("turn"), messages.c.position, messages.c.pinned, messages.c.cut).where(
        messages.c.conversation_id == bindparam("conversation"),
        messages.c.turn_id <= bindparam("turn"),
        text("(messages.pinned OR messages.cut)"),
    )
    answered = select(turns.c.id, literal(ANSWER, BigInteger), turns.c.pinned, turns.c.cut).where(
        turns.c.conversation_id == bindparam("conversation"),
        turns.c.id < bindparam("turn"),
        text("(turns.pinned OR turns.cut)"),
    )
    either = union_all(said, answered).subquery()
    return select(either)


# Built once; see statements.py.
_MARKED = _marked()
