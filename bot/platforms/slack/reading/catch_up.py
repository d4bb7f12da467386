"""
Reading what was missed, after every (re)connection, and noting how far all is stored.

How channels and threads are read is in channels.py. What is found goes the way of every event: through receive, which
knows what it has already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core.conversation import Deleted, Incoming, ParticipantKind, Posted, Said
from bot.core.errors import BotError, LedgerError, PlatformError
from bot.core.ports import WHOLE_WORKSPACE, Receive, Watermarks
from bot.core.retry import Backoff
from bot.platforms.slack.calls.api import Message
from bot.platforms.slack.incoming.events import (
    PLATFORM,
    Identity,
    Place,
    moment_of,
    position_of,
    read,
    tells_that_we_joined,
)
from bot.platforms.slack.incoming.reactions import Names, standing
from bot.platforms.slack.reading.channels import ChannelReader

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(minutes=2)  # clocks differ, and what is on its way when we die was not yet received
RECENT = timedelta(days=7)  # threads with a turn since then are read even where nothing says that they have news
MICROSECOND = timedelta(microseconds=1)
BACKOFF = Backoff(first=0.6, longest=15.0)  # some channel may fail for long
READERS = 4  # channels that are read at the same time
UNUSABLE = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})


@dataclass(frozen=True, slots=True)
class CatchUpSettings:
    longest: timedelta = timedelta(hours=12)  # what is older is not read
    note_seconds: float = 30.0  # between two notes of how far all is stored, while connected
    look_back: timedelta = LOOK_BACK


class CatchUp:
    """
    Hand events to receive() and tell it of every new connection; run() does the reading, beside the events.

    *session* names the connection that there is just now, by any value of its own; None when there is none.
    """

    def __init__(
        self,
        *,
        channels: ChannelReader,
        us: Identity,
        watermarks: Watermarks,
        receive: Receive,
        session: Callable[[], object | None],
        settings: CatchUpSettings,
        reactions: Names,
    ) -> None:
        self._channels, self._us, self._watermarks = channels, us, watermarks
        self._receive, self._session, self._settings = receive, session, settings
        self._reactions = reactions
        self._due = asyncio.Event()
        self._storing: dict[object, int] = {}  # what is being stored: when that began
        self._missed = False  # something that was delivered could not be stored

    async def receive(self, incoming: Incoming) -> None:
        """As ports.Receive. What could not be stored is read later, should Slack not bring it again."""
        event = object()
        self._storing[event] = position_of(_now())
        try:
            await self._receive(incoming)
        except BaseException:
            self._missed = True
            raise
        finally:
            del self._storing[event]

    async def joined(self, channel: str) -> None:
        """We were invited to *channel*, perhaps not for the first time. Raises LedgerError."""
        await self._note_gap(channel)

    def new_connection(self) -> None:
        """Events come in from now on: what was said until now may have been missed."""
        self._due.set()

    async def run(self) -> None:
        """Until cancelled."""
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
        """What comes of *work*; None when there is a new connection first: that is more urgent."""
        task, waiting = asyncio.ensure_future(work), asyncio.create_task(self._due.wait())
        try:
            await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for each in (task, waiting):
                each.cancel()
            await asyncio.gather(task, waiting, return_exceptions=True)

    def _stored_until(self) -> int:
        """Whatever was delivered before it is stored; or `_missed` says that it is not."""
        return min([position_of(_now()), *self._storing.values()])

    async def _note_progress(self, session: object | None) -> bool:
        """
        While *session* lasts and nothing is missed the watermark moves with time: quiet hours need not be read again.

        It stays one step behind: whether a connection was alive (this machine may have slept) shows only later.
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
            await self._watermarks.advance(PLATFORM, self._us.team_id, channel, position)
        except LedgerError as error:
            logger.warning("slack: the database cannot be used to note how far all is stored: %s", error)

    async def _read_everything(self) -> bool:
        """Whether all that there is to read was read and is stored."""
        began, self._missed = self._stored_until(), False
        try:
            watermarks = await self._watermarks.seen_until(PLATFORM, self._us.team_id)
            if WHOLE_WORKSPACE not in watermarks:  # what there may be was stored by a version that noted nothing
                await self._note_gap(WHOLE_WORKSPACE)
            complete = WHOLE_WORKSPACE not in watermarks or await self._read_since(watermarks)
        except LedgerError as error:
            logger.warning("slack: the database cannot be used, what was missed is read later: %s", error)
            return False
        except PlatformError as error:
            logger.warning("slack: what was missed cannot be read now: %s", error.code)
            return False
        if complete:
            await self._advance(WHOLE_WORKSPACE, began)
        return complete

    async def _read_since(self, watermarks: Mapping[str, int]) -> bool:
        known: dict[str, list[str]] = {}
        for thread in await self._watermarks.recent_threads(PLATFORM, self._us.team_id, _now() - RECENT):
            known.setdefault(thread.channel, []).append(thread.thread)
        reading = _Reading(self._read_channel, watermarks, known)
        await reading.read(list(known))
        others = [channel for channel in await self._channels.channels() if channel not in known]
        # Those that were read longest ago first, should this be interrupted again and again.
        await reading.read(sorted(others, key=lambda channel: watermarks.get(channel, 0)))
        logger.info(
            "slack: what was said since %s was read", moment_of(watermarks[WHOLE_WORKSPACE]).isoformat("T", "seconds")
        )
        return reading.complete

    async def _read_channel(self, channel: str, watermark: int, known: Collection[str]) -> None:
        began, missed = self._stored_until(), watermark - self._settings.look_back // MICROSECOND
        since = max(missed, position_of(_now() - self._settings.longest))
        place = Place(self._us.team_id, channel, direct=channel.startswith("D"), recovered=True)
        try:
            news = await self._channels.news(channel, since, known)
        except PlatformError as error:
            if not error.passing and error.code not in UNUSABLE:
                await self._note_gap(channel, missed)
            raise
        # Before anything is handed in: it may be a question in one of these threads. In all of them: edits, deletions
        # and reactions are nowhere to be found but in the thread itself, read as a whole.
        joined = any(tells_that_we_joined(message, self._us) for message in news)
        await self._note_gap(channel, None if joined else missed)
        for message in news:
            for incoming in self._found(message, place):
                await self._hand_in(incoming)
        await self._advance(channel, began)

    def _found(self, message: Message, place: Place) -> Sequence[Incoming]:
        """What was said, and the watermarks that it bears: one that was hidden at once is not to be answered."""
        said = read(message, place, self._us)
        if said is None or _is_ours(said):
            return []
        return [said, *standing(message, place, self._us, self._reactions)]

    async def _note_gap(self, channel: str, since: int | None = None) -> None:
        await self._watermarks.note_gap(PLATFORM, self._us.team_id, channel, since=since)

    async def _hand_in(self, incoming: Incoming) -> None:
        """Raises LedgerError. A message that we have a defect for must not keep all that comes after it."""
        [outcome] = await asyncio.gather(self._receive(incoming), return_exceptions=True)
        if isinstance(outcome, LedgerError):
            raise outcome
        if isinstance(outcome, Exception):
            logger.error("slack: a message that was read back is left out, by a defect of ours", exc_info=outcome)


class _Reading:
    """One reading of all channels, some of them at the same time. What goes wrong in one does not stop the others."""

    def __init__(
        self,
        read_channel: Callable[[str, int, Collection[str]], Awaitable[None]],
        watermarks: Mapping[str, int],
        known: Mapping[str, Collection[str]],
    ) -> None:
        self._read_channel, self._watermarks, self._known = read_channel, watermarks, known
        self._pointless: BotError | None = None  # what goes wrong in every channel
        self.complete = True

    async def read(self, channels: Sequence[str]) -> None:
        """Raises LedgerError, or PlatformError when our token is of no use."""
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
            if error.code in UNUSABLE:
                self._pointless = error
            self.complete = self.complete and not error.passing
            logger.info("slack: channel %s was not read: %s", channel, error.code)


def _is_ours(found: Said | Deleted) -> bool:
    posted = found if isinstance(found, Posted) else found.message
    return posted is not None and posted.author.kind is ParticipantKind.SELF


def _now() -> datetime:
    return datetime.now(UTC)
