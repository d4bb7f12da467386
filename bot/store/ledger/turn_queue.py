"""
The TurnQueue port: who works on which turn, the leases that turns are held for, and how they end.

One active turn a conversation, the oldest first: what makes that so is a constraint in tables.py and the statements
that find what is due, in statements.py. A write for a claimed turn first checks the claim's fence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Executable, Row, update
from sqlalchemy.exc import IntegrityError

from bot.core.conversation import Conversation, ThreadRef
from bot.core.errors import LedgerError
from bot.core.interruption import Interrupt
from bot.core.ports import ClaimRequest, Renewal
from bot.core.turn import Claim, Notice, ReplyPart, Turn, TurnState
from bot.store import statements as sql
from bot.store.changes import commands, edits, merged_turns, reopened_turns, turn_log
from bot.store.ledger import completions as completed
from bot.store.ledger.part_store import parts
from bot.store.ledger.transactions import STOPPED, Transactions, change, notice_rows
from bot.store.tables import ACTIVE, turns

ERASED = "erased"  # the reason: somebody deleted what there was of the answer
LEASE = timedelta(seconds=20)

_EXPIRED = update(turns).where(turns.c.state.in_(ACTIVE), turns.c.owner.is_not(None))


class SqlTurnQueue(Transactions):
    async def claim(
        self,
        owner: str,
        platforms: Collection[str],
        limit: int,
        held: Collection[int] = (),
        *,
        take_over: bool = True,
    ) -> Sequence[Turn]:
        request = ClaimRequest(owner, platforms, limit, held, take_over)

        def write(connection: Connection) -> Sequence[Turn]:
            return claim_due(connection, self._sql.due, request, self._now(connection))

        # Undone by a power failure, the claim is made again: whoever held it has gone with the power.
        return await self._write(write, synced=False)

    async def renew(self, owner: str, claims: Collection[Claim]) -> Renewal:
        return await self._write(lambda connection: _renew(connection, claims, owner, self._now(connection)))

    async def expire_leases(self) -> int:
        """
        Make every turn that a dead worker held due at once. Returns how many there were.

        Only for whoever knows to be the one worker on this database (SQLite: the lock on its file).
        """
        return await self._write(lambda connection: _expire(connection, self._now(connection)))

    async def release(self, claim: Claim, wait: timedelta, reason: str, said: Sequence[Notice] = ()) -> None:
        def write(connection: Connection) -> None:
            now = self._now(connection)
            due_at = now + wait
            values = {"notices": notice_rows(said)} if said else {}
            change(connection, claim, owner=None, reason=reason[:64], lease_until=due_at, due_at=due_at, **values)
            _make_running_pending(connection, claim, now)
            commands.stop_if_quiet(connection, claim.turn, now)

        await self._write_beside_records(write)

    async def note_said(self, claim: Claim, said: Sequence[Notice]) -> None:
        await self._write(lambda connection: change(connection, claim, notices=notice_rows(said)))

    async def restart_turn(self, claim: Claim) -> None:
        def write(connection: Connection) -> None:
            now = self._now(connection)
            change(connection, claim, owner=None, lease_until=now, reason="changed")
            _make_running_pending(connection, claim, now)
            reopened_turns.take_another_variant(connection, claim.turn)

        await self._write_beside_records(write)

    async def shown(self, claim: Claim) -> TurnState:
        def write(connection: Connection) -> TurnState:
            now = self._now(connection)
            change(connection, claim, owner=None, ended_at=now)
            row = connection.execute(sql.STATE, {"id": claim.turn}).one()
            state = _end(row, has_text=completed.has_text(connection, claim))
            reason = row.reason or (ERASED if state is TurnState.FAILED else None)
            connection.execute(sql.ENDED, {"ended": claim.turn, "state": state.value, "reason": reason})
            edits.erase_notices(connection, claim.turn)
            if row.changed or row.continues is not None:
                turn_log.note(connection, claim.turn, state, "")
            if row.changed:  # while it was shown
                reopened_turns.begin(connection, claim.turn, row.due_at, now, edits.EDITED)
            elif row.continues is not None:
                reopened_turns.continue_answer(connection, claim.turn, row.continues, now)
            return TurnState.PENDING if row.changed or row.continues is not None else state

        return await self._write(write)

    async def remove(self, claim: Claim, reason: str) -> TurnState:
        def write(connection: Connection) -> TurnState:
            now = self._now(connection)
            change(connection, claim, **_unshown(TurnState.REMOVED, reason, now))
            completed.choose_none(connection, claim.turn)
            edits.erase_unshown(connection, claim.turn, now)
            return _ended(connection, claim, TurnState.REMOVED, reason, now)

        return await self._write(write)

    async def give_up(self, claim: Claim, reason: str, *, erase: bool = False) -> TurnState:
        def write(connection: Connection) -> TurnState:
            now = self._now(connection)
            change(connection, claim, **_unshown(TurnState.FAILED, reason, now))
            if erase:
                edits.erase_asked_by_commands(connection, claim.turn, now)
                edits.erase_answer(connection, claim.turn, now)
            return _ended(connection, claim, TurnState.FAILED, reason, now)

        return await self._write(write)

    async def _write_beside_records(self, write: Callable[[Connection], None]) -> None:
        """On PostgreSQL another turn may have become pending since *write* looked; now it sees that one."""
        try:
            await self._write(write)
        except LedgerError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            await self._write(write)


def claim_due(connection: Connection, due: Executable, request: ClaimRequest, now: datetime) -> Sequence[Turn]:
    """The turns that *due* finds at *now* for *request*; they are its owner's from now on."""
    owner = request.owner
    wanted = {
        "platforms": list(request.platforms),
        "most": request.limit,
        "held": list(request.held),
        "of": owner,
        "take_over": request.take_over,
        "now": now,
    }
    found = connection.execute(due, wanted).all()
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
    in_vain = completed.in_vain(connection, again) if again else {}
    return [
        _turn(row, owner, now, posted.get(row.id, []), in_vain.get(row.id, 0), wanted=row.id in asked_since)
        for row in found
    ]


def _renew(connection: Connection, claims: Collection[Claim], owner: str, now: datetime) -> Renewal:
    """Extend the leases of *owner*'s turns that are still held, and say what became of all of them."""
    ids = [claim.turn for claim in claims]
    connection.execute(sql.RENEWED, {"ids": ids, "held_by": owner, "lease_until": now + LEASE})
    return _renewal(claims, {row.id: row for row in connection.execute(sql.FENCES, {"ids": ids})})


def _expire(connection: Connection, now: datetime) -> int:
    """Make every turn that somebody holds due at once. Returns how many there were."""
    return connection.execute(_EXPIRED.values(lease_until=now, owner=None)).rowcount


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


def _turn(row: Row[Any], owner: str, now: datetime, parts: Sequence[ReplyPart], in_vain: int, *, wanted: bool) -> Turn:
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
        in_vain=in_vain,
        command=Notice(row.command["key"], row.command["values"]) if row.command else None,
    )


def _unshown(state: TurnState, reason: str, now: datetime) -> dict[str, Any]:
    return {"state": state.value, "owner": None, "reason": reason[:64], "continues": None, "ended_at": now}


def _ended(connection: Connection, claim: Claim, state: TurnState, reason: str, now: datetime) -> TurnState:
    """The state of the turn after its end: pending again, if its question was changed meanwhile."""
    row = connection.execute(sql.STATE, {"id": claim.turn}).one()
    if not (row.changed and edits.still_asked(connection, claim.turn)):
        return state
    turn_log.note(connection, claim.turn, state, reason)
    reopened_turns.begin(connection, claim.turn, row.due_at, now, edits.EDITED)
    return TurnState.PENDING


def _end(row: Any, *, has_text: bool) -> TurnState:
    """The state of a turn all of which was shown."""
    if row.reason == STOPPED:
        return TurnState.STOPPED
    return TurnState.SHOWN if has_text or row.command is not None else TurnState.FAILED


def _make_running_pending(connection: Connection, claim: Claim, now: datetime) -> None:
    """An answered turn stays answered."""
    row = connection.execute(sql.STATE, {"id": claim.turn}).one()
    if row.state != TurnState.RUNNING:
        return
    if not row.closed:
        merged_turns.absorb_waiting(connection, claim.turn, now)
    connection.execute(sql.TO_PENDING, {"released": claim.turn})
