"""The ConversationStore and NameStore ports: what is recorded is in recording.py, reading for prompts in history.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from sqlalchemy import Connection

from bot.core.conversation import Acted, Deleted, Moved, Reacted, Said, ThreadRef
from bot.core.decide.policy import Decide
from bot.core.ports import ClaimRequest, KnownName, Recorded, ThreadRead
from bot.core.texts import DEFAULT_LANGUAGE
from bot.core.turn import Claim, History, Turn
from bot.store import statements as sql
from bot.store.changes import edits, moved_channels, presses, reactions
from bot.store.database.base import Database, read_after_commit
from bot.store.ledger import history as histories
from bot.store.ledger import thread_reads
from bot.store.ledger.recording import Recorder
from bot.store.ledger.transactions import Transactions, change
from bot.store.ledger.turn_queue import claim_due


class SqlConversationStore(Transactions):
    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] | None = None,
        burst: timedelta = timedelta(0),
        quiet: timedelta = timedelta(0),
        language: str = DEFAULT_LANGUAGE,
    ) -> None:
        """
        *burst*: while a question is not answered, the turn after it in its conversation is not due before this long
        after it was asked, so that what comes in between is answered together.

        *quiet*: an edited question is answered again when it has not been edited for so long.

        *language*: that of confirmations, if the reader's language is not known.
        """
        super().__init__(database, clock)
        self._quiet = quiet
        self._recorder = Recorder(self._sql, self._now, burst=burst, quiet=quiet, language=language)

    async def record(self, said: Said, decide: Decide, claim: ClaimRequest | None = None) -> Recorded:
        read: list[History] = []

        def write(connection: Connection) -> Recorded:
            recorded = self._recorder.record(connection, said, decide)
            if claim is None or not recorded.due or self._database.dialect != "sqlite":
                return recorded
            claimed = claim_due(connection, self._sql.due, claim, self._now(connection))
            if len(claimed) == 1 and claimed[0].command is None:
                read_after_commit(connection, lambda connection: read.append(histories.load(connection, claimed[0])))
            return replace(recorded, claimed=claimed)

        recorded = await self._write(write, urgent=True)
        return replace(recorded, history=read[0]) if read else recorded

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

    async def move(self, moved: Moved) -> None:
        await self._write(lambda connection: moved_channels.move(connection, moved), urgent=True)

    async def fill(self, claim: Claim, since: int, read: ThreadRead) -> None:
        def write(connection: Connection) -> None:
            change(connection, claim)
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

    async def history(self, turn: Turn) -> History:
        return await self._database.read(lambda connection: histories.load(connection, turn))

    async def questions(self, turn: Turn) -> Sequence[str]:
        return await self._database.read(lambda connection: histories.questions(connection, turn))

    async def count_before(self, turn: Turn, window: tuple[int, int]) -> int:
        return await self._database.read(lambda connection: histories.count_before(connection, turn, window))

    async def names(self, thread: ThreadRef, participants: Collection[str]) -> Mapping[str, KnownName]:
        which = {"platform": thread.platform, "workspace": thread.workspace, "external_ids": list(participants)}

        def read(connection: Connection) -> Mapping[str, KnownName]:
            rows = connection.execute(sql.NAMES, which).all()
            return {row.external_id: KnownName(row.name, row.refreshed_at, row.locale) for row in rows}

        return await self._database.read(read)

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
