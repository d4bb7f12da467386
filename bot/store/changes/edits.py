"""
What was said changes: edits and deletions, and what they mean for the turn that asks, or has asked. Part of the ledger.

A turn at work is only marked; the process that works on it sees the mark when it renews its lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, exists, literal_column, or_, select, update

from bot.core.conversation import Deleted, Edited, MessageRef
from bot.core.files import FileOutcome
from bot.core.turn import TurnState
from bot.store.changes import outdated_summaries, reopened_turns
from bot.store.database import erasure
from bot.store.statements import ASKED_BY_COMMAND, AT_ADDRESS, AT_WORK, PENDING, VERSION, address, in_channel, version
from bot.store.tables import (
    UtcDateTime,
    completions,
    conversations,
    files,
    interactions,
    message_versions,
    messages,
    reply_parts,
    turns,
)

EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Found:
    """A message that we know, and the turn that took it."""

    id: int
    turn: int | None
    addressed: bool


# Built once; see statements.py.
_FOUND = (
    select(messages.c.id, messages.c.turn_id, messages.c.addressed)
    .where(AT_ADDRESS, messages.c.erased_at.is_(None))
    .with_for_update()  # a claim that takes it waits for us, or we for it
)
_IS_INTERACTION = select(interactions.c.id).where(
    *in_channel(interactions), interactions.c.external_id == bindparam("with_external_id")
)
_OF_COMMANDS = (
    select(messages.c.id)
    .select_from(turns)  # whose conversation the index of messages begins with
    .join(messages, and_(messages.c.conversation_id == turns.c.conversation_id, messages.c.turn_id == turns.c.id))
    .join(interactions, ASKED_BY_COMMAND)
    .where(turns.c.id == bindparam("turn"), messages.c.erased_at.is_(None))
    .order_by(messages.c.id)
)
_STATE = select(turns.c.state).where(turns.c.id == bindparam("turn")).with_for_update()
_NEWEST_VERSION = (
    select(message_versions.c.id, message_versions.c.text, message_versions.c.at)
    .where(message_versions.c.message_id == bindparam("message"))
    .order_by(message_versions.c.id.desc())
    .limit(1)
)
_AT = bindparam("when", type_=UtcDateTime)
_STILL_SAID = update(message_versions).where(message_versions.c.id == bindparam("version")).values(at=_AT)
_LATER = case((turns.c.due_at < _AT, _AT), else_=turns.c.due_at)
_WANTED = (  # a person who edits a stopped question wants an answer
    update(turns)
    .where(turns.c.id == bindparam("turn"), turns.c.state.in_([PENDING, *AT_WORK]))
    .values(stop_requested=False)
)
_PUT_OFF = update(turns).where(turns.c.id == bindparam("turn"), turns.c.state == PENDING).values(due_at=_LATER)
_DUE_NOW = update(turns).where(turns.c.id == bindparam("turn"), turns.c.state == PENDING).values(due_at=_AT)
_CHANGED = (
    update(turns)
    .where(
        turns.c.id == bindparam("turn"),
        or_(*(turns.c.state == literal_column(f"'{state}'") for state in ("running", "answered"))),
    )
    .values(changed=True, due_at=_AT)
)
_NOT_SENT_YET = (  # whoever prepares a prompt of this conversation may have read the message: it starts over
    update(turns)
    .where(
        turns.c.conversation_id
        == select(messages.c.conversation_id).where(messages.c.id == bindparam("message")).scalar_subquery(),
        turns.c.state == literal_column("'running'"),
        ~exists().where(completions.c.turn_id == turns.c.id, completions.c.outcome == "started"),
    )
    .values(changed=True, due_at=_AT)
)
_NOTICES_ERASED = (  # they may name its files; what is not shown yet is asked, or shown, all the same
    update(turns)
    .where(
        turns.c.id == bindparam("turn"),
        turns.c.state.in_([literal_column(f"'{state}'") for state in ("shown", "failed", "stopped", "removed")]),
    )
    .values(notices=None)
)
_NOTICES_OF_ERASED = (
    update(turns)
    .where(
        turns.c.id == bindparam("turn"),
        turns.c.notices.is_not(None),
        exists().where(messages.c.turn_id == turns.c.id, messages.c.erased_at.is_not(None)),
    )
    .values(notices=None)
)
_STALE = update(turns).where(turns.c.id == bindparam("turn")).values(stale=True)
_ERASED = update(messages).where(messages.c.id == bindparam("message")).values(erased_at=_AT)
_TEXTS_ERASED = (
    update(message_versions).where(message_versions.c.message_id == bindparam("message")).values(text=None, given=None)
)
_FILES_ERASED = (
    update(files)
    .where(files.c.message_id == bindparam("message"))
    .values(text=None, content=None, name=None, locator=None, note=None, outcome=FileOutcome.GONE.value)
)
_DETAILS_ERASED = (  # a server may have quoted it
    update(completions)
    .where(
        completions.c.turn_id.in_(
            select(turns.c.id).where(
                turns.c.conversation_id
                == select(messages.c.conversation_id).where(messages.c.id == bindparam("message")).scalar_subquery()
            )
        ),
        completions.c.error_detail.is_not(None),
    )
    .values(error_detail=None)
)
_STILL_ASKED = select(
    exists().where(
        messages.c.turn_id == bindparam("turn"),
        messages.c.addressed,
        messages.c.erased_at.is_(None),
        messages.c.hidden.is_(False),
    )
)
_HAS_QUESTION = select(
    exists().where(messages.c.turn_id == bindparam("turn"), messages.c.addressed, messages.c.erased_at.is_(None))
)
_ANSWER = (
    select(turns.c.id, turns.c.state, turns.c.attempts, turns.c.conversation_id, reply_parts.c.number)
    .select_from(reply_parts.join(turns, turns.c.id == reply_parts.c.turn_id).join(conversations))
    .where(
        *in_channel(conversations),
        reply_parts.c.external_id == bindparam("with_external_id"),
        turns.c.command.is_(None),
    )
)
_ANSWER_ERASED = (
    update(completions)
    .where(completions.c.turn_id == bindparam("turn"), completions.c.text.is_not(None))
    .values(text=None, refusal=None, erased_at=_AT)
)


def find(connection: Connection, ref: MessageRef) -> Found | None:
    """A message that is not erased."""
    row = connection.execute(_FOUND, address(ref)).first()
    if row is None:
        return None
    return Found(row.id, row.turn_id, row.addressed)


def state_of(connection: Connection, turn: int) -> TurnState:
    """It stays so until the end of the transaction."""
    return TurnState(connection.execute(_STATE, {"turn": turn}).scalar_one())


def edit(connection: Connection, edited: Edited, now: datetime, quiet: timedelta, *, again: bool = True) -> None:
    """
    Add a version if the text is another one, and not older than the one we have: edits, too, arrive in any order.

    A question is answered again once it has been *quiet*; without *again* its answer is only stale.
    """
    posted = edited.message
    found = find(connection, posted.ref)
    if found is None:
        return
    newest = connection.execute(_NEWEST_VERSION, {"message": found.id}).first()
    if newest is not None and _is_older(edited.edited_at, newest.at):
        return
    if newest is not None and newest.text == posted.text:  # said until then: what was edited in between comes too late
        connection.execute(_STILL_SAID, {"version": newest.id, "when": edited.edited_at})
        return
    connection.execute(VERSION, version(found.id, posted, edited.edited_at))
    outdated_summaries.outdate_for_message(connection, found.id)
    if found.turn is not None and found.addressed:
        if again:
            _ask_again(connection, found.turn, now, quiet)
        else:
            connection.execute(_STALE, {"turn": found.turn})


def _is_older(edited_at: datetime, than: datetime) -> bool:
    """A message says of its edit the second only (Slack, `edited.ts`); the event that tells of it says more."""
    return edited_at < (than if edited_at.microsecond else than.replace(microsecond=0))


def _ask_again(connection: Connection, turn: int, now: datetime, quiet: timedelta) -> None:
    state = state_of(connection, turn)
    if not still_asked(connection, turn):
        return  # what is edited is hidden: there is nothing to answer instead
    when = {"turn": turn, "when": now + quiet}
    connection.execute(_WANTED, when)
    went_on = reopened_turns.end_continuation(connection, turn)
    if state is TurnState.PENDING and not went_on:
        connection.execute(_PUT_OFF, when)
    elif state in (TurnState.RUNNING, TurnState.ANSWERED):
        ask_again(connection, turn, now + quiet)
    elif went_on:
        reopened_turns.begin(connection, turn, now + quiet, now, EDITED)
    elif state in (TurnState.SHOWN, TurnState.FAILED, TurnState.STOPPED):
        if reopened_turns.is_last(connection, turn):
            reopened_turns.begin(connection, turn, now + quiet, now, EDITED)
        else:
            connection.execute(_STALE, {"turn": turn})


def ask_again(connection: Connection, turn: int, due: datetime) -> None:
    """Mark a turn that is at work: it is asked again, at *due*."""
    connection.execute(_CHANGED, {"turn": turn, "when": due})


def erase(connection: Connection, deleted: Deleted, now: datetime) -> bool:
    """
    Erase a message, or an answer of ours. False when it is neither: nothing is known of it.

    What was asked by a command is no message on its platform: that it is not there says nothing.
    """
    if connection.execute(_IS_INTERACTION, address(deleted.ref)).first() is not None:
        return True
    found = find(connection, deleted.ref)
    if found is None:
        return _erase_answer(connection, deleted.ref, now)
    state = None
    if found.turn is not None:
        state = state_of(connection, found.turn)  # locked before the texts, as by whoever asks a model
    connection.execute(_NOT_SENT_YET, {"message": found.id, "when": now})
    erase_texts(connection, found.id, now)
    if found.turn is not None:
        connection.execute(_NOTICES_ERASED, {"turn": found.turn})
        if found.addressed:
            ask_less(connection, found.turn, now)
        if state in (TurnState.FAILED, TurnState.REMOVED):
            erase_unshown(connection, found.turn, now)
    return True


def erase_texts(connection: Connection, message: int, now: datetime) -> None:
    """Leave the tombstone, so that no later delivery brings it back."""
    connection.execute(_ERASED, {"message": message, "when": now})
    connection.execute(_TEXTS_ERASED, {"message": message})
    connection.execute(_FILES_ERASED, {"message": message})
    connection.execute(_DETAILS_ERASED, {"message": message})
    outdated_summaries.erase_for_message(connection, message, now)
    erasure.note(connection)


def ask_less(connection: Connection, turn: int, now: datetime) -> None:
    """
    One of the questions of *turn* is gone, perhaps its only one: a turn that is not over starts over with the others.

    With none left, the worker that claims the turn next removes its reply: only a worker can do that.
    """
    state_of(connection, turn)  # a claim that is under way is waited for: the mark is for a turn at work
    ask_again(connection, turn, now)
    if not still_asked(connection, turn):
        connection.execute(_DUE_NOW, {"turn": turn, "when": now})


def still_asked(connection: Connection, turn: int) -> bool:
    """Whether *turn* has a question that is neither erased nor hidden."""
    found: bool = connection.execute(_STILL_ASKED, {"turn": turn}).scalar_one()
    return found


def find_answer(connection: Connection, ref: MessageRef) -> Any:
    """The turn whose reply has this message: (id, state, attempts, conversation_id, number of the part), or None."""
    return connection.execute(_ANSWER, address(ref)).first()


def _erase_answer(connection: Connection, ref: MessageRef, now: datetime) -> bool:
    """
    Somebody deleted an answer, or a part of one: all of it goes, what is left of it is not what was said.

    We delete messages of ours, too, but only while a turn is at work, and note before its end that they are no parts.
    Of what somebody else deletes meanwhile, the turn's worker hears from the platform (ReplyDeleted).

    What was asked by a command stands above the first part, and is gone from the platform with it.
    """
    row = find_answer(connection, ref)
    if row is None:
        return False
    starts_over = row.state == TurnState.PENDING and row.attempts == 0  # nobody is at work on it yet
    if starts_over or row.state in (TurnState.SHOWN, TurnState.STOPPED, TurnState.FAILED):
        if row.number == 1:
            erase_asked_by_commands(connection, row.id, now)
        erase_answer(connection, row.id, now)
    return True


def erase_asked_by_commands(connection: Connection, turn: int, now: datetime) -> None:
    """The questions of *turn* of which there are no messages: nobody could delete those."""
    for message in list(connection.execute(_OF_COMMANDS, {"turn": turn}).scalars()):
        erase_texts(connection, message, now)


def erase_unshown(connection: Connection, turn: int, now: datetime) -> None:
    """Erase the answer of *turn*, which nobody can see, once all of its questions are erased."""
    if not connection.execute(_HAS_QUESTION, {"turn": turn}).scalar_one():
        erase_answer(connection, turn, now)


def erase_notices(connection: Connection, turn: int) -> None:
    """Those of *turn*, which is over, if a message of it was erased while they had yet to be shown."""
    connection.execute(_NOTICES_OF_ERASED, {"turn": turn})


def erase_answer(connection: Connection, turn: int, now: datetime) -> None:
    """All variants of it."""
    connection.execute(_ANSWER_ERASED, {"turn": turn, "when": now})
    outdated_summaries.erase_for_answer(connection, turn, now)
    erasure.note(connection)
