"""
The Ledger port on SQLite and PostgreSQL, and how turns are settled.

What is recorded is in recording.py, what is claimed in claiming.py, what models were sent and answered in
completions.py, reading for prompts in history.py. Each method is one transaction; a write for a claimed turn first
checks the claim's fence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot.core.completion.endings import tells_of_window
from bot.core.conversation import (
    Acted,
    Deleted,
    Reacted,
    Said,
    ThreadRef,
)
from bot.core.decide.policy import Decide
from bot.core.errors import LeaseLost, LedgerError
from bot.core.ports import CompletionStart, KnownName, Recorded, Renewal, ThreadRead
from bot.core.texts import DEFAULT_LANGUAGE
from bot.core.turn import Claim, Completion, History, Notice, Outcome, ReplyPart, Turn, TurnState
from bot.store import statements as sql
from bot.store.changes import commands, edits, merged_turns, presses, reactions, reopened_turns, turn_log
from bot.store.database.base import Database, Operation, T
from bot.store.ledger import claiming, thread_reads
from bot.store.ledger import completions as completed
from bot.store.ledger import files as file_rows
from bot.store.ledger import history as histories
from bot.store.ledger.recording import Recorder

STOPPED = "stopped"  # as a turn's reason


class SqlLedger:
    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] | None = None,
        burst: timedelta = timedelta(0),
        quiet: timedelta = timedelta(0),
        language: str = DEFAULT_LANGUAGE,
    ) -> None:
        """
        *clock* replaces the time of this machine (SQLite) or of the database (PostgreSQL) in tests.

        *burst*: a turn is not due before this long after the one before it in its conversation was asked for, be that
        one answered or not, so that what comes in between is answered with it. Only what follows so soon ever waits.

        *quiet*: an edited question is answered anew when it has not been edited for so long.

        *language*: that of confirmations, where nothing is known of whoever is told.
        """
        self._quiet = quiet
        self._database = database
        self._sqlite = database.dialect == "sqlite"
        self._sql = sql.statements(database.dialect)
        self._clock = clock
        self._recorder = Recorder(self._sql, self._now, burst=burst, quiet=quiet, language=language)
        self.files = file_rows.SqlFiles(database)

    async def _write(self, operation: Operation[T], *, synced: bool = True, urgent: bool = False) -> T:
        return await turn_log.write(self._database, operation, synced=synced, urgent=urgent)

    def _now(self, connection: Connection) -> datetime:
        return self._clock() if self._clock is not None else sql.now(connection)

    # what is said

    async def record(self, said: Said, decide: Decide) -> Recorded:
        return await self._write(lambda connection: self._recorder.record(connection, said, decide), urgent=True)

    async def erase(self, deleted: Deleted) -> None:
        await self._write(lambda connection: self._recorder.erase(connection, deleted), urgent=True)

    async def react(self, reacted: Reacted) -> None:
        await self._write(lambda connection: self._react(connection, reacted), urgent=True)

    def _react(self, connection: Connection, reacted: Reacted) -> None:
        who = partial(self._recorder.participant, connection, reacted.ref, reacted.by)
        reactions.react(connection, reacted, who, self._now(connection))

    async def act(self, acted: Acted) -> bool:
        def write(connection: Connection) -> bool:
            who = partial(self._recorder.participant, connection, acted.thread, acted.by)
            return presses.act(connection, acted, who, self._now(connection))

        return await self._write(write, urgent=True)

    # claiming

    async def claim(
        self,
        owner: str,
        platforms: Collection[str],
        limit: int,
        held: Collection[int] = (),
        *,
        take_over: bool = True,
    ) -> Sequence[Turn]:
        wanted = {"platforms": list(platforms), "most": limit, "held": list(held), "of": owner, "take_over": take_over}

        def write(connection: Connection) -> Sequence[Turn]:
            return claiming.claim(connection, self._sql.due, wanted, owner, self._now(connection))

        # Undone by a power failure, the claim is made again: whoever held it has gone with the power.
        return await self._write(write, synced=False)

    async def renew(self, owner: str, claims: Collection[Claim]) -> Renewal:
        return await self._write(lambda connection: claiming.renew(connection, claims, owner, self._now(connection)))

    async def expire_leases(self) -> int:
        """
        Make every turn that a dead worker held due at once. Returns how many there were.

        Only for whoever knows to be the one worker on this database (SQLite: the lock on its file).
        """
        return await self._write(lambda connection: claiming.expire(connection, self._now(connection)))

    async def check(self, claim: Claim) -> None:
        if self._sqlite:  # the lock beside the file makes us the one worker
            return

        def look(connection: Connection) -> None:
            fence = connection.execute(sql.FENCE, {"id": claim.turn}).scalar()
            if fence != claim.fence:
                raise LeaseLost

        await self._database.read(look)

    # asking and answering

    async def history(self, turn: Turn) -> History:
        return await self._database.read(lambda connection: histories.load(connection, turn))

    async def questions(self, turn: Turn) -> Sequence[str]:
        return await self._database.read(lambda connection: histories.questions(connection, turn))

    async def names(self, thread: ThreadRef, participants: Collection[str]) -> Mapping[str, KnownName]:
        which = {"platform": thread.platform, "workspace": thread.workspace, "external_ids": list(participants)}

        def read(connection: Connection) -> Mapping[str, KnownName]:
            rows = connection.execute(sql.NAMES, which).all()
            return {row.external_id: KnownName(row.name, row.refreshed_at, row.locale) for row in rows}

        return await self._database.read(read)

    async def fill(self, claim: Claim, since: int, read: ThreadRead) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim)
            now = self._now(connection)
            recording = thread_reads.Recording(
                participant=self._recorder.participant,
                new_message=self._sql.new_message,
                edit=lambda edited: edits.edit(connection, edited, now, self._quiet),
                erase=lambda ref: edits.erase(connection, Deleted(ref, None, now), now),
                react=lambda reacted: self._react(connection, reacted),
            )
            thread_reads.fill(connection, recording, claim.turn, since, read)

        await self._write(write)

    async def name_participants(
        self, thread: ThreadRef, names: Mapping[str, str], locales: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        def write(connection: Connection) -> None:
            where = {"platform": thread.platform, "workspace": thread.workspace, "refreshed_at": self._now(connection)}
            # In one order, or two workers that name the same people would wait for each other on PostgreSQL.
            rows = [
                where | {"external_id": each, "name": names[each], "locale": locales.get(each)}
                for each in sorted(names)
            ]
            connection.execute(self._sql.named, rows)

        await self._write(write, synced=False)

    async def begin(self, claim: Claim, start: CompletionStart) -> int:
        def write(connection: Connection) -> int:
            completed.check_unchanged(connection, claim)
            _change(connection, claim, reason=None)
            return completed.start(connection, self._sql.system_prompt, claim, start, self._now(connection))

        # Undone by a power failure, the call is made again: its answer has gone with the power, too.
        return await self._write(write, synced=False)

    async def count_before(self, turn: Turn, window: tuple[int, int]) -> int:
        return await self._database.read(lambda connection: histories.count_before(connection, turn, window))

    async def abandon(
        self, claim: Claim, completion: int, error: str, cost: int | None = None, result: Completion | None = None
    ) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim, reason=error)
            completed.abandon(connection, completion, error, cost, result)

        await self._write(write)

    async def complete(
        self,
        claim: Claim,
        completion: int,
        result: Completion,
        notices: Sequence[Notice],
        language: str,
        *,
        stopped: bool = False,
    ) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim, **_answered(STOPPED if stopped else None, notices, language))
            completed.finish(connection, claim.turn, completion, result, stopped=stopped)
            if tells_of_window(notices):
                completed.note_told(connection, claim.turn)

        await self._write(write)

    async def conclude(self, claim: Claim, reason: str, notices: Sequence[Notice], language: str) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim, **_answered(reason, notices, language))
            reopened_turns.restore(connection, claim.turn)

        await self._write(write)

    async def shorten(self, claim: Claim, text: str, tokens: int, notices: Sequence[Notice], language: str) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim, **_answered(STOPPED, notices, language))
            if text:
                completed.shorten(connection, claim.turn, text, tokens)
            else:
                completed.choose_none(connection, claim.turn)

        await self._write(write)

    async def outcome(self, claim: Claim) -> Outcome:
        return await self._database.read(lambda connection: completed.outcome(connection, claim))

    # settling

    async def shown(self, claim: Claim) -> TurnState:
        def write(connection: Connection) -> TurnState:
            now = self._now(connection)
            _change(connection, claim, owner=None, ended_at=now)
            row = connection.execute(sql.STATE, {"id": claim.turn}).one()
            state = _end(row, has_text=completed.has_text(connection, claim))
            connection.execute(sql.ENDED, {"ended": claim.turn, "state": state.value})
            edits.erase_notices(connection, claim.turn)
            if row.changed or row.continues is not None:
                turn_log.note(connection, claim.turn, state, "")
            if row.changed:  # while it was shown
                reopened_turns.begin(connection, claim.turn, row.due_at, now, edits.EDITED)
            elif row.continues is not None:
                reopened_turns.go_on(connection, claim.turn, row.continues, now)
            return TurnState.PENDING if row.changed or row.continues is not None else state

        return await self._write(write)

    async def remove(self, claim: Claim, reason: str) -> TurnState:
        def write(connection: Connection) -> TurnState:
            now = self._now(connection)
            _change(connection, claim, **_unshown(TurnState.REMOVED, reason, now))
            completed.choose_none(connection, claim.turn)
            edits.erase_unshown(connection, claim.turn, now)
            return _ended(connection, claim, TurnState.REMOVED, reason, now)

        return await self._write(write)

    async def restart_turn(self, claim: Claim) -> None:
        def write(connection: Connection) -> None:
            now = self._now(connection)
            _change(connection, claim, owner=None, lease_until=now, reason="changed")
            _make_running_pending(connection, claim, now)
            reopened_turns.take_another_variant(connection, claim.turn)

        await self._write_beside_records(write)

    async def give_up(self, claim: Claim, reason: str, *, erase: bool = False) -> TurnState:
        def write(connection: Connection) -> TurnState:
            now = self._now(connection)
            _change(connection, claim, **_unshown(TurnState.FAILED, reason, now))
            if erase:
                edits.erase_answer(connection, claim.turn, now)
            return _ended(connection, claim, TurnState.FAILED, reason, now)

        return await self._write(write)

    async def release(self, claim: Claim, wait: timedelta, reason: str, said: Sequence[Notice] = ()) -> None:
        def write(connection: Connection) -> None:
            now = self._now(connection)
            due_at = now + wait
            values = {"notices": _rows(said)} if said else {}
            _change(connection, claim, owner=None, reason=reason[:64], lease_until=due_at, due_at=due_at, **values)
            _make_running_pending(connection, claim, now)
            commands.stop_if_quiet(connection, claim.turn, now)

        await self._write_beside_records(write)

    async def note_said(self, claim: Claim, said: Sequence[Notice]) -> None:
        await self._write(lambda connection: _change(connection, claim, notices=_rows(said)))

    # parts

    async def intend_part(self, claim: Claim, number: int) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim)
            row = {"turn_id": claim.turn, "number": number, "intended_at": self._now(connection)}
            connection.execute(self._sql.part, row)

        await self._write(write)

    async def parts(self, claim: Claim) -> Sequence[ReplyPart]:
        return await self._database.read(
            lambda connection: claiming.parts(connection, [claim.turn]).get(claim.turn, [])
        )

    async def note_part(self, claim: Claim, number: int, id: str) -> None:  # noqa: A002 - the platform's word
        def write(connection: Connection) -> None:
            _change(connection, claim)
            connection.execute(sql.NOTED, {"of_turn": claim.turn, "with_number": number, "external_id": id})

        await self._write(write)

    async def forget_part(self, claim: Claim, number: int) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim)
            connection.execute(sql.FORGOTTEN, {"of_turn": claim.turn, "with_number": number})

        await self._write(write)

    async def _write_beside_records(self, write: Callable[[Connection], None]) -> None:
        """On PostgreSQL another turn may have become pending since *write* looked; now it sees that one."""
        try:
            await self._write(write)
        except LedgerError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            await self._write(write)


def _held(connection: Connection, claim: Claim, **values: Any) -> bool:
    """Change the turn, if the claim on it still holds, and say whether it does."""
    which = {"held": claim.turn, "held_fence": claim.fence}
    return connection.execute(sql.HELD, which | values).rowcount == 1


def _change(connection: Connection, claim: Claim, **values: Any) -> None:
    """Check the claim and change its turn, in one statement. Raises LeaseLost before anything was written."""
    if not _held(connection, claim, **(values or {"fence": claim.fence})):
        raise LeaseLost


def _answered(reason: str | None, notices: Sequence[Notice], language: str) -> dict[str, Any]:
    said = {"notices": _rows(notices), "language": language}
    return {"state": TurnState.ANSWERED.value, "reason": reason, "continues": None, **said}


def _unshown(state: TurnState, reason: str, now: datetime) -> dict[str, Any]:
    return {"state": state.value, "owner": None, "reason": reason[:64], "continues": None, "ended_at": now}


def _ended(connection: Connection, claim: Claim, state: TurnState, reason: str, now: datetime) -> TurnState:
    """What the turn is now that it has ended: pending again, where its question has become another one meanwhile."""
    row = connection.execute(sql.STATE, {"id": claim.turn}).one()
    if not (row.changed and edits.still_asked(connection, claim.turn)):
        return state
    turn_log.note(connection, claim.turn, state, reason)
    reopened_turns.begin(connection, claim.turn, row.due_at, now, edits.EDITED)
    return TurnState.PENDING


def _rows(notices: Sequence[Notice]) -> list[dict[str, Any]]:
    return [{"key": notice.key, "values": dict(notice.values)} for notice in notices]


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
