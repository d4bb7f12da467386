"""
Slack's calls for one part of a reply: post it, stream it, edit it, delete it, find it again.

Each call waits here until Slack admits it. What a part looks like is in message.py, how one grows in streams.py, how a
lost one is found in lost_parts.py; which parts there are is common/parts.py's business.
"""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

from bot.core.errors import PlatformError
from bot.core.off_loop import off_loop
from bot.core.ports import ReplyRequest
from bot.platforms.common.limiter import RATE_LIMITED, Promise
from bot.platforms.common.parts import Check, Noted, PartCalls, WantedPart
from bot.platforms.slack.calls.api import Recipient
from bot.platforms.slack.calls.errors import MESSAGE_NOT_FOUND, concerns_message
from bot.platforms.slack.calls.limits import DELETE, EDITS_SECONDS, POST, UPDATE
from bot.platforms.slack.incoming.events import Identity
from bot.platforms.slack.markup.message import Piece, below, content, metadata
from bot.platforms.slack.reply.fallbacks import Fallbacks
from bot.platforms.slack.reply.lost_parts import find
from bot.platforms.slack.reply.services import ReplyServices
from bot.platforms.slack.reply.streams import STREAMING, Stream, beginning_of

Result = TypeVar("Result")


class SlackPartCalls(PartCalls[Piece]):
    """Of the reply that *request* asks for, in the form that *fallbacks* say."""

    def __init__(self, shared: ReplyServices, us: Identity, request: ReplyRequest, fallbacks: Fallbacks) -> None:
        self._us, self._status, self._fallbacks = us, shared.status, fallbacks
        self._api, self._limits, self._streams = shared.api, shared.api.limits, shared.streams
        self._thread, self._turn, self._log = request.thread, request.turn, request.log
        home = request.asker_home or request.thread.workspace
        self._recipient = Recipient(request.asker, home) if request.asker else None
        self._edits: Promise | None = None  # of the last edit, once there is something to be edited
        self.count = 0  # calls so far

    # As PartCalls

    async def post(self, part: WantedPart[Piece], noted: Noted) -> bool:
        if _goes_on(part) and await self._start(part, noted):
            return False
        if not part.final and part.number == 1 and not self.may_edit():
            raise PlatformError(RATE_LIMITED, passing=True)  # it is posted when it is whole
        what, tag = self._made_of(part)

        async def make(_: Check) -> str:
            ts = await self._api.post(self._thread.channel, what, thread=self._thread.thread, metadata=tag)
            self._status.posted(self._thread)
            return ts

        await self.admitted(POST, lambda: noted(make), final=part.final)
        self._fallbacks.taken()
        return True

    async def edit(self, part: WantedPart[Piece], id: str) -> bool:  # noqa: A002 - the port's word
        stream = self._streams.live(id)
        if stream is not None:
            if _goes_on(part) and await self._grows(stream, part.content):
                return False
            if await self._stopped(stream, part):
                self._fallbacks.taken()
                return True
        await self._update(part, id)
        self._fallbacks.taken()
        return True

    async def delete(self, id: str, *, final: bool) -> None:  # noqa: A002 - as above
        delete = lambda: self._api.delete(self._thread.channel, id)  # noqa: E731
        try:
            await self.admitted(DELETE, delete, final=True)
        except PlatformError as error:
            if error.passing or self.is_gone(error) or not await self._stop_left(id, final=final):
                raise
            await self.admitted(DELETE, delete, final=True)

    async def find(self, missing: Mapping[int, datetime], known: Collection[str]) -> Mapping[int, str]:
        return await find(self._api, self._us, self._thread, self._turn, missing, known)

    def is_gone(self, error: PlatformError) -> bool:
        return error.code == MESSAGE_NOT_FOUND

    def is_fixed(self, error: PlatformError) -> bool:
        return concerns_message(error)

    # When

    def may_edit(self) -> bool:
        """Whether an edit is promised to us: an answer that is shown early has to be brought to its end."""
        if self._edits is None and (promise := self._limits.promise(UPDATE, EDITS_SECONDS)) is not None:
            self._edits = promise
            weakref.finalize(self, self._limits.close, promise)  # however this attempt ends
        return self._edits is not None

    def end(self) -> None:
        """Call when the answer is whole: releases the promise."""
        self._limits.close(self._edits)

    async def admitted(self, method: str, change: Callable[[], Awaitable[Result]], *, final: bool) -> Result:
        """Make one change when Slack admits it. A final one waits as long as Slack asks, within limits."""

        async def make() -> Result:
            await self._log.check()
            self.count += 1
            return await change()

        return await self._limits.call(method, make, final=final, channel=self._thread.channel)

    # Streams and edits

    async def _start(self, part: WantedPart[Piece], noted: Noted) -> bool:
        """Let a part begin to grow, where that is possible; not where a button would have to end it at once."""
        text = part.content.open_end
        if not text or part.content.controls or not self._streams.possible(self._thread.channel, self._recipient):
            return False
        if not await off_loop(len(text), lambda: beginning_of(text)):
            raise PlatformError(RATE_LIMITED, passing=True)  # a word of it: the rest will soon be there
        promise = self._streams.open(text)
        if promise is None:
            return False

        async def make(_: Check) -> str | None:
            ts = await self._streams.start(promise, self._thread, text, self._recipient)
            if ts is not None:
                self._status.posted(self._thread)
            return ts

        try:
            await self._log.check()
            ts = await noted(make)
        except BaseException:
            self._limits.close(promise)
            raise
        self.count += 1
        return ts is not None

    async def _grows(self, stream: Stream, piece: Piece) -> bool:
        """Append to the stream. Whether the part still grows after it."""
        if piece.controls or stream.is_old(self._streams.clock()):
            return False
        if not piece.open_end:
            return True  # what stands at the end may yet become something else
        text = stream.take(piece.open_end)
        return text is not None and stream.takes(text) and await self._streams.append(stream, text, self.admitted)

    async def _stopped(self, stream: Stream, part: WantedPart[Piece]) -> bool:
        """End the stream. Whether it shows all of the part; otherwise the message must be edited."""
        return await self._streams.stop(
            stream,
            self.admitted,
            text=part.content.markdown,
            blocks=below(part.content),
            metadata=metadata(self._turn, part.number, part.content),
            final=part.final,
        )

    async def _update(self, part: WantedPart[Piece], ts: str) -> None:
        what, tag = self._made_of(part)
        edit = lambda: self._api.update(self._thread.channel, ts, {**what, "metadata": tag})  # noqa: E731
        try:
            await self.admitted(UPDATE, edit, final=part.final)
        except PlatformError as error:
            if error.code != STREAMING:
                raise
            await self._stop_left(ts, final=part.final)  # where that is refused, it has mostly ended by itself
            await self.admitted(UPDATE, edit, final=part.final)

    def _made_of(self, part: WantedPart[Piece]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The content of the part's message, and its metadata."""
        plain = self._fallbacks.plain
        return content(part.content, plain=plain), metadata(self._turn, part.number, part.content, plain=plain)

    async def _stop_left(self, ts: str, *, final: bool) -> bool:
        return await self._streams.stop_left(ts, self._thread, self.admitted, final=final)


def _goes_on(part: WantedPart[Piece]) -> bool:
    """Whether more of its text will come."""
    return part.last and not part.final
