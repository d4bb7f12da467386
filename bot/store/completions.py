"""Rows of completions: what models were sent, what they answered, what is to be shown of it. Part of the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from bot.core.ports import CompletionStart
from bot.core.turn import Claim, Completion, Notice, Outcome
from bot.store.tables import completions, conversations, message_versions, system_prompts, turns

ENCODING = "o200k_base"  # every model is counted with it


def start(
    connection: Connection, upsert: Callable[..., Any], claim: Claim, start: CompletionStart, now: datetime
) -> int:
    """Store a call before it is made, with all that it takes to say later what was sent."""
    for given in start.given:
        form = {"given": given.text, "tokens": given.tokens, "encoding": ENCODING}
        connection.execute(update(message_versions).where(message_versions.c.id == given.version).values(**form))
    _move_window(connection, claim, start)
    row = {
        "turn_id": claim.turn,
        "purpose": "answer",
        "outcome": "started",
        "model": start.model,
        "system_prompt_id": _system_prompt(connection, upsert, start.system_prompt),
        "prompt": " ".join(start.prompt),
        "max_tokens": start.max_tokens,
        "temperature": start.sampling.temperature,
        "seed": start.sampling.seed,
        "stop": list(start.sampling.stop) or None,
        "counted_prompt_tokens": start.prompt_tokens,
        "started_at": now,
    }
    identity: int = (connection.execute(insert(completions).values(row).returning(completions.c.id))).scalar_one()
    return identity


def _move_window(connection: Connection, claim: Claim, start: CompletionStart) -> None:
    conversation = select(turns.c.conversation_id).where(turns.c.id == claim.turn).scalar_subquery()
    moved = update(conversations).where(
        conversations.c.id == conversation,
        (conversations.c.window_start != start.window_start)
        | (conversations.c.window_position != start.window_position),
    )
    connection.execute(moved.values(window_start=start.window_start, window_position=start.window_position))


def _system_prompt(connection: Connection, upsert: Callable[..., Any], text: str) -> int | None:
    """The id of this system prompt, stored once."""
    if not text:
        return None
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = select(system_prompts.c.id).where(system_prompts.c.sha256 == digest)
    found: int | None = (connection.execute(known)).scalar()
    if found is not None:
        return found
    made = upsert(system_prompts).values(sha256=digest, text=text).on_conflict_do_nothing(index_elements=["sha256"])
    connection.execute(made)
    identity: int = (connection.execute(known)).scalar_one()
    return identity


def abandon(connection: Connection, completion: int, error: str) -> None:
    connection.execute(update(completions).where(completions.c.id == completion).values(outcome=error[:64]))


def finish(connection: Connection, completion: int, result: Completion) -> None:
    """Store what came back, and choose it."""
    row = {
        "chosen": True,
        "outcome": "complete",
        "text": result.text,
        "text_tokens": result.text_tokens,
        "refusal": result.refusal,
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
    connection.execute(update(completions).where(completions.c.id == completion).values(row))


def outcome(connection: Connection, claim: Claim) -> Outcome:
    chosen = select(completions.c.text).where(completions.c.turn_id == claim.turn, completions.c.chosen)
    text = (connection.execute(chosen)).scalar()
    said = select(turns.c.notices, turns.c.language).where(turns.c.id == claim.turn)
    row = (connection.execute(said)).one()
    notices = [Notice(notice["key"], notice["values"]) for notice in row.notices or ()]
    return Outcome(text or None, notices, row.language or "en")


def has_text(connection: Connection, claim: Claim) -> bool:
    """Whether the turn has an answer, and not only sentences of ours."""
    answer = exists().where(completions.c.turn_id == claim.turn, completions.c.chosen, completions.c.text != "")
    found: bool = (connection.execute(select(answer))).scalar_one()
    return found
