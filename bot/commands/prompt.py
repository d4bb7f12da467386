"""
`threadbot prompt`: what the model was sent for a turn, and what of its conversation was left out, and why.

As JSON here; as a text for people in prompt_text.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.commands import ledger
from bot.core.completion import estimate, model_facts
from bot.core.conversation import Participant
from bot.core.ports import StoredCompletion, TurnRecord
from bot.core.prompt.build import Counting
from bot.core.prompt.speakers import cleaned
from bot.core.receipt.left_out import LeftOut, left_out
from bot.core.receipt.sent_prompt import SentPrompt, put_together
from bot.core.turn import TurnState
from bot.llm import openai_chat, tokens
from bot.settings import Settings
from bot.store.receipt import record as store


@dataclass(frozen=True, slots=True)
class Report:
    """*sent* and *call* are None when the turn never came to the model."""

    asked: TurnRecord
    completion: StoredCompletion | None
    sent: SentPrompt | None
    left_out: Sequence[LeftOut]


async def prompt(settings: Settings, turn: int, variant: int | None, completion: int | None) -> Report:
    """Raises BotError when there is no such turn, or it has no such completion."""
    async with ledger.opened(settings) as database:
        asked = await store.load(database, turn, variant=variant, completion_id=completion)
    if asked.completion is None:
        return Report(asked, None, None, ())
    counting = Counting(tokens.count, *tokens.overhead())
    sent = put_together(asked.completion, asked.record, counting)
    return Report(asked, asked.completion, sent, left_out(asked, asked.completion, tokens.count))


# JSON


def as_json(report: Report) -> str:
    return json.dumps(_document(report), ensure_ascii=False, indent=2)


def _document(report: Report) -> dict[str, Any]:
    asked, completion, sent = report.asked, report.completion, report.sent
    turn = {
        "id": asked.turn.id,
        "state": asked.turn.state.value,
        "reason": asked.turn.reason,
        "platform": asked.thread.platform,
        "workspace": asked.thread.workspace,
        "channel": asked.thread.channel,
        "thread": asked.thread.thread,
        "completions": [_named(each) for each in asked.completions],
    }
    if completion is None or sent is None:
        return {"turn": turn, "never_sent": never_sent(asked), "model": None, "messages": None}
    return {
        "model": completion.model,
        "messages": openai_chat.wire([joined.message for joined in sent.messages]),
        "parameters": _sampling(completion),
        "byte_for_byte": not sent.erased,
        "tokens": [joined.tokens for joined in sent.messages],
        "entries": [[entry.key for entry in joined.entries] for joined in sent.messages],
        "left_out": [_left_out(each) for each in report.left_out],
        "completion": _named(completion) | _numbers(completion),
        "turn": turn,
    }


def _sampling(completion: StoredCompletion) -> dict[str, Any]:
    """As they were set; None: not sent."""
    sampling = completion.sampling
    return {
        "max_tokens": completion.max_tokens,
        "temperature": sampling.temperature,
        "seed": sampling.seed,
        "stop": list(sampling.stop) or None,
    }


def _named(completion: StoredCompletion) -> dict[str, Any]:
    feedback = {"like": completion.likes, "dislike": completion.dislikes}
    return {
        "id": completion.id,
        "variant": completion.variant,
        "outcome": completion.outcome,
        "chosen": completion.chosen,
        "feedback": feedback,
    }


def _numbers(completion: StoredCompletion) -> dict[str, Any]:
    usage = completion.usage
    return {
        "started_at": completion.started_at.isoformat(),
        "counted_prompt_tokens": completion.counted_tokens,
        "estimated_prompt_tokens": completion.estimated_tokens,
        "prompt_tokens": usage.prompt_tokens,
        "estimate_error": estimate_error(completion),
        "cached_tokens": usage.cached_tokens,
        "completion_tokens": usage.completion_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cost_nanodollars": completion.cost_nanodollars,
        "finish_reason": completion.finish_reason,
        "response_id": completion.response_id,
        "response_model": completion.response_model,
        "seconds": completion.total_seconds,
    }


def estimate_error(completion: StoredCompletion) -> float | None:
    """How far our estimate of its prompt was off, as a fraction of what was billed."""
    return estimate.error(completion.estimated_tokens, model_facts.billed(completion.usage))


def _left_out(each: LeftOut) -> dict[str, Any]:
    why = each.why
    return {
        "kind": each.kind,
        "id": each.id or None,
        "turn": each.turn,
        "author": label(each.author) if each.author else None,
        "at": each.at.isoformat() if each.at else None,
        "tokens": each.tokens,
        "reason": why.reason.value,
        "by": label(why.by) if why.by else None,
        "on": why.on.isoformat() if why.on else None,
        "detail": why.detail or None,
    }


# Words that the text has, too


def never_sent(asked: TurnRecord) -> str:
    """Why a turn has no call."""
    turn = asked.turn
    if turn.command:
        return "It never reached the model: it was a command, which is confirmed without one."
    if turn.state in (TurnState.PENDING, TurnState.RUNNING):
        return f"It has not reached the model yet{_because(turn.reason)}."
    return f"It never reached the model{_because(turn.reason)}."


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else ""


def label(author: Participant) -> str:
    """Whoever it is called by any name: the id is the platform's."""
    name = cleaned(author.name or "")
    return f"{name} ({author.id})" if name and name != author.id else author.id
