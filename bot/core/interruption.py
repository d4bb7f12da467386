"""Ends a model call early: because somebody stops it, or because the question has changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.core.errors import BotError
from bot.core.turn import Completion

log = logging.getLogger(__name__)


class Interrupt(StrEnum):
    STOP = "stop"  # somebody asked for it
    CHANGED = "changed"  # the question was edited or deleted: start again


@dataclass(frozen=True, slots=True)
class Partial:
    """The part of the answer that arrived before we cut the model call off."""

    completion: int
    result: Completion


class Interrupted(BotError):  # noqa: N818 - a fact, as in StopIteration
    """The model call was ended on purpose. *partial* is None if no call was under way."""

    def __init__(self, interrupt: Interrupt, partial: Partial | None = None) -> None:
        super().__init__(interrupt.value)
        self.interrupt = interrupt
        self.partial = partial


class Interruption:
    """
    Interrupts one turn while it asks the model, or while its answer is shown.

    The worker cancels the turn's task to interrupt the model call; *interrupt* tells the task the reason.
    """

    def __init__(self, *, asking: bool = True) -> None:
        self.interrupt: Interrupt | None = None
        self.halted: Interrupt | None = None  # why showing the answer must end
        self._asking = asking
        self._halt: Callable[[], None] | None = None

    def halts(self, halt: Callable[[], None] | None) -> None:
        """Use *halt* from now on to end the showing of the answer; None: it cannot be ended."""
        self._halt = halt

    def close(self) -> None:
        """Accept no interrupts from now on: it is too late."""
        self._asking = False

    def by(self, interrupt: Interrupt, task: asyncio.Task[None]) -> None:
        """Interrupt *task*, once while it asks."""
        if self._asking and self.interrupt is None:
            self.interrupt = interrupt
            task.cancel()
        elif not self._asking:
            self.halted = interrupt
            if self._halt is not None:
                self._halt()

    def caught(self) -> Interrupted | None:
        """
        Call after catching a CancelledError. Returns the exception to raise instead, or None if it is not ours.

        Answers only once: a second cancellation comes from somebody else.
        """
        interrupt, self.interrupt = self.interrupt, None
        if interrupt is None:
            return None
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        self.close()
        return Interrupted(interrupt)


async def finish_before_cancel(call: Awaitable[None]) -> None:
    """
    Await *call* to its end, even if the caller is cancelled meanwhile.

    If a post is cut off, nobody knows whether it was made, and Slack may make it after we have looked for it. A second
    cancellation does cut it off.
    """
    calling = asyncio.ensure_future(call)
    try:
        await asyncio.shield(calling)
    except asyncio.CancelledError:
        try:
            await asyncio.wait([calling])
        finally:
            calling.cancel()
        if not calling.cancelled() and (error := calling.exception()):
            log.info("a call that the end of its turn waited for failed: %r", error)
        raise
