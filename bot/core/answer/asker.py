"""
Asking the model for the answer of a turn: what has to be known before, and what comes of it.

The prompt is made ready in preparation.py, the call is made in completion_call.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.core import controls
from bot.core.answer import notices
from bot.core.answer.completion_call import CompletionCaller
from bot.core.answer.file_intake import FileIntake
from bot.core.answer.model_limits import ModelLimits
from bot.core.answer.preparation import Prepared, PromptPreparer
from bot.core.answer.settings import AnswerSettings
from bot.core.answer.thread_reading import read_up
from bot.core.answer.turn_end import NOT_ASKED, UNASKED, Completed, Concluded, TurnEnd, Withdrawn
from bot.core.completion import endings
from bot.core.errors import ModelError, ReplyUnwanted
from bot.core.interruption import Partial
from bot.core.off_loop import off_loop
from bot.core.ports import Checkpoint, LanguageModel, Ledger
from bot.core.prompt.budget import QuestionTooLong
from bot.core.prompt.build import Prompt, is_blank
from bot.core.reply.attempt import Attempt
from bot.core.reply.language import looking_up_language
from bot.core.reply.opening import check_open
from bot.core.reply.status import clear_statuses, status_shown
from bot.core.turn import Completion, Notice, Turn

LEARNING_ROUNDS = 8  # three quarters each: a tenth of the window that was assumed


class Asker:
    def __init__(
        self,
        *,
        ledger: Ledger,
        model: LanguageModel,
        settings: AnswerSettings,
        limits: ModelLimits,
        checkpoint: Checkpoint,
        files: FileIntake | None,
    ) -> None:
        """Without *files* those that come with messages are named only."""
        self._ledger = ledger
        self._settings = settings
        self._limits = limits
        self._checkpoint = checkpoint
        self._preparer = PromptPreparer(name_store=ledger, model=model, settings=settings, limits=limits, files=files)
        self._caller = CompletionCaller(
            completions=ledger, model=model, settings=settings, limits=limits, checkpoint=checkpoint
        )

    async def ask(self, attempt: Attempt) -> TurnEnd:
        """
        How the attempt's turn is to end: with the model's answer, or without one. The end is not stored yet.

        Raises what the doors raise, BrokenAnswer, and Interrupted. From then on the attempt cannot be interrupted.
        """
        try:
            await attempt.read_history(self._ledger)
            await check_open(attempt)
            await self._read_up(attempt)
            return await self._ask_within_the_window(attempt)
        except ReplyUnwanted:
            await clear_statuses(attempt, self._ledger)
            raise
        finally:
            attempt.interruption.close()
            await attempt.presenter.stop()

    async def _read_up(self, attempt: Attempt) -> None:
        """Have nothing missing in the history of a turn that is asked."""
        if attempt.turn.conversation.unread_since is None or not attempt.is_asked:
            return
        async with looking_up_language(attempt, self._ledger), status_shown(attempt, self._ledger):
            attempt.turn = await read_up(attempt.turn, attempt.platform, self._ledger, self._checkpoint)
        await attempt.read_history(self._ledger)

    async def _ask_within_the_window(self, attempt: Attempt) -> TurnEnd:
        """Ask; when the server takes less than was known (a shorter prompt, no images), ask again with less."""
        for _ in range(LEARNING_ROUNDS):
            try:
                return await self._ask_once(attempt)
            except ModelError as error:
                if not await self._limits.learn_refusal(error):
                    raise
                await attempt.read_history(self._ledger)  # with what was read of its files meanwhile
        return await self._ask_once(attempt)

    async def _ask_once(self, attempt: Attempt) -> TurnEnd:
        if (end := _end_of_unasked(attempt)) is not None:
            return end
        async with looking_up_language(attempt, self._ledger) as lookup:
            async with status_shown(attempt, self._ledger):  # names and files may take a moment
                end = await self._ask_model(attempt)
            await lookup.wait()
            return end

    async def _ask_model(self, attempt: Attempt) -> TurnEnd:
        turn, history, platform = attempt.turn, attempt.history, attempt.platform
        if turn.stop_requested:
            return NOT_ASKED
        if await off_loop(history.characters, lambda: is_blank(history, platform.readable)):
            return Concluded("blank question", Notice("question_blank"))
        prepared = await self._preparer.prepare(turn, history, platform)
        if isinstance(prepared, QuestionTooLong):
            return Concluded("question too long", notices.too_long(prepared, history))
        attempt.history = prepared.history
        prepared, answered = await self._caller.call(attempt, prepared)
        return await self._end_with_answer(attempt, prepared, answered)

    async def _end_with_answer(self, attempt: Attempt, prepared: Prepared, answered: Partial) -> TurnEnd:
        result, limit = answered.result, prepared.start.max_tokens
        reasoned = endings.only_reasoned(result) and not attempt.history.continued
        if reasoned:
            result = await off_loop(
                len(result.reasoning), lambda: endings.reasoning_shown(answered.result, self._limits.count)
            )
            answered = replace(answered, result=result)
        if attempt.history.continued and not result.text:
            await self._ledger.abandon(attempt.turn.claim, answered.completion, "empty", result=result)
            return Concluded("nothing added", endings.nothing_added(result, limit))
        said = [
            *([Notice("only_reasoned")] if reasoned else endings.notices(result, limit)),
            *notices.with_answer(attempt, result, sees=self._limits.sees, sent=prepared.prompt.entries),
            *await self._window_notices(attempt.turn, prepared.prompt, result),
        ]
        return Completed(answered, said, prepared=prepared)

    async def _window_notices(self, turn: Turn, prompt: Prompt, result: Completion) -> Sequence[Notice]:
        """The first answer after a cut of the window says how much the model is not sent any more."""
        conversation = turn.conversation
        window = (prompt.window_start, prompt.window_position)
        if not result.text or window <= (conversation.told_start, conversation.told_position):
            return []
        forgotten = await self._ledger.count_before(turn, window)
        return [endings.forgotten(forgotten, summarized=self._settings.summarize)] if forgotten else []


def _end_of_unasked(attempt: Attempt) -> TurnEnd | None:
    """How a turn ends that nobody asks any more; None while somebody does."""
    continued = attempt.history.continued
    if attempt.turn.continues is not None and continued is None:
        return Withdrawn()  # somebody has deleted what there is of the answer
    if attempt.is_asked:
        return None
    return Concluded(UNASKED, Notice(controls.UNASKED)) if continued else Withdrawn()
