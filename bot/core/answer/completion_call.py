"""
One call of the model for a turn: from the request to the completion, or to what there is of one.

preparation.py gets ready what is sent; asker.py decides how the turn ends after the call.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import replace

from bot.core.answer.model_limits import ModelLimits
from bot.core.answer.preparation import Prepared
from bot.core.answer.settings import AnswerSettings
from bot.core.completion import endings
from bot.core.completion.stream import CollectedStream
from bot.core.errors import ModelError, ModelProblem, ReplyDeleted, ReplyUnwanted
from bot.core.interruption import Interrupted, Partial
from bot.core.off_loop import off_loop
from bot.core.ports import Checkpoint, CompletionRequest, CompletionStore, LanguageModel
from bot.core.prompt import budget
from bot.core.prompt.build import Prompt
from bot.core.reply.attempt import Attempt
from bot.core.retry import MOST_IN_VAIN
from bot.core.turn import Completion, Usage

log = logging.getLogger(__name__)

MORE_ROOM = 4  # times as much for the answer, where all of it went into reasoning


class BrokenAnswer(ModelError):  # noqa: N818 - what there is of an answer, more than an error
    """A stream that broke off after its first words. *partial* is what had come."""

    def __init__(self, error: ModelError, partial: Partial) -> None:
        wait, spent = error.retry_after, error.spent
        super().__init__(error.problem, "in the middle", status=error.status, retry_after=wait, spent=spent)
        self.sentence = error.sentence
        self.partial = partial


class CompletionCaller:
    def __init__(
        self,
        *,
        completions: CompletionStore,
        model: LanguageModel,
        settings: AnswerSettings,
        limits: ModelLimits,
        checkpoint: Checkpoint,
    ) -> None:
        self._completions = completions
        self._model = model
        self._settings = settings
        self._limits = limits
        self._checkpoint = checkpoint

    async def call(self, attempt: Attempt, prepared: Prepared) -> tuple[Prepared, Partial]:
        """
        The completion of *prepared*, or of the same with more room, where all of the first one went into reasoning.

        Raises Interrupted, ReplyUnwanted, ModelError, and BrokenAnswer, once the end of the call is noted.
        """
        if attempt.in_vain >= MOST_IN_VAIN:
            raise ModelError(ModelProblem.CUT, "asked in vain", spent=True)
        answered = await self._call(attempt, prepared, may_repeat=True)
        roomier = self._with_more_room(attempt, prepared, answered.result)
        if roomier is None:
            return prepared, answered
        attempt.in_vain += 1
        await self._completions.abandon(attempt.turn.claim, answered.completion, "empty", result=answered.result)
        return roomier, await self._call(attempt, roomier, may_repeat=False)

    def _with_more_room(self, attempt: Attempt, prepared: Prepared, result: Completion) -> Prepared | None:
        """None where asking again is of no use, or has cost enough."""
        if attempt.in_vain + 1 >= MOST_IN_VAIN:
            return None
        start = prepared.start
        left = self._limits.context_window() - start.estimated_tokens - budget.MARGIN_TOKENS
        room = self._limits.reply_within(min(left, start.max_tokens * MORE_ROOM))
        if not (endings.used_up(result) or endings.only_reasoned(result)) or room <= start.max_tokens:
            return None
        return replace(prepared, start=replace(start, max_tokens=room))

    async def _call(self, attempt: Attempt, prepared: Prepared, *, may_repeat: bool) -> Partial:
        """*may_repeat*: the model may be called once more, and the attempt be interrupted until then."""
        claim, prompt = attempt.turn.claim, prepared.prompt
        completion = await self._completions.begin(claim, prepared.start)
        collected = CollectedStream(time.monotonic(), prepared.continued)
        ran_to_its_end = False
        try:
            await self._stream(attempt, prepared, collected)
            ran_to_its_end = True
            result = await off_loop(collected.characters, lambda: self._result(prompt, collected))
            if not may_repeat or self._with_more_room(attempt, prepared, result) is None:
                await asyncio.sleep(0)  # an interruption that is on its way arrives here
                attempt.interruption.close()
        except asyncio.CancelledError:
            interrupted = attempt.interruption.caught()
            if interrupted is None:
                raise
            await attempt.presenter.stop()  # first: what nobody has seen yet is not shown any more
            partial = Partial(completion, await self._cut_off(prompt, collected))
            raise Interrupted(interrupted.interrupt, partial) from None
        except ReplyUnwanted as error:
            cost = (await self._cut_off(prompt, collected)).cost_nanodollars
            await self._completions.abandon(
                claim, completion, "deleted" if isinstance(error, ReplyDeleted) else "closed", cost
            )
            raise
        except ModelError as error:
            log.warning(
                "turn %d: no answer of the model: %s%s", claim.turn, error, f" ({error.said})" if error.said else ""
            )
            billed = ran_to_its_end or collected.brought_something or error.billed
            cut_off = await self._cut_off(prompt, collected) if billed else None
            await self._completions.abandon(
                claim, completion, error.problem.value, result=cut_off, detail=error.for_operators or None
            )
            attempt.in_vain += billed
            if error.unexplained and attempt.in_vain < MOST_IN_VAIN:
                await self._explain(attempt, prepared)
            error.spent = attempt.in_vain >= MOST_IN_VAIN
            if cut_off and collected.has_words:
                raise BrokenAnswer(error, Partial(completion, cut_off)) from error
            raise
        return Partial(completion, result)

    async def _explain(self, attempt: Attempt, prepared: Prepared) -> None:
        """Ask why a stream was empty: a call that is noted and counted by itself. Raises what it tells."""
        claim, began = attempt.turn.claim, time.monotonic()
        completion = await self._completions.begin(claim, replace(prepared.start, max_tokens=1))
        try:
            answered = await self._model.explain(self._request(attempt, prepared))
        except ModelError as error:
            log.warning("turn %d: that is because: %s (%s)", claim.turn, error, error.said or "no words")
            detail = error.for_operators or None
            await self._completions.abandon(claim, completion, error.problem.value, detail=detail)
            raise
        result = await self._cut_off(prepared.prompt, CollectedStream(began)) if answered else None
        await self._completions.abandon(claim, completion, ModelProblem.CUT.value, result=result)
        attempt.in_vain += answered

    def _request(self, attempt: Attempt, prepared: Prepared) -> CompletionRequest:
        prompt = prepared.prompt
        return CompletionRequest(
            model=self._settings.model,
            messages=prompt.messages,
            max_tokens=prepared.start.max_tokens,
            sampling=self._settings.sampling,
            examples=len(self._settings.examples),
            earlier_turns=prompt.earlier_turns,
            dropped=prompt.window_start > 0,
            knows_system=self._limits.knows_system,
            cache_key=attempt.turn.conversation.thread.opaque,
        )

    async def _stream(self, attempt: Attempt, prepared: Prepared, collected: CollectedStream) -> None:
        presenter = attempt.presenter
        async with aclosing(self._model.stream(self._request(attempt, prepared))) as chunks:
            async for chunk in chunks:
                attempt.model_answers.set()
                first = collected.first_token is None
                collected.add(chunk, time.monotonic())
                if first and collected.first_token is not None:
                    await self._checkpoint("first chunk")
                if chunk.unsaid:
                    presenter.unsay()
                if chunk.reasoning:
                    presenter.thinks.set()
                if chunk.text:
                    presenter.add(chunk.text)
                    await self._checkpoint("chunk")
                presenter.raise_failure()
        await self._checkpoint("last chunk")

    def _result(self, prompt: Prompt, collected: CollectedStream) -> Completion:
        return self._partial(prompt, collected) if collected.overrun else self._completion(collected)

    def _completion(self, collected: CollectedStream) -> Completion:
        name = self._settings.model
        return collected.completion(
            name,
            time.monotonic(),
            count=self._limits.count,
            cost=lambda usage: self._model.cost(name, usage),
        )

    async def _cut_off(self, prompt: Prompt, collected: CollectedStream) -> Completion:
        return await off_loop(collected.characters, lambda: self._partial(prompt, collected))

    def _partial(self, prompt: Prompt, collected: CollectedStream) -> Completion:
        """The part that came of an answer that broke off: most servers tell no usage then, but bill the prompt."""
        name = self._settings.model
        result = collected.partial(name, time.monotonic(), count=self._limits.count)
        written = self._limits.count(collected.said) + (result.usage.reasoning_tokens or 0)
        usage = result.usage
        if usage.prompt_tokens is None:
            usage = Usage(prompt_tokens=prompt.tokens, completion_tokens=written)
        return replace(result, cost_nanodollars=self._model.cost(name, usage))
