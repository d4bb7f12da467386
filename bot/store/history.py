"""Reading a conversation's window for a prompt. Part of the ledger; costs the same however long the thread is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, select

from bot.core.conversation import Message, Participant, ParticipantKind, Version
from bot.core.turn import Answer, History, PastTurn, Turn
from bot.store.tables import completions, conversations, message_versions, messages, participants, turns

_newer = message_versions.alias("newer")


def load(connection: Connection, turn: Turn) -> History:
    conversation = turn.conversation
    said: dict[int, list[Message]] = {}
    for row in (connection.execute(_messages(turn))).all():
        if row.turn_id > conversation.window_start or row.position >= conversation.window_position:
            said.setdefault(row.turn_id, []).append(_message(row))
    answers = {
        row.turn_id: Answer(row.id, row.text, row.text_tokens) for row in (connection.execute(_answers(turn))).all()
    }
    current = said.pop(turn.claim.turn, [])
    past = [PastTurn(id, said.get(id, ()), answers.get(id)) for id in sorted(said.keys() | answers.keys())]  # noqa: A001
    return History(
        past=past,
        messages=current,
        alone=_alone(connection, turn),
        newcomer=conversation.direct and not _answered_before(connection, turn),
    )


def _messages(turn: Turn) -> Any:
    newest = message_versions.outerjoin(
        _newer, and_(_newer.c.message_id == message_versions.c.message_id, _newer.c.id > message_versions.c.id)
    )
    return (
        select(
            messages.c.id,
            messages.c.turn_id,
            messages.c.position,
            messages.c.addressed,
            message_versions.c.id.label("version"),
            message_versions.c.text,
            message_versions.c.given,
            message_versions.c.tokens,
            participants.c.external_id.label("author"),
            participants.c.kind,
            participants.c.name,
        )
        .select_from(
            messages.join(newest, message_versions.c.message_id == messages.c.id).join(
                participants, participants.c.id == messages.c.participant_id
            )
        )
        .where(
            messages.c.conversation_id == turn.conversation.id,
            messages.c.turn_id >= turn.conversation.window_start,
            messages.c.turn_id <= turn.claim.turn,
            messages.c.erased_at.is_(None),
            messages.c.hidden.is_(False),
            message_versions.c.text.is_not(None),
            _newer.c.id.is_(None),
        )
        .order_by(messages.c.turn_id, messages.c.position, messages.c.id)
    )


def _answers(turn: Turn) -> Any:
    return (
        select(completions.c.id, completions.c.turn_id, completions.c.text, completions.c.text_tokens)
        .select_from(turns.join(completions, completions.c.turn_id == turns.c.id))
        .where(
            turns.c.conversation_id == turn.conversation.id,
            turns.c.id >= turn.conversation.window_start,
            turns.c.id < turn.claim.turn,
            completions.c.chosen,
            completions.c.text != "",
        )
    )


def _message(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        position=row.position,
        author=Participant(row.author, ParticipantKind(row.kind), row.name),
        version=Version(row.version, row.text, row.given, row.tokens),
        addressed=row.addressed,
    )


def _alone(connection: Connection, turn: Turn) -> bool:
    """Whether one participant only has spoken. The smallest and largest id come from the index, not from the thread."""
    of_conversation = messages.c.conversation_id == turn.conversation.id
    first = select(func.min(messages.c.participant_id)).where(of_conversation).scalar_subquery()
    last = select(func.max(messages.c.participant_id)).where(of_conversation).scalar_subquery()
    alone: bool = (connection.execute(select(first == last))).scalar_one()
    return bool(alone)


def _answered_before(connection: Connection, turn: Turn) -> bool:
    """Whether somebody of those who ask now was answered in another direct conversation."""
    asking = select(messages.c.participant_id).where(messages.c.turn_id == turn.claim.turn)
    before = exists().where(
        messages.c.participant_id.in_(asking),
        messages.c.conversation_id == conversations.c.id,
        conversations.c.direct,
        messages.c.turn_id == turns.c.id,
        turns.c.id != turn.claim.turn,
        turns.c.state.in_(("answered", "shown")),
    )
    found: bool = (connection.execute(select(before))).scalar_one()
    return found
