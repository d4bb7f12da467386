"""
A turn, the calls of the model that were made for it, and all that is stored of its conversation. Read only.

What was sent is put together from it in core/receipt/sent_prompt.py, why something was left out is found in left_out.py
there. Nothing here is on the way of an answer: it costs as much as the thread is long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Label, Row, Select, and_, bindparam, func, null, select

from bot.core.conversation import Operation, Participant, ParticipantKind, ThreadRef
from bot.core.errors import BotError
from bot.core.ports import (
    ConversationRecord,
    Example,
    Sampling,
    StoredAnswer,
    StoredCompletion,
    StoredFile,
    StoredMessage,
    StoredReaction,
    StoredSummary,
    StoredTurn,
    StoredVersion,
    TurnRecord,
)
from bot.core.prompt.entries import read_key
from bot.core.turn import TurnState, Usage
from bot.store.changes import presses
from bot.store.database.base import Database
from bot.store.ledger import files as file_rows
from bot.store.tables import (
    completions,
    conversations,
    feedback,
    files,
    message_versions,
    messages,
    participants,
    reactions,
    reply_parts,
    summaries,
    system_prompts,
    turns,
)


class NoSuchTurnError(BotError):
    """There is no such turn, or it has no such completion."""


async def load(
    database: Database, turn: int, *, variant: int | None = None, completion_id: int | None = None
) -> TurnRecord:
    """
    *turn*, and its chosen completion, else the newest; of one *variant*, or *completion_id*, if that is asked for.

    Raises NoSuchTurnError, or LedgerError when the database cannot be used.
    """

    def read(connection: Connection) -> TurnRecord:
        return _load(connection, turn, variant, completion_id)

    return await database.read(read)


def _load(connection: Connection, turn: int, variant: int | None, completion_id: int | None) -> TurnRecord:
    asked = connection.execute(_TURN, {"turn": turn}).first()
    if asked is None:
        raise NoSuchTurnError(f"There is no turn {turn}.")
    of_turn = [_completion(row) for row in connection.execute(_COMPLETIONS, {"turn": turn})]
    completion = _wanted(turn, of_turn, variant, completion_id)
    return TurnRecord(
        turn=_turn(asked),
        thread=ThreadRef(asked.platform, asked.workspace, asked.channel, asked.thread),
        completions=of_turn,
        completion=completion,
        record=_record(connection, asked.conversation_id, completion),
    )


def _wanted(
    turn: int, of_turn: Sequence[StoredCompletion], variant: int | None, completion_id: int | None
) -> StoredCompletion | None:
    found = [
        each
        for each in of_turn
        if (variant is None or each.variant == variant) and (completion_id is None or each.id == completion_id)
    ]
    if not found and (variant, completion_id) != (None, None):
        what = f"variant {variant}" if completion_id is None else f"completion {completion_id}"
        there = ", ".join(f"{each.id} (variant {each.variant})" for each in of_turn) or "none"
        raise NoSuchTurnError(f"Turn {turn} has no {what}. Its completions: {there}.")
    return max(found, key=lambda each: (each.chosen, each.id), default=None)


def _record(connection: Connection, conversation: int, completion: StoredCompletion | None) -> ConversationRecord:
    which = {"conversation": conversation}
    return ConversationRecord(
        turns={row.id: _turn(row) for row in connection.execute(_TURNS, which)},
        messages={row.id: _message(row) for row in connection.execute(_MESSAGES, which)},
        versions={row.id: StoredVersion(*row) for row in connection.execute(_VERSIONS, which)},
        answers={row.id: StoredAnswer(*row) for row in connection.execute(_ANSWERS, which)},
        files=_files(connection, which, completion),
        reactions=[
            *(_reaction(row) for row in connection.execute(_REACTIONS_ON_MESSAGES, which)),
            *(_reaction(row) for row in connection.execute(_REACTIONS_ON_ANSWERS, which)),
        ],
        summaries={row.id: StoredSummary(*row) for row in connection.execute(_SUMMARIES, which)},
    )


def _files(
    connection: Connection, which: Mapping[str, int], completion: StoredCompletion | None
) -> dict[int, StoredFile]:
    """All of them, with their pictures where the completion was sent them: those are large."""
    keys = [read_key(key) for key in completion.entries] if completion is not None else []
    sent = {key.id for key in keys if key.kind == "f"}
    found = {}
    for row in connection.execute(_FILES, which):
        file = file_rows.file_of(row)
        if row.id in sent and row.content_type:
            picture = connection.execute(_PICTURE, {"file": row.id}).scalar()
            file = replace(file, reading=replace(file.reading, image=picture or b""))
        found[row.id] = StoredFile(file, row.message_id, row.tokens, row.erased_at)
    return found


# Rows


def _turn(row: Row[Any]) -> StoredTurn:
    return StoredTurn(row.id, TurnState(row.state), row.reason, row.command is not None)


def _message(row: Row[Any]) -> StoredMessage:
    return StoredMessage(
        id=row.id,
        platform_id=row.external_id,
        turn=row.turn_id,
        position=row.position,
        author=_participant(row),
        posted_at=row.posted_at,
        erased_at=row.erased_at,
        hidden=row.hidden,
        addressed=row.addressed,
    )


def _reaction(row: Row[Any]) -> StoredReaction:
    return StoredReaction(Operation(row.operation), row.message, row.turn, _participant(row), row.at, row.active)


def _participant(row: Row[Any]) -> Participant:
    return Participant(row.author, ParticipantKind(row.kind), row.name)


def _completion(row: Row[Any]) -> StoredCompletion:
    return StoredCompletion(
        id=row.id,
        variant=row.variant,
        chosen=row.chosen,
        outcome=row.outcome,
        model=row.model,
        system_prompt=row.system_prompt or "",
        examples=[Example(*example) for example in row.examples or ()],
        entries=row.prompt.split(),
        max_tokens=row.max_tokens,
        sampling=Sampling(row.temperature, row.seed, tuple(row.stop or ())),
        counted_tokens=row.counted_prompt_tokens,
        estimated_tokens=row.estimated_prompt_tokens,
        window=None if row.window_start is None else (row.window_start, row.window_position or 0),
        started_at=row.started_at,
        usage=Usage(
            row.prompt_tokens, row.completion_tokens, row.cached_tokens, row.cache_write_tokens, row.reasoning_tokens
        ),
        cost_nanodollars=row.cost_nanodollars,
        finish_reason=row.finish_reason,
        response_id=row.response_id,
        response_model=row.response_model,
        total_seconds=row.total_seconds,
        first_token_seconds=row.first_token_seconds,
        fingerprint=row.fingerprint,
        likes=row.likes,
        dislikes=row.dislikes,
    )


# Queries; built once, see statements.py.

_SPEAKER = (participants.c.external_id.label("author"), participants.c.kind, participants.c.name)
_ADDRESS = ("platform", "workspace", "channel")


def _of_conversation(table: FromClause) -> ColumnElement[bool]:
    return table.c.conversation_id == bindparam("conversation")


def _marks(stands_on: FromClause, message: Any, turn: Any, *same: ColumnElement[bool]) -> Select[Any]:
    """Reactions of those who set them on what *stands_on* holds: a *message*, or the answer of a *turn*."""
    found = stands_on.join(reactions, and_(*same)).join(participants, participants.c.id == reactions.c.participant_id)
    steering = (reactions.c.operation, reactions.c.at, reactions.c.active)
    return select(*steering, message.label("message"), turn.label("turn"), *_SPEAKER).select_from(found)


def _opinions() -> list[Label[int]]:
    judged = select(func.count(feedback.c.id)).where(feedback.c.completion_id == completions.c.id)
    values = {"likes": presses.LIKE, "dislikes": presses.DISLIKE}
    return [
        judged.where(feedback.c.value == value).correlate(completions).scalar_subquery().label(name)
        for name, value in values.items()
    ]


_TURN = (
    select(turns, *(conversations.c[name] for name in (*_ADDRESS, "thread")))
    .select_from(turns.join(conversations))
    .where(turns.c.id == bindparam("turn"))
)
_COMPLETIONS = (
    select(completions, *_opinions(), system_prompts.c.text.label("system_prompt"), system_prompts.c.examples)
    .select_from(completions.outerjoin(system_prompts, system_prompts.c.id == completions.c.system_prompt_id))
    .where(completions.c.turn_id == bindparam("turn"), completions.c.purpose == "answer")
    .order_by(completions.c.id)
)
_TURNS: Select[Any] = select(turns.c.id, turns.c.state, turns.c.reason, turns.c.command).where(_of_conversation(turns))
_MESSAGES = (
    select(messages, *_SPEAKER)
    .select_from(messages.join(participants, participants.c.id == messages.c.participant_id))
    .where(_of_conversation(messages))
)
_VERSIONS = (
    select(*(message_versions.c[name] for name in ("id", "message_id", "text", "given", "tokens")))
    .select_from(message_versions.join(messages))
    .where(_of_conversation(messages))
    .order_by(message_versions.c.id)
)
_ANSWERS = (
    select(
        *(completions.c[name] for name in ("id", "turn_id", "variant", "number", "chosen", "text", "text_tokens")),
        *(completions.c[name] for name in ("started_at", "erased_at")),
    )
    .select_from(completions.join(turns))
    .where(_of_conversation(turns), completions.c.purpose == "answer")
    .order_by(completions.c.id)
)
_SUMMARIES = select(*(summaries.c[name] for name in ("id", "text", "tokens", "erased_at"))).where(
    _of_conversation(summaries)
)
_FILES: Select[Any] = (
    select(*(column for column in files.c if column.name != "content"), null().label("content"))
    .select_from(files.join(messages))
    .where(_of_conversation(messages))
    .order_by(files.c.id)
)
_PICTURE = select(files.c.content).where(files.c.id == bindparam("file"))
_REACTIONS_ON_MESSAGES = _marks(
    messages,
    messages.c.id,
    null(),
    *(reactions.c[name] == messages.c[name] for name in (*_ADDRESS, "external_id")),
).where(_of_conversation(messages))
_REACTIONS_ON_ANSWERS = _marks(
    reply_parts.join(turns, turns.c.id == reply_parts.c.turn_id).join(conversations),
    null(),
    turns.c.id,
    *(reactions.c[name] == conversations.c[name] for name in _ADDRESS),
    reactions.c.external_id == reply_parts.c.external_id,
).where(_of_conversation(turns))
