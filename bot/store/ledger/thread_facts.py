"""
Reading the facts of a thread that a decision needs, in the transaction that records the message. Part of the ledger.

They cost nothing for a message that is not for us in a thread we do not know, one indexed statement for a question, and
the same however long the thread is for all else. Which are needed, and what they mean, the core says: core/decide/.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, literal_column, null, select, union_all

from bot.core.conversation import Participant, ParticipantKind, Posted, Said, posted_of
from bot.core.decide.needs import needs_end, needs_preferences, needs_stored_copy
from bot.core.decide.thread_facts import (
    ENDING,
    LAST_MESSAGES,
    LAST_TURNS,
    LastMessage,
    LastTurn,
    StoredCopy,
    ThreadEnd,
    ThreadFacts,
)
from bot.core.turn import TurnState
from bot.store.changes import preferences
from bot.store.statements import AT_ADDRESS, NOT_OURS, address
from bot.store.tables import completions, message_versions, messages, participants, turns


def read(connection: Connection, said: Said, conversation: int | None) -> ThreadFacts:
    """*conversation* is None where the thread has none."""
    posted = posted_of(said)
    facts = ThreadFacts(has_conversation=conversation is not None)
    if needs_preferences(said, facts):
        facts = replace(facts, preferences=preferences.read(connection, posted.thread))
    if needs_stored_copy(said, facts):
        facts = replace(facts, stored=_stored_copy(connection, posted))
    if conversation is not None and needs_end(said, facts):
        facts = replace(facts, end=_end(connection, conversation))
    return facts


def _stored_copy(connection: Connection, posted: Posted) -> StoredCopy | None:
    row = connection.execute(_STORED_COPY, address(posted.ref)).first()
    if row is None:
        return None
    return StoredCopy(
        first_said_at=row.first_said_at,
        addressed=row.addressed,
        taken=row.turn_id is not None,
        erased=row.erased_at is not None,
    )


def _end(connection: Connection, conversation: int) -> ThreadEnd:
    last = [
        LastTurn(row.id, TurnState(row.state), row.ending or "")
        for row in connection.execute(_TURNS, {"conversation": conversation})
    ]
    if not last:
        return ThreadEnd()
    rows = connection.execute(_MESSAGES, {"conversation": conversation, "oldest": last[-1].id})
    said = [
        LastMessage(
            row.turn_id,
            row.position,
            Participant(row.author, ParticipantKind(row.kind), row.name),
            addressed=row.addressed,
        )
        for row in sorted(rows, key=lambda row: (row.position, row.id))
    ]
    # The smallest and the largest id come from the index, not from the thread.
    speakers = frozenset(connection.execute(_SPEAKERS, {"conversation": conversation}).scalars())
    return ThreadEnd(last, said, speakers)


def _turns() -> Select[Any]:
    """
    Those in which the bot was asked, newest first, with the ends of their answers.

    A turn that was removed left nothing behind; one that only confirms a command is no part of the talk.
    """
    ending = (
        select(func.substr(completions.c.text, func.length(completions.c.text) - (ENDING - 1)))
        .where(completions.c.turn_id == turns.c.id, completions.c.chosen)
        .order_by(completions.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(turns.c.id, turns.c.state, ending.label("ending"))
        .where(
            turns.c.conversation_id == bindparam("conversation"),
            turns.c.command.is_(null()),
            turns.c.state != literal_column("'removed'"),
        )
        .order_by(turns.c.id.desc())
        .limit(LAST_TURNS)
    )


def _messages() -> Select[Any]:
    """
    The last messages that no turn has taken, and the last ones of the turns from *oldest* on, in no order.

    Erased ones were said, too; hidden ones that tell the bot something are no talk.
    """
    mine = (
        select(*(messages.c[name] for name in ("id", "turn_id", "position", "addressed", "participant_id")))
        .where(messages.c.conversation_id == bindparam("conversation"))
        .limit(LAST_MESSAGES)
    )
    waiting = mine.where(messages.c.turn_id.is_(None)).order_by(messages.c.position.desc()).subquery()
    taken = (
        mine.where(messages.c.turn_id >= bindparam("oldest"))
        .order_by(messages.c.turn_id.desc(), messages.c.position.desc())
        .subquery()
    )
    both = union_all(select(waiting), select(taken)).subquery()
    return (
        select(both, participants.c.external_id.label("author"), participants.c.kind, participants.c.name)
        .select_from(
            both.join(participants, participants.c.id == both.c.participant_id).outerjoin(
                turns, turns.c.id == both.c.turn_id
            )
        )
        .where(turns.c.command.is_(null()))
    )


def _speakers() -> Select[Any]:
    others = and_(messages.c.conversation_id == bindparam("conversation"), NOT_OURS)
    first = select(func.min(messages.c.participant_id)).where(others).scalar_subquery()
    last = select(func.max(messages.c.participant_id)).where(others).scalar_subquery()
    return select(participants.c.external_id).where((participants.c.id == first) | (participants.c.id == last))


def _stored_copy_at_address() -> Select[Any]:
    first = (
        select(message_versions.c.at)
        .where(message_versions.c.message_id == messages.c.id)
        .order_by(message_versions.c.id)
        .limit(1)
        .scalar_subquery()
    )
    columns = (messages.c.turn_id, messages.c.addressed, messages.c.erased_at, first.label("first_said_at"))
    return select(*columns).where(AT_ADDRESS)


# Built once; see statements.py.
_STORED_COPY, _TURNS, _MESSAGES, _SPEAKERS = _stored_copy_at_address(), _turns(), _messages(), _speakers()
