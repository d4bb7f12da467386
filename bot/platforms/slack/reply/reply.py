"""
One answer in a thread: its parts are posted or streamed in order, edited while the answer grows, and found again after
a crash.

What a part looks like is in message.py, how one grows in streams.py, how a lost one is found in lost_parts.py, the one
that is a file in answer_file.py, what Slack's refusals lead to in fallbacks.py. The core says when to show, pace.py and
limits.py how often.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.core.controls import NO_CONTROLS, Controls
from bot.core.errors import PlatformError, ReplyDeleted
from bot.core.off_loop import off_loop
from bot.core.ports import ReplyRequest
from bot.core.texts import sentence
from bot.core.turn import Notice
from bot.markdown import fitting
from bot.platforms.common.limiter import RATE_LIMITED, Promise
from bot.platforms.slack.calls.api import Recipient, SlackApi
from bot.platforms.slack.calls.errors import MESSAGE_NOT_FOUND, UncertainError, concerns_message
from bot.platforms.slack.calls.limits import APPEND, DELETE, EDITS_SECONDS, POST, STOP, UPDATE
from bot.platforms.slack.incoming.events import Identity
from bot.platforms.slack.markup.message import (
    PART_LIMIT,
    Piece,
    beginning,
    below,
    content,
    metadata,
    pieces,
    shortened,
)
from bot.platforms.slack.reply import pace
from bot.platforms.slack.reply.answer_file import FILE_PART, AnswerFile, FileSettings
from bot.platforms.slack.reply.fallbacks import Fallbacks, MessageFeatures, Wanted
from bot.platforms.slack.reply.lost_parts import find
from bot.platforms.slack.reply.streams import STREAMING, Stream, Streams, beginning_of
from bot.platforms.slack.status.status import SlackStatus

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ReplyServices:
    """What all replies of a workspace share."""

    api: SlackApi
    streams: Streams
    features: MessageFeatures
    files: FileSettings
    status: SlackStatus


class _HaltedError(Exception):
    """Nothing more is to be posted."""


class SlackReply:
    """The Reply port. Call locate() once it is made: it looks for what an earlier attempt left behind."""

    def __init__(self, shared: ReplyServices, us: Identity, request: ReplyRequest) -> None:
        self._us, self._status = us, shared.status
        self._api, self._limits, self._streams = shared.api, shared.api.limits, shared.streams
        self._thread, self._turn, self._log = request.thread, request.turn, request.log
        home = request.asker_home or request.thread.workspace
        self._recipient = Recipient(request.asker, home) if request.asker else None
        self._fallbacks = Fallbacks(shared.features, request.turn, request.language)
        self._file = AnswerFile(shared.api, shared.files, request, self._admitted)
        self._as_file, self._language = request.as_file, request.language
        parts = [part for part in request.parts if part.number != FILE_PART]
        self._ids = {part.number: part.id for part in parts if part.id is not None}
        self._missing = {part.number: part.intended_at for part in parts if part.id is None}
        self._intended = {part.number for part in parts}
        self._shown: dict[int, Piece] = {}  # what each part shows, where this attempt wrote it
        self._written: set[int] = set()  # parts that this attempt has posted or edited
        self._halted = False
        self._fixed = False  # a part cannot be edited: the finished answer is posted anew, a beginning is not
        self._calls = 0
        self._began: float | None = None  # by the clock of the streams, when the first words were shown
        self._edits: Promise | None = None  # of the last edit, once there is something to be edited

    # How often

    @property
    def pause(self) -> float:
        method, end = (APPEND, STOP) if self._growing() else (UPDATE, UPDATE)
        pause = self._limits.spacing(method, ends_with=end)
        until_button = self._seconds_to_button()
        return pause if until_button is None else min(pause, until_button)

    def _seconds_to_button(self) -> float | None:
        """Until an answer that is still being written needs one of ours; None when it has, or cannot have, one."""
        has_one = any(piece.controls for piece in self._shown.values())
        if self._began is None or has_one or self._status.has_stop_button(self._thread):
            return None
        seconds = self._began + pace.BUTTON_SECONDS - self._streams.clock()
        return seconds if seconds > 0 else None

    def _growing(self) -> Stream | None:
        return next((stream for ts in self._ids.values() if (stream := self._streams.live(ts))), None)

    # The port

    async def show(self, text: str) -> None:
        if self._fixed or not text.strip():
            return
        try:
            await self._bring(lambda: self._beginning(text), final=False)
        except _HaltedError:
            return
        except PlatformError as error:
            if error.code != RATE_LIMITED and not self._fixed:
                raise

    async def finish(self, text: str, notes: Sequence[str] = (), controls: Controls = NO_CONTROLS) -> None:
        self._halted = False
        try:
            if not await self._finish_as_file(text, notes, controls):
                await self._file.remove()
                await self._end(lambda: self._whole(text, notes, controls))
        except _HaltedError:
            return
        self._fallbacks.finished(controls)
        self._limits.close(self._edits)

    def halt(self) -> None:
        self._halted = True

    async def kept(self, text: str) -> str:
        self._as_file = False
        await self.locate()
        plain, halvings = self._fallbacks.plain, self._fallbacks.halvings
        count = lambda each: len(pieces(each, plain=plain, halvings=halvings))  # noqa: E731
        return await off_loop(len(text), lambda: fitting(text, len(self._ids), PART_LIMIT >> halvings, count))

    async def remove(self) -> None:
        await self.locate()
        await self._file.remove()
        await self._take_away(beyond=0)
        self._intended &= self._ids.keys()

    async def locate(self) -> None:
        """Look for the parts of which nobody knows whether they were posted, and note those that were."""
        if not self._missing:
            return
        found = await find(self._api, self._us, self._thread, self._turn, self._missing, list(self._ids.values()))
        for number, ts in found.items():
            self._ids[number] = ts
            await self._log.posted(number, ts)
        self._missing.clear()

    # All parts

    async def _finish_as_file(self, text: str, notes: Sequence[str], controls: Controls) -> bool:
        """Show how it begins, and all of it in a file, if it is long, people want that and Slack takes one."""
        if not self._as_file or len(await self._whole(text, notes, controls)) < 2:
            return False
        if not await self._file.prepare(text):
            return False
        self._check_halted()
        await self._end(lambda: self._shortened(text, notes, controls))
        self._check_halted()
        return await self._file.prepare(text) and await self._file.share()  # it went if the first part was posted anew

    async def _end(self, wanted: Wanted) -> None:
        await self._take_away(beyond=await self._bring(wanted, final=True))

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
        affordable = pace.affordable(self._calls, len(text)) or self._has_old_stream()
        return wanted if affordable or len(wanted) > len(self._ids) else []

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
            return bool(self._ids)  # below a first post, of an answer that may end at once, it would only flicker
        return self._streams.clock() >= self._began + pace.BUTTON_SECONDS and self._may_edit()

    def _may_edit(self) -> bool:
        """Whether an edit is promised to us: an answer that is shown early has to be brought to its end."""
        if self._edits is None and (promise := self._limits.promise(UPDATE, EDITS_SECONDS)) is not None:
            self._edits = promise
            weakref.finalize(self, self._limits.close, promise)  # however this attempt ends
        return self._edits is not None

    async def _bring(self, wanted: Wanted, *, final: bool) -> int:
        """Make the parts show what is *wanted*. Returns how many it takes."""
        await self.locate()
        while True:
            try:
                return await self._bring_parts(await wanted(), final=final)
            except PlatformError as error:
                if not await self._fallbacks.gives_way(error, wanted):
                    raise

    async def _bring_parts(self, wanted: Sequence[Piece], *, final: bool) -> int:
        changed = False
        for number, piece in enumerate(wanted, 1):
            stream = self._streams.live(self._ids.get(number))
            goes_on = not final and number == len(wanted)
            if stream is None and self._shown.get(number) == piece:
                continue
            if number not in self._ids:
                self._check_halted()
            self._shown.pop(number, None)  # a change whose answer is lost leaves either text
            if stream is None or not await self._streamed(stream, number, piece, goes_on=goes_on, final=final):
                await self._write(number, piece, goes_on=goes_on, final=final)
            self._written.add(number)
            changed = True
        if changed:
            self._began = self._began or self._streams.clock()
        return len(wanted)

    # One part

    async def _write(self, number: int, piece: Piece, *, goes_on: bool, final: bool) -> None:
        """Post it, or let it begin to grow, or edit it."""
        if number not in self._ids:
            if goes_on and await self._start(number, piece):
                return
            if not final and number == 1 and not self._may_edit():
                raise PlatformError(RATE_LIMITED, passing=True)  # it is posted when it is whole
            await self._post(number, piece, final=final)
        elif not await self._updated(number, piece, final=final):
            await self._post(number, piece, final=final)
        self._shown[number] = piece
        self._fallbacks.taken()

    async def _streamed(self, stream: Stream, number: int, piece: Piece, *, goes_on: bool, final: bool) -> bool:
        """Whether a part that grows shows *piece*; if not, it does not grow any more and is to be edited."""
        if goes_on and not piece.controls and not stream.is_old(self._streams.clock()):
            if not piece.open_end:
                return True  # what stands at the end may yet become something else
            text = stream.take(piece.open_end)
            if text is not None and stream.takes(text) and await self._streams.append(stream, text, self._admitted):
                return True
        shown = await self._streams.stop(
            stream,
            self._admitted,
            text=piece.markdown,
            blocks=below(piece),
            metadata=metadata(self._turn, number, piece),
            final=final,
        )
        if shown:
            self._shown[number] = piece
            self._fallbacks.taken()
        return shown

    async def _start(self, number: int, piece: Piece) -> bool:
        """Let a part begin to grow, where that is possible; not where a button would have to end it at once."""
        if not piece.open_end or piece.controls:
            return False
        if not self._streams.possible(self._thread.channel, self._recipient):
            return False
        text = piece.open_end
        if not await off_loop(len(text), lambda: beginning_of(text)):
            raise PlatformError(RATE_LIMITED, passing=True)  # a word of it: the rest will soon be there
        promise = self._streams.open(text)
        if promise is None:
            return False
        try:
            await self._log.check()
            ts = await self._new(number, lambda: self._streams.start(promise, self._thread, text, self._recipient))
        except BaseException:
            self._limits.close(promise)
            raise
        self._calls += 1
        return ts is not None

    async def _post(self, number: int, piece: Piece, *, final: bool) -> None:
        plain = self._fallbacks.plain
        what, tag = content(piece, plain=plain), metadata(self._turn, number, piece, plain=plain)
        post = lambda: self._api.post(self._thread.channel, what, thread=self._thread.thread, metadata=tag)  # noqa: E731

        async def make() -> str | None:
            self._check_halted()  # while it waited, perhaps
            return await self._new(number, post)

        await self._admitted(POST, make, final=final)

    def _check_halted(self) -> None:
        if self._halted:
            raise _HaltedError

    async def _new(self, number: int, make: Callable[[], Awaitable[str | None]]) -> str | None:
        """Make a message, noted before and after. None when *make* made none."""
        if number not in self._intended:
            await self._log.intend(number)
            self._intended.add(number)
        # In doubt from here on: a cancellation or a lost response leaves a post that nobody noted.
        self._missing[number] = datetime.now(UTC) - timedelta(seconds=1)
        try:
            ts = await make()
        except UncertainError:
            raise
        except PlatformError:
            del self._missing[number]  # refused: it was surely not posted
            raise
        del self._missing[number]
        if ts is not None:
            self._status.posted(self._thread)
            self._ids[number] = ts
            await self._log.posted(number, ts)
        return ts

    async def _updated(self, number: int, piece: Piece, *, final: bool) -> bool:
        """
        Edit a part; False when that cannot be done and the part, no longer there, is to be posted anew.

        Raises for a part of this attempt that is gone: whoever deletes what they see us write does not want it again.
        """
        ts = self._ids[number]
        try:
            await self._edit(number, piece, final=final)
        except PlatformError as error:
            gone = error.code == MESSAGE_NOT_FOUND
            if not concerns_message(error):
                raise
            if gone and number in self._written:
                raise ReplyDeleted(error.code) from error
            if not gone:
                logger.info("slack: a part of a reply cannot be edited: %s", error.code)
                self._fixed = True
                if not final:
                    raise
            await self._file.remove()
            await self._take_away(beyond=number, final=final)  # else those would stand before it
            if not gone:
                await self._delete(ts, final=final)
            self._forget(number)
            return False
        return True

    async def _edit(self, number: int, piece: Piece, *, final: bool) -> None:
        ts, plain = self._ids[number], self._fallbacks.plain
        what, tag = content(piece, plain=plain), metadata(self._turn, number, piece, plain=plain)
        edit = lambda: self._api.update(self._thread.channel, ts, {**what, "metadata": tag})  # noqa: E731
        try:
            await self._admitted(UPDATE, edit, final=final)
        except PlatformError as error:
            if error.code != STREAMING:
                raise
            await self._stop_left(ts, final=final)  # where that is refused, it has mostly ended by itself meanwhile
            await self._admitted(UPDATE, edit, final=final)

    async def _stop_left(self, ts: str, *, final: bool) -> bool:
        return await self._streams.stop_left(ts, self._thread, self._admitted, final=final)

    async def _take_away(self, *, beyond: int, final: bool = True) -> None:
        for number in sorted((number for number in self._ids if number > beyond), reverse=True):
            refusal = await self._delete(self._ids[number], final=final)
            if refusal is None:
                self._forget(number)
            else:  # an edit will tell whether it is there
                self._written.discard(number)
                self._shown.pop(number, None)
            if refusal in (None, MESSAGE_NOT_FOUND):
                await self._log.removed(number)

    def _forget(self, number: int) -> None:
        """Posted anew, a part must not be known under its old id."""
        del self._ids[number]
        self._intended.discard(number)
        self._written.discard(number)
        self._shown.pop(number, None)

    async def _delete(self, ts: str, *, final: bool) -> str | None:
        """
        One that Slack does not let us delete stays: why it does not, None when it is gone by us.

        *final*: the work in its thread ends with it.
        """
        delete = lambda: self._api.delete(self._thread.channel, ts)  # noqa: E731
        try:
            try:
                await self._admitted(DELETE, delete, final=True)
            except PlatformError as error:
                if error.passing or error.code == MESSAGE_NOT_FOUND or not await self._stop_left(ts, final=final):
                    raise
                await self._admitted(DELETE, delete, final=True)
        except PlatformError as error:
            if error.passing:
                raise
            if error.code != MESSAGE_NOT_FOUND:
                logger.warning("slack: a part of a reply cannot be deleted: %s", error.code)
            return error.code
        return None

    async def _admitted(self, method: str, change: Callable[[], Awaitable[Result]], *, final: bool) -> Result:
        """Make one change when Slack admits it; a final one sits out what Slack asks for, within limits."""

        async def make() -> Result:
            await self._log.check()
            self._calls += 1
            return await change()

        return await self._limits.call(method, make, final=final, channel=self._thread.channel)
