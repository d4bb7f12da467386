"""
One claimed turn, from its history to the way in which it ends; turn_end.py carries that out.

The worker decides what to do when an attempt fails (worker.py). A turn that is answered already starts here at its
second half: the model is not asked again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.answer import notices
from bot.core.answer.asker import Asker
from bot.core.answer.completion_call import BrokenAnswer
from bot.core.answer.file_intake import FileIntake
from bot.core.answer.model_limits import ModelLimits
from bot.core.answer.settings import AnswerSettings
from bot.core.answer.turn_end import NOT_ASKED, Completed, Concluded, Stored, TurnEnd, TurnFinisher
from bot.core.completion import endings
from bot.core.completion.model_facts import ModelFacts
from bot.core.errors import ModelError, PlatformError
from bot.core.interruption import Interrupt, Interrupted, Interruption, Partial, finish_before_cancel
from bot.core.off_loop import off_loop
from bot.core.ports import Checkpoint, LanguageModel, Ledger, Persist, Platform
from bot.core.prompt import file_form
from bot.core.reply.addressee import Addressee
from bot.core.reply.attempt import Attempt
from bot.core.reply.opening import ReplyOpener, check_open
from bot.core.reply.outage_notice import OUTAGE, outage_notices_in, outage_sentence, outage_was_said
from bot.core.reply.status import clear_statuses
from bot.core.texts import sentence
from bot.core.turn import History, Notice, Outcome, Turn, TurnChange, TurnState
from bot.core.turn_logs import turn_changed, turn_ended

log = logging.getLogger(__name__)


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
        self._opener = ReplyOpener(ledger, checkpoint, settings.overlooked_after)
        self._limits = limits = ModelLimits(settings, model, model_facts)
        self._asker = Asker(
            ledger=ledger, model=model, settings=settings, limits=limits, checkpoint=checkpoint, files=files
        )
        self._finisher = TurnFinisher(
            conversations=ledger,
            completions=ledger,
            queue=ledger,
            limits=limits,
            checkpoint=checkpoint,
            persist=persist,
        )

    def attempt(self, turn: Turn, history: History | None = None) -> Attempt:
        """An attempt at *turn*, which was just claimed: what the other methods work on. *history*: as just read."""
        platform = self._platforms[turn.conversation.thread.platform]
        interruption = Interruption(asking=turn.state is TurnState.RUNNING)
        return Attempt(turn, platform, interruption, self._opener.open, self._settings.language, history)

    async def answer(self, attempt: Attempt) -> None:
        """
        Ask the model, if that is still to be done, and show what came of it.

        Raises what the doors raise, and Interrupted.
        """
        if attempt.turn.command is not None:
            end: TurnEnd = await self._confirm(attempt, attempt.turn.command)
        elif attempt.turn.state is TurnState.RUNNING:
            end = await self._asker.ask(attempt)
        else:
            end = await self._resume(attempt)
        await self._finisher.finish(attempt, end)

    async def _confirm(self, attempt: Attempt, confirmation: Notice) -> Stored:
        """The command was carried out when it was recorded: say so. No model is asked."""
        attempt.interruption.close()  # there is nothing to stop, and nothing to ask again
        await check_open(attempt)
        language = (await self._ledger.outcome(attempt.turn.claim)).language
        attempt.addressee = Addressee(language=language)
        return Stored(Outcome(None, [confirmation], language))

    async def _resume(self, attempt: Attempt) -> Stored:
        await attempt.read_history(self._ledger)
        if attempt.turn.stop_requested:
            attempt.interruption.halted = Interrupt.STOP
        return Stored(await self._ledger.outcome(attempt.turn.claim))

    # after an attempt that failed

    async def say(self, attempt: Attempt, reason: str, notice: Notice) -> None:
        """No answer will come: say so, where the answer would have been."""
        turn = attempt.turn
        if turn.continues is None and (await self._ledger.outcome(turn.claim)).text is not None:
            # A defect came between an answer and its showing: the answer stays, for a retry of the turn.
            attempt.ending = True
            turn_ended(turn, await self._ledger.give_up(turn.claim, reason), reason)
            return
        await self._take_up_again(attempt)
        await self._finisher.finish(attempt, Concluded(reason, notice))

    async def keep(self, attempt: Attempt, broken: BrokenAnswer) -> None:
        """No attempt brought a whole answer: what there is of the last one is worth more than a sentence."""
        await self._take_up_again(attempt)
        result = broken.partial.result
        ending = endings.notices(result, self._limits.reply_tokens())
        said = [*ending, *notices.with_answer(attempt, result, sees=self._limits.sees)]
        await self._finisher.finish(attempt, Completed(broken.partial, said))

    async def end_early(self, attempt: Attempt, interrupted: Interrupted) -> None:
        """Give back a turn whose question has changed; end one that somebody stopped with the answer as it is seen."""
        if interrupted.interrupt is Interrupt.CHANGED:
            await self._restart(attempt, interrupted.partial)
            return
        partial = interrupted.partial
        seen = await self._seen(attempt, partial) if partial is not None and partial.result.text else partial
        await self._take_up_again(attempt)
        await self._end_stopped(attempt, seen)

    async def end_broken(self, attempt: Attempt, broken: BrokenAnswer) -> bool:
        """
        Somebody stopped a turn before its answer, which broke off, was asked for again: what people see of it stays.

        False where nobody has stopped it, nobody asks any more, or nothing is to be seen.
        """
        if not attempt.turn.stop_requested:
            return False
        attempt.interruption.close()  # before the first wait: each renewal of the lease tells of the stop again
        await attempt.read_history(self._ledger)
        if not attempt.is_asked:
            return False
        kept = await (await attempt.presenter.reply()).kept(broken.partial.result.text)
        if not kept:
            return False
        await self._end_stopped(attempt, await self._shortened(broken.partial, kept))
        return True

    async def say_outage(self, attempt: Attempt, error: ModelError) -> Sequence[Notice]:
        """
        The model is down for longer: tell the asker, once, that the answer will come. Returns what was said.

        An answer that the model is asked to continue stays above that sentence.
        """
        turn = attempt.turn
        if outage_was_said(turn):
            return turn.said
        await self._take_up_again(attempt)
        reply, continued = await attempt.presenter.reply(), attempt.history.continued
        await clear_statuses(attempt, self._ledger)
        await self._ledger.note_said(turn.claim, [Notice(OUTAGE)])  # or a death would leave a notice nobody knows of
        said = sentence(Notice(outage_sentence(error)), attempt.language)
        await finish_before_cancel(reply.finish(continued.text if continued else "", [said]))
        await self._checkpoint("outage said")
        return outage_notices_in(await self._ledger.parts(turn.claim), below_an_answer=continued is not None)

    async def _restart(self, attempt: Attempt, partial: Partial | None) -> None:
        claim = attempt.turn.claim
        await clear_statuses(attempt, self._ledger)
        if partial is not None:
            await self._ledger.abandon(claim, partial.completion, "changed", partial.result.cost_nanodollars)
        attempt.ending = True
        await self._ledger.restart_turn(claim)
        await self._checkpoint("restarted")
        turn_changed(TurnChange.of(attempt.turn, TurnState.PENDING, "changed"))

    async def _end_stopped(self, attempt: Attempt, seen: Partial | None) -> None:
        """*seen*: what people see of the answer, without text where they see nothing."""
        if seen is not None and seen.result.text:
            said = [Notice("stopped"), *file_form.notices(attempt.history, sees=self._limits.sees)]
            await self._finisher.finish(attempt, Completed(seen, said, stopped=True))
            return
        if seen is not None:
            cost = seen.result.cost_nanodollars
            await self._ledger.abandon(attempt.turn.claim, seen.completion, "stopped", cost)
        await self._finisher.finish(attempt, NOT_ASKED)

    async def _seen(self, attempt: Attempt, partial: Partial) -> Partial:
        """Of what a stopped call had brought, what there is a message for: nobody has seen the rest."""
        try:
            kept = await (await attempt.presenter.reply()).kept(partial.result.text)
        except PlatformError as error:
            log.info("the platform does not say what there is of a stopped answer: %s", error)
            kept = ""
        return await self._shortened(partial, kept)

    async def _shortened(self, partial: Partial, kept: str) -> Partial:
        tokens = await off_loop(len(kept), lambda: self._limits.count(kept))
        return replace(partial, result=replace(partial.result, text=kept, text_tokens=tokens))

    async def _take_up_again(self, attempt: Attempt) -> None:
        """Read the history again, and have the reply opened again with the parts that were posted."""
        await attempt.read_history(self._ledger)
        attempt.reopen_reply(await self._ledger.parts(attempt.turn.claim))
