"""
Getting ready what the model is sent: files that are new are read, names that are not known are asked for.

How a prompt is written is in prompt/, the call that it is sent with in completion_call.py.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial

from bot.core.answer.file_intake import OTHERS_SECONDS, FileIntake, unread
from bot.core.answer.model_limits import ModelLimits
from bot.core.answer.settings import AnswerSettings
from bot.core.completion import estimate
from bot.core.off_loop import off_loop
from bot.core.ports import CompletionStart, LanguageModel, NameStore, Platform
from bot.core.prompt.budget import QuestionTooLong
from bot.core.prompt.build import Counting, Prompt, build
from bot.core.prompt.names import Named, named
from bot.core.turn import History, Turn


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prompt that is ready to be sent, and the history it is made of."""

    history: History  # with what was read of its files
    prompt: Prompt
    start: CompletionStart

    @property
    def continued(self) -> str | None:
        """The text of the answer that the model is asked to continue."""
        return self.history.continued.text if self.history.continued else None

    @property
    def holds_images(self) -> bool:
        return any(message.images for message in self.prompt.messages)


class PromptPreparer:
    def __init__(
        self,
        *,
        name_store: NameStore,
        model: LanguageModel,
        settings: AnswerSettings,
        limits: ModelLimits,
        files: FileIntake | None,
    ) -> None:
        """Without *files* those that come with messages are named only."""
        self._name_store = name_store
        self._model = model
        self._settings = settings
        self._limits = limits
        self._files = files

    async def prepare(self, turn: Turn, history: History, platform: Platform) -> Prepared | QuestionTooLong:
        """Raises LedgerError."""
        await self._limits.refresh()
        naming = await named(history, turn, platform, self._name_store)
        naming, prompt = await self._written(turn, naming, platform)
        if isinstance(prompt, QuestionTooLong):
            return estimate.refusal_in_model_tokens(prompt, self._limits.prompt_tokens(), self._limits.factor())
        return Prepared(naming.history, prompt, self._start(prompt, naming.history))

    async def _written(self, turn: Turn, named: Named, platform: Platform) -> tuple[Named, Prompt | QuestionTooLong]:
        """
        The prompt, and the history with the files that were read for it.

        A message that has no room even without its files is sent without them: they are not worth fetching.
        """
        prompt = await off_loop(_characters(named.history), partial(self._prompt, turn, named, platform))
        until, tried = asyncio.get_running_loop().time() + OTHERS_SECONDS, set[int]()
        while self._files is not None and isinstance(prompt, Prompt):
            left = unread(named.history, prompt.entries) - tried
            if not left:
                break
            tried |= left
            tokens, count = self._limits.our_prompt_tokens(), self._limits.count
            read = await self._files.read(named.history, prompt.entries, platform, tokens, count, until)
            named = replace(named, history=read)
            prompt = await off_loop(_characters(read), partial(self._prompt, turn, named, platform))
        return named, prompt

    def _prompt(self, turn: Turn, named: Named, platform: Platform) -> Prompt | QuestionTooLong:
        settings = self._settings
        return build(
            system_prompt=settings.system_prompt,
            conversation=turn.conversation,
            turn=turn.claim.turn,
            history=named.history if settings.summarize else replace(named.history, summary=None),
            readable=lambda text, mentions: platform.readable(text, {**named.names, **mentions}),
            reserved=named.reserved,
            mentioned=named.mentioned,
            counting=Counting(self._limits.count, *self._model.overhead(settings.model)),
            prompt_tokens=self._limits.our_prompt_tokens(),
            keep=settings.keep,
            sees=self._limits.sees,
            examples=settings.examples,
        )

    def _start(self, prompt: Prompt, history: History) -> CompletionStart:
        return CompletionStart(
            model=self._settings.model,
            prompt=prompt.entries,
            system_prompt=self._settings.system_prompt,
            examples=self._settings.examples,
            given=prompt.given,
            max_tokens=self._limits.reply_tokens(),
            sampling=self._settings.sampling,
            prompt_tokens=prompt.tokens,
            estimated_tokens=estimate.to_model_tokens(prompt.tokens, self._limits.factor()),
            window_start=prompt.window_start,
            window_position=prompt.window_position,
            continues=history.continued.completion if history.continued else None,
        )


def _characters(history: History) -> int:
    files = [file for message in history.said for file in message.files]
    return history.characters + sum(len(file.reading.text) for file in files)
