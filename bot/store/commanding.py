"""
Carrying out a command in the transaction that records it, and the turn that confirms it. Part of the ledger.

The turn asks no model: it is closed, its command holds what to say, and showing it is like showing any answer, so that
a confirmation comes once whatever dies.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from bot.core.commands import Command
from bot.core.conversation import Posted
from bot.core.policy import Action, Decision
from bot.core.preferences import MODE, Preference
from bot.core.texts import language_for
from bot.core.turn import TurnChange, TurnState
from bot.store import preferences, turn_log
from bot.store.tables import messages, participants, turns


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
    command: Command,
    conversation: int,
    message: int,
    now: datetime,
    language: str,
) -> int | None:
    """The confirming turn's id."""
    preference = Preference(command.scope_in(posted), MODE, command.mode.value, posted.posted_at)
    author = connection.execute(_AUTHOR, {"which": message}).one()
    if not preferences.write(connection, posted.thread, preference, author.id, now):
        return None
    confirmation = command.confirmation(posted)
    row = {
        "conversation_id": conversation,
        "state": "pending",
        "closed": True,
        "due_at": now,
        "created_at": now,
        "command": {"key": confirmation.key, "values": dict(confirmation.values)},
        "language": language_for(author.locale, posted.words, language),
        "reason": f"{MODE} {command.mode.value}",
    }
    turn: int = connection.execute(_TURN, row).scalar_one()
    platform, reason = posted.thread.platform, f"{MODE} {command.mode.value}"
    turn_log.note_known(connection, TurnChange(turn, conversation, platform, TurnState.PENDING, reason))
    return turn


# Built once; see statements.py.
_AUTHOR = (
    select(participants.c.id, participants.c.locale)
    .select_from(messages.join(participants, participants.c.id == messages.c.participant_id))
    .where(messages.c.id == bindparam("which"))
)
_TURN = insert(turns).returning(turns.c.id)
_HIDDEN = update(messages).where(messages.c.id == bindparam("which")).values(hidden=True, turn_id=bindparam("by_turn"))
