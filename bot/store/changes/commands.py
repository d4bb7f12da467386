"""
Carrying out a command in the transaction that records it, and the turn that confirms it. Part of the ledger.

The turn asks no model: it is closed, its command holds what to say, and showing it is like showing any answer, so that
a confirmation comes once whatever dies.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, insert, select, update

from bot.core.conversation import Posted, ThreadRef
from bot.core.decide.commands import Command
from bot.core.decide.policy import Action, Decision
from bot.core.preferences.registry import MODE, Mode
from bot.core.preferences.setting import Scope
from bot.core.texts import language_for
from bot.core.turn import TurnChange, TurnState
from bot.store.changes import preferences, turn_log
from bot.store.statements import AT_WORK, PENDING, in_channel
from bot.store.tables import UtcDateTime, conversations, messages, participants, turns
from bot.store.tables import preferences as preference_rows


def take(
    connection: Connection,
    posted: Posted,
    decision: Decision,
    conversation: int,
    message: int,
    now: datetime,
    language: str,
) -> bool:
    """
    Do what *posted*, just stored as *message*, says, if it is to be obeyed. True when a turn became due.

    *language*: that of the confirmation, where nothing is known of who wrote that. No model is sent the message, obeyed
    or not. Nothing is confirmed that a later command had changed before.
    """
    turn = None
    if decision.action is Action.OBEY and decision.command is not None:
        turn = _carry_out(connection, posted, decision.command, conversation, message, now, language)
    connection.execute(_HIDDEN, {"which": message, "by_turn": turn})
    return turn is not None


def _carry_out(
    connection: Connection,
    posted: Posted,
    command: Command[Any],
    conversation: int,
    message: int,
    now: datetime,
    language: str,
) -> int | None:
    """The confirming turn's id."""
    preference = command.preference(posted)
    author = connection.execute(_AUTHOR, {"which": message}).one()
    if not preferences.write(connection, posted.thread, preference, author.id, now):
        return None
    if command.value is Mode.QUIET:
        _stop_waiting(connection, posted, preference.scope, conversation, now)
    confirmation, reason = command.confirmation(posted), command.name[:64]
    row = {
        "conversation_id": conversation,
        "state": "pending",
        "closed": True,
        "due_at": now,
        "created_at": now,
        "command": {"key": confirmation.key, "values": dict(confirmation.values)},
        "language": language_for(author.locale, posted.words, language, place=posted.place_locale),
        "reason": reason,
    }
    turn: int = connection.execute(_TURN, row).scalar_one()
    platform = posted.thread.platform
    turn_log.note_known(connection, TurnChange(turn, conversation, platform, TurnState.PENDING, reason))
    return turn


def _stop_waiting(connection: Connection, posted: Posted, scope: Scope, conversation: int, now: datetime) -> None:
    """Tell the askers of waiting questions, because an answer hours later (a model may be down) would surprise them."""
    which = [conversation]
    if scope is not Scope.THREAD:
        thread = posted.thread
        where = {"on_platform": thread.platform, "in_workspace": thread.workspace, "in_channel": thread.channel}
        which = list(connection.execute(_OF_CHANNEL, where).scalars())
    connection.execute(_ASKED, {"conversations": which}).all()  # a worker that gives one back now waits, or we do
    connection.execute(_STOPPED, {"conversations": which, "at": now})


def stop_if_quiet(connection: Connection, turn: int, now: datetime) -> None:
    """The same for *turn*, which was at work when people told the bot to be quiet, and is to wait again."""
    row = connection.execute(_THREAD, {"which": turn}).one()
    if preferences.read(connection, ThreadRef(*row))[MODE].value is Mode.QUIET:
        connection.execute(_STOPPED_ONE, {"which": turn, "at": now})


# Built once; see statements.py.
_AT = bindparam("at", type_=UtcDateTime)
_OF_CHANNEL = select(conversations.c.id).where(
    *in_channel(conversations),
    exists().where(turns.c.conversation_id == conversations.c.id, turns.c.state.in_([PENDING, *AT_WORK])),
    ~exists().where(  # what is set for a thread holds there
        preference_rows.c.platform == conversations.c.platform,
        preference_rows.c.workspace == conversations.c.workspace,
        preference_rows.c.channel == conversations.c.channel,
        preference_rows.c.thread == conversations.c.thread,
        preference_rows.c.key == MODE.key,
    ),
)
_OF_THESE = turns.c.conversation_id.in_(bindparam("conversations", expanding=True))
_ASKED = (
    select(turns.c.id)
    .where(_OF_THESE, turns.c.state.in_([PENDING, *AT_WORK]), turns.c.command.is_(None))
    .order_by(turns.c.id)
    .with_for_update()
)
_WAITS = (turns.c.state == PENDING, turns.c.command.is_(None))
_STOPPED = update(turns).where(_OF_THESE, *_WAITS).values(stop_requested=True, due_at=_AT)
_STOPPED_ONE = update(turns).where(turns.c.id == bindparam("which"), *_WAITS).values(stop_requested=True, due_at=_AT)
_THREAD: Select[Any] = (
    select(conversations.c.platform, conversations.c.workspace, conversations.c.channel, conversations.c.thread)
    .select_from(turns.join(conversations))
    .where(turns.c.id == bindparam("which"))
)
_AUTHOR = (
    select(participants.c.id, participants.c.locale)
    .select_from(messages.join(participants, participants.c.id == messages.c.participant_id))
    .where(messages.c.id == bindparam("which"))
)
_TURN = insert(turns).returning(turns.c.id)
_HIDDEN = update(messages).where(messages.c.id == bindparam("which")).values(hidden=True, turn_id=bindparam("by_turn"))
