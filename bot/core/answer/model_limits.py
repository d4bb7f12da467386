"""How much the model takes and gives, by the settings and by what its server's answers have told."""

from __future__ import annotations

from bot.core.answer.settings import AnswerSettings
from bot.core.completion import estimate
from bot.core.completion.model_facts import ModelFacts
from bot.core.errors import ModelError
from bot.core.ports import CompletionStart, LanguageModel
from bot.core.prompt import budget
from bot.core.turn import Usage


class ModelLimits:
    """Tokens are the model's own, unless it says *our*: those that we count."""

    def __init__(self, settings: AnswerSettings, model: LanguageModel, facts: ModelFacts) -> None:
        self._settings = settings
        self._model = model
        self._facts = facts

    @property
    def sees(self) -> bool:
        """Whether the model takes images."""
        return self._facts.sees(self._settings.model)

    @property
    def knows_system(self) -> bool:
        """Whether the model takes a system message."""
        return self._facts.knows_system(self._settings.model)

    def context_window(self) -> int:
        """Tokens, prompt and completion together."""
        return self._facts.context_window(self._settings.model, self._model.context_window(self._settings.model))

    def reply_tokens(self) -> int:
        """Of a reply, reasoning included."""
        return self.reply_within(budget.reply_tokens(self.context_window(), self._settings.max_tokens))

    def reply_within(self, tokens: int) -> int:
        """As many of them as the server lets the model write."""
        return self._facts.max_tokens(self._settings.model, tokens)

    def prompt_tokens(self) -> int:
        """Of a prompt."""
        return budget.prompt_budget(self._settings.prompt_tokens, self.context_window(), self._settings.max_tokens)

    def our_prompt_tokens(self) -> int:
        return estimate.to_our_tokens(self.prompt_tokens(), self.factor())

    def factor(self) -> float:
        """The model's own tokens for each of ours."""
        return self._facts.factor(self._settings.model)

    def count(self, text: str) -> int:
        """Our tokens of *text*."""
        return self._model.count_tokens(self._settings.model, text)

    async def refresh(self) -> None:
        """Read what other processes have learned meanwhile."""
        await self._facts.refresh(self._settings.model)

    async def learn_usage(self, turn: int, start: CompletionStart, usage: Usage, *, images: bool) -> None:
        """
        Learn from the *usage* of an answer how the model counts.

        With *images* in the prompt nothing is learned of how it counts text: their tokens are estimated.
        """
        counted = None if images else start.prompt_tokens
        await self._facts.answered(turn, start.model, counted, start.estimated_tokens, usage)

    async def learn_refusal(self, error: ModelError) -> bool:
        """
        Whether the server takes less than was known (a shorter prompt, no images, no system message, a lower limit of
        the answer) and should be asked with less.
        """
        name = self._settings.model
        return not error.spent and await self._facts.learn_refusal(name, self._model.context_window(name), error)
