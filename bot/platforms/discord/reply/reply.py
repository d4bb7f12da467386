"""
One answer in its place: what its parts show while it grows and when it is whole.

What a part looks like is in message.py, what Discord does for one in part_calls.py, which ones there are in
common/parts.py, the one that is a file in answer_file.py. The core says when to show, pace.py and limits.py how often.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import replace

from bot.core.controls import NO_CONTROLS, Controls
from bot.core.errors import PlatformError
from bot.core.off_loop import off_loop
from bot.core.ports import ReplyRequest
from bot.core.texts import label, sentence
from bot.core.turn import Notice
from bot.markdown import fitting
from bot.platforms.common.limiter import RATE_LIMITED
from bot.platforms.common.parts import HaltedError, Parts
from bot.platforms.discord.calls.errors import BLOCKED_BY_AUTOMOD, BLOCKED_LINKS
from bot.platforms.discord.calls.limits import EDIT
from bot.platforms.discord.incoming.events import Identity
from bot.platforms.discord.markup.buttons import rows, stop_row
from bot.platforms.discord.markup.message import PART_LIMIT, Piece, beginning, pieces, shortened, with_file
from bot.platforms.discord.reply import missing, pace
from bot.platforms.discord.reply.answer_file import FILE_PART, NO_FILES, AnswerFile
from bot.platforms.discord.reply.part_calls import IN_DOUBT, DiscordPartCalls
from bot.platforms.discord.reply.private_calls import PrivatePartCalls
from bot.platforms.discord.reply.responses import RespondingPartCalls
from bot.platforms.discord.reply.services import ReplyServices

logger = logging.getLogger(__name__)

BLOCKED = frozenset({BLOCKED_BY_AUTOMOD, BLOCKED_LINKS})
"""Discord's errors for text that a filter blocks."""


async def opened(shared: ReplyServices, us: Identity, request: ReplyRequest) -> DiscordReply:
    """
    The reply that *request* asks for, with what an earlier attempt left behind.

    What a command asked for is answered in its response. Raises PlatformError, and LedgerError.
    """
    store = shared.interactions
    called = await store.of_turn(request.turn) if store is not None else ()
    private = next((each for each in reversed(called) if each.private), None)
    calls: DiscordPartCalls | None = None
    if private is not None:
        calls = PrivatePartCalls(shared, us.user_id, request, private)
    elif store is not None and called:
        calls = RespondingPartCalls(shared, us.user_id, request, called, store)
    reply = DiscordReply(shared, us, request, calls, private=private is not None)
    if called and request.question is None:  # a setting is confirmed, which speaks of mentions
        reply.also = (label("as_commands", request.language),)
    await reply.locate()
    return reply


class DiscordReply:
    """The Reply port. Call locate() once it is made: it looks for what an earlier attempt left behind."""

    def __init__(
        self,
        shared: ReplyServices,
        us: Identity,
        request: ReplyRequest,
        calls: DiscordPartCalls | None = None,
        *,
        private: bool = False,
    ) -> None:
        """*calls*: where it is not simply posted. *private*: nothing is posted where others see it."""
        self._shared, self._request, self._limits = shared, request, shared.api.limits
        self._turn, self._language, self._as_file = request.turn, request.language, request.as_file
        self._calls, self._private = calls or DiscordPartCalls(shared, us.user_id, request), private
        self._file = AnswerFile(shared, us.user_id, request, self._calls, self._check_halted)
        texts = [part for part in request.parts if part.number != FILE_PART]
        self.also: Sequence[str] = ()  # sentences below all others
        self._parts = Parts(self._calls, replace(request, parts=texts), clear_below=self._file.remove)

    def _check_halted(self) -> None:
        self._parts.check_halted()

    @property
    def pause(self) -> float:
        channel = next(iter(self._calls.where.candidates()), "")
        seconds = self._limits.wait(EDIT, channel) if self._parts.ids else 0.0
        return seconds if math.isfinite(seconds) else pace.PACE.longest

    # The port

    async def show(self, text: str) -> None:
        if self._parts.fixed or not text.strip():
            return
        try:
            await self._bring(self._calls.ready(await self._beginning(text)), final=False)
        except HaltedError:
            return
        except PlatformError as error:
            if error.code not in (RATE_LIMITED, IN_DOUBT) and not self._parts.fixed:
                raise

    async def finish(self, text: str, notes: Sequence[str] = (), controls: Controls = NO_CONTROLS) -> None:
        self._parts.halted = False
        try:
            await self._finish(text, [*notes, *self.also, *self._missing()], controls)
        except HaltedError:
            return
        except PlatformError as error:
            if error.code in BLOCKED and text.strip():
                await self._finish("", [sentence(Notice("answer_blocked"), self._language), *notes], controls)
                return
            if not self._parts.ids:
                await missing.tell(self._shared, self._request, self._calls.where.in_thread, error)
            raise

    def halt(self) -> None:
        self._parts.halted = True

    async def kept(self, text: str) -> str:
        self._as_file = False
        await self.locate()
        count = lambda each: len(pieces(each))  # noqa: E731
        return await off_loop(len(text), lambda: fitting(text, len(self._parts.ids), PART_LIMIT, count))

    async def remove(self) -> None:
        await self.locate()
        await self._file.remove()
        await self._parts.remove()

    async def locate(self) -> None:
        """Look for what an earlier attempt may have posted."""
        await self._parts.locate()

    # All parts

    async def _finish(self, text: str, notes: Sequence[str], controls: Controls) -> None:
        below = rows(controls, self._turn)
        await self.locate()
        whole = await off_loop(len(text), lambda: pieces(text, notes, below))
        if len(whole) > 1 and await self._finish_as_file(text, notes, controls):
            return
        await self._file.remove()
        try:
            await self._end(whole)
        except PlatformError as error:
            if error.code != IN_DOUBT:
                raise
            await self._finish_in_doubt(text, notes, controls)
            return
        if found := self._missing():  # on the way
            await self._end(await off_loop(len(text), lambda: pieces(text, [*notes, *found], below)))

    def _missing(self) -> Sequence[str]:
        return missing.sentences(self._shared, self._request, self._calls.where.lacks)

    async def _finish_as_file(self, text: str, notes: Sequence[str], controls: Controls) -> bool:
        """Show how it begins, and all of it in a file, where that is wanted, or needed, and Discord takes one."""
        if self._calls.in_doubt:
            await self._finish_in_doubt(text, notes, controls)
            return True
        if self._as_file and self._private:
            return await self._finish_with_file(text, notes, controls)
        if not self._as_file or not await self._file.possible():
            return False
        said, below = self._whole_in_file(notes), rows(controls, self._turn)
        await self._end(await off_loop(len(text), lambda: shortened(text, said, below)))
        self._parts.check_halted()
        return await self._file.post(text)

    async def _finish_with_file(self, text: str, notes: Sequence[str], controls: Controls) -> bool:
        """The same, in one message."""
        said, below = self._whole_in_file(notes), rows(controls, self._turn)
        piece = await off_loop(len(text), lambda: with_file(text, said, below))
        try:
            await self._end([piece])
        except PlatformError as error:
            if error.passing or error.code not in NO_FILES:
                raise
            logger.info("discord: an answer cannot be sent as a file: %s", error.code)
            return False
        return True

    async def _finish_in_doubt(self, text: str, notes: Sequence[str], controls: Controls) -> None:
        """All in the first message: the rest may stand there, and can be posted no second time."""
        if not await self._finish_with_file(text, notes, controls):
            said, below = (sentence(Notice("rest_in_doubt"), self._language), *notes), rows(controls, self._turn)
            await self._end(await off_loop(len(text), lambda: shortened(text, said, below)[-1:]))

    def _whole_in_file(self, notes: Sequence[str]) -> Sequence[str]:
        return (sentence(Notice("whole_in_file"), self._language), *notes)

    async def _end(self, wanted: Sequence[Piece]) -> None:
        await self._bring(wanted, final=True)
        await self._parts.take_away(beyond=len(wanted))

    async def _beginning(self, text: str) -> Sequence[Piece]:
        # Below a first post, of an answer that may end at once, a button would only flicker.
        stop = [stop_row(self._turn, self._language)] if self._parts.ids else []
        wanted = await off_loop(len(text), lambda: beginning(text, stop))
        return wanted if pace.affordable(self._calls.count, len(text)) or len(wanted) > len(self._parts.ids) else []

    async def _bring(self, wanted: Sequence[Piece], *, final: bool) -> None:
        await self.locate()
        await self._parts.bring(wanted, final=final)
