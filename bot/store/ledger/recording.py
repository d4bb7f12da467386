"""
Recording what is said, and deleted: conversations, messages, and the turns that ask. Part of the ledger.

How a turn goes on from there is in turn_queue.py; what an edit means, in edits.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.core.conversation import (
    Deleted,
    Edited,
    MessageRef,
    Participant,
    ParticipantKind,
    Posted,
    Said,
    ThreadRef,
    posted_of,
    said_at,
)
from bot.core.decide.policy import QUIET, Action, Decide, Decision
from bot.core.ports import Recorded
from bot.core.turn import TurnChange, TurnState
from bot.store import statements as sql
from bot.store.changes import commands, edits, turn_log
from bot.store.ledger import files as file_rows
from bot.store.ledger import thread_facts

ASKED = "asked"  # as the reason of a change of a turn
DELIVERY_TIME = timedelta(seconds=20)  # between a message and its event, differences of clocks included


class Recorder:
    """
    *burst*, *quiet* and *language* as in SqlLedger; *now* tells the time of a transaction. All methods are part of one.
    """

    def __init__(
        self,
        statements: sql.Statements,
        now: Callable[[Connection], datetime],
        *,
        burst: timedelta,
        quiet: timedelta,
        language: str,
    ) -> None:
        self._sql, self._now = statements, now
        self._burst, self._quiet, self._language = burst, quiet, language

    def record(self, connection: Connection, said: Said, decide: Decide) -> Recorded:
        posted = posted_of(said)
        known: int | None = connection.execute(sql.CONVERSATION, _address(posted)).scalar()
        decision = decide(said, thread_facts.read(connection, said, known))
        wanted = decision.action in (Action.ANSWER, Action.OBEY)
        if decision.action is Action.IGNORE or (known is None and not wanted):
            return Recorded(decision)
        now = self._now(connection)
        conversation = self._conversation(connection, said, now) if known is None else known
        due = self._store(connection, said, conversation, decision, now)
        return Recorded(decision, due=due, known=True)

    def _store(self, connection: Connection, said: Said, conversation: int, decision: Decision, now: datetime) -> bool:
        """Whether there is something to do now."""
        posted = posted_of(said)
        answer = decision.action is Action.ANSWER
        message = self._store_message(connection, posted, conversation, said_at(said), addressed=answer)
        file_rows.record(connection, posted)
        if message is None and isinstance(said, Edited):
            again = decision.command is None and decision.reason != QUIET
            edits.edit(connection, said, now, self._quiet, again=again)
        if decision.command is not None:
            return message is not None and commands.take(
                connection, posted, decision, conversation, message, now, self._language
            )
        if message is None and not (answer and self._raise_to_answer(connection, posted)):
            return False
        return answer and self._make_pending(connection, conversation, posted.thread.platform, now)

    def _conversation(self, connection: Connection, said: Said, now: datetime) -> int:
        posted = posted_of(said)
        unread = None if _stands_alone(said, now) else 0
        made = _address(posted) | {"direct": posted.direct, "created_at": now, "unread_since": unread}
        identity: int = connection.execute(self._sql.new_conversation, made).scalar_one()
        return identity

    def _store_message(
        self, connection: Connection, posted: Posted, conversation: int, at: datetime | None, *, addressed: bool
    ) -> int | None:
        """The new message's id; None when it is there already. Nothing was said when *at* is None."""
        row = {
            "conversation_id": conversation,
            "platform": posted.thread.platform,
            "workspace": posted.thread.workspace,
            "channel": posted.thread.channel,
            "external_id": posted.id,
            "position": posted.position,
            "participant_id": self.participant(connection, posted.thread, posted.author),
            "addressed": addressed,
            "posted_at": posted.posted_at,
        }
        message: int | None = connection.execute(self._sql.new_message, row).scalar()
        if message is not None and at is not None:
            connection.execute(sql.VERSION, sql.version(message, posted, at))
        return message

    def participant(self, connection: Connection, place: ThreadRef | MessageRef, who: Participant) -> int:
        row = {
            "platform": place.platform,
            "workspace": place.workspace,
            "external_id": who.id,
            "kind": who.kind.value,
            "name": who.name,
            "locale": who.locale,
            "home": who.home,
        }
        # Looked for first: an upsert locks the row on PostgreSQL, and all that one person says would wait in line.
        known = connection.execute(sql.PARTICIPANT, row).first()
        told = [name for name in ("kind", "name", "locale", "home") if row[name] is not None]
        if known is not None and all(row[name] == getattr(known, name) for name in told):
            return int(known.id)
        identity: int = connection.execute(self._sql.participant, row).scalar_one()
        return identity

    def _raise_to_answer(self, connection: Connection, posted: Posted) -> bool:
        """A second copy says that a message which was only listened to is to be answered: once."""
        return connection.execute(sql.RAISED, sql.address(posted.ref)).rowcount == 1

    def _make_pending(self, connection: Connection, conversation: int, platform: str, now: datetime) -> bool:
        last: datetime | None = connection.execute(sql.LAST_ASKED, {"of_conversation": conversation}).scalar()
        due_at = now if last is None else max(now, last + self._burst)
        row = {"conversation_id": conversation, "state": "pending", "due_at": due_at, "created_at": now}
        turn = connection.execute(self._sql.pending_turn, row).one()
        if turn.created_at == now:  # else one that waits takes this question, too
            change = TurnChange(turn.id, conversation, platform, TurnState.PENDING, ASKED)
            turn_log.note_known(connection, change)
        return True

    def erase(self, connection: Connection, deleted: Deleted) -> None:
        now = self._now(connection)
        if edits.erase(connection, deleted, now) or deleted.message is None:
            return
        posted = deleted.message
        if posted.author.kind is ParticipantKind.SELF:
            return  # what we say reaches the ledger by no event that could still be on its way
        conversation: int | None = connection.execute(sql.CONVERSATION, _address(posted)).scalar()
        if conversation is None and (posted.addressed or posted.direct):
            conversation = self._conversation(connection, posted, now)
        if conversation is not None:  # deleted before we heard of it, or for the second time
            message = self._store_message(connection, posted, conversation, None, addressed=False)
            if message is not None:
                edits.erase_texts(connection, message, now)


def _address(posted: Posted) -> dict[str, Any]:
    """The parameters that name a conversation."""
    thread = posted.thread
    return {
        "platform": thread.platform,
        "workspace": thread.workspace,
        "channel": thread.channel,
        "thread": thread.thread,
    }


def _stands_alone(said: Said, now: datetime) -> bool:
    """Whether it is all that was said in a thread without a conversation: what is not told of at once may be late."""
    posted = posted_of(said)
    if posted.id != posted.thread.thread or posted.follows or isinstance(said, Edited):
        return False
    return posted.recovered or now - posted.posted_at < DELIVERY_TIME  # a root is read back together with its thread
