"""
Receives what is said, claims the turns that are due, has them answered, settles what goes wrong, stops.

Recovery has no code path of its own: a turn that a crash left behind is due like any other.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from bot.core.answer.answer import Answerer
from bot.core.answer.completion_call import BrokenAnswer
from bot.core.conversation import Acted, Deleted, Edited, Incoming, MessageRef, Moved, Reacted, Said, posted_of
from bot.core.decide.policy import OURS, Decide, decide, is_ours
from bot.core.errors import BotError, LeaseLost, LedgerError, LedgerGoneError, ModelError, PlatformError, ReplyDeleted
from bot.core.interruption import Interrupted
from bot.core.ports import Checkpoint, ClaimRequest, ConversationStore, Platform, Recorded, TurnQueue
from bot.core.reply.attempt import Attempt
from bot.core.retry import Backoff, Patience, RetryPolicy, is_passing
from bot.core.shortage import SHORTAGE, is_shortage
from bot.core.summary.summarizer import Summarizer
from bot.core.turn import History, Notice, Turn, TurnChange, TurnState
from bot.core.turn_logs import heard, turn_changed, turn_ended
from bot.core.worker.attempts import AttemptCounts, Phase
from bot.core.worker.database_contact import DatabaseContact
from bot.core.worker.deliveries import Deliveries

_T = TypeVar("_T")

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # turns that other processes made due, or that become due by time
LOOK_SECONDS = 0.02  # after a turn is due, so that no clock's rounding finds it not due yet
RENEW_SECONDS = 1.5  # leases last much longer, but a claim that was lost should end its work soon
BURST_SECONDS = 1.0  # what follows on a question within this time, and waits for its answer, is answered together
EDIT_QUIET_SECONDS = 3.0  # an edited question is answered again when it has not been edited for so long
CALL_SECONDS = 60.0  # longer than any call to a platform takes
SECOND_SIGNAL_SECONDS = 1.0  # what a second signal leaves for giving back what a healthy database takes
MOST_BROKEN = 100  # answers of which the beginning is kept in memory
DATABASE_BACKOFF = Backoff(first=0.2, longest=5.0)
PERSIST_SECONDS = 600.0  # how long an answer is kept in memory while the database cannot take it


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    max_concurrent_turns: int
    patience: Patience = field(default_factory=Patience)


class Worker:
    def __init__(
        self,
        *,
        conversations: ConversationStore,
        queue: TurnQueue,
        platforms: Collection[Platform],
        settings: WorkerSettings,
        checkpoint: Checkpoint,
        decide: Decide = decide,
    ) -> None:
        self.owner = uuid.uuid4().hex
        self._conversations = conversations
        self._queue = queue
        self._platforms = platforms
        self._settings = settings
        self._checkpoint = checkpoint
        self._decide = decide
        self._answerer: Answerer  # from run() on
        self._summarizer: Summarizer | None = None
        self._tasks: dict[asyncio.Task[None], Attempt] = {}
        self._wake = asyncio.Event()
        self._look = asyncio.Event()  # a turn at work may have been stopped, or its question changed
        self._stopping = asyncio.Event()
        self._working = False
        self._claiming = asyncio.Lock()  # or room for a turn would be given away twice
        self._contact = DatabaseContact()
        self._said_away: set[str] = set()  # lines, since the database was there last
        self._deliveries = Deliveries()
        self._tries = AttemptCounts()
        self._broken: dict[int, BrokenAnswer] = {}  # by turn: what people see of an answer until it is asked for again

    @property
    def working(self) -> bool:
        """Whether turns are claimed just now: the worker runs and the database can be used."""
        return self._working

    # receiving

    async def receive(self, incoming: Incoming) -> None:
        """As ports.Receive: when this returns, the event is committed or of no interest."""
        if isinstance(incoming, Deleted):
            await self._conversations.erase(incoming)
            await self._checkpoint("after change")
            self._look_around(incoming.ref)
        elif isinstance(incoming, Reacted):
            await self._conversations.react(incoming)
            await self._checkpoint("after change")
            self._look_around(incoming.ref)
        elif isinstance(incoming, Acted):
            pressed = await self._conversations.act(incoming)
            await self._checkpoint("after change")
            log.debug("pressed on %s: %s, %s", incoming.thread.platform, incoming.operation, pressed)
            self._look.set()
            self._wake.set()
        elif isinstance(incoming, Moved):
            await self._conversations.move(incoming)
            await self._checkpoint("after change")
            log.info("%s: a channel has another id: what was said and set there is kept", incoming.platform)
            self._look.set()
            self._wake.set()
        else:
            await self._receive_said(incoming)

    async def _receive_said(self, said: Said) -> None:
        posted = posted_of(said)
        if is_ours(posted):  # it needs no decision, and so no database
            log.debug("ignored on %s: %s", posted.thread.platform, OURS)
            return
        edited_at = said.edited_at if isinstance(said, Edited) else None
        key = (posted.thread, posted.id, posted.addressed, edited_at)
        await self._deliveries.once(key, lambda: self._record(said))

    async def _record(self, said: Said) -> None:
        await self._checkpoint("before record")
        recorded = await self._record_and_claim(said)
        await self._checkpoint("after record")
        loop = asyncio.get_running_loop()
        loop.call_soon(partial(heard, said, recorded.decision, known=recorded.known))  # see _take_up
        if recorded.due:
            if not recorded.claimed:
                self._wake.set()
            loop.call_later(BURST_SECONDS, self._wake.set)
        if isinstance(said, Edited):
            self._look_around(posted_of(said).ref)

    async def _record_and_claim(self, said: Said) -> Recorded:
        """Both in one transaction, where the store does that and no other claim is under way."""
        if self._claiming.locked() or not self._working:
            return await self._conversations.record(said, self._decide)
        async with self._claiming:
            recorded = await self._conversations.record(said, self._decide, self._claim_request())
            await self._take_up(recorded.claimed, recorded.history)
        return recorded

    def _look_around(self, changed: MessageRef) -> None:
        """Something other than a new question may have changed what is due, what is at work, or what is summarized."""
        self._look.set()
        self._wake.set()
        if self._summarizer is not None:
            self._summarizer.changed(changed)

    # claiming

    async def run(self, answerer: Answerer, summarizer: Summarizer | None = None) -> None:
        """
        Work until stop(). Without a *summarizer* what windows leave behind is dropped.

        Raises LedgerGoneError when there is nothing left to work on.
        """
        self._answerer, self._summarizer = answerer, summarizer
        log.info("ready to answer")
        working = [asyncio.create_task(self._claim_until_done()), asyncio.create_task(self._renew())]
        try:
            ended, _ = await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._working = False
            for task in working:
                task.cancel()
            await asyncio.wait(working)
        for task in ended:
            task.result()  # raises the defect that ended it: better to be started again than to work by halves

    async def _claim_until_done(self) -> None:
        await self._claim_until_stopped()
        while self._tasks:  # they still hold their leases
            await asyncio.wait(list(self._tasks))

    async def _claim_until_stopped(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                await self._claim()
                if failures:
                    log.info("the database can be used again")
                failures = 0
                self._working = True
            except LedgerGoneError:
                raise
            except LedgerError as error:
                failures += 1
                self._working = False
                self._say_away("the database cannot be used, turns wait", error)
            await self._rest(DATABASE_BACKOFF.wait(failures) if failures else POLL_SECONDS)

    async def _claim(self) -> None:
        async with self._claiming:
            asked = self._claim_request()
            if asked is None:
                return
            claim = self._queue.claim(asked.owner, asked.platforms, asked.limit, asked.held, take_over=asked.take_over)
            await self._take_up(await self._noted(claim))

    def _claim_request(self) -> ClaimRequest | None:
        """None where there is no room for another turn, or no platform that could show its answer."""
        room = self._settings.max_concurrent_turns - len(self._tasks)
        ready = [platform.name for platform in self._platforms if platform.ready]
        if room <= 0 or not ready or self._stopping.is_set():
            return None
        # After an outage, or a sleep, of the lease's length what we work on is due; it is still ours to finish.
        held = [attempt.turn.claim.turn for attempt in self._tasks.values()]
        return ClaimRequest(self.owner, ready, room, held, self._contact.lasts(time.monotonic()))

    async def _take_up(self, claimed: Sequence[Turn], history: History | None = None) -> None:
        """*history*: of the only one, where it was read already."""
        for turn in claimed:
            if self._stopping.is_set():  # asked for while the claim was made
                await self._release_at_stop(turn)
                continue
            attempt = self._answerer.attempt(turn, history)
            task = asyncio.create_task(self._work(attempt))
            # Behind the beginning of the work, since a line takes its time; nothing becomes of it before that waits.
            asyncio.get_running_loop().call_soon(turn_changed, TurnChange.of(turn, turn.state, "claimed"))
            self._tasks[task] = attempt
            task.add_done_callback(self._ended)

    async def _noted(self, call: Awaitable[_T]) -> _T:
        """The result of *call* to the ledger. Notes whether there was a database."""
        began = time.monotonic()
        try:
            result = await call
        except LedgerError:
            self._contact.failed()
            raise
        self._contact.reached(began, time.monotonic())
        self._said_away.clear()
        return result

    def _say_away(self, what: str, error: LedgerError) -> None:
        """Once, until the database can be used again: it is asked every few seconds."""
        line = f"{what}: {error}"
        if line not in self._said_away:
            self._said_away.add(line)
            log.warning("%s", line)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._wake.set()  # its conversation may have a next turn, and there is room again

    async def _rest(self, seconds: float) -> None:
        """Until somebody wakes us; a poll finds what nobody told us."""
        await _set_within(self._wake, seconds)

    async def _renew(self) -> None:
        while True:
            await _set_within(self._look, RENEW_SECONDS)
            self._look.clear()
            if not self._tasks:
                continue
            try:
                await self._renew_once()
            except LedgerError as error:
                self._say_away("leases could not be renewed", error)

    async def _renew_once(self) -> None:
        held = {attempt.turn.claim: (task, attempt) for task, attempt in self._tasks.items()}
        renewal = await self._noted(self._queue.renew(self.owner, held.keys()))
        for claim in renewal.lost:
            task, attempt = held[claim]
            if attempt.ending:  # it has given the claim away itself, or is told so by that write
                continue
            if not task.cancelling():  # once: cancelled again, it no longer waits for a call that is under way
                log.warning("turn %d belongs to another worker by now", claim.turn)
                task.cancel()
        for claim, interrupt in renewal.interrupted.items():
            task, attempt = held[claim]
            attempt.interruption.by(interrupt, task)

    # one turn

    async def _work(self, attempt: Attempt) -> None:
        """The boundary of a turn: nothing that goes wrong in it reaches another."""
        turn = attempt.turn
        try:
            await self._checkpoint("after claim")
            broken = self._broken.pop(turn.claim.turn, None)
            if broken is None or not await self._answerer.end_broken(attempt, broken):
                await self._answerer.answer(attempt)
            self._tries.forget(turn.claim.turn)
            if self._summarizer is not None:
                self._summarizer.consider(turn.conversation.id)
        except asyncio.CancelledError:
            interrupted = attempt.interruption.caught()
            if interrupted is None:
                raise
            await self._settle_safely(attempt, interrupted)
        except LeaseLost:
            log.warning("turn %d belongs to another worker by now", turn.claim.turn)
        except LedgerError as error:
            log.warning("turn %d waits for the database: %s", turn.claim.turn, error)
        except Exception as error:  # noqa: BLE001 - a defect in one turn must not end the others, nor stay silent
            await self._settle_safely(attempt, error)

    async def _settle_safely(self, attempt: Attempt, error: Exception) -> None:
        turn = attempt.turn
        if is_shortage(error):
            log.warning("turn %d waits: this process is out of descriptors, memory or threads", turn.claim.turn)
            if not isinstance(error, BotError):  # no door was there: it may have happened anywhere in the turn
                error = PlatformError(SHORTAGE, passing=True)
        if not isinstance(error, BotError):
            log.error("turn %d failed by a defect of ours", turn.claim.turn, exc_info=error)
        try:
            await self._settle(attempt, error)
        except LeaseLost:
            log.warning("turn %d belongs to another worker by now", turn.claim.turn)
        except BotError as failed:
            log.warning("turn %d could not be settled and waits for its lease to end: %s", turn.claim.turn, failed)

    async def _settle(self, attempt: Attempt, error: Exception) -> None:
        """Later again, or a sentence instead of the answer; the last resort is to note that nothing can be shown."""
        turn = attempt.turn
        if isinstance(error, PlatformError):
            await self._settle_unshown(attempt, error)
            return
        if isinstance(error, Interrupted):
            await self._end_early(attempt, error)
            return
        reason = error.problem.value if isinstance(error, ModelError) else "internal"
        phase = Phase.BROKEN if isinstance(error, BrokenAnswer) else Phase.ASKING
        wait = self._wait_for(self._settings.patience.asking, phase, turn, error)
        if wait is not None:
            if isinstance(error, BrokenAnswer):
                self._broken[turn.claim.turn] = error
                if len(self._broken) > MOST_BROKEN:  # other processes have taken some of these turns
                    del self._broken[next(iter(self._broken))]
            await self._release(attempt, wait, reason, turn.said)
            return
        try:
            if isinstance(error, BrokenAnswer):
                await self._answerer.keep(attempt, error)
            elif isinstance(error, ModelError) and (wait := self._outage_wait(turn, error)) is not None:
                await self._release(attempt, wait, reason, await self._answerer.say_outage(attempt, error))
                return
            else:
                said = error.sentence if isinstance(error, ModelError) else reason
                await self._answerer.say(attempt, reason, Notice(said))
            self._tries.forget(turn.claim.turn)
        except PlatformError as refused:
            await self._settle_unshown(attempt, refused)

    async def _end_early(self, attempt: Attempt, interrupted: Interrupted) -> None:
        try:
            await self._answerer.end_early(attempt, interrupted)
            self._tries.forget(attempt.turn.claim.turn)
        except PlatformError as refused:
            await self._settle_unshown(attempt, refused)

    def _outage_wait(self, turn: Turn, error: ModelError) -> float | None:
        """Seconds until the provider, which is down, is asked again; None when the question is not kept for so long."""
        patience = self._settings.patience
        wait = max(patience.outage_backoff.wait(turn.attempts), error.retry_after or 0)
        ends = turn.first_attempt_at + patience.outage
        left = (ends - datetime.now(UTC)).total_seconds()
        return wait if is_passing(error) and wait < left else None

    async def _settle_unshown(self, attempt: Attempt, error: PlatformError) -> None:
        turn = attempt.turn
        wait = self._wait_for(self._settings.patience.showing, Phase.SHOWING, turn, error)
        if wait is not None:
            await self._release(attempt, wait, error.code)
            return
        attempt.ending = True
        state = await self._queue.give_up(turn.claim, error.code, erase=isinstance(error, ReplyDeleted))
        self._tries.forget(turn.claim.turn)
        log.warning("turn %d cannot be shown and is given up: %s", turn.claim.turn, error.code)
        turn_ended(turn, state, error.code)

    def _wait_for(self, policy: RetryPolicy, phase: Phase, turn: Turn, error: Exception) -> float | None:
        now = datetime.now(UTC)
        tried = self._tries.failed(turn.claim.turn, phase, now)
        return policy.wait_for(error, attempt=tried.times, first_attempt_at=tried.since, now=now, random=random.random)

    async def _release(self, attempt: Attempt, wait: float, reason: str, said: Sequence[Notice] = ()) -> None:
        turn, attempt.ending = attempt.turn, True
        await self._queue.release(turn.claim, timedelta(seconds=wait), reason, said)
        asyncio.get_running_loop().call_later(wait + LOOK_SECONDS, self._wake.set)
        turn_changed(TurnChange.of(turn, TurnState.PENDING, f"{reason}, again in {wait:.1f} s"))

    # stopping

    async def stop(self, grace_seconds: float, at_once: asyncio.Event) -> None:
        """
        No new turns; those that run get *grace_seconds*, or until *at_once* is set.

        Then they are released for the next worker that starts.
        """
        self._stopping.set()
        self._wake.set()
        if self._summarizer is not None:
            await self._summarizer.stop()
        await self._finish_within(grace_seconds, at_once)
        left = [attempt.turn for attempt in self._tasks.values()]
        await self._cancel(at_once)
        # Together: a database that does not take one lets each wait for it. A lease that is left ends by itself.
        releasing = [asyncio.create_task(self._release_at_stop(turn)) for turn in left]
        await ended(releasing, None, at_once)
        for task in releasing:
            task.cancel()

    async def _finish_within(self, seconds: float, at_once: asyncio.Event) -> None:
        ends = time.monotonic() + seconds
        waiting = asyncio.create_task(at_once.wait())
        while self._tasks and not waiting.done() and (left := ends - time.monotonic()) > 0:
            await asyncio.wait([*self._tasks, waiting], timeout=left, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def _cancel(self, at_once: asyncio.Event) -> None:
        """A cancelled task waits for a call that is under way, unless it is cancelled once more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.sleep(0)  # let them come to that call
        await self._finish_within(CALL_SECONDS, at_once)
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(list(self._tasks), timeout=0.1)

    async def _release_at_stop(self, turn: Turn) -> None:
        try:
            await self._queue.release(turn.claim, timedelta(0), "stopping")
            turn_changed(TurnChange.of(turn, TurnState.PENDING, "stopping"))
        except (LedgerError, LeaseLost) as error:
            log.warning("turn %d was not released: %r", turn.claim.turn, error)


async def ended(tasks: Collection[asyncio.Future[Any]], seconds: float | None, at_once: asyncio.Event) -> None:
    """Wait until all of *tasks* have ended: at most so long, and for a moment only from *at_once* on."""
    if not tasks:
        return
    waiting = asyncio.create_task(asyncio.wait(tasks, timeout=seconds))
    hurry = asyncio.create_task(at_once.wait())
    await asyncio.wait([waiting, hurry], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait([waiting], timeout=SECOND_SIGNAL_SECONDS)
    waiting.cancel()
    hurry.cancel()


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Return when *event* is set, or after *seconds*."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def persist(write: Callable[[], Awaitable[_T]]) -> _T:
    """Try a write until the database takes it. Raises LedgerError when that lasts longer than PERSIST_SECONDS."""
    failures = 0
    started = time.monotonic()
    while True:
        try:
            return await write()
        except LedgerError as error:
            if time.monotonic() - started > PERSIST_SECONDS:
                raise
            failures += 1
            if failures == 1:
                log.warning("an answer waits for the database: %s", error)
            await asyncio.sleep(DATABASE_BACKOFF.wait(failures))
