"""The operator's settings for answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.core.ports import Example, Sampling
from bot.core.prompt import budget
from bot.core.texts import DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    model: str
    system_prompt: str  # empty: none is sent
    prompt_tokens: int
    max_tokens: int  # for the reply
    overlooked_after: timedelta  # an answer in place of an older notice is not noticed
    keep: float = budget.KEEP  # of the prompt budget, after a cut
    summarize: bool = False  # prompts hold the summary of what was cut
    examples: Sequence[Example] = ()  # after the system prompt
    sampling: Sampling = field(default_factory=Sampling)
    language: str = DEFAULT_LANGUAGE  # in which we speak to somebody of whom nothing else is known
