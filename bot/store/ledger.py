"""
The Ledger port on SQLite and PostgreSQL: what is recorded, claimed and settled.

What models were sent and answered is in completions.py, reading for prompts in history.py. Each method is one
transaction; a write for a claimed turn first checks the claim's fence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, update
from sqlalchemy.exc import IntegrityError

from bot.core.conversation import (
    Conversation,
    Deleted,
    Edited,
    MessageRef,
    Participant,
    Posted,
    Reacted,
    Said,
    ThreadRef,
)
from bot.core.errors import LeaseLost, LedgerError
from bot.core.finish import tells_of_window
from bot.core.interruption import Interrupt
from bot.core.policy import Action, Decide, Decision
from bot.core.ports import CompletionStart, KnownName, Recorded, Renewal
from bot.core.turn import Claim, Completion, History, Notice, Outcome, ReplyPart, Turn, TurnState
from bot.store import anew, changes, commanding, filling, joining, situation, steering
from bot.store import completions as completed
from bot.store import files as file_rows
from bot.store import history as histories
from bot.store import statements as sql
from bot.store.database import Database
from bot.store.tables import ACTIVE, turns

LEASE = timedelta(seconds=20)
STOPPED = "stopped"  # as a turn's reason
AT_ONCE = timedelta(seconds=20)  # between a message and its event, differences of clocks included


class SqlLedger:
    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] | None = None,
        burst: timedelta = timedelta(0),
        quiet: timedelta = timedelta(0),
    ) -> None:
        """
        *clock* replaces the time of this machine (SQLite) or of the database (PostgreSQL) in tests.

        *burst*: a turn that is asked for while another of its conversation is at work is not due before this long
        after that one was asked for, so that what comes in between is answered with it.

        *quiet*: an edited question is answered anew when it has not been edited for so long.
        """
        self._quiet = quiet
        self._burst = burst
        self._database = database
        self._sqlite = database.dialect == "sqlite"
        self._sql = sql.statements(database.dialect)
        self._clock = clock
        self.files = file_rows.SqlFiles(database)

    def _now(self, connection: Connection) -> datetime:
        return self._clock() if self._clock is not None else sql.now(connection)

    # what is said

    async def record(self, said: Said, decide: Decide) -> Recorded:
        return await self._database.write(lambda connection: self._record(connection, said, decide), urgent=True)

    def _record(self, connection: Connection, said: Said, decide: Decide) -> Recorded:
        posted = said.message if isinstance(said, Edited) else said
        known: int | None = connection.execute(sql.CONVERSATION, _address(posted)).scalar()
        decision = decide(posted, situation.read(connection, said, known))
        wanted = decision.action in (Action.ANSWER, Action.OBEY)
        if decision.action is Action.IGNORE or (known is None and not wanted):
            return Recorded(decision)
        now = self._now(connection)
        conversation = self._new_conversation(connection, said, now) if known is None else known
        due = self._store(connection, said, conversation, decision, now)
        return Recorded(decision, due=due, known=True)

    def _store(self, connection: Connection, said: Said, conversation: int, decision: Decision, now: datetime) -> bool:
        """Whether there is something to do now."""
        posted = said.message if isinstance(said, Edited) else said
        answer = decision.action is Action.ANSWER
        said_at = said.edited_at if isinstance(said, Edited) else posted.posted_at
        message = self._store_message(connection, posted, conversation, said_at, addressed=answer)
        file_rows.record(connection, posted)
        if message is None and isinstance(said, Edited):
            changes.edit(connection, said, now, self._quiet)
        if decision.command is not None:
            return message is not None and commanding.take(connection, posted, decision, conversation, message, now)
        if message is None and not (answer and self._raise_to_answer(connection, posted)):
            return False
        return answer and self._make_pending(connection, conversation, now)

    def _new_conversation(self, connection: Connection, said: Said, now: datetime) -> int:
        posted = said.message if isinstance(said, Edited) else said
        unread = None if _stands_alone(said, now) else 0
        made = _address(posted) | {"direct": posted.direct, "created_at": now, "unread_since": unread}
        identity: int = connection.execute(self._sql.new_conversation, made).scalar_one()
        return identity

    def _store_message(
        self, connection: Connection, posted: Posted, conversation: int, said_at: datetime | None, *, addressed: bool
    ) -> int | None:
        """The new message's id; None when it is there already. Nothing was said when *said_at* is None."""
        row = {
            "conversation_id": conversation,
            "platform": posted.thread.platform,
            "workspace": posted.thread.workspace,
            "channel": posted.thread.channel,
            "external_id": posted.id,
            "position": posted.position,
            "participant_id": self._participant(connection, posted.thread, posted.author),
            "addressed": addressed,
            "posted_at": posted.posted_at,
        }
        message: int | None = connection.execute(self._sql.new_message, row).scalar()
        if message is not None and said_at is not None:
            connection.execute(sql.VERSION, {"message_id": message, "text": posted.text, "at": said_at})
        return message

    def _participant(self, connection: Connection, place: ThreadRef | MessageRef, who: Participant) -> int:
        row = {
            "platform": place.platform,
            "workspace": place.workspace,
            "external_id": who.id,
            "kind": who.kind.value,
            "name": who.name,
        }
        # Looked for first: an upsert locks the row on PostgreSQL, and all that one person says would wait in line.
        known = connection.execute(sql.PARTICIPANT, row).first()
        if known is not None and known.kind == row["kind"] and row["name"] in (None, known.name):
            return int(known.id)
        identity: int = connection.execute(self._sql.participant, row).scalar_one()
        return identity

    def _raise_to_answer(self, connection: Connection, posted: Posted) -> bool:
        """A second copy says that a message which was only listened to is to be answered: once."""
        thread = posted.thread
        which = changes.parameters(MessageRef(thread.platform, thread.workspace, thread.channel, posted.id))
        return connection.execute(sql.RAISED, which).rowcount == 1

    def _make_pending(self, connection: Connection, conversation: int, now: datetime) -> bool:
        active: datetime | None = connection.execute(sql.ACTIVE_TURN, {"of_conversation": conversation}).scalar()
        due_at = now if active is None else max(now, active + self._burst)
        row = {"conversation_id": conversation, "state": "pending", "due_at": due_at, "created_at": now}
        connection.execute(self._sql.pending_turn, row)
        return True

    async def erase(self, deleted: Deleted) -> None:
        await self._database.write(lambda connection: self._erase(connection, deleted), urgent=True)

    def _erase(self, connection: Connection, deleted: Deleted) -> None:
        now = self._now(connection)
        if changes.erase(connection, deleted, now) or deleted.message is None:
            return
        posted = deleted.message
        conversation: int | None = connection.execute(sql.CONVERSATION, _address(posted)).scalar()
        if conversation is None and (posted.addressed or posted.direct):
            conversation = self._new_conversation(connection, posted, now)
        if conversation is not None:  # deleted before we heard of it, or for the second time
            message = self._store_message(connection, posted, conversation, None, addressed=False)
            if message is not None:
                changes.erase_texts(connection, message, now)

    async def react(self, reacted: Reacted) -> None:
        def write(connection: Connection) -> None:
            who = partial(self._participant, connection, reacted.ref, reacted.by)
            steering.react(connection, reacted, who, self._now(connection))

        await self._database.write(write, urgent=True)

    # claiming

    async def claim(self, owner: str, platforms: Collection[str], limit: int) -> Sequence[Turn]:
        # Undone by a power failure, the claim is made again: whoever held it has gone with the power.
        return await self._database.write(
            lambda connection: self._claim(connection, owner, platforms, limit), synced=False
        )

    def _claim(self, connection: Connection, owner: str, platforms: Collection[str], limit: int) -> Sequence[Turn]:
        now = self._now(connection)
        wanted = {"platforms": list(platforms), "now": now, "most": limit}
        due = connection.execute(self._sql.due, wanted).all()
        if not due:
            return []
        ids = [row.id for row in due]
        taken = {"ids": ids, "claimed_by": owner, "claimed_until": now + LEASE, "claimed_at": now}
        connection.execute(sql.CLAIMED, taken)
        for row in due:
            if row.state == TurnState.RUNNING and not row.closed:  # left behind by a worker that died
                _absorb_pending(connection, row.id, now)
        _take_messages(connection, [row for row in due if row.state != TurnState.ANSWERED and not row.closed])
        parts = _parts(connection, [row.id for row in due if row.fence])  # not the first claim
        return [_turn(row, owner, now, parts.get(row.id, [])) for row in due]

    async def renew(self, owner: str, claims: Collection[Claim]) -> Renewal:
        if not claims:
            return Renewal((), {})
        ids = [claim.turn for claim in claims]

        def extend(connection: Connection) -> Renewal:
            until = self._now(connection) + LEASE
            connection.execute(sql.RENEWED, {"ids": ids, "held_by": owner, "lease_until": until})
            return _renewal(claims, {row.id: row for row in connection.execute(sql.FENCES, {"ids": ids})})

        return await self._database.write(extend)

    async def expire_leases(self) -> int:
        """
        Make every turn that a dead worker held due at once. Returns how many there were.

        Only for whoever knows to be the one worker on this database (SQLite: the lock on its file).
        """

        def expire(connection: Connection) -> int:
            now = self._now(connection)
            held = update(turns).where(turns.c.state.in_(ACTIVE), turns.c.owner.is_not(None))
            return (connection.execute(held.values(lease_until=now, owner=None))).rowcount

        return await self._database.write(expire)

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

    async def names(self, thread: ThreadRef, participants: Collection[str]) -> Mapping[str, KnownName]:
        which = {"platform": thread.platform, "workspace": thread.workspace, "external_ids": list(participants)}

        def read(connection: Connection) -> Mapping[str, KnownName]:
            rows = connection.execute(sql.NAMES, which).all()
            return {row.external_id: KnownName(row.name, row.refreshed_at) for row in rows}

        return await self._database.read(read)

    async def fill(self, claim: Claim, since: int, messages: Sequence[Said], *, truncated: bool) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim)
            now = self._now(connection)
            recording = filling.Recording(
                participant=self._participant,
                new_message=self._sql.new_message,
                edit=lambda edited: changes.edit(connection, edited, now, self._quiet),
            )
            filling.fill(connection, recording, claim.turn, since, messages, truncated=truncated)

        await self._database.write(write)

    async def name_participants(self, thread: ThreadRef, names: Mapping[str, str]) -> None:
        def write(connection: Connection) -> None:
            where = {"platform": thread.platform, "workspace": thread.workspace, "refreshed_at": self._now(connection)}
            # In one order, or two workers that name the same people would wait for each other on PostgreSQL.
            rows = [where | {"external_id": each, "name": names[each]} for each in sorted(names)]
            connection.execute(self._sql.named, rows)

        await self._database.write(write, synced=False)

    async def begin(self, claim: Claim, start: CompletionStart) -> int:
        def write(connection: Connection) -> int:
            _change(connection, claim, reason=None)
            return completed.start(connection, self._sql.system_prompt, claim, start, self._now(connection))

        # Undone by a power failure, the call is made again: its answer has gone with the power, too.
        return await self._database.write(write, synced=False)

    async def count_before(self, conversation: int, turn: int, position: int) -> int:
        where = {"conversation": conversation, "start": turn, "position": position}
        return await self._database.read(lambda connection: histories.count_before(connection, where))

    async def abandon(self, claim: Claim, completion: int, error: str, cost: int | None = None) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim, reason=error)
            completed.abandon(connection, completion, error, cost)

        await self._database.write(write)

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

        await self._database.write(write)

    async def conclude(self, claim: Claim, reason: str, notices: Sequence[Notice], language: str) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim, **_answered(reason, notices, language))
            anew.restore(connection, claim.turn)

        await self._database.write(write)

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
            if row.changed:  # while it was shown
                anew.begin(connection, claim.turn, row.due_at, now, changes.EDITED)
            return TurnState.PENDING if row.changed else state

        return await self._database.write(write)

    async def remove(self, claim: Claim, reason: str) -> None:
        def write(connection: Connection) -> None:
            ended = self._now(connection)
            _change(connection, claim, state="removed", owner=None, reason=reason[:64], ended_at=ended)
            completed.choose_none(connection, claim.turn)

        await self._database.write(write)

    async def begin_anew(self, claim: Claim) -> None:
        def write(connection: Connection) -> None:
            now = self._now(connection)
            _change(connection, claim, owner=None, lease_until=now, reason="changed")
            _make_running_pending(connection, claim, now)

        await self._write_beside_records(write)

    async def give_up(self, claim: Claim, reason: str) -> None:
        def write(connection: Connection) -> None:
            ended = self._now(connection)
            _change(connection, claim, state="failed", owner=None, reason=reason[:64], ended_at=ended)

        await self._database.write(write)

    async def release(self, claim: Claim, due_at: datetime, reason: str, said: Sequence[Notice] = ()) -> None:
        def write(connection: Connection) -> None:
            values = {"notices": _rows(said)} if said else {}
            _change(connection, claim, owner=None, reason=reason[:64], lease_until=due_at, due_at=due_at, **values)
            _make_running_pending(connection, claim, self._now(connection))

        await self._write_beside_records(write)

    # parts

    async def intend_part(self, claim: Claim, number: int) -> None:
        def write(connection: Connection) -> None:
            _change(connection, claim)
            row = {"turn_id": claim.turn, "number": number, "intended_at": self._now(connection)}
            connection.execute(self._sql.part, row)

        await self._database.write(write)

    async def parts(self, claim: Claim) -> Sequence[ReplyPart]:
        return await self._database.read(lambda connection: _parts(connection, [claim.turn]).get(claim.turn, []))

    async def note_part(self, claim: Claim, number: int, id: str) -> None:  # noqa: A002 - the platform's word
        def write(connection: Connection) -> None:
            _change(connection, claim)
            connection.execute(sql.NOTED, {"of_turn": claim.turn, "with_number": number, "external_id": id})

        await self._database.write(write)

    async def _write_beside_records(self, write: Callable[[Connection], None]) -> None:
        """On PostgreSQL another turn may have become pending since *write* looked; now it sees that one."""
        try:
            await self._database.write(write)
        except LedgerError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            await self._database.write(write)

    async def _change(self, claim: Claim, **values: Any) -> None:
        await self._database.write(lambda connection: _change(connection, claim, **values))


def _held(connection: Connection, claim: Claim, **values: Any) -> bool:
    """Change the turn, if the claim on it still holds, and say whether it does."""
    which = {"held": claim.turn, "held_fence": claim.fence}
    return connection.execute(sql.HELD, which | values).rowcount == 1


def _change(connection: Connection, claim: Claim, **values: Any) -> None:
    """Check the claim and change its turn, in one statement. Raises LeaseLost before anything was written."""
    if not _held(connection, claim, **(values or {"fence": claim.fence})):
        raise LeaseLost


def _answered(reason: str | None, notices: Sequence[Notice], language: str) -> dict[str, Any]:
    return {"state": TurnState.ANSWERED.value, "reason": reason, "notices": _rows(notices), "language": language}


def _rows(notices: Sequence[Notice]) -> list[dict[str, Any]]:
    return [{"key": notice.key, "values": dict(notice.values)} for notice in notices]


def _address(posted: Posted) -> dict[str, Any]:
    """The parameters that name a conversation."""
    thread = posted.thread
    return {
        "platform": thread.platform,
        "workspace": thread.workspace,
        "channel": thread.channel,
        "thread": thread.thread,
    }


def _renewal(claims: Collection[Claim], rows: Mapping[int, Any]) -> Renewal:
    lost = [claim for claim in claims if claim.turn not in rows or rows[claim.turn].fence != claim.fence]
    interrupted = {}
    for claim in claims:
        row = rows.get(claim.turn)
        if claim not in lost and row is not None and row.state == TurnState.RUNNING:
            if row.changed:
                interrupted[claim] = Interrupt.CHANGED
            elif row.stop_requested:
                interrupted[claim] = Interrupt.STOP
    return Renewal(lost, interrupted)


def _end(row: Any, *, has_text: bool) -> TurnState:
    """The state of a turn all of which was shown."""
    if row.reason == STOPPED:
        return TurnState.STOPPED
    return TurnState.SHOWN if has_text or row.command is not None else TurnState.FAILED


def _stands_alone(said: Said, now: datetime) -> bool:
    """Whether it is all that was said in a thread without a conversation: what is not told of at once may be late."""
    posted = said.message if isinstance(said, Edited) else said
    if posted.id != posted.thread.thread or isinstance(said, Edited):
        return False
    return posted.recovered or now - posted.posted_at < AT_ONCE  # a root is read back together with its thread


def _take_messages(connection: Connection, claimed: Sequence[Row[Any]]) -> None:
    """Every message without a turn, whatever its place in the thread: a late delivery is not forgotten."""
    if not claimed:
        return
    which = {"ids": [row.id for row in claimed], "conversation_ids": [row.conversation_id for row in claimed]}
    connection.execute(sql.WAITING_MESSAGES, which)


def _parts(connection: Connection, ids: Sequence[int]) -> dict[int, list[ReplyPart]]:
    """Of turns that were tried before."""
    parts: dict[int, list[ReplyPart]] = {}
    if ids:
        for row in connection.execute(sql.PARTS, {"ids": ids}).all():
            parts.setdefault(row.turn_id, []).append(ReplyPart(row.number, row.external_id, row.intended_at))
    return parts


def _turn(row: Row[Any], owner: str, now: datetime, parts: Sequence[ReplyPart]) -> Turn:
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
        stop_requested=row.stop_requested,
        command=Notice(row.command["key"], row.command["values"]) if row.command else None,
    )


def _make_running_pending(connection: Connection, claim: Claim, now: datetime) -> None:
    """An answered turn stays answered."""
    row = connection.execute(sql.STATE, {"id": claim.turn}).one()
    if row.state != TurnState.RUNNING:
        return
    if not row.closed:
        _absorb_pending(connection, claim.turn, now)
    connection.execute(sql.TO_PENDING, {"released": claim.turn})


def _absorb_pending(connection: Connection, turn: int, now: datetime) -> None:
    """A turn that is begun again takes the place of the one that waits behind it, and its messages."""
    behind = joining.waiting(connection, turn)
    if behind is not None:
        joining.join(connection, behind, turn, now)
