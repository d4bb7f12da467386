"""
One turn, from its history to the finished reply.

What to do when that fails is the worker's business (worker.py). An answered turn starts here at its second half:
the model is not asked again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from bot.core import controls
from bot.core.answer.completion_call import AnswerSettings, Asker, BrokenAnswer
from bot.core.answer.file_intake import FileIntake
from bot.core.answer.thread_reading import read_up
from bot.core.completion import endings
from bot.core.completion.model_facts import ModelFacts
from bot.core.errors import ModelError, PlatformError
from bot.core.interruption import Interrupt, Interrupted, Interruption, Partial, finish_before_cancel
from bot.core.ports import Checkpoint, LanguageModel, Ledger, Platform, Reply
from bot.core.prompt import budget, file_form
from bot.core.prompt.build import Prompt, is_blank
from bot.core.reply.addressee import Addressee, addressee
from bot.core.reply.language import LanguageLookup, looking_up_language
from bot.core.reply.opening import ReplyOpener
from bot.core.reply.outage_notice import OUTAGE, notices_in, outage_notices, was_said
from bot.core.reply.presenter import Presenter
from bot.core.reply.status import clear_all_statuses, clear_status, status_shown
from bot.core.texts import sentence
from bot.core.turn import Completion, History, Notice, Outcome, Turn, TurnChange, TurnState
from bot.core.turn_logs import turn_changed, turn_ended

LEARNING_ROUNDS = 8  # three quarters each: a tenth of the window that was assumed

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class Persist(Protocol):
    async def __call__(self, write: Callable[[], Awaitable[_T]]) -> _T:
        """Try a write until the database takes it: what was paid for is not thrown away because of a full disk."""


class Answerer:
    def __init__(
        self,
        *,
        ledger: Ledger,
        model: LanguageModel,
        platforms: Mapping[str, Platform],
        settings: AnswerSettings,
        model_facts: ModelFacts,
        checkpoint: Checkpoint,
        persist: Persist,
        files: FileIntake | None = None,
    ) -> None:
        """Without *files* those that come with messages are named only."""
        self._ledger = ledger
        self._platforms = platforms
        self._settings = settings
        self._checkpoint = checkpoint
        self._persist = persist
        self._opener = ReplyOpener(ledger, platforms, checkpoint, settings.overlooked_after)
        self._asker = Asker(
            ledger=ledger, model=model, settings=settings, model_facts=model_facts, checkpoint=checkpoint, files=files
        )

    async def answer(self, turn: Turn, interruption: Interruption) -> None:
        """
        Ask the model, if that is still to be done, and show what came of it.

        Raises what the doors raise, and Interrupted.
        """
        if turn.command is not None:
            interruption.close()  # there is nothing to stop, and nothing to ask anew
            await self._confirm(turn, turn.command)
            return
        presenter = Presenter(lambda to: self._opener.open(turn, to), self._platform(turn).pace)
        if turn.state is TurnState.RUNNING:
            try:
                turn = await self._read_up(turn, presenter, interruption)
                outcome = await self._ask_within_the_window(turn, presenter, interruption)
            except Interrupted as interrupted:
                await presenter.stop()
                interrupted.partial = await self._seen(presenter, interrupted)
                raise
            finally:
                interruption.close()
                await presenter.stop()
        else:
            outcome = await self._ledger.outcome(turn.claim)
            to = self._addressee(await self._ledger.history(turn))
            presenter.addressee = _without_file(to) if _is_stopped(outcome) else to
            if turn.stop_requested and not _is_stopped(outcome):
                outcome = await self._shorten(turn, await presenter.reply(), outcome)
        if outcome is None or presenter.status_is_shown or turn.state is TurnState.ANSWERED:
            # Whoever began to show an answer may have died before taking the notice back.
            questions = await self._ledger.questions(turn)
            await clear_all_statuses(self._platform(turn), turn, questions, status_is_shown=presenter.status_is_shown)
        if outcome is None:
            await self._withdraw(turn, await presenter.reply())
        else:
            await self._show(turn, await presenter.reply(), outcome, interruption)

    async def _seen(self, presenter: Presenter, interrupted: Interrupted) -> Partial | None:
        """Of what a stopped call had brought, what there is a message for: nobody has seen the rest."""
        partial = interrupted.partial
        if partial is None or interrupted.interrupt is not Interrupt.STOP or not partial.result.text:
            return partial
        try:
            kept = await (await presenter.reply()).kept(partial.result.text)
        except PlatformError as error:
            log.info("the platform does not say what there is of a stopped answer: %s", error)
            kept = ""
        return self._asker.shortened(partial, kept)

    async def _confirm(self, turn: Turn, confirmation: Notice) -> None:
        """What was told was done when it was recorded: say so, and ask nobody."""
        to = Addressee(language=(await self._ledger.outcome(turn.claim)).language)
        await self._show(turn, await self._opener.open(turn, to), Outcome(None, [confirmation], to.language))

    async def say(self, turn: Turn, reason: str, notice: Notice) -> None:
        """No answer will come: say so, where the answer would have been."""
        if turn.continues is None and (await self._ledger.outcome(turn.claim)).text is not None:
            # A defect came between an answer and its showing: the answer stays, for whoever retries the turn.
            turn_ended(turn, await self._ledger.give_up(turn.claim, reason), reason)
            return
        history = await self._ledger.history(turn)
        outcome = await self._conclude(turn, self._addressee(history).language, reason, notice)
        await self._clear_statuses(turn, history)
        await self._show(turn, await self._opener.reopen(turn, self._addressee(history)), outcome)

    async def keep(self, turn: Turn, broken: BrokenAnswer, interruption: Interruption) -> None:
        """No attempt brought a whole answer: what there is of the last one is worth more than a sentence."""
        history = await self._ledger.history(turn)
        ending = endings.notices(broken.partial, self._asker.max_tokens())
        notices, language = (
            [*ending, *self._notices(broken.partial, turn, history)],
            self._addressee(history).language,
        )
        outcome = await self._complete(turn, Partial(broken.completion, broken.partial), notices, language)
        await self._clear_statuses(turn, history)
        await self._show(turn, await self._opener.reopen(turn, self._addressee(history)), outcome, interruption)

    async def end_early(self, turn: Turn, interrupted: Interrupted) -> None:
        """What is asked has changed: it is asked anew. Somebody stopped it: what was written stays."""
        partial = interrupted.partial
        if interrupted.interrupt is Interrupt.CHANGED:
            if partial is not None:
                await self._ledger.abandon(turn.claim, partial.completion, "changed", partial.result.cost_nanodollars)
            await self._ledger.restart_turn(turn.claim)
            await self._checkpoint("restarted")
            turn_changed(TurnChange.of(turn, TurnState.PENDING, "changed"))
            return
        history = await self._ledger.history(turn)
        if partial is None or not partial.result.text:
            if partial is not None:
                await self._ledger.abandon(turn.claim, partial.completion, "stopped", partial.result.cost_nanodollars)
            language = self._addressee(history).language
            outcome = await self._conclude(turn, language, "stopped", Notice("stopped_unanswered"))
        else:
            notices = [Notice("stopped"), *file_form.notices(history, sees=self._asker.sees)]
            outcome = await self._complete(turn, partial, notices, self._addressee(history).language, stopped=True)
        await self._checkpoint("after stop")
        await self._clear_statuses(turn, history)
        await self._show(turn, await self._opener.reopen(turn, _without_file(self._addressee(history))), outcome)

    async def end_broken(self, turn: Turn, broken: BrokenAnswer, interruption: Interruption) -> bool:
        """
        Somebody stopped a turn before its answer, which broke off, was asked for again: what people see of it stays.

        False where nobody has stopped it, nobody asks any more, or nothing is to be seen.
        """
        history = await self._ledger.history(turn)
        if not turn.stop_requested or not any(message.addressed for message in history.messages):
            return False
        interruption.close()  # the stop is told again at each renewal of the lease
        kept = await (await self._opener.reopen(turn, self._addressee(history))).kept(broken.partial.text)
        if not kept:
            return False
        partial = self._asker.shortened(Partial(broken.completion, broken.partial), kept)
        await self.end_early(turn, Interrupted(Interrupt.STOP, partial))
        return True

    async def say_outage(self, turn: Turn) -> Sequence[Notice]:
        """
        The model is down for longer: tell the asker, once, that the answer will come. Returns what was said.

        Below what there is of it, if that is to be gone on with.
        """
        if was_said(turn):
            return turn.said
        history = await self._ledger.history(turn)
        to = self._addressee(history)
        reply = await self._opener.reopen(turn, to)
        await self._clear_statuses(turn, history)
        await self._ledger.note_said(turn.claim, [Notice(OUTAGE)])  # or a death would leave a notice nobody knows of
        said = sentence(Notice(OUTAGE), to.language)
        below = history.continued.text if history.continued else ""
        await finish_before_cancel(reply.finish(below, [said]))
        await self._checkpoint("outage said")
        return notices_in(await self._ledger.parts(turn.claim), below_an_answer=history.continued is not None)

    async def _clear_statuses(self, turn: Turn, history: History) -> None:
        await clear_status(self._platform(turn), turn, history)

    def _platform(self, turn: Turn) -> Platform:
        return self._platforms[turn.conversation.thread.platform]

    async def _withdraw(self, turn: Turn, reply: Reply) -> None:
        """Nobody asks any more: what was shown goes, and no sentence takes its place."""
        await self._checkpoint("before removal")
        await reply.remove()
        await self._checkpoint("after removal")
        turn_ended(turn, await self._ledger.remove(turn.claim, "nothing to answer"), "nothing to answer")

    async def _ask_within_the_window(
        self, turn: Turn, presenter: Presenter, interruption: Interruption
    ) -> Outcome | None:
        """Ask; when the server takes less than was known (a shorter prompt, no images), ask again with less."""
        for _ in range(LEARNING_ROUNDS):
            try:
                return await self._ask(turn, presenter, interruption)
            except ModelError as error:
                if not await self._asker.learn_refusal(error):
                    raise
        return await self._ask(turn, presenter, interruption)

    async def _read_up(self, turn: Turn, presenter: Presenter, interruption: Interruption) -> Turn:
        platform = self._platform(turn)
        if turn.conversation.unread_since is None:
            return turn
        history = await self._ledger.history(turn)
        if not any(message.addressed for message in history.messages):
            return turn
        async with (
            self._looking_up_language(turn, history, presenter),
            self._status_shown(turn, history, presenter, interruption, goes_on=True),
        ):
            return await read_up(turn, platform, self._ledger, self._checkpoint)

    def _status_shown(
        self, turn: Turn, history: History, presenter: Presenter, interruption: Interruption, *, goes_on: bool = False
    ) -> AbstractAsyncContextManager[None]:
        check = partial(self._ledger.check, turn.claim)
        return status_shown(turn, history, self._platform(turn), presenter, interruption, check, goes_on=goes_on)

    async def _ask(self, turn: Turn, presenter: Presenter, interruption: Interruption) -> Outcome | None:
        """None when nobody asks any more."""
        history = await self._ledger.history(turn)
        presenter.continued = history.continued.text if history.continued else ""
        if turn.continues is not None and history.continued is None:
            return None  # somebody has deleted what there is of the answer
        if not any(message.addressed for message in history.messages):
            return await self._leave_as_it_was(turn, history) if history.continued else None
        async with self._looking_up_language(turn, history, presenter) as language_lookup:
            return await self._ask_as(language_lookup, turn, history, presenter, interruption)

    async def _leave_as_it_was(self, turn: Turn, history: History) -> Outcome:
        """The question is gone, but the answer was there before."""
        return await self._conclude(
            turn, self._addressee(history).language, "nothing to answer", Notice(controls.UNASKED)
        )

    def _looking_up_language(
        self, turn: Turn, history: History, presenter: Presenter
    ) -> AbstractAsyncContextManager[LanguageLookup]:
        return looking_up_language(
            turn, history, self._platform(turn), self._ledger, presenter, self._settings.language
        )

    async def _ask_as(
        self,
        language_lookup: LanguageLookup,
        turn: Turn,
        history: History,
        presenter: Presenter,
        interruption: Interruption,
    ) -> Outcome:
        platform = self._platform(turn)
        async with self._status_shown(turn, history, presenter, interruption):  # names and files may take a moment
            if turn.stop_requested:
                return await self._conclude(
                    turn, await language_lookup.language(), "stopped", Notice("stopped_unanswered")
                )
            if await asyncio.to_thread(is_blank, history, platform.readable):
                return await self._conclude(
                    turn, await language_lookup.language(), "blank question", Notice("question_blank")
                )
            prepared = await self._asker.prepare(turn, history, platform)
            if isinstance(prepared, budget.QuestionTooLong):
                too_long = _too_long(prepared, history)
                return await self._conclude(turn, await language_lookup.language(), "question too long", too_long)
            prepared, answered = await self._asker.ask(turn, prepared, presenter, interruption)
        result, limit = answered.result, prepared.start.max_tokens
        language = await language_lookup.language()
        if history.continued and not result.text:
            await self._ledger.abandon(turn.claim, answered.completion, "empty", result=result)
            return await self._conclude(turn, language, "nothing added", endings.nothing_added(result, limit))
        told = await self._window_notices(turn, prepared.prompt, result)
        others = self._notices(result, turn, prepared.history, prepared.prompt.entries)
        notices = [*endings.notices(result, limit), *others, *told]
        await self._checkpoint("before complete")
        outcome = await self._complete(turn, answered, notices, language)
        await self._checkpoint("after complete")
        await self._asker.learn(turn, prepared, result.usage)
        return outcome

    async def _complete(
        self, turn: Turn, answered: Partial, notices: Sequence[Notice], language: str, *, stopped: bool = False
    ) -> Outcome:
        completion, result = answered.completion, answered.result
        kept = [*notices, *outage_notices(turn)]
        await self._persist(
            lambda: self._ledger.complete(turn.claim, completion, result, kept, language, stopped=stopped)
        )
        turn_changed(
            TurnChange.of(turn, TurnState.ANSWERED, "stopped" if stopped else f"finish_reason {result.finish_reason}")
        )
        return Outcome(result.text or None, notices, language, completion, result.finish_reason)

    def _notices(
        self, result: Completion, turn: Turn, history: History, sent: Sequence[str] | None = None
    ) -> Sequence[Notice]:
        """All but what is said of its end. *sent*: the keys of the prompt's entries, where they are at hand."""
        notices = []
        if history.newcomer and result.text:
            notices.append(Notice("direct_threads"))
        if turn.conversation.unread_since is not None and not history.past:
            notices.append(Notice("thread_unread"))
        if late := _lateness(turn, history):
            notices.append(late)
        return [*notices, *file_form.notices(history, sees=self._asker.sees, sent=sent)]

    async def _window_notices(self, turn: Turn, prompt: Prompt, result: Completion) -> Sequence[Notice]:
        """What the first answer after a cut of the window says of it, once for each."""
        conversation = turn.conversation
        window = (prompt.window_start, prompt.window_position)
        if not result.text or window <= (conversation.told_start, conversation.told_position):
            return []
        forgotten = await self._ledger.count_before(turn, window)
        return [endings.forgotten(forgotten, summarized=self._settings.summarize)] if forgotten else []

    async def _shorten(self, turn: Turn, reply: Reply, outcome: Outcome) -> Outcome:
        """The same, or as much of it as there is a message for, now that somebody has stopped it."""
        kept = await reply.kept(outcome.text) if outcome.text is not None else outcome.text
        if kept == outcome.text:
            return outcome
        others = [notice for notice in outcome.notices if not endings.is_ending(notice)]
        notices = [Notice("stopped"), *others] if kept else [Notice("stopped_unanswered")]
        tokens, saying = self._asker.count(kept or ""), [*notices, *outage_notices(turn)]
        await self._persist(lambda: self._ledger.shorten(turn.claim, kept or "", tokens, saying, outcome.language))
        turn_changed(TurnChange.of(turn, TurnState.ANSWERED, "stopped"))
        return await self._ledger.outcome(turn.claim)

    async def _conclude(self, turn: Turn, language: str, reason: str, notice: Notice) -> Outcome:
        kept = [notice, *outage_notices(turn)]
        await self._persist(lambda: self._ledger.conclude(turn.claim, reason, kept, language))
        turn_changed(TurnChange.of(turn, TurnState.ANSWERED, reason))
        return await self._ledger.outcome(turn.claim)  # an earlier variant, perhaps, and the notice below it

    def _addressee(self, history: History) -> Addressee:
        return addressee(history, self._settings.language)

    async def _show(self, turn: Turn, reply: Reply, outcome: Outcome, interruption: Interruption | None = None) -> None:
        """Without an *interruption* what is shown takes no message more than there are, or is a sentence of ours."""
        if interruption is None:
            await _finish(reply, outcome)
        elif await _halted(interruption, reply, outcome) is Interrupt.STOP:
            await _finish(reply, await self._shorten(turn, reply, outcome))
        await self._checkpoint("before shown")
        state = await self._persist(lambda: self._ledger.shown(turn.claim))
        await self._checkpoint("after shown")
        turn_ended(turn, state)


async def _halted(interruption: Interruption, reply: Reply, outcome: Outcome) -> Interrupt | None:
    """Show *outcome*. Why that was halted, perhaps before it began; None when all of it is there."""
    interruption.halts(reply.halt)
    if interruption.halted is None:
        await _finish(reply, outcome)
    interruption.halts(None)
    return interruption.halted


async def _finish(reply: Reply, outcome: Outcome) -> None:
    sentences = [sentence(notice, outcome.language) for notice in outcome.notices if notice.key != OUTAGE]
    below = controls.offered(outcome)
    await finish_before_cancel(reply.finish(outcome.text or "", sentences, below))


def _without_file(to: Addressee) -> Addressee:
    """Nothing more is posted of what somebody stopped."""
    return replace(to, as_file=False)


def _is_stopped(outcome: Outcome) -> bool:
    return any(notice.key == "stopped" for notice in outcome.notices)


def _too_long(found: budget.QuestionTooLong, history: History) -> Notice:
    if history.continued:
        return Notice("continue_too_long")
    return Notice("question_too_long", {"tokens": found.tokens, "budget": found.budget})


def _lateness(turn: Turn, history: History) -> Notice | None:
    """Another variant, or the rest of one, is asked for later, which does not make the answer late."""
    if turn.variant > 1 or turn.continues is not None or not history.messages:
        return None
    return endings.lateness(turn.first_attempt_at, history.asked.posted_at)
