"""
Shows one answer in a thread, while it grows and when it is whole, in a form that Slack accepts.

What a part looks like is in message.py, what Slack does for one in part_calls.py, which ones there are in
common/parts.py, the one that is a file in answer_file.py, what Slack's refusals lead to in fallbacks.py. The core
says when to show, pace.py and limits.py how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.core.controls import NO_CONTROLS, Controls
from bot.core.errors import PlatformError
from bot.core.off_loop import off_loop
from bot.core.ports import ReplyRequest
from bot.core.texts import sentence
from bot.core.turn import Notice
from bot.markdown import fitting
from bot.platforms.common.limiter import RATE_LIMITED
from bot.platforms.common.parts import HaltedError, Parts
from bot.platforms.slack.calls.limits import APPEND, STOP, UPDATE
from bot.platforms.slack.incoming.events import Identity
from bot.platforms.slack.markup.message import PART_LIMIT, Piece, beginning, pieces, shortened
from bot.platforms.slack.reply import pace
from bot.platforms.slack.reply.answer_file import FILE_PART, AnswerFile
from bot.platforms.slack.reply.fallbacks import Fallbacks, Wanted
from bot.platforms.slack.reply.part_calls import SlackPartCalls
from bot.platforms.slack.reply.services import ReplyServices
from bot.platforms.slack.reply.streams import Stream


class SlackReply:
    """The Reply port. Call locate() once it is made: it looks for what an earlier attempt left behind."""

    def __init__(self, shared: ReplyServices, us: Identity, request: ReplyRequest) -> None:
        self._status, self._limits, self._streams = shared.status, shared.api.limits, shared.streams
        self._thread, self._language, self._as_file = request.thread, request.language, request.as_file
        self._fallbacks = Fallbacks(shared.features, request.turn, request.language)
        self._calls = SlackPartCalls(shared, us, request, self._fallbacks)
        self._file = AnswerFile(shared.api, shared.files, request, self._calls.admitted, self._check_halted)
        texts = [part for part in request.parts if part.number != FILE_PART]
        self._parts = Parts(self._calls, replace(request, parts=texts), clear_below=self._file.remove)
        self._began: float | None = None  # by the clock of the streams, when the first words were shown

    def _check_halted(self) -> None:
        self._parts.check_halted()

    # How often

    @property
    def pause(self) -> float:
        method, end = (APPEND, STOP) if self._growing() else (UPDATE, UPDATE)
        pause = self._limits.spacing(method, ends_with=end)
        until_button = self._seconds_to_button()
        return pause if until_button is None else min(pause, until_button)

    def _seconds_to_button(self) -> float | None:
        """Until an answer that is still being written needs one of ours; None when it has, or cannot have, one."""
        has_one = any(piece.controls for piece in self._parts.shown)
        if self._began is None or has_one or self._status.has_stop_button(self._thread):
            return None
        seconds = self._began + pace.BUTTON_SECONDS - self._streams.clock()
        return seconds if seconds > 0 else None

    def _growing(self) -> Stream | None:
        return next((stream for ts in self._parts.ids if (stream := self._streams.live(ts))), None)

    # The port

    async def show(self, text: str) -> None:
        if self._parts.fixed or not text.strip():
            return
        try:
            await self._bring(lambda: self._beginning(text), final=False)
        except HaltedError:
            return
        except PlatformError as error:
            if error.code != RATE_LIMITED and not self._parts.fixed:
                raise

    async def finish(self, text: str, notes: Sequence[str] = (), controls: Controls = NO_CONTROLS) -> None:
        self._parts.halted = False
        try:
            if not await self._finish_as_file(text, notes, controls):
                await self._file.remove()
                await self._end(lambda: self._whole(text, notes, controls))
        except HaltedError:
            return
        self._fallbacks.finished(controls)
        self._calls.end()

    def halt(self) -> None:
        self._parts.halted = True

    async def kept(self, text: str) -> str:
        self._as_file = False
        await self.locate()
        plain, halvings = self._fallbacks.plain, self._fallbacks.halvings
        count = lambda each: len(pieces(each, plain=plain, halvings=halvings))  # noqa: E731
        return await off_loop(len(text), lambda: fitting(text, len(self._parts.ids), PART_LIMIT >> halvings, count))

    async def remove(self) -> None:
        await self.locate()
        await self._file.remove()
        await self._parts.remove()

    async def locate(self) -> None:
        """Look for what an earlier attempt may have posted."""
        await self._parts.locate()

    # All parts

    async def _finish_as_file(self, text: str, notes: Sequence[str], controls: Controls) -> bool:
        """Show the beginning and a file with the whole answer, if it is long, people want that and Slack accepts it."""
        if not self._as_file or len(await self._whole(text, notes, controls)) < 2:
            return False
        if not await self._file.prepare(text):
            return False
        self._parts.check_halted()
        await self._end(lambda: self._shortened(text, notes, controls))
        self._parts.check_halted()
        return await self._file.prepare(text) and await self._file.share()  # removed if part 1 was reposted

    async def _end(self, wanted: Wanted) -> None:
        await self._parts.take_away(beyond=await self._bring(wanted, final=True))

    async def _whole(self, text: str, notes: Sequence[str], controls: Controls) -> list[Piece]:
        below, plain, halvings = self._fallbacks.controls(controls), self._fallbacks.plain, self._fallbacks.halvings
        return await off_loop(len(text), lambda: pieces(text, notes, below, plain=plain, halvings=halvings))

    async def _shortened(self, text: str, notes: Sequence[str], controls: Controls) -> list[Piece]:
        said = (sentence(Notice("whole_in_file"), self._language), *notes)
        below, plain, halvings = self._fallbacks.controls(controls), self._fallbacks.plain, self._fallbacks.halvings
        return await off_loop(len(text), lambda: shortened(text, said, below, plain=plain, halvings=halvings))

    async def _beginning(self, text: str) -> list[Piece]:
        stop = self._fallbacks.stop_button() if self._needs_button() else ()
        plain, halvings = self._fallbacks.plain, self._fallbacks.halvings
        wanted = await off_loop(len(text), lambda: beginning(text, stop, plain=plain, halvings=halvings))
        affordable = pace.affordable(self._calls.count, len(text)) or self._has_old_stream()
        return wanted if affordable or len(wanted) > len(self._parts.ids) else []

    def _has_old_stream(self) -> bool:
        """Whether there is one that Slack would end if we did not, and leave as it is."""
        stream = self._growing()
        return stream is not None and stream.is_old(self._streams.clock())

    def _needs_button(self) -> bool:
        """
        Whether an answer that is being written needs a button of ours. Below a stream there can be none: it ends then,
        if there is an edit to be had for the rest.
        """
        if self._began is None or self._status.has_stop_button(self._thread):
            return False
        if self._growing() is None:
            return bool(self._parts.ids)  # below a first post, of an answer that may end at once, it would only flicker
        return self._streams.clock() >= self._began + pace.BUTTON_SECONDS and self._calls.may_edit()

    async def _bring(self, wanted: Wanted, *, final: bool) -> int:
        """Make the parts show what is *wanted*. Returns the number of parts."""
        await self.locate()
        while True:
            try:
                return await self._bring_parts(await wanted(), final=final)
            except PlatformError as error:
                if not await self._fallbacks.gives_way(error, wanted):
                    raise

    async def _bring_parts(self, wanted: Sequence[Piece], *, final: bool) -> int:
        if await self._parts.bring(wanted, final=final):
            self._began = self._began or self._streams.clock()
        return len(wanted)
