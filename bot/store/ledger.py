"""
The Ledger port on SQLite and PostgreSQL: what is recorded, claimed and settled.

What models were sent and answered is in completions.py, reading for prompts in history.py. Each method is one
transaction; a write for a claimed turn first checks the claim's fence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Update, and_, case, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.conversation import Conversation, Posted, ThreadRef
from bot.core.errors import LeaseLost
from bot.core.policy import Action, Decision
from bot.core.ports import CompletionStart
from bot.core.turn import Claim, Completion, History, Notice, Outcome, ReplyPart, Turn, TurnState
from bot.store import completions as completed
from bot.store import history as histories
from bot.store.engine import Engines
from bot.store.tables import ACTIVE, conversations, message_versions, messages, participants, reply_parts, turns
from bot.store.transactions import Transactions

LEASE = timedelta(seconds=20)


class SqlLedger:
    def __init__(self, engines: Engines, clock: Callable[[], datetime] | None = None) -> None:
        """*clock* replaces the time of this machine (SQLite) or of the database (PostgreSQL) in tests."""
        self._transactions = Transactions(engines)
        self._insert = sqlite.insert if engines.sqlite else postgresql.insert
        self._sqlite = engines.sqlite
        self._clock = clock

    async def close(self) -> None:
        await self._transactions.close()

    async def _now(self, connection: AsyncConnection) -> datetime:
        """Leases are compared across machines, so on PostgreSQL the time is the database's."""
        if self._clock is not None:
            return self._clock()
        if self._sqlite:
            return datetime.now(UTC)
        now: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        return now.astimezone(UTC)

    # what is said

    async def record(self, posted: Posted, decision: Decision) -> bool:
        if decision.action is Action.IGNORE:
            return False
        return await self._transactions.write(lambda connection: self._record(connection, posted, decision))

    async def _record(self, connection: AsyncConnection, posted: Posted, decision: Decision) -> bool:
        answer = decision.action is Action.ANSWER
        now = await self._now(connection)
        conversation = await self._conversation(connection, posted, now, create=answer)
        if conversation is None:
            return False
        message = await self._store_message(connection, posted, conversation, now, addressed=answer)
        if message is None and not (answer and await self._raise_to_answer(connection, posted)):
            return False
        return answer and await self._make_pending(connection, conversation, now)

    async def _conversation(
        self, connection: AsyncConnection, posted: Posted, now: datetime, *, create: bool
    ) -> int | None:
        ref = posted.thread
        found = (
            await connection.execute(
                select(conversations.c.id).where(
                    conversations.c.platform == ref.platform,
                    conversations.c.workspace == ref.workspace,
                    conversations.c.channel == ref.channel,
                    conversations.c.thread == ref.thread,
                )
            )
        ).scalar()
        if found is not None or not create:
            return found
        made = self._insert(conversations).values(
            platform=ref.platform,
            workspace=ref.workspace,
            channel=ref.channel,
            thread=ref.thread,
            direct=posted.direct,
            created_at=now,
        )
        # Another process may have made it since; the update that changes nothing makes RETURNING name it.
        made = made.on_conflict_do_update(
            index_elements=["platform", "workspace", "channel", "thread"], set_={"direct": conversations.c.direct}
        )
        identity: int = (await connection.execute(made.returning(conversations.c.id))).scalar_one()
        return identity

    async def _store_message(
        self, connection: AsyncConnection, posted: Posted, conversation: int, now: datetime, *, addressed: bool
    ) -> int | None:
        """The new message's id; None when it is there already."""
        made = (
            self._insert(messages)
            .values(
                conversation_id=conversation,
                platform=posted.thread.platform,
                workspace=posted.thread.workspace,
                channel=posted.thread.channel,
                external_id=posted.id,
                position=posted.position,
                participant_id=await self._participant(connection, posted),
                addressed=addressed,
                posted_at=posted.posted_at,
            )
            .on_conflict_do_nothing(index_elements=["platform", "workspace", "channel", "external_id"])
        )
        message: int | None = (await connection.execute(made.returning(messages.c.id))).scalar()
        if message is not None:
            version = insert(message_versions).values(message_id=message, text=posted.text, at=now)
            await connection.execute(version)
        return message

    async def _participant(self, connection: AsyncConnection, posted: Posted) -> int:
        made = self._insert(participants).values(
            platform=posted.thread.platform,
            workspace=posted.thread.workspace,
            external_id=posted.author.id,
            kind=posted.author.kind.value,
            name=posted.author.name,
        )
        named = {"kind": made.excluded.kind, "name": func.coalesce(made.excluded.name, participants.c.name)}
        made = made.on_conflict_do_update(index_elements=["platform", "workspace", "external_id"], set_=named)
        identity: int = (await connection.execute(made.returning(participants.c.id))).scalar_one()
        return identity

    async def _raise_to_answer(self, connection: AsyncConnection, posted: Posted) -> bool:
        """A second copy says that a message which was only listened to is to be answered: once."""
        raised = (
            update(messages)
            .where(
                messages.c.platform == posted.thread.platform,
                messages.c.workspace == posted.thread.workspace,
                messages.c.channel == posted.thread.channel,
                messages.c.external_id == posted.id,
                messages.c.addressed.is_(False),
                messages.c.erased_at.is_(None),
            )
            .values(addressed=True, turn_id=None)
        )
        return (await connection.execute(raised)).rowcount == 1

    async def _make_pending(self, connection: AsyncConnection, conversation: int, now: datetime) -> bool:
        made = (
            self._insert(turns)
            .values(conversation_id=conversation, state=TurnState.PENDING.value, due_at=now, created_at=now)
            .on_conflict_do_nothing(index_elements=["conversation_id"], index_where=turns.c.state == "pending")
        )
        await connection.execute(made)
        return True

    # claiming

    async def claim(self, owner: str, platforms: Collection[str], limit: int) -> Sequence[Turn]:
        return await self._transactions.write(lambda connection: self._claim(connection, owner, platforms, limit))

    async def _claim(
        self, connection: AsyncConnection, owner: str, platforms: Collection[str], limit: int
    ) -> Sequence[Turn]:
        now = await self._now(connection)
        due = (await connection.execute(_due(now, platforms, limit, skip_locked=not self._sqlite))).all()
        if not due:
            return []
        ids = [row.id for row in due]
        taken = (
            update(turns)
            .where(turns.c.id.in_(ids))
            .values(
                state=_running_unless_answered(),
                owner=owner,
                lease_until=now + LEASE,
                fence=turns.c.fence + 1,
                attempts=turns.c.attempts + 1,
                first_attempt_at=func.coalesce(turns.c.first_attempt_at, now),
            )
        )
        await connection.execute(taken)
        running = [row for row in due if row.state != TurnState.ANSWERED]
        await _take_messages(connection, running)
        parts = await _parts(connection, ids)
        return [_turn(row, owner, now, parts.get(row.id, [])) for row in due]

    async def renew(self, claims: Collection[Claim]) -> None:
        if not claims:
            return

        async def extend(connection: AsyncConnection) -> None:
            now = await self._now(connection)
            for claim in claims:
                await connection.execute(_held(claim).values(lease_until=now + LEASE))

        await self._transactions.write(extend)

    async def expire_leases(self) -> int:
        """
        Make every turn that a dead worker held due at once. Returns how many there were.

        Only for whoever knows to be the one worker on this database (SQLite: the lock on its file).
        """

        async def expire(connection: AsyncConnection) -> int:
            now = await self._now(connection)
            held = update(turns).where(turns.c.state.in_(ACTIVE), turns.c.owner.is_not(None))
            return (await connection.execute(held.values(lease_until=now, owner=None))).rowcount

        return await self._transactions.write(expire)

    async def check(self, claim: Claim) -> None:
        if self._sqlite:  # the lock beside the file makes us the one worker
            return

        async def look(connection: AsyncConnection) -> None:
            fence = (await connection.execute(select(turns.c.fence).where(turns.c.id == claim.turn))).scalar()
            if fence != claim.fence:
                raise LeaseLost

        await self._transactions.read(look)

    # asking and answering

    async def history(self, turn: Turn) -> History:
        return await self._transactions.read(lambda connection: histories.load(connection, turn))

    async def begin(self, claim: Claim, start: CompletionStart) -> int:
        async def write(connection: AsyncConnection) -> int:
            await _change(connection, claim, reason=None)
            return await completed.start(connection, self._insert, claim, start, await self._now(connection))

        return await self._transactions.write(write)

    async def abandon(self, claim: Claim, completion: int, error: str) -> None:
        async def write(connection: AsyncConnection) -> None:
            await _change(connection, claim, reason=error)
            await completed.abandon(connection, completion, error)

        await self._transactions.write(write)

    async def complete(
        self, claim: Claim, completion: int, result: Completion, notices: Sequence[Notice], language: str
    ) -> None:
        async def write(connection: AsyncConnection) -> None:
            await _change(connection, claim, **_answered(None, notices, language))
            await completed.finish(connection, completion, result)

        await self._transactions.write(write)

    async def conclude(self, claim: Claim, reason: str, notices: Sequence[Notice], language: str) -> None:
        await self._change(claim, **_answered(reason, notices, language))

    async def outcome(self, claim: Claim) -> Outcome:
        return await self._transactions.read(lambda connection: completed.outcome(connection, claim))

    # settling

    async def shown(self, claim: Claim) -> None:
        async def write(connection: AsyncConnection) -> None:
            has_text = await completed.has_text(connection, claim)
            state = TurnState.SHOWN if has_text else TurnState.FAILED
            await _change(connection, claim, state=state.value, owner=None, ended_at=await self._now(connection))

        await self._transactions.write(write)

    async def give_up(self, claim: Claim, reason: str) -> None:
        async def write(connection: AsyncConnection) -> None:
            ended = await self._now(connection)
            await _change(connection, claim, state="failed", owner=None, reason=reason[:64], ended_at=ended)

        await self._transactions.write(write)

    async def release(self, claim: Claim, due_at: datetime, reason: str) -> None:
        async def write(connection: AsyncConnection) -> None:
            await _change(connection, claim, owner=None, reason=reason[:64], lease_until=due_at, due_at=due_at)
            running = update(turns).where(turns.c.id == claim.turn, turns.c.state == "running")
            if await _is_running(connection, claim):
                await _absorb_pending(connection, claim)
                await connection.execute(running.values(state="pending"))

        await self._transactions.write(write)

    # parts

    async def intend_part(self, claim: Claim, number: int) -> None:
        async def write(connection: AsyncConnection) -> None:
            await _change(connection, claim)
            now = await self._now(connection)
            made = self._insert(reply_parts).values(turn_id=claim.turn, number=number, intended_at=now)
            await connection.execute(
                made.on_conflict_do_update(
                    index_elements=["turn_id", "variant", "number"], set_={"intended_at": now, "external_id": None}
                )
            )

        await self._transactions.write(write)

    async def note_part(self, claim: Claim, number: int, id: str) -> None:  # noqa: A002 - the platform's word
        async def write(connection: AsyncConnection) -> None:
            await _change(connection, claim)
            noted = update(reply_parts).where(reply_parts.c.turn_id == claim.turn, reply_parts.c.number == number)
            await connection.execute(noted.values(external_id=id))

        await self._transactions.write(write)

    async def _change(self, claim: Claim, **values: Any) -> None:
        await self._transactions.write(lambda connection: _change(connection, claim, **values))


def _held(claim: Claim) -> Update:
    return update(turns).where(turns.c.id == claim.turn, turns.c.fence == claim.fence, turns.c.state.in_(ACTIVE))


async def _change(connection: AsyncConnection, claim: Claim, **values: Any) -> None:
    """Check the claim and change its turn, in one statement. Raises LeaseLost before anything was written."""
    statement = _held(claim).values(**(values or {"fence": claim.fence}))
    if (await connection.execute(statement)).rowcount != 1:
        raise LeaseLost


def _answered(reason: str | None, notices: Sequence[Notice], language: str) -> dict[str, Any]:
    rows = [{"key": notice.key, "values": dict(notice.values)} for notice in notices]
    return {"state": TurnState.ANSWERED.value, "reason": reason, "notices": rows, "language": language}


def _running_unless_answered() -> Any:
    return case((turns.c.state == "answered", "answered"), else_="running")


_others = turns.alias("others")


def _blocked() -> Any:
    """Whether another turn of the same conversation comes first: one that is active."""
    return exists().where(
        _others.c.conversation_id == turns.c.conversation_id, _others.c.state.in_(ACTIVE), _others.c.id != turns.c.id
    )


def _of_platforms(query: Any, platforms: Collection[str]) -> Any:
    return query.where(conversations.c.platform.in_(list(platforms)))


def _due(now: datetime, platforms: Collection[str], limit: int, *, skip_locked: bool) -> Any:
    query = select(turns, *(c for c in conversations.c if c.name not in {"id", "state", "created_at"}))
    query = _of_platforms(query.select_from(turns.join(conversations)), platforms)
    due = or_(
        and_(turns.c.state == "pending", turns.c.due_at <= now),
        and_(turns.c.state.in_(ACTIVE), turns.c.lease_until <= now),
    )
    query = query.where(due, ~_blocked()).order_by(turns.c.id).limit(limit)
    return query.with_for_update(of=turns, skip_locked=True) if skip_locked else query


async def _take_messages(connection: AsyncConnection, claimed: Sequence[Row[Any]]) -> None:
    """Every message without a turn, whatever its place in the thread: a late delivery is not forgotten."""
    if not claimed:
        return
    of_conversation = (
        select(turns.c.id)
        .where(turns.c.id.in_([row.id for row in claimed]), turns.c.conversation_id == messages.c.conversation_id)
        .scalar_subquery()
    )
    waiting = update(messages).where(
        messages.c.conversation_id.in_([row.conversation_id for row in claimed]), messages.c.turn_id.is_(None)
    )
    await connection.execute(waiting.values(turn_id=of_conversation))


async def _parts(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, list[ReplyPart]]:
    query = select(reply_parts).where(reply_parts.c.turn_id.in_(ids)).order_by(reply_parts.c.number)
    parts: dict[int, list[ReplyPart]] = {}
    for row in (await connection.execute(query)).all():
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
        ),
        state=TurnState.ANSWERED if row.state == "answered" else TurnState.RUNNING,
        attempts=row.attempts + 1,
        first_attempt_at=row.first_attempt_at or now,
        parts=parts,
    )


async def _is_running(connection: AsyncConnection, claim: Claim) -> bool:
    state = (await connection.execute(select(turns.c.state).where(turns.c.id == claim.turn))).scalar()
    return state == TurnState.RUNNING


async def _absorb_pending(connection: AsyncConnection, claim: Claim) -> None:
    """A turn that becomes pending again takes the place of the one that was waiting behind it."""
    conversation = select(turns.c.conversation_id).where(turns.c.id == claim.turn).scalar_subquery()
    waiting = select(turns.c.id).where(turns.c.conversation_id == conversation, turns.c.state == "pending")
    behind = (await connection.execute(waiting)).scalar()
    if behind is None:
        return
    await connection.execute(update(messages).where(messages.c.turn_id == behind).values(turn_id=None))
    await connection.execute(turns.delete().where(turns.c.id == behind))
