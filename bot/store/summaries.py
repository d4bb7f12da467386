"""
The Summaries port: what is to be summarized, and what came of it.

Which rows are stale is said in changes/outdated_summaries.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, exists, select, update

from bot.core.conversation import MessageRef
from bot.core.ports import Older, SummaryBegun, SummaryStart
from bot.core.turn import Completion, PastTurn, Place
from bot.store import statements as sql
from bot.store.changes import edits, outdated_summaries, standing_reactions
from bot.store.database.base import Database
from bot.store.database.dialects import upsert
from bot.store.ledger import completions as completed
from bot.store.ledger import history as histories
from bot.store.tables import UtcDateTime, conversations, messages, turns
from bot.store.tables import summaries as rows

TURNS = 200  # that are read at once
MAKING = timedelta(minutes=15)  # a process that has not finished a summary by then has died

_UNTIL_NOW = 2**62  # a turn's id

# Built once; see statements.py.
_OF_MESSAGE = select(messages.c.conversation_id).where(sql.AT_ADDRESS)
_CONVERSATION = select(conversations.c.platform, conversations.c.window_start, conversations.c.window_position).where(
    conversations.c.id == bindparam("conversation")
)
_LATER_TURN = (
    select(turns.c.id)
    .where(turns.c.conversation_id == bindparam("conversation"), turns.c.id >= bindparam("start"))
    .order_by(turns.c.id)
    .limit(1)
    .offset(TURNS)
)
_UNFINISHED = update(rows).where(rows.c.text.is_(None), rows.c.stale.is_(False)).values(stale=True)
_LEFT_UNFINISHED = _UNFINISHED.where(
    rows.c.conversation_id == bindparam("conversation"),
    rows.c.created_at < bindparam("begun_before", type_=UtcDateTime),
)
_COMPLETION = update(rows).where(rows.c.id == bindparam("summary"))
_FINISHED = update(rows).where(rows.c.id == bindparam("summary"), rows.c.stale.is_(False))
_OUTDATED = update(rows).where(rows.c.id == bindparam("summary")).values(stale=True, text=None)
_IS_FRESH = select(exists().where(rows.c.id == bindparam("summary"), rows.c.stale.is_(False)))


class SqlSummaries:
    def __init__(self, database: Database, clock: Callable[[], datetime] | None = None) -> None:
        """*clock* replaces the time in tests."""
        self._database = database
        self._new = upsert(database.dialect)(rows).on_conflict_do_nothing().returning(rows.c.id)
        self._new_prompt = sql.statements(database.dialect).system_prompt
        self._clock = clock

    def _now(self, connection: Connection) -> datetime:
        return self._clock() if self._clock is not None else sql.now(connection)

    async def expire(self) -> None:
        """Let summaries that a dead process left unfinished be made again. For the one process on this database."""
        await self._database.write(lambda connection: connection.execute(_UNFINISHED))

    async def conversation_of(self, ref: MessageRef) -> int | None:
        def read(connection: Connection) -> int | None:
            found: int | None = connection.execute(_OF_MESSAGE, sql.address(ref)).scalar()
            if found is None and (answer := edits.find_answer(connection, ref)) is not None:
                found = answer.conversation_id
            return found

        return await self._database.read(read)

    async def older(self, conversation: int) -> Older | None:
        return await self._database.read(lambda connection: _older(connection, conversation))

    async def begin(self, start: SummaryStart) -> SummaryBegun | None:
        def write(connection: Connection) -> SummaryBegun | None:
            now, conversation = self._now(connection), start.older.conversation
            connection.execute(_LEFT_UNFINISHED, {"conversation": conversation, "begun_before": now - MAKING})
            row = {
                "conversation_id": conversation,
                "window_start": start.until[0],
                "window_position": start.until[1],
                "covers": " ".join([*start.older.covered, *start.part]),
                "created_at": now,
            }
            summary: int | None = connection.execute(self._new, row).scalar()
            if summary is None:
                return None
            completion = completed.start_summary(connection, self._new_prompt, start.call, now)
            connection.execute(_COMPLETION, {"summary": summary, "completion_id": completion})
            return SummaryBegun(summary, completion)

        return await self._database.write(write)

    async def finish(
        self, begun: SummaryBegun, start: SummaryStart, result: Completion, text: str, tokens: int
    ) -> bool:
        def write(connection: Connection) -> bool:
            completed.finish_summary(connection, begun.completion, result)
            # First our row, which whoever changes what it tells of wants as well: one of us waits for the other. Then
            # what was changed before there was a row to see.
            told = {"summary": begun.summary, "text": text, "tokens": tokens}
            if connection.execute(_FINISHED, told).rowcount and not _is_as_told(connection, start):
                connection.execute(_OUTDATED, {"summary": begun.summary})
            counts: bool = connection.execute(_IS_FRESH, {"summary": begun.summary}).scalar_one()
            return counts

        return await self._database.write(write)

    async def abandon(self, begun: SummaryBegun, error: str, cost: int | None = None) -> None:
        def write(connection: Connection) -> None:
            completed.abandon(connection, begun.completion, error, cost)
            connection.execute(_OUTDATED, {"summary": begun.summary})

        await self._database.write(write)


def _older(connection: Connection, conversation: int) -> Older | None:
    row = connection.execute(_CONVERSATION, {"conversation": conversation}).one()
    window: Place = (row.window_start, row.window_position)
    cut = standing_reactions.read(connection, conversation, _UNTIL_NOW).cut
    last = outdated_summaries.find_fresh(connection, conversation, cut, window)
    since = max(last.window if last else cut, cut)
    first = since
    while first < window:
        until = _limit(connection, conversation, first, window)
        past = histories.between(connection, conversation, first, until)
        if past:
            return Older(
                conversation=conversation,
                platform=row.platform,
                summary=last.summary if last else None,
                covered=last.covers if last else (),
                since=since,
                until=until,
                past=past,
                alone=histories.is_alone(connection, conversation),
            )
        first = until
    return None


def _limit(connection: Connection, conversation: int, first: Place, window: Place) -> Place:
    """Where to stop reading: at *window*, or where so many turns are read."""
    later = connection.execute(_LATER_TURN, {"conversation": conversation, "start": first[0]}).scalar()
    return window if later is None else min(window, (later, 0))


def _is_as_told(connection: Connection, start: SummaryStart) -> bool:
    """Whether all that the summary was made of is there as it was, and nothing else."""
    older = start.older
    if older.summary and not connection.execute(_IS_FRESH, {"summary": older.summary.id}).scalar():
        return False
    return _keys(histories.between(connection, older.conversation, older.since, start.until)) == list(start.part)


def _keys(past: Sequence[PastTurn]) -> list[str]:
    keys: list[str] = []
    for earlier in past:
        keys += [f"v{message.version.id}" for message in earlier.messages]
        keys += [f"c{earlier.answer.completion}"] if earlier.answer else []
    return keys
