"""Why the asking of a turn ends early: somebody stops it, or what is asked is another thing by now."""

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
    CHANGED = "changed"  # the question was edited, or deleted: begin anew


@dataclass(frozen=True, slots=True)
class Partial:
    """What a call of the model that was cut off by us had brought."""

    completion: int
    result: Completion


class Interrupted(BotError):  # noqa: N818 - a fact, as in StopIteration
    """Asking was ended on purpose. *partial* is None when there was no call of the model under way."""

    def __init__(self, interrupt: Interrupt, partial: Partial | None = None) -> None:
        super().__init__(interrupt.value)
        self.interrupt = interrupt
        self.partial = partial


class Interruption:
    """
    One turn's way of being interrupted: while it asks, and while what was answered is shown.

    The worker interrupts the asking by cancelling the turn's task. The task tells by *interrupt* that this is why.
    """

    def __init__(self, *, asking: bool = True) -> None:
        self.interrupt: Interrupt | None = None
        self.halted: Interrupt | None = None  # why the showing is to end
        self._asking = asking
        self._halt: Callable[[], None] | None = None

    def halts(self, halt: Callable[[], None] | None) -> None:
        """From now on *halt*, if any, ends the showing."""
        self._halt = halt

    def close(self) -> None:
        """From now on it is too late."""
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
        Call where a CancelledError was caught: what to raise instead, or None when it is not ours.

        Once: whoever is cancelled again meanwhile is told to stop by somebody else.
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
    Await *call*; whoever is cancelled meanwhile waits for it all the same.

    Cut off in the middle of a post, nobody would know whether it was made, and Slack may make it after we have looked.
    A second cancellation cuts it off.
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
