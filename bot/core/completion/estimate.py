"""
How many tokens a prompt will be at its server. Pure.

We count every model with one vocabulary (llm/tokens.py). What another tokenizer makes of the same text is learned from
what the servers bill: a factor per model. Budgets are in the model's tokens, prompts are counted in ours.
"""

from __future__ import annotations

import math

from bot.core.prompt.budget import MARGIN_TOKENS, QuestionTooLong

LOWEST, HIGHEST = 0.9, 4.0  # what a factor may be: no tokenizer in use needs much less than ours
PLAUSIBLE = (0.75, 6.0)  # what is billed for each token of ours; the rest is nonsense, or leaves out what was cached
RISE, FALL = 0.8, 0.1  # of the way to what was billed: too long a prompt is an error, a shorter one is none
LEAP = 1.25  # the most by which one answer raises a factor: it may be an outlier
SMALL = 256  # tokens: in prompts like that, what surrounds the texts weighs more than they do
LONG = 1_024  # tokens: what a chat template adds (the margin is there for it) no longer matters
TOLERANCE = 0.02  # of what was billed: an error that is worth a line in the log


def learned(factor: float | None, counted: int, billed: int | None) -> float | None:
    """
    The factor after an answer whose prompt was *counted* by us and *billed* by its server, in tokens.

    *factor* is the one known before, None: none. Missing or impossible numbers change nothing.
    """
    if billed is None or counted <= 0 or not PLAUSIBLE[0] <= billed / counted <= PLAUSIBLE[1]:
        return factor
    known = 1.0 if factor is None else factor
    weight = counted / (counted + SMALL)
    surrounding = MARGIN_TOKENS * max(0.0, 1 - counted / LONG)
    least, most = (billed - surrounding) / counted, billed / counted
    if least > known:
        return _bounded(known + RISE * weight * (min(least, known * LEAP) - known))
    return _bounded(known - FALL * weight * max(0.0, known - most))


def raised(factor: float | None) -> float | None:
    """The factor after a server refused a prompt that it should have had room for; None when it is the highest."""
    known = 1.0 if factor is None else factor
    return None if known >= HIGHEST else _bounded(known * 4 / 3)


def to_our_tokens(budget: int, factor: float) -> int:
    """How many tokens of ours fit into *budget*, which is in the model's."""
    return math.floor(budget / factor)


def to_model_tokens(tokens: int, factor: float) -> int:
    """Our *tokens* in tokens of the model."""
    return math.ceil(tokens * factor)


def refusal_in_model_tokens(refused: QuestionTooLong, budget: int, factor: float) -> QuestionTooLong:
    """The same refusal in the model's tokens, of which there are *budget*."""
    return QuestionTooLong(max(to_model_tokens(refused.tokens, factor), budget + 1), budget)


def error(estimated: int | None, billed: int | None) -> float | None:
    """How far an estimate was off, as a fraction of what was billed: 0.05 is 5 % too much. None: nobody knows."""
    if estimated is None or not billed or billed < 0:
        return None
    return (estimated - billed) / billed


def _bounded(factor: float) -> float:
    return min(max(factor, LOWEST), HIGHEST)
