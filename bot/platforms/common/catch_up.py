"""
Reads missed messages after every (re)connection, and notes up to which time everything is stored.

Each platform implements ChannelReader. Found messages pass through receive() like every event; it skips known ones.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.core.conversation import Incoming, ThreadRef
from bot.core.errors import BotError, LedgerError, PlatformError
from bot.core.ports import WHOLE_WORKSPACE, Receive, Watermarks
from bot.core.retry import Backoff

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(minutes=2)  # clocks differ, and events in transit are lost when we die
RECENT = timedelta(days=7)  # threads with a turn since then are read even if nothing announces news
BACKOFF = Backoff(first=0.6, longest=15.0)  # some channel may fail for long
READERS = 4  # channels that are read at the same time


@dataclass(frozen=True, slots=True)
class CatchUpSettings:
    longest: timedelta = timedelta(hours=12)  # older messages are not read
    note_seconds: float = 30.0  # between two updates of the watermark, while connected
    look_back: timedelta = LOOK_BACK


@dataclass(frozen=True, slots=True)
class ChannelNews:
    """The missed events of a channel, in the order in which to hand them in."""

    events: Iterable[Incoming]  # of other people, and deletions; created lazily
    joined: bool = False  # somebody invited us meanwhile: earlier messages were not received


class ChannelReader(Protocol):
    """How a platform's channels are read. Positions are as in Posted."""

    async def channels(self) -> Sequence[str]:
        """The channels that we are in. Raises PlatformError."""

    async def news(self, channel: str, since: int, known: Collection[ThreadRef]) -> ChannelNews:
        """
        The messages in *channel* and its threads at position *since* or later. Raises PlatformError.

        *known*: threads to read even if nothing in the channel announces news in them.
        """

    def is_pointless(self, error: PlatformError) -> bool:
        """Whether every other channel would fail, too, as with an invalid token."""

    def position(self, moment: datetime) -> int:
        """The position of a message sent at *moment*, by our clock."""

    def moment(self, position: int) -> datetime: ...


class CatchUp:
    """
    Call receive() with every event and new_connection() for every connection; run() reads in parallel.

    *session* returns a unique value for the current connection, or None if there is none.
    """

    def __init__(
        self,
        *,
        platform: str,
        workspace: str | None,
        channels: ChannelReader,
        watermarks: Watermarks,
        receive: Receive,
        session: Callable[[], object | None],
        settings: CatchUpSettings,
    ) -> None:
        self._platform, self._workspace = platform, workspace
        self._channels, self._watermarks = channels, watermarks
        self._receive, self._session, self._settings = receive, session, settings
        self._due = asyncio.Event()
        self._storing: dict[object, int] = {}  # events being stored, and when that began
        self._missed = False  # a delivered event could not be stored
        self._has_gap = False  # all threads may lack messages, and the ledger does not know it yet
        self._noting_gap = asyncio.Lock()

    async def receive(self, incoming: Incoming) -> None:
        """
        As ports.Receive. An event that cannot be stored is read later, unless the platform delivers it again.

        The first event of a connection waits until the gap before it is noted. It may be a question, and its prompt
        would lack the messages in the gap.
        """
        event = object()
        self._storing[event] = self._now()
        try:
            if self._has_gap or self._noting_gap.locked():
                await self._note_whole_gap()
            await self._receive(incoming)
        except BaseException:
            self._missed = True
            raise
        finally:
            del self._storing[event]

    async def joined(self, channel: str) -> None:
        """Call when we were invited to *channel*, perhaps again. Raises LedgerError."""
        await self._note_gap(channel)

    def new_connection(self) -> None:
        """Call before the first event of a connection: messages until now may have been missed."""
        self._has_gap = True
        self._due.set()

    async def run(self) -> None:
        """Catch up after every connection, until cancelled."""
        failures = 0
        while True:
            await self._due.wait()
            self._due.clear()
            session = self._session()
            if await self._unless_due(self._read_everything()):
                failures = 0
                await self._unless_due(self._note_progress(session))
            elif not self._due.is_set():
                failures += 1
                await self._unless_due(asyncio.sleep(BACKOFF.wait(failures)))
                self._due.set()

    async def _unless_due(self, work: Awaitable[bool | None]) -> bool | None:
        """The result of *work*; None if a new connection comes first, because that is more urgent."""
        task, waiting = asyncio.ensure_future(work), asyncio.create_task(self._due.wait())
        try:
            await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for each in (task, waiting):
                each.cancel()
            await asyncio.gather(task, waiting, return_exceptions=True)

    # The watermark

    def _now(self) -> int:
        return self._channels.position(datetime.now(UTC))

    def _stored_until(self) -> int:
        """The time until which every delivered event is stored, unless `_missed` is set."""
        return min([self._now(), *self._storing.values()])

    async def _note_progress(self, session: object | None) -> bool:
        """
        While *session* lasts and nothing is missed, move the watermark with time: then quiet hours are not read again.

        It stays one step behind, because a dead connection (after this machine slept) is noticed only later.
        """
        until = self._stored_until()
        while True:
            await asyncio.sleep(self._settings.note_seconds)
            if self._missed:
                self._due.set()
                return True
            if session is not None and self._session() is session:
                await self._advance(WHOLE_WORKSPACE, until)
            until = self._stored_until()

    async def _advance(self, channel: str, position: int) -> None:
        try:
            await self._watermarks.advance(self._platform, self._workspace, channel, position)
        except LedgerError as error:
            logger.warning("%s: the database cannot be used to note how far all is stored: %s", self._platform, error)

    async def _note_whole_gap(self) -> None:
        """
        Note a gap in all threads, whatever reading their channels finds: only a thread that is read completely shows
        its edits, deletions and reactions. Raises LedgerError.
        """
        async with self._noting_gap:
            if not self._has_gap:
                return
            self._has_gap = False  # another connection may set it again during this write
            try:
                watermarks = await self._watermarks.seen_until(self._platform, self._workspace)
                whole = watermarks.get(WHOLE_WORKSPACE)  # None: an older version without watermarks stored everything
                await self._note_gap(WHOLE_WORKSPACE, None if whole is None else self._missed_since(whole))
            except BaseException:
                self._has_gap = True
                raise

    def _missed_since(self, watermark: int) -> int:
        return self._channels.position(self._channels.moment(watermark) - self._settings.look_back)

    async def _note_gap(self, channel: str, since: int | None = None) -> None:
        await self._watermarks.note_gap(self._platform, self._workspace, channel, since=since)

    # Reading

    async def _read_everything(self) -> bool:
        """Read all channels. Whether everything was read and stored."""
        self._has_gap = self._has_gap or self._missed
        began, self._missed = self._stored_until(), False
        try:
            await self._note_whole_gap()
            watermarks = await self._watermarks.seen_until(self._platform, self._workspace)
            complete = WHOLE_WORKSPACE not in watermarks or await self._read_since(watermarks)
        except LedgerError as error:
            logger.warning("%s: the database cannot be used, what was missed is read later: %s", self._platform, error)
            return False
        except PlatformError as error:
            logger.warning("%s: what was missed cannot be read now: %s", self._platform, error.code)
            return False
        if complete:
            await self._advance(WHOLE_WORKSPACE, began)
        return complete

    async def _read_since(self, watermarks: Mapping[str, int]) -> bool:
        known: dict[str, list[ThreadRef]] = {}
        recently = datetime.now(UTC) - RECENT
        for thread in await self._watermarks.recent_threads(self._platform, self._workspace, recently):
            known.setdefault(thread.channel, []).append(thread)
        reading = _Reading(self._platform, self._read_channel, self._channels.is_pointless, watermarks, known)
        await reading.read(list(known))
        others = [channel for channel in await self._channels.channels() if channel not in known]
        # Channels with the oldest reading first, in case this is interrupted again and again.
        await reading.read(sorted(others, key=lambda channel: watermarks.get(channel, 0)))
        since = self._channels.moment(watermarks[WHOLE_WORKSPACE])
        logger.info("%s: what was said since %s was read", self._platform, since.isoformat("T", "seconds"))
        return reading.complete

    async def _read_channel(self, channel: str, watermark: int, known: Collection[ThreadRef]) -> None:
        began = self._stored_until()
        longest_ago = self._channels.position(datetime.now(UTC) - self._settings.longest)
        news = await self._channels.news(channel, max(self._missed_since(watermark), longest_ago), known)
        if news.joined:  # the gap is longer than our absence; note it before handing in a question
            await self._note_gap(channel)
        for incoming in news.events:
            await self._hand_in(incoming)
        await self._advance(channel, began)

    async def _hand_in(self, incoming: Incoming) -> None:
        """Raises LedgerError. A message that triggers a defect of ours must not block the later ones."""
        [outcome] = await asyncio.gather(self._receive(incoming), return_exceptions=True)
        if isinstance(outcome, LedgerError):
            raise outcome
        if isinstance(outcome, Exception):
            logger.error(
                "%s: a message that was read back is left out, by a defect of ours", self._platform, exc_info=outcome
            )


class _Reading:
    """One reading of all channels, several at the same time. A failure in one does not stop the others."""

    def __init__(
        self,
        platform: str,
        read_channel: Callable[[str, int, Collection[ThreadRef]], Awaitable[None]],
        is_pointless: Callable[[PlatformError], bool],
        watermarks: Mapping[str, int],
        known: Mapping[str, Collection[ThreadRef]],
    ) -> None:
        self._platform, self._read_channel, self._is_pointless = platform, read_channel, is_pointless
        self._watermarks, self._known = watermarks, known
        self._pointless: BotError | None = None  # the error that every channel would raise
        self.complete = True

    async def read(self, channels: Sequence[str]) -> None:
        """Raises LedgerError, or PlatformError if reading is pointless."""
        left = iter(channels)
        async with asyncio.TaskGroup() as group:
            for _ in range(READERS):
                group.create_task(self._read_next(left))
        if self._pointless is not None:
            raise self._pointless

    async def _read_next(self, left: Iterator[str]) -> None:
        for channel in left:
            if self._pointless is None:
                await self._read_one(channel)

    async def _read_one(self, channel: str) -> None:
        watermark = max(self._watermarks[WHOLE_WORKSPACE], self._watermarks.get(channel, 0))
        try:
            await self._read_channel(channel, watermark, self._known.get(channel, ()))
        except LedgerError as error:
            self._pointless = error
        except PlatformError as error:
            if self._is_pointless(error):
                self._pointless = error
            self.complete = self.complete and not error.passing
            logger.info("%s: channel %s was not read: %s", self._platform, channel, error.code)
