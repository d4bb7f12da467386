"""
Who works on which turn: claims, the leases that they are held for, and what has become of them. Part of the ledger.

One active turn a conversation, the oldest first: what makes that so is a constraint in tables.py and the statements
that find what is due, in statements.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Executable, Row, update

from bot.core.conversation import Conversation, ThreadRef
from bot.core.interruption import Interrupt
from bot.core.ports import Renewal
from bot.core.turn import Claim, Notice, ReplyPart, Turn, TurnState
from bot.store import statements as sql
from bot.store.changes import merged_turns
from bot.store.ledger import completions as completed
from bot.store.tables import ACTIVE, turns

LEASE = timedelta(seconds=20)

_EXPIRED = update(turns).where(turns.c.state.in_(ACTIVE), turns.c.owner.is_not(None))


def claim(
    connection: Connection, due: Executable, wanted: Mapping[str, Any], owner: str, now: datetime
) -> Sequence[Turn]:
    """The turns that *due* finds at *now* with *wanted* as its parameters; they are *owner*'s from now on."""
    found = connection.execute(due, {**wanted, "now": now}).all()
    if not found:
        return []
    ids = [row.id for row in found]
    taken = {"ids": ids, "claimed_by": owner, "claimed_until": now + LEASE, "claimed_at": now}
    connection.execute(sql.CLAIMED, taken)
    left_behind = [row.id for row in found if row.state == TurnState.RUNNING and not row.closed]  # by who died
    asked_since = {each for each in left_behind if merged_turns.absorb_waiting(connection, each, now)}
    _take_messages(connection, [row for row in found if row.state != TurnState.ANSWERED and not row.closed])
    again = [row.id for row in found if row.fence]  # not the first claim
    if again:
        completed.note_lost(connection, again)
    posted = parts(connection, again)
    return [_turn(row, owner, now, posted.get(row.id, []), wanted=row.id in asked_since) for row in found]


def renew(connection: Connection, claims: Collection[Claim], owner: str, now: datetime) -> Renewal:
    """Extend the leases of *owner*'s turns that are still held, and say what became of all of them."""
    ids = [claim.turn for claim in claims]
    connection.execute(sql.RENEWED, {"ids": ids, "held_by": owner, "lease_until": now + LEASE})
    return _renewal(claims, {row.id: row for row in connection.execute(sql.FENCES, {"ids": ids})})


def expire(connection: Connection, now: datetime) -> int:
    """Make every turn that somebody holds due at once. Returns how many there were."""
    return connection.execute(_EXPIRED.values(lease_until=now, owner=None)).rowcount


def parts(connection: Connection, ids: Sequence[int]) -> dict[int, list[ReplyPart]]:
    """Of the replies to these turns, by turn, in their order."""
    found: dict[int, list[ReplyPart]] = {}
    if ids:
        for row in connection.execute(sql.PARTS, {"ids": ids}).all():
            found.setdefault(row.turn_id, []).append(ReplyPart(row.number, row.external_id, row.intended_at))
    return found


def _renewal(claims: Collection[Claim], rows: Mapping[int, Any]) -> Renewal:
    lost = [claim for claim in claims if claim.turn not in rows or rows[claim.turn].fence != claim.fence]
    interrupted = {}
    for claim in claims:
        row = rows.get(claim.turn)
        if claim not in lost and row is not None and row.state in ACTIVE:
            if row.changed:
                interrupted[claim] = Interrupt.CHANGED
            elif row.stop_requested:
                interrupted[claim] = Interrupt.STOP
    return Renewal(lost, interrupted)


def _take_messages(connection: Connection, claimed: Sequence[Row[Any]]) -> None:
    """Every message without a turn, whatever its place in the thread: a late delivery is not forgotten."""
    if not claimed:
        return
    which = {"ids": [row.id for row in claimed], "conversation_ids": [row.conversation_id for row in claimed]}
    connection.execute(sql.WAITING_MESSAGES, which)


def _turn(row: Row[Any], owner: str, now: datetime, parts: Sequence[ReplyPart], *, wanted: bool) -> Turn:
    """*wanted*: it has just taken what somebody asked since, so no earlier stop holds."""
    return Turn(
        claim=Claim(row.id, owner, row.fence + 1),
        conversation=Conversation(
            id=row.conversation_id,
            thread=ThreadRef(row.platform, row.workspace, row.channel, row.thread),
            direct=row.direct,
            window_start=row.window_start,
            window_position=row.window_position,
            told_start=row.told_start,
            told_position=row.told_position,
            unread_since=row.unread_since,
            truncated=row.truncated,
        ),
        state=TurnState.ANSWERED if row.state == "answered" else TurnState.RUNNING,
        attempts=row.attempts + 1,
        first_attempt_at=row.first_attempt_at or now,
        parts=parts,
        said=[Notice(notice["key"], notice["values"]) for notice in row.notices or ()],
        closed=row.closed,
        variant=row.variant,
        stop_requested=row.stop_requested and not wanted,
        continues=row.continues,
        command=Notice(row.command["key"], row.command["values"]) if row.command else None,
    )
