"""Shows a growing answer while the model streams it: neither waits for the other."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from bot.core.errors import LeaseLost, LedgerError, PlatformError, ReplyUnwanted
from bot.core.interruption import finish_before_cancel
from bot.core.off_loop import off_loop
from bot.core.ports import PaceSettings, Reply
from bot.core.prompt.speakers import unbracketed
from bot.core.reply.pace import Pace
from bot.markdown import is_visible, join_continuation

log = logging.getLogger(__name__)


class Presenter:
    """
    Opens the reply once there is something to show, and shows it at the right pace.

    Intermediate texts may fail: the finished answer counts, and showing that one raises its own failure. Only a lost
    lease ends the stream too, and people who want no more of the answer while it is written.
    """

    def __init__(self, open_reply: Callable[[], Awaitable[Reply]], pace: PaceSettings) -> None:
        self._open_reply, self._pace = open_reply, pace
        self.continued = ""  # the answer so far, if it is continued; set it before the first words
        self._reply: Reply | None = None
        self._text: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._failure: LeaseLost | ReplyUnwanted | None = None
        self._words = asyncio.Event()
        self.thinks = asyncio.Event()  # the model streams its reasoning, which nobody is shown
        self._began_at = time.monotonic()

    def add(self, text: str) -> None:
        """More of the answer."""
        self._text.append(text)
        self._words.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def unsay(self) -> None:
        """Discard the text added so far: the next text replaces it."""
        self._text.clear()

    async def wait_for_words(self, seconds: float) -> bool:
        """Whether the first words come within *seconds* of the start."""
        try:
            async with asyncio.timeout(self._began_at + seconds - time.monotonic()):
                return await self._words.wait()
        except TimeoutError:
            return False

    @property
    def has_words(self) -> bool:
        return self._words.is_set()

    def raise_failure(self) -> None:
        """Raise LeaseLost once another worker is known to own the turn, ReplyUnwanted once nobody wants the answer."""
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> None:
        """Show nothing more. Waits for a running call: nobody would know the result of a call that is cut off."""
        self._stopping.set()
        if self._reply is not None:
            self._reply.halt()
        if self._task is not None:
            await finish_before_cancel(self._task)
            self._task = None

    async def reply(self) -> Reply:
        """The reply; opens it if necessary. Call after stop()."""
        if self._reply is None:
            self._reply = await self._open_reply()
        return self._reply

    async def _run(self) -> None:
        pace = Pace(self._pace, time.monotonic())
        while not await self._stopped_within(pace.wait(time.monotonic(), self._reply.pause if self._reply else 0.0)):
            if not await self._show():
                return
            pace.shown(time.monotonic())

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    async def _show(self) -> bool:
        """Show the current text. Whether more texts should follow."""
        try:
            reply = await self.reply()
            if self._stopping.is_set():
                return False
            text = "".join(self._text)
            if self.continued:
                join = partial(join_continuation, self.continued, text, unbracketed, finished=False)
                text = await off_loop(len(self.continued) + len(text), join)
            if is_visible(text):
                await reply.show(text)
        except (LeaseLost, ReplyUnwanted) as failure:
            self._failure = failure
            return False
        except LedgerError as error:
            log.warning("an intermediate text was not shown: %s", error)
        except PlatformError as error:
            log.info("an intermediate text was not shown: %s", error)
            return error.passing
        return True
