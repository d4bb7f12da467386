"""
The ways in which a turn can end, and how each of them is carried out: store what is to be shown, show it, end the turn.

answer.py and asker.py decide which way it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core import controls
from bot.core.answer.model_limits import ModelLimits
from bot.core.answer.preparation import Prepared
from bot.core.completion import endings
from bot.core.interruption import Interrupt, Interruption, Partial, finish_before_cancel
from bot.core.off_loop import off_loop
from bot.core.ports import Checkpoint, CompletionStore, ConversationStore, Persist, Reply, TurnQueue
from bot.core.reply.attempt import Attempt
from bot.core.reply.outage_notice import OUTAGE, outage_notices
from bot.core.reply.status import clear_statuses
from bot.core.texts import sentence
from bot.core.turn import Notice, Outcome, TurnChange, TurnState
from bot.core.turn_logs import turn_changed, turn_ended

UNASKED = "nothing to answer"  # the reason


@dataclass(frozen=True, slots=True)
class Completed:
    """The model's answer, or the part of it that came, is shown with *notices*."""

    answered: Partial
    notices: Sequence[Notice]
    stopped: bool = False  # somebody wanted no more of it
    prepared: Prepared | None = None  # what the model was sent, where its usage tells how the model counts


@dataclass(frozen=True, slots=True)
class Concluded:
    """No answer comes: *notice* is shown in its place, or below the answer that there was before."""

    reason: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class Stored:
    """An earlier attempt stored the outcome, or a command did that is confirmed."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Nobody asks any more: what was shown is removed, and no sentence takes its place."""


NOT_ASKED = Concluded("stopped", Notice("stopped_unanswered"))
"""Somebody stopped the turn before there was anything of its answer to be seen."""

TurnEnd = Completed | Concluded | Stored | Withdrawn


class TurnFinisher:
    def __init__(
        self,
        *,
        conversations: ConversationStore,
        completions: CompletionStore,
        queue: TurnQueue,
        limits: ModelLimits,
        checkpoint: Checkpoint,
        persist: Persist,
    ) -> None:
        self._conversations = conversations
        self._completions = completions
        self._queue = queue
        self._limits = limits
        self._checkpoint = checkpoint
        self._persist = persist

    async def finish(self, attempt: Attempt, end: TurnEnd) -> None:
        """
        End the attempt's turn so. Call once its presenter was stopped.

        A process that dies in the middle leaves an answered turn, which the next attempt ends as Stored; or, before
        anything was stored, a turn that is asked again.
        """
        outcome = await self._store(attempt, end)
        await clear_statuses(attempt, self._conversations)
        if outcome is None:
            await self._withdraw(attempt)
        else:
            await self._show(attempt, outcome)

    # storing

    async def _store(self, attempt: Attempt, end: TurnEnd) -> Outcome | None:
        """The outcome to be shown; None when nothing is shown."""
        if isinstance(end, Completed):
            return await self._complete(attempt, end)
        if isinstance(end, Concluded):
            return await self._conclude(attempt, end)
        return end.outcome if isinstance(end, Stored) else None

    async def _complete(self, attempt: Attempt, end: Completed) -> Outcome:
        turn, language = attempt.turn, attempt.language
        completion, result = end.answered.completion, end.answered.result
        kept = [*end.notices, *outage_notices(turn)]
        await self._checkpoint("before complete")
        await self._persist(
            lambda: self._completions.complete(turn.claim, completion, result, kept, language, stopped=end.stopped)
        )
        reason = "stopped" if end.stopped else f"finish_reason {result.finish_reason}"
        turn_changed(TurnChange.of(turn, TurnState.ANSWERED, reason))
        await self._checkpoint("after stop" if end.stopped else "after complete")
        if end.prepared is not None:
            images = end.prepared.holds_images
            await self._limits.learn_usage(turn.claim.turn, end.prepared.start, result.usage, images=images)
        return Outcome(result.text or None, end.notices, language, completion, result.finish_reason)

    async def _conclude(self, attempt: Attempt, end: Concluded) -> Outcome:
        turn, language = attempt.turn, attempt.language
        kept = [end.notice, *outage_notices(turn)]
        await self._persist(lambda: self._completions.conclude(turn.claim, end.reason, kept, language))
        turn_changed(TurnChange.of(turn, TurnState.ANSWERED, end.reason))
        if end.reason == "stopped":
            await self._checkpoint("after stop")
        return await self._completions.outcome(turn.claim)  # an earlier variant, perhaps, and the notice below it

    async def _shorten(self, attempt: Attempt, reply: Reply, outcome: Outcome) -> Outcome:
        """The same, or as much of it as there is a message for, now that somebody has stopped it."""
        turn = attempt.turn
        kept = await reply.kept(outcome.text) if outcome.text is not None else outcome.text
        if kept == outcome.text:
            return outcome
        others = [notice for notice in outcome.notices if not endings.is_ending(notice)]
        notices = [Notice("stopped"), *others] if kept else [Notice("stopped_unanswered")]
        text, said = kept or "", [*notices, *outage_notices(turn)]
        tokens = await off_loop(len(text), lambda: self._limits.count(text))
        await self._persist(lambda: self._completions.shorten(turn.claim, text, tokens, said, outcome.language))
        turn_changed(TurnChange.of(turn, TurnState.ANSWERED, "stopped"))
        return await self._completions.outcome(turn.claim)

    # showing

    async def _show(self, attempt: Attempt, outcome: Outcome) -> None:
        turn = attempt.turn
        if _says(outcome, "stopped"):  # nothing more of it is posted
            attempt.addressee = replace(attempt.addressee, as_file=False)
        reply = await attempt.presenter.reply()
        if _says(outcome, "stopped", "stopped_unanswered"):
            await _finish(reply, outcome)
        elif await _halted(attempt.interruption, reply, outcome) is Interrupt.STOP:
            await _finish(reply, await self._shorten(attempt, reply, outcome))
        await self._checkpoint("before shown")
        attempt.ending = True
        state = await self._persist(lambda: self._queue.shown(turn.claim))
        await self._checkpoint("after shown")
        turn_ended(turn, state, _why_none(outcome) if state is TurnState.FAILED else "")

    async def _withdraw(self, attempt: Attempt) -> None:
        turn, reply = attempt.turn, await attempt.presenter.reply()
        await self._checkpoint("before removal")
        await reply.remove()
        await self._checkpoint("after removal")
        attempt.ending = True
        turn_ended(turn, await self._queue.remove(turn.claim, UNASKED), UNASKED)


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


def _why_none(outcome: Outcome) -> str:
    """The reason for which there is no answer, as far as it was said."""
    return next((notice.key for notice in outcome.notices if notice.key != OUTAGE), "")


def _says(outcome: Outcome, *keys: str) -> bool:
    return any(notice.key in keys for notice in outcome.notices)
