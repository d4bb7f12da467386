"""
Streams messages: chat.startStream, .appendStream and .stopStream.

A stream is only how the beginning of a part is shown: it ends when the part is whole, and before Slack would end it
(five minutes after its start), before it is full (at about 10,600 bytes) and when a button has to stand below it; then
the same message goes on by edits. What a part shows, and when, is in reply.py.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError, ReplyDeleted, UncertainError
from bot.markdown import Growing
from bot.platforms.common.features import Feature
from bot.platforms.common.limiter import RATE_LIMITED, Promise
from bot.platforms.slack.calls.api import Message, Recipient, SlackApi
from bot.platforms.slack.calls.errors import MESSAGE_NOT_FOUND, NOT_HERE
from bot.platforms.slack.calls.limits import APPEND, START, STOP, STREAM_SECONDS
from bot.platforms.slack.status.status import SlackStatus

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

OLDEST_SECONDS = 210.0  # it may last until the next show
MOST_BYTES = 9_000  # UTF-8; Slack refused more at 10,600 to 11,300
STREAM = "stream"
STREAMING = "streaming_state_conflict"  # Slack's refusal to edit a message while it is streamed

NO_STREAMS = NOT_HERE | {"no_permission"}
NOT_IN_THIS_CHANNEL = frozenset({"channel_type_not_supported", "restricted_action"})


class Admitted(Protocol):
    """Makes one call as soon as Slack and the ledger admit it."""

    async def __call__(self, method: str, change: Callable[[], Awaitable[Result]], *, final: bool) -> Result: ...


def growing() -> Growing:
    """A Growing for streams, where shown text cannot change."""
    return Growing()


def beginning_of(open_end: str) -> str:
    """The part of an unfinished message that a stream may show; empty if it has barely begun."""
    source = growing()
    source.take(open_end)
    return source.shown.strip()


@dataclass(slots=True)
class Stream:
    """One streamed message. *unsure*: a call was lost, so we do not know what the message shows."""

    thread: ThreadRef
    ts: str
    text: str
    source: Growing
    written: str  # what the source has taken
    began: float  # by the clock of Streams
    promise: Promise
    unsure: bool = False

    def takes(self, text: str) -> bool:
        """Whether it shows *text* once something is appended."""
        return not self.unsure and text.startswith(self.text) and len(text.encode()) <= MOST_BYTES

    def take(self, open_end: str) -> str | None:
        """The part of an unfinished message that it may show; None if the message does not begin as before."""
        if not open_end.startswith(self.written):
            return None
        self.source.take(open_end)
        self.written = open_end
        return self.source.shown

    def is_old(self, now: float) -> bool:
        return now - self.began >= OLDEST_SECONDS


class StreamSupport:
    """
    Knows which channels of a workspace accept streams; all its replies share it.

    A refusal with an unknown code may be due to the channel. Several in a row end streams in that channel. Several such
    channels end them in the workspace, if it never accepted a stream.
    """

    def __init__(self) -> None:
        self._workspace = Feature((STREAM,), NO_STREAMS)
        self._channels: dict[str, Feature[str]] = {}  # those in which one was refused

    def possible(self, channel: str, recipient: Recipient | None) -> bool:
        """In channels, Slack wants to know for whom an answer is."""
        refused = channel in self._channels and not self._channels[channel].here
        return self._workspace.here and not refused and (recipient is not None or channel[:1] == "D")

    def taken(self, channel: str) -> None:
        self._workspace.taken()
        if channel in self._channels:
            self._channels[channel].taken()

    def refused(self, code: str, channel: str) -> None:
        place = self._channels.setdefault(channel, Feature((STREAM,), NOT_IN_THIS_CHANNEL, kept=False))
        given_up = place.refused(code, by=object())  # each refusal counts
        if code in NOT_IN_THIS_CHANNEL:
            return
        if given_up:
            logger.info("slack: answers are not streamed in a channel: %s", code)
        if self._workspace.refused(code, by=channel if given_up else None):
            logger.info("slack: answers are not streamed in this workspace: %s", code)


class Streams:
    """The open streams of a workspace. A reply that is opened again finds its own among them."""

    def __init__(self, api: SlackApi, status: SlackStatus, clock: Callable[[], float] = time.monotonic) -> None:
        self._api, self._limits, self._status, self.clock = api, api.limits, status, clock  # seconds
        self._support = StreamSupport()
        self._live: dict[str, Stream] = {}

    def live(self, ts: str | None) -> Stream | None:
        return self._live.get(ts) if ts else None

    def possible(self, channel: str, recipient: Recipient | None) -> bool:
        return self._support.possible(channel, recipient)

    def open(self, text: str) -> Promise | None:
        """The promise that start() needs; None if no stream is possible now."""
        if len(text.encode()) > MOST_BYTES:
            return None
        return self._limits.promise(STOP, STREAM_SECONDS, opening=START)

    async def start(
        self, promise: Promise, thread: ThreadRef, open_end: str, recipient: Recipient | None
    ) -> str | None:
        """The ts of a message that can grow; None where Slack refuses. Raises UncertainError: there may be one then."""
        self._forget_old()
        began, source = self.clock(), growing()
        source.take(open_end)
        text = source.shown
        try:
            ts = await self._api.start_stream(thread.channel, thread.thread, text, recipient)
        except UncertainError:
            raise  # the promise stays: whatever comes next may have to stop it
        except PlatformError as error:
            self._limits.close(promise)
            if error.code != RATE_LIMITED:
                self._support.refused(error.code, thread.channel)
            return None
        self._support.taken(thread.channel)
        self._live[ts] = Stream(thread, ts, text, source, open_end, began, promise)
        self._status.stream_started(thread)
        return ts

    async def append(self, stream: Stream, text: str, admitted: Admitted) -> bool:
        """
        Let it show *text*, which it takes(). False when it is over: somebody, or Slack, has ended it.

        Raises ReplyDeleted when it is gone.
        """
        if text == stream.text:
            return True

        async def append() -> None:
            stream.unsure = True  # cut off or lost, nobody knows
            try:
                await self._api.append_stream(stream.thread.channel, stream.ts, text[len(stream.text) :])
            except UncertainError:
                raise
            except PlatformError:
                stream.unsure = False
                raise
            stream.unsure, stream.text = False, text

        try:
            await admitted(APPEND, append, final=False)
        except PlatformError as error:
            if error.code == MESSAGE_NOT_FOUND:
                raise ReplyDeleted(error.code) from error
            if error.passing:
                raise
            logger.info("slack: a stream takes no more: %s", error.code)
            return False
        return True

    async def stop(
        self,
        stream: Stream,
        admitted: Admitted,
        *,
        text: str,
        blocks: Sequence[Message],
        metadata: Message,
        final: bool,
    ) -> bool:
        """
        End it. Whether it shows *text* then, with *blocks* below: only if it takes() that, and Slack the blocks.

        A *final* one is the end of the work in its thread, too; behind another one the session goes on, which Slack
        would end unless told. Raises PlatformError for what passes; it is ended another time then.
        """
        whole = stream.takes(text)
        added, thread = text[len(stream.text) :] if whole else "", stream.thread
        session = self._session_then(thread, final=final)
        more = {"text": added, "blocks": blocks, "session": session}
        stopped = await self._stopped(stream.ts, thread, admitted, metadata=metadata, **more)
        if not stopped and any(more.values()):
            whole, session = False, None
            await self._stopped(stream.ts, thread, admitted, metadata=metadata)
        self._over(thread, stream.ts, session_ended=stopped and session == "active")
        return whole and stopped

    async def stop_left(self, ts: str, thread: ThreadRef, admitted: Admitted, *, final: bool) -> bool:
        """
        End one that an earlier attempt, or another process, may have left behind. Whether there was one.

        *final* as for stop(): behind another one whoever left it may have died, but we go on.
        """
        session = self._session_then(thread, final=final)
        stopped = await self._stopped(ts, thread, admitted, session=session)
        if not stopped and session:
            session = None
            stopped = await self._stopped(ts, thread, admitted)
        self._over(thread, ts, session_ended=stopped and session == "active")
        return stopped

    def _session_then(self, thread: ThreadRef, *, final: bool) -> str | None:
        """The session status to send with the end of a stream; None if its thread has no session."""
        if not self._status.in_session(thread):
            return None
        return "active" if final else "processing"

    def _over(self, thread: ThreadRef, ts: str, *, session_ended: bool) -> None:
        if (stream := self._live.pop(ts, None)) is not None:
            self._limits.close(stream.promise)
        self._status.stream_stopped(thread, session_ended=session_ended)

    async def _stopped(self, ts: str, thread: ThreadRef, admitted: Admitted, **more: Any) -> bool:
        """False when Slack refuses: it has ended already (message_not_in_streaming_state, stopped_by_user), mostly."""
        stream = self._live.get(ts)
        if stream is not None:
            stream.unsure = True
        try:
            await admitted(STOP, lambda: self._api.stop_stream(thread.channel, ts, **more), final=True)
        except PlatformError as error:
            if error.passing:
                raise
            logger.info("slack: a stream could not be ended: %s", error.code)
            return False
        return True

    def _forget_old(self) -> None:
        """Forget streams so old that Slack has ended them."""
        now = self.clock()
        for stream in list(self._live.values()):
            if now - stream.began > STREAM_SECONDS:
                self._over(stream.thread, stream.ts, session_ended=False)
