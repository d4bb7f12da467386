"""
Which part of a conversation fits into the prompt. Pure: numbers in, the new start of the window out.

The system prompt and the question always stay. What is older goes whole turn by whole turn, oldest first; then what
was said between the last answer and the question, message by message. When something has to go, the prompt is cut
down to a fraction of the budget and from then on only grows until it is over again: a prompt whose beginning stays the
same is a cached prompt (OpenAI, "Prompt caching").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MARGIN_TOKENS = 64  # our count of a prompt may be off by a few tokens: chat templates differ between models
KEEP = 0.75  # of the budget, after a cut


@dataclass(frozen=True, slots=True)
class Window:
    """The part that is sent: without the *dropped_turns* oldest turns and *dropped_context* oldest context messages."""

    tokens: int  # of the whole prompt
    dropped_turns: int
    dropped_context: int


@dataclass(frozen=True, slots=True)
class QuestionTooLong:
    """System prompt and question alone need *tokens*, and there are *budget*."""

    tokens: int
    budget: int


def prompt_budget(configured: int, window: int, max_tokens: int) -> int:
    """
    Tokens that a prompt may have: what is configured, or what the model's window leaves beside the reply.

    All in tokens. A window in which the reply that was asked for leaves less than a quarter is shared in halves.
    """
    left = window - max_tokens - MARGIN_TOKENS
    return min(configured, left if left >= window // 4 else window // 2)


def reply_tokens(window: int, max_tokens: int) -> int:
    """Tokens that the reply may have: what was asked for, or what a small window leaves beside its prompt."""
    return min(max_tokens, max(1, window - prompt_budget(window, window, max_tokens) - MARGIN_TOKENS))


def fit(
    *, fixed: int, past: Sequence[int], context: Sequence[int], budget: int, keep: float = KEEP
) -> Window | QuestionTooLong:
    """
    The largest unbroken tail that fits.

    *fixed* are the tokens of the system prompt, the question and the prompt's own overhead; *past* those of each past
    turn of the window, oldest first; *context* those of each message between the last answer and the question.
    """
    if fixed > budget:
        return QuestionTooLong(fixed, budget)
    units = [*past, *context]
    total = fixed + sum(units)
    if total <= budget:
        return Window(total, 0, 0)
    dropped = 0
    while dropped < len(units) and total > max(fixed, budget * keep):
        total -= units[dropped]
        dropped += 1
    return Window(total, min(dropped, len(past)), max(0, dropped - len(past)))
