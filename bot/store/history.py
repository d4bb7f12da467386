"""Reading a conversation's window for a prompt. Part of the ledger; costs the same however long the thread is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, func, select

from bot.core.conversation import Message, Participant, ParticipantKind, Version
from bot.core.turn import Answer, History, PastTurn, Turn
from bot.store.tables import completions, conversations, message_versions, messages, participants, turns

_newer = message_versions.alias("newer")


def load(connection: Connection, turn: Turn) -> History:
    conversation = turn.conversation
    window = {"conversation": conversation.id, "start": conversation.window_start, "turn": turn.claim.turn}
    said: dict[int, list[Message]] = {}
    for row in (connection.execute(_MESSAGES, window)).all():
        if row.turn_id > conversation.window_start or row.position >= conversation.window_position:
            said.setdefault(row.turn_id, []).append(_message(row))
    answers = {
        row.turn_id: Answer(row.id, row.text, row.text_tokens) for row in (connection.execute(_ANSWERS, window)).all()
    }
    current = said.pop(turn.claim.turn, [])
    past = [PastTurn(id, said.get(id, ()), answers.get(id)) for id in sorted(said.keys() | answers.keys())]  # noqa: A001
    return History(
        past=past,
        messages=current,
        alone=bool(connection.execute(_ALONE, {"conversation": conversation.id}).scalar()),
        newcomer=conversation.direct and not connection.execute(_ANSWERED_BEFORE, {"turn": turn.claim.turn}).scalar(),
    )


def _messages() -> Select[Any]:
    newest = message_versions.outerjoin(
        _newer, and_(_newer.c.message_id == message_versions.c.message_id, _newer.c.id > message_versions.c.id)
    )
    return (
        select(
            messages.c.id,
            messages.c.turn_id,
            messages.c.position,
            messages.c.addressed,
            messages.c.external_id,
            messages.c.posted_at,
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
            messages.c.conversation_id == bindparam("conversation"),
            messages.c.turn_id >= bindparam("start"),
            messages.c.turn_id <= bindparam("turn"),
            messages.c.erased_at.is_(None),
            messages.c.hidden.is_(False),
            message_versions.c.text.is_not(None),
            _newer.c.id.is_(None),
        )
        .order_by(messages.c.turn_id, messages.c.position, messages.c.id)
    )


def _answers() -> Select[Any]:
    return (
        select(completions.c.id, completions.c.turn_id, completions.c.text, completions.c.text_tokens)
        .select_from(turns.join(completions, completions.c.turn_id == turns.c.id))
        .where(
            turns.c.conversation_id == bindparam("conversation"),
            turns.c.id >= bindparam("start"),
            turns.c.id < bindparam("turn"),
            completions.c.chosen,
            completions.c.text != "",
        )
    )


def _message(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        platform_id=row.external_id,
        position=row.position,
        author=Participant(row.author, ParticipantKind(row.kind), row.name),
        version=Version(row.version, row.text, row.given, row.tokens),
        addressed=row.addressed,
        posted_at=row.posted_at,
    )


def _alone() -> Select[Any]:
    """Whether one participant only has spoken. The smallest and largest id come from the index, not from the thread."""
    of_conversation = messages.c.conversation_id == bindparam("conversation")
    first = select(func.min(messages.c.participant_id)).where(of_conversation).scalar_subquery()
    last = select(func.max(messages.c.participant_id)).where(of_conversation).scalar_subquery()
    return select(first == last)


def _answered_before() -> Select[Any]:
    """Whether somebody of those who ask now was answered in another direct conversation."""
    asking = select(messages.c.participant_id).where(messages.c.turn_id == bindparam("turn"))
    before = exists().where(
        messages.c.participant_id.in_(asking),
        messages.c.conversation_id == conversations.c.id,
        conversations.c.direct,
        messages.c.turn_id == turns.c.id,
        turns.c.id != bindparam("turn"),
        turns.c.state.in_(("answered", "shown")),
    )
    return select(before)


# Built once; see statements.py.
_MESSAGES, _ANSWERS, _ALONE, _ANSWERED_BEFORE = _messages(), _answers(), _alone(), _answered_before()
