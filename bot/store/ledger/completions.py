"""Rows of completions: what models were sent, what they answered, what is to be shown of it. Part of the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, and_, bindparam, exists, func, insert, or_, select, update

from bot.core.errors import LeaseLost
from bot.core.interruption import Interrupt, Interrupted
from bot.core.ports import CompletionStart
from bot.core.turn import Claim, Completion, Notice, Outcome
from bot.store.changes import outdated_summaries
from bot.store.tables import completions, conversations, message_versions, system_prompts, turns

LOST = "lost"  # outcome of a call whose process died

# Built once; see statements.py.
_GIVEN = update(message_versions).where(
    message_versions.c.id == bindparam("version"),
    message_versions.c.text.is_not(None),  # not erased since it was read
)
_WINDOW = (
    update(conversations)
    .where(
        conversations.c.id == select(turns.c.conversation_id).where(turns.c.id == bindparam("turn")).scalar_subquery(),
        # Only forward: a turn that is tried again after later ones were answered has an older window.
        or_(
            conversations.c.window_start < bindparam("new_start"),
            and_(
                conversations.c.window_start == bindparam("new_start"),
                conversations.c.window_position < bindparam("new_position"),
            ),
        ),
    )
    .values(window_start=bindparam("new_start"), window_position=bindparam("new_position"))
)
_TOLD = (
    update(conversations)
    .where(
        conversations.c.id == select(turns.c.conversation_id).where(turns.c.id == bindparam("turn")).scalar_subquery()
    )
    .values(told_start=conversations.c.window_start, told_position=conversations.c.window_position)
)
_STARTED = insert(completions).returning(completions.c.id)
_ENDED = update(completions).where(completions.c.id == bindparam("completion"))
_SYSTEM_PROMPT = select(system_prompts.c.id).where(system_prompts.c.sha256 == bindparam("sha256"))
_ANSWER_OF_TURN = (  # not an earlier variant's
    completions.c.turn_id == bindparam("turn"),
    completions.c.chosen,
    completions.c.variant == select(turns.c.variant).where(turns.c.id == bindparam("turn")).scalar_subquery(),
)
_CHOSEN = select(completions.c.id, completions.c.text, completions.c.finish_reason).where(*_ANSWER_OF_TURN)
_SHORTENED = update(completions).where(*_ANSWER_OF_TURN, completions.c.text != "")  # not erased since
_NOT_CHOSEN = (
    update(completions).where(completions.c.turn_id == bindparam("turn"), completions.c.chosen).values(chosen=False)
)
_NUMBER = select(completions.c.number).where(completions.c.id == bindparam("completion"))
_ASKED = (
    select(turns.c.changed, turns.c.variant)
    .where(turns.c.id == bindparam("turn"), turns.c.fence == bindparam("fence"), turns.c.state == "running")
    .with_for_update()  # an erasure that is about to be committed is waited for, and seen
)
_LOST = (
    update(completions)
    .where(completions.c.turn_id.in_(bindparam("turns", expanding=True)), completions.c.outcome == "started")
    .values(outcome=LOST)
)
_IN_VAIN = (  # since the turn was first claimed, or asked again
    select(completions.c.turn_id, func.count().label("calls"))
    .join(turns, turns.c.id == completions.c.turn_id)
    .where(
        completions.c.turn_id.in_(bindparam("turns", expanding=True)),
        completions.c.started_at >= turns.c.first_attempt_at,
        or_(completions.c.total_seconds.is_not(None), completions.c.outcome == LOST),  # it may have brought something
        ~completions.c.chosen,
    )
    .group_by(completions.c.turn_id)
)
_SAID = select(turns.c.notices, turns.c.language).where(turns.c.id == bindparam("turn"))
_HAS_TEXT = select(exists().where(*_ANSWER_OF_TURN, completions.c.text != ""))


def unchanged_variant(connection: Connection, claim: Claim) -> int:
    """
    The variant that the turn is asked for.

    Raises LeaseLost, and Interrupted when something that the prompt may hold was erased, or edited, since it was read.
    """
    asked = connection.execute(_ASKED, {"turn": claim.turn, "fence": claim.fence}).first()
    if asked is None:
        raise LeaseLost
    if asked.changed:
        raise Interrupted(Interrupt.CHANGED)
    return int(asked.variant)


def note_lost(connection: Connection, turns: Sequence[int]) -> None:
    """Calls whose end nobody noted: their process died, or was stopped."""
    connection.execute(_LOST, {"turns": list(turns)})


def in_vain(connection: Connection, turns: Sequence[int]) -> Mapping[int, int]:
    """How many calls brought something, or were lost, and no answer came of them, by turn."""
    return {row.turn_id: row.calls for row in connection.execute(_IN_VAIN, {"turns": list(turns)})}


def start(
    connection: Connection, new_prompt: Executable, claim: Claim, variant: int, start: CompletionStart, now: datetime
) -> int:
    """
    Store a call before it is made, with all that it takes to say later what was sent.

    *new_prompt* inserts a system prompt unless it is there.
    """
    for one in start.given:
        connection.execute(_GIVEN, {"version": one.version, "given": one.text, "tokens": one.tokens})
    if start.window_start or start.window_position:
        _move_window(connection, claim, start)
    number = 1
    if start.continues is not None:
        number += connection.execute(_NUMBER, {"completion": start.continues}).scalar_one()
    of_turn = {"turn_id": claim.turn, "purpose": "answer", "variant": variant, "number": number}
    return _start(connection, new_prompt, start, of_turn, now)


def start_summary(connection: Connection, new_prompt: Executable, start: CompletionStart, now: datetime) -> int:
    """The same for the call for a summary, which belongs to no turn."""
    return _start(connection, new_prompt, start, {"turn_id": None, "purpose": "summary", "variant": 1}, now)


def _start(
    connection: Connection, new_prompt: Executable, start: CompletionStart, what_for: Mapping[str, Any], now: datetime
) -> int:
    row = {
        **what_for,
        "outcome": "started",
        "model": start.model,
        "system_prompt_id": _system_prompt(connection, new_prompt, start),
        "prompt": " ".join(start.prompt),
        "max_tokens": start.max_tokens,
        "temperature": start.sampling.temperature,
        "seed": start.sampling.seed,
        "stop": list(start.sampling.stop) or None,
        "counted_prompt_tokens": start.prompt_tokens,
        "estimated_prompt_tokens": start.estimated_tokens,
        "window_start": start.window_start,
        "window_position": start.window_position,
        "started_at": now,
    }
    identity: int = connection.execute(_STARTED, row).scalar_one()
    return identity


def _move_window(connection: Connection, claim: Claim, start: CompletionStart) -> None:
    where = {"turn": claim.turn, "new_start": start.window_start, "new_position": start.window_position}
    connection.execute(_WINDOW, where)


def _system_prompt(connection: Connection, new_prompt: Executable, start: CompletionStart) -> int | None:
    """The id of this system prompt with its examples, stored once."""
    text, examples = start.system_prompt, [list(example) for example in start.examples]
    if not text and not examples:
        return None
    whole = f"{text}\0{json.dumps(examples)}" if examples else text
    digest = {"sha256": hashlib.sha256(whole.encode()).hexdigest()}
    found: int | None = connection.execute(_SYSTEM_PROMPT, digest).scalar()
    if found is not None:
        return found
    connection.execute(new_prompt, digest | {"text": text} | ({"examples": examples} if examples else {}))
    identity: int = connection.execute(_SYSTEM_PROMPT, digest).scalar_one()
    return identity


def abandon(
    connection: Connection,
    completion: int,
    error: str,
    cost: int | None,
    result: Completion | None = None,
    detail: str | None = None,
) -> None:
    ended = {"completion": completion, "cost_nanodollars": cost} if result is None else _came_back(completion, result)
    connection.execute(_ENDED, ended | {"outcome": error[:64], "error_detail": detail})


def choose_none(connection: Connection, turn: int) -> None:
    """No answer of *turn* is sent to a model any more, nor what a summary tells of it."""
    connection.execute(_NOT_CHOSEN, {"turn": turn})
    outdated_summaries.outdate_for_answer(connection, turn)


def finish(connection: Connection, turn: int, completion: int, result: Completion, *, stopped: bool) -> None:
    """Store what came back, and choose it instead of any earlier variant, or of what it goes on with."""
    choose_none(connection, turn)
    row = {"chosen": True, "outcome": "stopped" if stopped else "complete"}
    connection.execute(_ENDED, _came_back(completion, result) | row | {"text": result.text, "refusal": result.refusal})


def shorten(connection: Connection, turn: int, text: str, tokens: int) -> None:
    """Of the answer of *turn* only *text* was shown."""
    row = {"text": text, "text_tokens": tokens, "finish_reason": None, "outcome": "stopped"}
    connection.execute(_SHORTENED.values(row), {"turn": turn})


def finish_summary(connection: Connection, completion: int, result: Completion) -> None:
    """Its text is the summary's, and kept nowhere else."""
    connection.execute(_ENDED, _came_back(completion, result) | {"outcome": "complete"})


def _came_back(completion: int, result: Completion) -> dict[str, Any]:
    """All but texts."""
    return {
        "completion": completion,
        "text_tokens": result.text_tokens,
        "finish_reason": result.finish_reason and result.finish_reason[:64],
        "response_id": result.response_id,
        "response_model": result.model,
        "fingerprint": result.fingerprint,
        "prompt_tokens": result.usage.prompt_tokens,
        "cached_tokens": result.usage.cached_tokens,
        "cache_write_tokens": result.usage.cache_write_tokens,
        "completion_tokens": result.usage.completion_tokens,
        "reasoning_tokens": result.usage.reasoning_tokens,
        "cost_nanodollars": result.cost_nanodollars,
        "first_token_seconds": result.first_token_seconds,
        "total_seconds": result.total_seconds,
    }


def note_told(connection: Connection, turn: int) -> None:
    """People were told which window the conversation has."""
    connection.execute(_TOLD, {"turn": turn})


def outcome(connection: Connection, claim: Claim) -> Outcome:
    chosen = connection.execute(_CHOSEN, {"turn": claim.turn}).first()
    row = connection.execute(_SAID, {"turn": claim.turn}).one()
    notices = [Notice(notice["key"], notice["values"]) for notice in row.notices or ()]
    language = row.language or "en"
    if chosen is None or not chosen.text:
        return Outcome(None, notices, language)
    return Outcome(chosen.text, notices, language, chosen.id, chosen.finish_reason)


def has_text(connection: Connection, claim: Claim) -> bool:
    """Whether the turn has an answer, and not only sentences of ours."""
    found: bool = connection.execute(_HAS_TEXT, {"turn": claim.turn}).scalar_one()
    return found
