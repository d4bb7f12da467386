"""
Reactions that steer a conversation: what is pinned, hidden, cut off, asked again or stopped. Part of the ledger.

A reaction may stand on a message that was said or on a part of an answer. Events arrive in any order and more than
once: each person's newest one counts, and a mark is there as long as one person's is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, case, exists, select, update

from bot.core.conversation import MessageRef, Operation, Participant, Reacted, ThreadRef
from bot.core.ports import ThreadRead
from bot.core.turn import TurnState
from bot.store.changes import edits, outdated_summaries, reopened_turns
from bot.store.database.dialects import by_dialect
from bot.store.statements import AT_WORK, PENDING
from bot.store.tables import UtcDateTime, messages, participants, reactions, turns

MARKS = {Operation.PIN: "pinned", Operation.HIDE: "hidden", Operation.CUT: "cut"}
"""The operations that leave a mark, and its column."""

MESSAGES_A_STATEMENT = 500  # messages whose marks are looked up with one statement

OVER = (TurnState.SHOWN, TurnState.FAILED, TurnState.STOPPED)


@dataclass(frozen=True, slots=True)
class _Target:
    """The message or answer that the reaction stands on; *message* is None for an answer."""

    message: int | None
    turn: int | None
    asks: bool = False  # whether it is a question


def _noted(upsert: Any) -> Executable:
    made = upsert(reactions)
    newer: Executable = made.on_conflict_do_update(
        index_elements=["platform", "workspace", "channel", "external_id", "operation", "participant_id"],
        set_={"active": made.excluded.active, "at": made.excluded.at},
        where=reactions.c.at < made.excluded.at,
    ).returning(reactions.c.id)
    return newer


# Built once; see statements.py.
_NOTED = by_dialect(_noted)
_ACTIVE = select(
    exists().where(
        reactions.c.platform == bindparam("platform"),
        reactions.c.workspace == bindparam("workspace"),
        reactions.c.channel == bindparam("channel"),
        reactions.c.external_id == bindparam("external_id"),
        reactions.c.operation == bindparam("operation"),
        reactions.c.active,
    )
)
_LEFT = (
    select(reactions.c.external_id, reactions.c.operation, participants.c.external_id.label("by"))
    .select_from(reactions.join(participants))
    .where(
        reactions.c.platform == bindparam("on_platform"),
        reactions.c.workspace == bindparam("in_workspace"),
        reactions.c.channel == bindparam("in_channel"),
        reactions.c.external_id.in_(bindparam("ids", expanding=True)),
        reactions.c.operation.in_([operation.value for operation in MARKS]),
        reactions.c.active,
    )
)
_COMMAND = select(turns.c.id).where(turns.c.id == bindparam("turn"), turns.c.command.is_not(None))
_WAITING = select(turns.c.id).where(
    turns.c.conversation_id
    == select(messages.c.conversation_id).where(messages.c.id == bindparam("message")).scalar_subquery(),
    turns.c.state == PENDING,
    ~turns.c.closed,
)
_NOW = bindparam("when", type_=UtcDateTime)
_STOPPED = (
    update(turns)
    .where(turns.c.id == bindparam("turn"), turns.c.state.in_([PENDING, *AT_WORK]))
    .values(stop_requested=True, due_at=case((turns.c.state == PENDING, _NOW), else_=turns.c.due_at))
)


def react(connection: Connection, reacted: Reacted, participant: Callable[[], int], now: datetime) -> None:
    """*participant* gives the id of who reacted, once it is known that it is needed."""
    target = _target(connection, reacted)
    if target is None:
        return
    row = {
        "platform": reacted.ref.platform,
        "workspace": reacted.ref.workspace,
        "channel": reacted.ref.channel,
        "external_id": reacted.ref.id,
        "operation": reacted.operation.value,
        "participant_id": participant(),
        "at": reacted.at,
        "active": reacted.added,
    }
    if connection.execute(_NOTED[connection.dialect.name], row).first() is None:
        return  # delivered again, or overtaken by a newer one
    if reacted.operation in MARKS:
        _mark(connection, target, reacted.operation, now, active=bool(connection.execute(_ACTIVE, row).scalar()))
    elif reacted.added:
        _act(connection, target, reacted.operation, now)


def missed_reactions(
    connection: Connection, thread: ThreadRef, read: ThreadRead, ids: Sequence[str]
) -> Iterator[Reacted]:
    """
    What has become of the marks on *ids* while nobody told us, as the events would have said it.

    Of a mark that an event told of since it was read, the event is believed.
    """
    if read.at is None:
        return
    wanted = set(ids)
    standing = {(each.ref.id, each.operation, each.by.id): each for each in read.reactions if each.ref.id in wanted}
    place = (thread.platform, thread.workspace, thread.channel)
    where = dict(zip(("on_platform", "in_workspace", "in_channel"), place, strict=True))
    left = {
        (row.external_id, Operation(row.operation), row.by)
        for start in range(0, len(ids), MESSAGES_A_STATEMENT)
        for row in connection.execute(_LEFT, where | {"ids": ids[start : start + MESSAGES_A_STATEMENT]})
    }
    for key in sorted(standing.keys() - left):
        yield replace(standing[key], at=read.at)
    for message, operation, by in sorted(left - standing.keys()):
        yield Reacted(MessageRef(*place, message), operation, Participant(by), added=False, at=read.at)


def _target(connection: Connection, reacted: Reacted) -> _Target | None:
    found = edits.find(connection, reacted.ref)
    if found is not None:
        return None if _is_command(connection, found) else _Target(found.id, found.turn, found.addressed)
    answer = edits.find_answer(connection, reacted.ref)
    return answer and _Target(None, answer.id)


def _is_command(connection: Connection, found: edits.Found) -> bool:
    """It is hidden for good, and what it had done stays done."""
    return found.turn is not None and connection.execute(_COMMAND, {"turn": found.turn}).first() is not None


def _mark(connection: Connection, target: _Target, operation: Operation, now: datetime, *, active: bool) -> None:
    table, identity = (turns, target.turn) if target.message is None else (messages, target.message)
    connection.execute(update(table).where(table.c.id == identity).values({MARKS[operation]: active}))
    _mark_summaries(connection, target, operation)
    # What is only context is left out from the next prompt on, as it is when it is deleted.
    if operation is Operation.HIDE and active and target.asks and target.turn is not None:
        edits.ask_less(connection, target.turn, now)


def _mark_summaries(connection: Connection, target: _Target, operation: Operation) -> None:
    """They tell of what is pinned, too, so that nothing is missing when it is not pinned any more."""
    if target.turn is None:
        return
    if operation is Operation.CUT:
        outdated_summaries.outdate_for_cut(connection, target.turn)
    elif operation is Operation.HIDE and target.message is not None:
        outdated_summaries.outdate_for_message(connection, target.message)
    elif operation is Operation.HIDE:
        outdated_summaries.outdate_for_answer(connection, target.turn)


def _act(connection: Connection, target: _Target, operation: Operation, now: datetime) -> None:
    if operation is Operation.STOP:
        turn = _waiting_turn(connection, target) if target.turn is None else target.turn
        stop(connection, turn, now)
    elif operation is Operation.REPEAT and target.turn is not None and target.message is None:
        repeat(connection, target.turn, now)


def _waiting_turn(connection: Connection, target: _Target) -> int | None:
    """The turn that will take a question which waits; nobody works on it yet."""
    waiting: int | None = connection.execute(_WAITING, {"message": target.message}).scalar() if target.asks else None
    return waiting


def stop(connection: Connection, turn: int | None, now: datetime) -> bool:
    """Whether there was something to stop; who works on it is told when it renews its lease."""
    return connection.execute(_STOPPED, {"turn": turn, "when": now}).rowcount == 1


def repeat(connection: Connection, turn: int, now: datetime) -> bool:
    """Have another variant of the answer, if there is one that is not being made; whether that is so."""
    state = edits.state_of(connection, turn)
    if not edits.still_asked(connection, turn):
        return False  # its question is gone: asked again, the answer would go, too
    if state in OVER:
        reopened_turns.begin(connection, turn, now, now, "repeated")
    elif state is TurnState.ANSWERED:
        edits.ask_again(connection, turn, now)
    return state in (*OVER, TurnState.ANSWERED)
