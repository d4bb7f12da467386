"""
Asks the model to summarize messages before the window, in the background. No turn waits for a summary or needs one.

After a turn is shown or a message changes, it catches up, call by call. After a failure, the next turn of the
conversation tries again; until then its prompts hold the previous summary, or none.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from bot.core.completion import estimate
from bot.core.completion.endings import UNMARKED, UNSTATED
from bot.core.completion.model_facts import ModelFacts
from bot.core.completion.stream import CollectedStream
from bot.core.conversation import MessageRef
from bot.core.errors import LedgerError, ModelError, ModelProblem
from bot.core.off_loop import off_loop
from bot.core.ports import (
    CompletionRequest,
    CompletionStart,
    LanguageModel,
    Older,
    Platform,
    Sampling,
    Summaries,
    SummaryBegun,
    SummaryStart,
)
from bot.core.prompt import budget
from bot.core.prompt.build import Counting
from bot.core.prompt.speakers import unbracketed
from bot.core.summary import transcript
from bot.core.summary.transcript import SummaryPrompt
from bot.core.turn import OVERRUN, Completion, Usage

SUMMARY_CALLS_AT_A_TIME = 2  # calls, over all conversations
QUIET_SECONDS = 3.0  # an edit is often followed by another
ENDINGS = ("stop", "length", OVERRUN, UNSTATED, UNMARKED)  # finish reasons of a usable summary
CALL_SECONDS = 300.0  # shorter than the ledger waits for an unfinished summary

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SummarizerSettings:
    model: str
    prompt_tokens: int
    max_tokens: int  # for the model's reply, reasoning included
    sampling: Sampling = field(default_factory=Sampling)
    quiet_seconds: float = QUIET_SECONDS


class Summarizer:
    def __init__(
        self,
        *,
        summaries: Summaries,
        model: LanguageModel,
        platforms: Mapping[str, Platform],
        settings: SummarizerSettings,
        model_facts: ModelFacts,
    ) -> None:
        self._summaries = summaries
        self._model = model
        self._platforms = platforms
        self._settings = settings
        self._model_facts = model_facts
        self._room = asyncio.Semaphore(SUMMARY_CALLS_AT_A_TIME)
        self._tasks: set[asyncio.Task[None]] = set()
        self._working: set[int] = set()  # conversations
        self._again: set[int] = set()  # conversations that changed while they were worked on
        self._stopped = False

    def consider(self, conversation: int) -> None:
        """Call when a turn of *conversation* was shown. Returns at once."""
        self._begin(self._catch_up(conversation, 0))

    def changed(self, ref: MessageRef) -> None:
        """Call when a message was edited, deleted or marked. Returns at once."""
        self._begin(self._look_up(ref))

    async def stop(self) -> None:
        """Cancel running calls; a later turn catches up."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        if self._stopped:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, LedgerError):
            log.warning("a summary waits for the database: %s", error)
        elif error is not None:
            log.error("a summary failed by a defect of ours", exc_info=error)

    async def _look_up(self, ref: MessageRef) -> None:
        conversation = await self._summaries.conversation_of(ref)
        if conversation is not None:
            await self._catch_up(conversation, self._settings.quiet_seconds)

    async def _catch_up(self, conversation: int, wait_seconds: float) -> None:
        """Summarize until nothing is left; one task at a time for each conversation."""
        if conversation in self._working:
            self._again.add(conversation)
            return
        self._working.add(conversation)
        try:
            await asyncio.sleep(wait_seconds)
            while True:
                self._again.discard(conversation)
                async with self._room:
                    made = await self._step(conversation)
                if not made and conversation not in self._again:
                    return
        finally:
            self._working.discard(conversation)
            self._again.discard(conversation)

    async def _step(self, conversation: int) -> bool:
        """Make one summary. Whether there may be more to do."""
        older = await self._summaries.older(conversation)
        if older is None:
            return False
        prompt = await asyncio.to_thread(self._prompt, older)  # it may be long
        if prompt is None:
            log.info("conversation %d: the prompt budget has no room to summarize in", conversation)
            return False
        start = SummaryStart(older, prompt.part, prompt.until, self._start(prompt))
        begun = await self._summaries.begin(start)
        return begun is not None and await self._make(begun, start, prompt)

    async def _make(self, begun: SummaryBegun, start: SummaryStart, prompt: SummaryPrompt) -> bool:
        collected = CollectedStream(time.monotonic())
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._stream(prompt, collected)
            result = self._completion(prompt, collected)
        except asyncio.CancelledError:
            await self._summaries.abandon(begun, "stopping", self._cost_so_far(prompt, collected))
            raise
        except TimeoutError:
            await self._give_up(begun, start, ModelProblem.TIMEOUT.value, self._cost_so_far(prompt, collected))
            return False
        except ModelError as error:
            await self._give_up(begun, start, error.problem.value, None)
            model = self._settings.model
            reason = await self._explained(prompt, error)
            return await self._model_facts.learn_refusal(model, self._model.context_window(model), reason)
        if not _is_usable(result):
            await self._give_up(begun, start, result.finish_reason or "cut", result.cost_nanodollars)
            return False
        return await self._finish(begun, start, result)

    async def _finish(self, begun: SummaryBegun, start: SummaryStart, result: Completion) -> bool:
        most = transcript.longest(self._prompt_tokens())
        text = await off_loop(len(result.text), lambda: transcript.fitted(unbracketed(result.text), most, self._count))
        counts = await self._summaries.finish(begun, start, result, text, self._count(text))
        log.info(
            "conversation %d: summary %d of %d messages and answers%s",
            start.older.conversation,
            begun.summary,
            len(start.older.covered) + len(start.part),
            "" if counts else " is outdated already",
        )
        return counts

    async def _give_up(self, begun: SummaryBegun, start: SummaryStart, reason: str, cost: int | None) -> None:
        await self._summaries.abandon(begun, reason, cost)
        log.info("conversation %d: no summary for now: %s", start.older.conversation, reason)

    async def _explained(self, prompt: SummaryPrompt, error: ModelError) -> ModelError:
        """The reason for *error*, as far as the server tells one."""
        if not error.unexplained:
            return error
        try:
            await self._model.explain(self._request(prompt))
        except ModelError as reason:
            return reason
        return error

    def _request(self, prompt: SummaryPrompt) -> CompletionRequest:
        return CompletionRequest(
            model=self._settings.model,
            messages=prompt.messages,
            max_tokens=self._max_tokens(),
            sampling=self._sampling(),
            knows_system=self._model_facts.knows_system(self._settings.model),
        )

    async def _stream(self, prompt: SummaryPrompt, collected: CollectedStream) -> None:
        async with aclosing(self._model.stream(self._request(prompt))) as chunks:
            async for chunk in chunks:
                collected.add(chunk, time.monotonic())

    def _prompt(self, older: Older) -> SummaryPrompt | None:
        per_message, per_prompt = self._model.overhead(self._settings.model)
        return transcript.write(
            older,
            readable=self._platforms[older.platform].readable,
            counting=Counting(self._count, per_message, per_prompt),
            prompt_tokens=self._prompt_tokens(),
        )

    def _start(self, prompt: SummaryPrompt) -> CompletionStart:
        return CompletionStart(
            model=self._settings.model,
            prompt=prompt.entries,
            system_prompt=prompt.instructions,
            given=(),
            max_tokens=self._max_tokens(),
            sampling=self._sampling(),
            prompt_tokens=prompt.tokens,
            estimated_tokens=estimate.to_model_tokens(prompt.tokens, self._model_facts.factor(self._settings.model)),
            window_start=prompt.until[0],
            window_position=prompt.until[1],
        )

    def _sampling(self) -> Sampling:
        """Without stop sequences: a summary may contain them."""
        return replace(self._settings.sampling, stop=())

    def _completion(self, prompt: SummaryPrompt, collected: CollectedStream) -> Completion:
        name = self._settings.model
        result = collected.completion(
            name, time.monotonic(), count=self._count, cost=lambda usage: self._model.cost(name, usage)
        )
        return replace(result, cost_nanodollars=self._cost_so_far(prompt, collected)) if collected.overrun else result

    def _cost_so_far(self, prompt: SummaryPrompt, collected: CollectedStream) -> int | None:
        """The estimated cost of a call that was cut off: the server reports no usage then."""
        text = collected.partial(self._settings.model, time.monotonic(), count=self._count)
        written = text.text_tokens + (text.usage.reasoning_tokens or 0)
        return self._model.cost(self._settings.model, Usage(prompt.tokens, written))

    def _count(self, text: str) -> int:
        return self._model.count_tokens(self._settings.model, text)

    def _context_window(self) -> int:
        return self._model_facts.context_window(self._settings.model, self._model.context_window(self._settings.model))

    def _max_tokens(self) -> int:
        wanted = budget.reply_tokens(self._context_window(), self._settings.max_tokens)
        return self._model_facts.max_tokens(self._settings.model, wanted)

    def _prompt_tokens(self) -> int:
        """The prompt budget in our own token count."""
        limit = budget.prompt_budget(self._settings.prompt_tokens, self._context_window(), self._settings.max_tokens)
        return estimate.to_our_tokens(limit, self._model_facts.factor(self._settings.model))


def _is_usable(result: Completion) -> bool:
    """Whether the model wrote a summary; one that reached the length limit is better than none."""
    return bool(result.text) and not result.refusal and result.finish_reason in ENDINGS
