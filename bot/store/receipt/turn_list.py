"""
The turns of the ledger as an operator sees them: what became of each, and what it cost.

Not a word of what was said is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, ScalarSelect, Select, case, func, literal_column, select

from bot.core.conversation import ThreadRef
from bot.core.turn import TurnState
from bot.store.changes.presses import DISLIKE, LIKE
from bot.store.database.base import Database
from bot.store.tables import completions, conversations, feedback, turns

_calls, _judged = completions.alias("calls"), completions.alias("judged")


@dataclass(frozen=True, slots=True)
class TurnSummary:
    """The numbers of the call are those of the chosen completion, else of the newest one; None: there is none."""

    id: int
    thread: ThreadRef
    state: TurnState
    attempts: int
    reason: str | None
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None
    calls: int  # of the model
    model: str | None
    prompt_tokens: int | None  # as billed, else as we counted them
    completion_tokens: int | None
    seconds: float | None  # from the call to its end
    error: str | None = None  # what the model's server said of it
    likes: int = 0  # people who think well of an answer of it, whichever variant
    dislikes: int = 0


async def list_turns(
    database: Database, *, state: TurnState | None, since: datetime | None, limit: int
) -> list[TurnSummary]:
    """The newest *limit* turns, newest first; of one *state*, and begun *since* then, if that is asked for."""
    query = _query(state, since).limit(limit)

    def read(connection: Connection) -> list[TurnSummary]:
        return [_summary(row) for row in connection.execute(query)]

    return await database.read(read)


def _query(state: TurnState | None, since: datetime | None) -> Select[Any]:
    of_turn = _calls.c.turn_id == turns.c.id
    chosen_first = case((_calls.c.chosen, 0), else_=1)
    completion = (
        select(_calls.c.id).where(of_turn).order_by(chosen_first, _calls.c.id.desc()).limit(1).scalar_subquery()
    )
    query = (
        select(
            *(turns.c[name] for name in ("id", "state", "attempts", "reason", "created_at", "due_at", "ended_at")),
            *(conversations.c[name] for name in ("platform", "workspace", "channel", "thread")),
            select(func.count(_calls.c.id)).where(of_turn).scalar_subquery().label("calls"),
            func.coalesce(completions.c.response_model, completions.c.model).label("model"),
            func.coalesce(completions.c.prompt_tokens, completions.c.counted_prompt_tokens).label("prompt_tokens"),
            func.coalesce(completions.c.completion_tokens, completions.c.text_tokens).label("completion_tokens"),
            completions.c.total_seconds,
            completions.c.error_detail,
            _opinions(LIKE).label("likes"),
            _opinions(DISLIKE).label("dislikes"),
        )
        .select_from(turns.join(conversations).outerjoin(completions, completions.c.id == completion))
        .order_by(turns.c.id.desc())
    )
    if state is not None:
        # Written out, so that the partial index of pending turns can serve.
        query = query.where(turns.c.state == literal_column(f"'{state.value}'"))
    return query if since is None else query.where(turns.c.created_at >= since)


def _opinions(value: str) -> ScalarSelect[int]:
    return (
        select(func.count(feedback.c.id))
        .select_from(feedback.join(_judged, _judged.c.id == feedback.c.completion_id))
        .where(_judged.c.turn_id == turns.c.id, feedback.c.value == value)
        .scalar_subquery()
    )


def _summary(row: Row[Any]) -> TurnSummary:
    return TurnSummary(
        id=row.id,
        thread=ThreadRef(row.platform, row.workspace, row.channel, row.thread),
        state=TurnState(row.state),
        attempts=row.attempts,
        reason=row.reason,
        created_at=row.created_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        calls=row.calls,
        model=row.model,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        seconds=row.total_seconds,
        error=row.error_detail,
        likes=row.likes,
        dislikes=row.dislikes,
    )
