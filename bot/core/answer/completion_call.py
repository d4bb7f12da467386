"""
One call of the model for a turn: what it is sent, and what comes back.

What becomes of the answer is in answer.py. What was learned of the model (how it counts, how much it takes, whether it
sees) decides what it is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.core.answer.file_intake import OTHERS_SECONDS, FileIntake, unread
from bot.core.completion import endings, estimate
from bot.core.completion.model_facts import ModelFacts
from bot.core.completion.stream import CollectedStream
from bot.core.errors import ModelError, ModelProblem, ReplyDeleted
from bot.core.interruption import Interruption, Partial
from bot.core.off_loop import off_loop
from bot.core.ports import (
    Checkpoint,
    CompletionRequest,
    CompletionStart,
    Example,
    LanguageModel,
    Ledger,
    Platform,
    Sampling,
)
from bot.core.prompt import budget
from bot.core.prompt.build import Counting, Prompt, build
from bot.core.prompt.names import Named, named
from bot.core.reply.presenter import Presenter
from bot.core.texts import DEFAULT_LANGUAGE
from bot.core.turn import Completion, History, Turn, Usage


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


MORE_ROOM = 4  # times as much for the answer, where reasoning has used up all of it


class BrokenAnswer(ModelError):  # noqa: N818 - what there is of an answer, more than an error
    """A stream that broke off after its first words. *partial* is what had come."""

    def __init__(self, error: ModelError, completion: int, partial: Completion) -> None:
        super().__init__(error.problem, "in the middle", status=error.status, retry_after=error.retry_after)
        self.completion = completion
        self.partial = partial


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prompt that is ready to be sent, and the history it is made of."""

    history: History  # with what was read of its files
    prompt: Prompt
    start: CompletionStart
    again: bool = False  # with more room than it was asked with first

    @property
    def continued(self) -> str | None:
        return self.history.continued.text if self.history.continued else None


class Asker:
    def __init__(
        self,
        *,
        ledger: Ledger,
        model: LanguageModel,
        settings: AnswerSettings,
        model_facts: ModelFacts,
        checkpoint: Checkpoint,
        files: FileIntake | None,
    ) -> None:
        """Without *files* those that come with messages are named only."""
        self._ledger = ledger
        self._model = model
        self._settings = settings
        self._model_facts = model_facts
        self._checkpoint = checkpoint
        self._files = files

    @property
    def sees(self) -> bool:
        """Whether the model takes images."""
        return self._model_facts.sees(self._settings.model)

    async def prepare(self, turn: Turn, history: History, platform: Platform) -> Prepared | budget.QuestionTooLong:
        """Read the files that are new, ask for the names that are, and write the prompt."""
        await self._model_facts.refresh(self._settings.model)
        naming = await named(history, turn, platform, self._ledger)
        prompt = await asyncio.to_thread(self._prompt, turn, naming, platform)  # a history may be long
        # What has no room even without its files is not worth fetching them, and they take none from others.
        until, tried = asyncio.get_running_loop().time() + OTHERS_SECONDS, set[int]()
        while self._files is not None and isinstance(prompt, Prompt):
            left = unread(naming.history, prompt.entries) - tried
            if not left:
                break
            tried |= left
            read = await self._files.read(naming.history, prompt.entries, platform, self._budget(), self.count, until)
            naming = replace(naming, history=read)
            prompt = await asyncio.to_thread(self._prompt, turn, naming, platform)
        if isinstance(prompt, budget.QuestionTooLong):
            return prompt
        return Prepared(naming.history, prompt, self._start(prompt, naming.history))

    async def ask(
        self, turn: Turn, prepared: Prepared, presenter: Presenter, interruption: Interruption
    ) -> tuple[Prepared, Partial]:
        """
        What came of *prepared*, or of the same with more room, where reasoning has used up all that there was.

        What broke off is noted and raised.
        """
        answered = await self._call(turn, prepared, presenter, interruption)
        roomier = self._roomier(prepared, answered.result)
        if roomier is None:
            return prepared, answered
        await self._ledger.abandon(turn.claim, answered.completion, "empty", result=answered.result)
        return roomier, await self._call(turn, roomier, presenter, interruption)

    def _roomier(self, prepared: Prepared, result: Completion) -> Prepared | None:
        """None where asking again is of no use."""
        start = prepared.start
        left = self._window() - start.estimated_tokens - budget.MARGIN_TOKENS
        room = min(left, start.max_tokens * MORE_ROOM)
        if prepared.again or not endings.used_up(result) or room <= start.max_tokens:
            return None
        return replace(prepared, start=replace(start, max_tokens=room), again=True)

    async def _call(self, turn: Turn, prepared: Prepared, presenter: Presenter, interruption: Interruption) -> Partial:
        """One call of the model, from its request to its last word."""
        completion = await self._ledger.begin(turn.claim, prepared.start)
        collected = CollectedStream(time.monotonic(), prepared.continued)
        try:
            await self._stream(turn, prepared, collected, presenter)
            result = await off_loop(len(collected.said), lambda: self._result(prepared.prompt, collected))
            if self._roomier(prepared, result) is None:
                await asyncio.sleep(0)  # an interruption that is on its way arrives here
                interruption.close()
        except asyncio.CancelledError:
            interrupted = interruption.caught(Partial(completion, self._cut_off(prepared.prompt, collected)))
            if interrupted is None:
                raise
            raise interrupted from None
        except ReplyDeleted:
            cost = self._cut_off(prepared.prompt, collected).cost_nanodollars
            await self._ledger.abandon(turn.claim, completion, "deleted", cost)
            raise
        except ModelError as error:
            partial = self._cut_off(prepared.prompt, collected) if collected.has_words else None
            cost = partial.cost_nanodollars if partial else None
            await self._ledger.abandon(turn.claim, completion, error.problem.value, cost)
            if partial:
                raise BrokenAnswer(error, completion, partial) from error
            raise
        return Partial(completion, result)

    def shortened(self, partial: Partial, kept: str) -> Partial:
        return replace(partial, result=replace(partial.result, text=kept, text_tokens=self.count(kept)))

    async def learn(self, turn: Turn, prepared: Prepared, usage: Usage) -> None:
        """What the answer's *usage* tells of how the model counts."""
        start = prepared.start
        # What images cost is estimated; how the model counts text is not to be learned from them.
        counted = None if any(message.images for message in prepared.prompt.messages) else start.prompt_tokens
        await self._model_facts.answered(turn.claim.turn, start.model, counted, start.estimated_tokens, usage)

    async def learn_refusal(self, error: ModelError) -> bool:
        """Whether the server takes less than was known (a shorter prompt, no images) and should be asked with less."""
        name = self._settings.model
        if error.problem is ModelProblem.IMAGES:
            await self._model_facts.refused_images(name)
        elif error.problem is ModelProblem.CONTEXT_LENGTH:
            await self._model_facts.refused(name, self._model.window(name), error.limit)
        else:
            return False
        return True

    def max_tokens(self) -> int:
        """Of the reply, reasoning included."""
        return budget.reply_tokens(self._window(), self._settings.max_tokens)

    def count(self, text: str) -> int:
        return self._model.count_tokens(self._settings.model, text)

    def _window(self) -> int:
        """Tokens, prompt and completion together."""
        return self._model_facts.window(self._settings.model, self._model.window(self._settings.model))

    def _limit(self) -> int:
        """Tokens of a prompt, in the model's own."""
        return budget.prompt_budget(self._settings.prompt_tokens, self._window(), self._settings.max_tokens)

    def _budget(self) -> int:
        """Tokens of a prompt, as we count them."""
        return estimate.to_our_tokens(self._limit(), self._model_facts.factor(self._settings.model))

    def _prompt(self, turn: Turn, named: Named, platform: Platform) -> Prompt | budget.QuestionTooLong:
        settings = self._settings
        per_message, per_prompt = self._model.overhead(settings.model)
        factor = self._model_facts.factor(settings.model)
        limit = self._limit()
        prompt = build(
            system_prompt=settings.system_prompt,
            conversation=turn.conversation,
            turn=turn.claim.turn,
            history=named.history if settings.summarize else replace(named.history, summary=None),
            readable=lambda text, mentions: platform.readable(text, {**named.names, **mentions}),
            reserved=named.reserved,
            mentioned=named.mentioned,
            counting=Counting(self.count, per_message, per_prompt),
            prompt_tokens=estimate.to_our_tokens(limit, factor),
            keep=settings.keep,
            sees=self._model_facts.sees(settings.model),
            examples=settings.examples,
        )
        return (
            estimate.refusal_in_model_tokens(prompt, limit, factor)
            if isinstance(prompt, budget.QuestionTooLong)
            else prompt
        )

    def _start(self, prompt: Prompt, history: History) -> CompletionStart:
        return CompletionStart(
            model=self._settings.model,
            prompt=prompt.entries,
            system_prompt=self._settings.system_prompt,
            examples=self._settings.examples,
            given=prompt.given,
            max_tokens=self.max_tokens(),
            sampling=self._settings.sampling,
            prompt_tokens=prompt.tokens,
            estimated_tokens=estimate.to_model_tokens(prompt.tokens, self._model_facts.factor(self._settings.model)),
            window_start=prompt.window_start,
            window_position=prompt.window_position,
            continues=history.continued.completion if history.continued else None,
        )

    async def _stream(self, turn: Turn, prepared: Prepared, collected: CollectedStream, presenter: Presenter) -> None:
        prompt = prepared.prompt
        request = CompletionRequest(
            model=self._settings.model,
            messages=prompt.messages,
            max_tokens=prepared.start.max_tokens,
            sampling=self._settings.sampling,
            examples=len(self._settings.examples),
            earlier_turns=prompt.earlier_turns,
            dropped=prompt.window_start > 0,
            cache_key=turn.conversation.thread.opaque,
        )
        async with aclosing(self._model.stream(request)) as chunks:
            async for chunk in chunks:
                first = collected.first_token is None
                collected.add(chunk, time.monotonic())
                if first and collected.first_token is not None:
                    await self._checkpoint("first chunk")
                if chunk.text:
                    presenter.add(chunk.text)
                    await self._checkpoint("chunk")
                presenter.raise_failure()
        await self._checkpoint("last chunk")

    def _result(self, prompt: Prompt, collected: CollectedStream) -> Completion:
        return self._cut_off(prompt, collected) if collected.overrun else self._completion(collected)

    def _completion(self, collected: CollectedStream) -> Completion:
        name = self._settings.model
        return collected.completion(
            name,
            time.monotonic(),
            count=lambda text: self._model.count_tokens(name, text),
            cost=lambda usage: self._model.cost(name, usage),
        )

    def _cut_off(self, prompt: Prompt, collected: CollectedStream) -> Completion:
        """What there is of an answer that we broke off: the server says no usage then, but what was sent costs."""
        name = self._settings.model
        result = collected.partial(name, time.monotonic(), count=lambda text: self._model.count_tokens(name, text))
        usage = Usage(prompt_tokens=prompt.tokens, completion_tokens=self.count(collected.said))
        return replace(result, cost_nanodollars=self._model.cost(name, usage))
