"""
Storing what was read of a thread, in a few statements however much it is. Part of the ledger.

How gaps are noted is in watermarks.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, Row, Select, bindparam, case, func, null, select, update

from bot.core.conversation import (
    Edited,
    MessageRef,
    Participant,
    ParticipantKind,
    Posted,
    Reacted,
    Said,
    ThreadRef,
    posted_of,
    said_at,
)
from bot.core.ports import CLOCK_SKEW, ThreadRead
from bot.store.changes import reactions
from bot.store.ledger import files
from bot.store.statements import VERSION, version
from bot.store.tables import conversations, messages, reply_parts, turns

_CONVERSATION = select(turns.c.conversation_id).where(turns.c.id == bindparam("turn"))
_KNOWN: Select[Any] = select(
    messages.c.external_id, messages.c.position, messages.c.turn_id, messages.c.erased_at
).where(messages.c.conversation_id == bindparam("conversation"))
_THREAD: Select[Any] = select(
    conversations.c.platform, conversations.c.workspace, conversations.c.channel, conversations.c.thread
).where(conversations.c.id == bindparam("conversation"))
_ASKED = select(func.max(messages.c.position)).where(messages.c.turn_id == bindparam("turn"), messages.c.addressed)
_PARTS: Select[Any] = (
    select(reply_parts.c.external_id, reply_parts.c.intended_at, reply_parts.c.turn_id, turns.c.ended_at)
    .select_from(reply_parts.join(turns, turns.c.id == reply_parts.c.turn_id))
    .where(turns.c.conversation_id == bindparam("conversation"))
)
_FILLED = (
    update(conversations)
    .where(conversations.c.id == bindparam("conversation"))
    .values(
        # Another value by now is a gap that was noted while this was read: it stays.
        unread_since=case(
            (conversations.c.unread_since == bindparam("since"), null()), else_=conversations.c.unread_since
        ),
        truncated=bindparam("is_truncated"),
    )
)


@dataclass(frozen=True, slots=True)
class Recording:
    """How the ledger stores what events tell it."""

    participant: Callable[[Connection, ThreadRef, Participant], int]  # → id
    new_message: Executable  # → id, external_id; none when it is there
    edit: Callable[[Edited], None]
    erase: Callable[[MessageRef], object]
    react: Callable[[Reacted], None]


def fill(connection: Connection, recording: Recording, turn: int, since: int, read: ThreadRead) -> None:
    """As ConversationStore.fill, once the claim is known to hold."""
    conversation: int = connection.execute(_CONVERSATION, {"turn": turn}).scalar_one()
    where = {"conversation": conversation}
    thread = ThreadRef(*connection.execute(_THREAD, where).one())
    rows = connection.execute(_KNOWN, where).all()
    parts = connection.execute(_PARTS, where).all()
    known, ours = {row.external_id for row in rows}, {part.external_id for part in parts}
    for gone in [*_deleted_messages(rows, read), *_deleted_parts(parts, rows, read)]:
        recording.erase(MessageRef(thread.platform, thread.workspace, thread.channel, gone))
    unnoted = min((part.intended_at for part in parts if part.external_id is None), default=None)
    for said in read.messages:
        if posted_of(said).id in known:
            files.record(connection, posted_of(said))  # one that was deleted since
            if isinstance(said, Edited):
                recording.edit(said)
    new = [s for s in read.messages if posted_of(s).id not in known and not _is_part(posted_of(s), ours, unnoted)]
    if new:
        _store(connection, recording, conversation, new, _turns(connection, turn, new))
    ids = {*known, *(posted_of(said).id for said in new), *(each for each in ours if each)}
    for changed in reactions.missed_reactions(connection, thread, read, sorted(ids & read.positions.keys())):
        recording.react(changed)
    connection.execute(_FILLED, where | {"since": since, "is_truncated": read.truncated})


def _deleted_messages(known: Sequence[Row[Any]], read: ThreadRead) -> Iterator[str]:
    """
    Those that somebody deleted.

    What is newer than all that was read came while it was read, and what is older may be hidden by the platform only.
    """
    if not read.positions:
        return
    first, last = min(read.positions.values()), max(read.positions.values())
    for row in known:
        if row.erased_at is None and row.external_id not in read.positions and first < row.position < last:
            yield row.external_id


def _deleted_parts(parts: Sequence[Row[Any]], known: Sequence[Row[Any]], read: ThreadRead) -> Iterator[str]:
    """The same for parts of answers that were over before the newest message was said."""
    if not read.positions or not read.messages:
        return
    first, until = min(read.positions.values()), posted_of(read.messages[-1]).posted_at
    within = {row.turn_id for row in known if row.position >= first}
    for part in parts:
        over = part.ended_at is not None and part.ended_at < until
        if part.external_id and part.external_id not in read.positions and over and part.turn_id in within:
            yield part.external_id


def _turns(connection: Connection, turn: int, new: Sequence[Said]) -> Sequence[int | None]:
    """Messages after the question belong to the next turn, as if they had come while this one is answered."""
    asked: int | None = connection.execute(_ASKED, {"turn": turn}).scalar()
    return [turn if asked is None or posted_of(said).position <= asked else None for said in new]


def _is_part(posted: Posted, known: Collection[str | None], unnoted: datetime | None) -> bool:
    """Whether a message of ours shows an answer of the ledger's, or may do so: a part's id may never have come back."""
    if posted.author.kind is not ParticipantKind.SELF:
        return False
    return posted.id in known or (unnoted is not None and posted.posted_at >= unnoted - CLOCK_SKEW)


def _store(
    connection: Connection, recording: Recording, conversation: int, new: Sequence[Said], of_turns: Sequence[int | None]
) -> None:
    by_id = {posted_of(said).id: said for said in new}
    # In the same order in every transaction: each may lock a participant that another one wants.
    authors = {
        posted_of(said).author.id: posted_of(said) for said in sorted(new, key=lambda said: posted_of(said).author.id)
    }
    participants = {
        author: recording.participant(connection, posted.thread, posted.author) for author, posted in authors.items()
    }
    rows = [
        _row(posted_of(said), conversation, turn, participants[posted_of(said).author.id])
        for said, turn in zip(new, of_turns, strict=True)
    ]
    stored = connection.execute(recording.new_message, rows).all()
    said_by_id = [(row.id, by_id[row.external_id]) for row in stored]
    versions = [version(message, posted_of(said), said_at(said)) for message, said in said_by_id]
    if versions:
        connection.execute(VERSION, sorted(versions, key=lambda version: version["message_id"]))
    for said in new:
        files.record(connection, posted_of(said))


def _row(posted: Posted, conversation: int, turn: int | None, participant: int) -> dict[str, Any]:
    return {
        "conversation_id": conversation,
        "platform": posted.thread.platform,
        "workspace": posted.thread.workspace,
        "channel": posted.thread.channel,
        "external_id": posted.id,
        "position": posted.position,
        "participant_id": participant,
        "turn_id": turn,
        "addressed": False,
        "posted_at": posted.posted_at,
    }
