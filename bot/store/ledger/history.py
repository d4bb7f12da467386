"""Reading a conversation's window for a prompt. Part of the ledger; costs the same however long the thread is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, exists, func, or_, select

from bot.core.conversation import Message, Participant, ParticipantKind, Version
from bot.core.files import Cut, File
from bot.core.turn import ANSWER, Answer, History, PastTurn, Place, Summary, Turn
from bot.store.changes import outdated_summaries, preferences, standing_reactions
from bot.store.ledger import files as file_rows
from bot.store.statements import NOT_OURS
from bot.store.tables import completions, conversations, message_versions, messages, participants, turns

LEFT_BEHIND = 32  # turns before one that the window has left behind; the budget cuts them further

_newer = message_versions.alias("newer")


def load(connection: Connection, turn: Turn) -> History:
    """
    Past is what comes before the turn in the order of turns, also when later turns were answered before it.

    That is how the thread reads once the answer is there, and later prompts find it in its place.
    """
    conversation = turn.conversation
    steered = standing_reactions.read(connection, conversation.id, turn.claim.turn)
    start = max(_window(connection, turn), steered.cut)
    window = {"conversation": conversation.id, "start": start[0], "turn": turn.claim.turn}
    files = file_rows.of_window(connection, window)
    said: dict[int, list[Message]] = {}
    for row in (connection.execute(_MESSAGES, window)).all():
        # What the turn is to answer is cut by its prompt alone: a late message may lie before the window.
        place = (row.turn_id, row.position)
        ours = row.turn_id == turn.claim.turn and (row.addressed or place >= steered.cut)
        if ours or place >= start:
            said.setdefault(row.turn_id, []).append(_message(row, files.get(row.id, ())))
    answers = {row.turn_id: _answer(row) for row in (connection.execute(_ANSWERS, window)).all()}
    current = said.pop(turn.claim.turn, [])
    return History(
        past=_past(said, answers),
        messages=current,
        cut=steered.cut > standing_reactions.START,
        pinned=_pinned(connection, window, steered.cut, start) if steered.pinned else (),
        alone=is_alone(connection, conversation.id),
        summary=_summary(connection, conversation.id, steered.cut, start),
        continued=_continued(connection, turn),
        newcomer=conversation.direct and not connection.execute(_ANSWERED_BEFORE, {"turn": turn.claim.turn}).scalar(),
        preferences=preferences.read(connection, conversation.thread),
    )


def _continued(connection: Connection, turn: Turn) -> Answer | None:
    """None, too, when somebody has deleted it meanwhile."""
    row = connection.execute(_CONTINUED, {"completion": turn.continues}).first() if turn.continues else None
    return Answer(row.id, row.text, row.text_tokens) if row else None


def is_alone(connection: Connection, conversation: int) -> bool:
    return bool(connection.execute(_ALONE, {"conversation": conversation}).scalar())


def questions(connection: Connection, turn: Turn) -> Sequence[str]:
    """The platform's ids of what *turn* was to answer, whatever became of it."""
    which = {"conversation": turn.conversation.id, "turn": turn.claim.turn}
    return list(connection.execute(_QUESTIONS, which).scalars())


def _past(said: Mapping[int, Sequence[Message]], answers: Mapping[int, Answer]) -> list[PastTurn]:
    return [PastTurn(each, said.get(each, ()), answers.get(each)) for each in sorted(said.keys() | answers.keys())]


def _summary(connection: Connection, conversation: int, cut: Place, start: Place) -> Summary | None:
    if start in (cut, standing_reactions.START):
        return None  # nothing is left behind
    found = outdated_summaries.find_fresh(connection, conversation, cut, start)
    return found.summary if found else None


def between(connection: Connection, conversation: int, first: Place, until: Place) -> Sequence[PastTurn]:
    """The messages from *first* on and before *until*, pinned or not."""
    window = {"conversation": conversation, "start": first[0], "turn": until[0]}
    files = file_rows.of_window(connection, window)
    said: dict[int, list[Message]] = {}
    for row in connection.execute(_MESSAGES, window).all():
        if first <= (row.turn_id, row.position) < until:
            said.setdefault(row.turn_id, []).append(_message(row, files.get(row.id, ())))
    rows = connection.execute(_ANSWERS, window).all()
    return _past(said, {row.turn_id: _answer(row) for row in rows if first <= (row.turn_id, ANSWER) < until})


def _pinned(connection: Connection, window: Mapping[str, int], first: Place, until: Place) -> list[PastTurn]:
    """The pinned messages from *first* on and before *until*."""
    before = {**window, "start": first[0], "turn": min(until[0], window["turn"])}
    files = file_rows.of_window(connection, before)
    said: dict[int, list[Message]] = {}
    for row in connection.execute(_PINNED_MESSAGES, before).all():
        if first <= (row.turn_id, row.position) < until and row.turn_id != window["turn"]:
            said.setdefault(row.turn_id, []).append(_message(row, files.get(row.id, ())))
    rows = connection.execute(_PINNED_ANSWERS, before).all()
    return _past(said, {row.turn_id: _answer(row) for row in rows if first <= (row.turn_id, ANSWER) < until})


def _window(connection: Connection, turn: Turn) -> tuple[int, int]:
    """Where the past starts: (turn, position). Of a turn that the window has left behind, so many turns before it."""
    conversation = turn.conversation
    if conversation.window_start <= turn.claim.turn:
        return conversation.window_start, conversation.window_position
    which = {"conversation": conversation.id, "turn": turn.claim.turn}
    return connection.execute(_EARLIER, which).scalar() or 0, 0


def _messages(*conditions: ColumnElement[bool]) -> Select[Any]:
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
            messages.c.pinned,
            message_versions.c.id.label("version"),
            message_versions.c.text,
            message_versions.c.given,
            message_versions.c.tokens,
            message_versions.c.cut,
            participants.c.external_id.label("author"),
            participants.c.kind,
            participants.c.name,
            participants.c.locale,
            participants.c.home,
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
            *conditions,
        )
        .order_by(messages.c.turn_id, messages.c.position, messages.c.id)
    )


def _answers(*conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(completions.c.id, completions.c.turn_id, completions.c.text, completions.c.text_tokens, turns.c.pinned)
        .select_from(turns.join(completions, completions.c.turn_id == turns.c.id))
        .where(
            turns.c.conversation_id == bindparam("conversation"),
            turns.c.id >= bindparam("start"),
            turns.c.id < bindparam("turn"),
            turns.c.hidden.is_(False),
            completions.c.chosen,
            completions.c.text != "",
            *conditions,
        )
    )


def _answer(row: Row[Any]) -> Answer:
    return Answer(row.id, row.text, row.text_tokens, row.pinned)


def _message(row: Row[Any], files: Sequence[File]) -> Message:
    return Message(
        id=row.id,
        platform_id=row.external_id,
        position=row.position,
        author=Participant(row.author, ParticipantKind(row.kind), row.name, row.locale, row.home),
        version=Version(row.version, row.text, row.given, row.tokens, Cut.of(row.cut)),
        addressed=row.addressed,
        posted_at=row.posted_at,
        files=files,
        pinned=row.pinned,
    )


def _alone() -> Select[Any]:
    """
    Whether one participant only has spoken, beside us.

    The smallest and largest id come from the index, not from the thread.
    """
    others = and_(messages.c.conversation_id == bindparam("conversation"), NOT_OURS)
    first = select(func.min(messages.c.participant_id)).where(others).scalar_subquery()
    last = select(func.max(messages.c.participant_id)).where(others).scalar_subquery()
    return select(first == last)


def count_before(connection: Connection, turn: Turn, window: Place) -> int:
    """Messages and answers before *window*, from the last cut on, that are neither hidden nor pinned."""
    cut = standing_reactions.read(connection, turn.conversation.id, turn.claim.turn).cut
    which = {"conversation": turn.conversation.id, "start": window[0], "position": window[1]}
    which |= {"cut_turn": cut[0], "cut_position": cut[1]}
    said: int = connection.execute(_SAID_BEFORE, which).scalar_one()
    answered: int = connection.execute(_ANSWERED_EARLIER, which).scalar_one()
    return said + answered


def _said_before() -> Select[Any]:
    return select(func.count(messages.c.id)).where(
        messages.c.conversation_id == bindparam("conversation"),
        or_(
            messages.c.turn_id < bindparam("start"),
            and_(messages.c.turn_id == bindparam("start"), messages.c.position < bindparam("position")),
        ),
        or_(
            messages.c.turn_id > bindparam("cut_turn"),
            and_(messages.c.turn_id == bindparam("cut_turn"), messages.c.position >= bindparam("cut_position")),
        ),
        messages.c.erased_at.is_(None),
        messages.c.hidden.is_(False),
        messages.c.pinned.is_(False),
    )


def _answered_earlier() -> Select[Any]:
    return (
        select(func.count(completions.c.id))
        .select_from(turns.join(completions, completions.c.turn_id == turns.c.id))
        .where(
            turns.c.conversation_id == bindparam("conversation"),
            turns.c.id < bindparam("start"),
            turns.c.id >= bindparam("cut_turn"),
            turns.c.hidden.is_(False),
            turns.c.pinned.is_(False),
            completions.c.chosen,
            completions.c.text != "",
        )
    )


def _answered_before() -> Select[Any]:
    """Whether somebody of those who ask now was answered in another direct conversation."""
    asking = select(messages.c.participant_id).where(messages.c.turn_id == bindparam("turn"), messages.c.addressed)
    before = exists().where(
        messages.c.participant_id.in_(asking),
        messages.c.conversation_id == conversations.c.id,
        conversations.c.direct,
        messages.c.turn_id == turns.c.id,
        turns.c.id != bindparam("turn"),
        turns.c.state.in_(("answered", "shown")),
    )
    return select(before)


def _earlier() -> Select[Any]:
    return (
        select(turns.c.id)
        .where(turns.c.conversation_id == bindparam("conversation"), turns.c.id < bindparam("turn"))
        .order_by(turns.c.id.desc())
        .limit(1)
        .offset(LEFT_BEHIND - 1)
    )


# Built once; see statements.py.
_CONTINUED = select(completions.c.id, completions.c.text, completions.c.text_tokens).where(
    completions.c.id == bindparam("completion"), completions.c.text.is_not(None)
)
_EARLIER = _earlier()
_QUESTIONS = (
    select(messages.c.external_id)
    .where(
        messages.c.conversation_id == bindparam("conversation"),
        messages.c.turn_id == bindparam("turn"),
        messages.c.addressed,
    )
    .order_by(messages.c.position)
)
_SAID_BEFORE, _ANSWERED_EARLIER = _said_before(), _answered_earlier()
_PINNED_MESSAGES = _messages(messages.c.pinned)
_PINNED_ANSWERS = _answers(turns.c.pinned)
_MESSAGES, _ANSWERS, _ALONE, _ANSWERED_BEFORE = _messages(), _answers(), _alone(), _answered_before()
