"""
What comes over the gateway, handed in as events: in order in each channel, and each until it is stored.

Discord tells an event once and is not told what became of it: there is nobody to bring it again but us. What a payload
means is read in incoming/.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.core.conversation import Incoming, Posted, ThreadRef
from bot.core.errors import LedgerError, PlatformError
from bot.core.ports import Receive, ThreadIndex
from bot.core.retry import Backoff
from bot.platforms.discord.incoming import reactions
from bot.platforms.discord.incoming.events import deleted, is_hidden, read, tells_of_edit
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.incoming.reactions import ReactionTimes, Signs, reacted
from bot.platforms.discord.incoming.threading import thread_of
from bot.platforms.discord.places import Kind, Place, Places
from bot.platforms.discord.places.payloads import Json, number, text
from bot.platforms.discord.places.place import KINDS
from bot.platforms.discord.reading.gone import GonePlaces

logger = logging.getLogger(__name__)

CREATED, UPDATED = "MESSAGE_CREATE", "MESSAGE_UPDATE"
DELETED = ("MESSAGE_DELETE", "MESSAGE_DELETE_BULK")
CLEARED = ("MESSAGE_REACTION_REMOVE_ALL", "MESSAGE_REACTION_REMOVE_EMOJI")  # who had reacted is not told
PLACES_DELETED = ("CHANNEL_DELETE", "THREAD_DELETE")  # no message of theirs is told of
OPENED = "THREAD_LIST_SYNC"  # we see a channel, perhaps again
INTERACTION, NEW_SESSION = "INTERACTION_CREATE", "READY"
OF_CHANNELS = frozenset({CREATED, UPDATED, *DELETED, *reactions.EVENTS, *CLEARED})
OF_GUILDS = frozenset({"GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"})  # whose data are the guild

UNSEEN = "…"  # in the place of words that we are not shown

BACKOFF = Backoff(first=0.25, longest=10.0)
MOST_WAITING = 20_000  # payloads that wait to be stored; what was missed beyond them is read later
DRAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Listening:
    """Where we listen. *guilds*: their ids; empty for all."""

    guilds: Collection[str] = frozenset()
    direct: bool = True

    def takes(self, guild: str) -> bool:
        """*guild*: an id, empty for a direct message."""
        return self.direct if not guild else not self.guilds or guild in self.guilds


@dataclass(frozen=True, slots=True)
class Heard:
    """A payload, and when it came."""

    name: str
    data: Json
    at: datetime


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told what. *missed*: in this channel something may have happened that nobody will tell us of."""

    receive: Receive
    missed: Callable[[str], Awaitable[None]]
    interaction: Callable[[Json], Awaitable[None]] | None = None
    note: Callable[[str, Json], None] = lambda _name, _data: None  # names, and whatever else is worth a note
    unseen: Callable[[Posted, Place], Awaitable[None]] | None = None  # somebody wrote what we are not shown
    gone: GonePlaces | None = None  # without it nothing is erased with a channel or a thread


class Dispatch:
    """Takes payloads with heard(), which never waits; drain() ends it."""

    def __init__(
        self, ears: Ears, us: Identity, places: Places, index: ThreadIndex, signs: Signs, listening: Listening
    ) -> None:
        self._ears, self._us, self._places, self._index = ears, us, places, index
        self._signs, self._listening, self._times = signs, listening, ReactionTimes()
        self._waiting: dict[str, deque[Heard]] = {}
        self._count = 0  # of all that wait
        self._tasks: set[asyncio.Task[None]] = set()

    def heard(self, name: str, data: Json) -> None:
        """A dispatch of the gateway's, in its turn."""
        if not self._is_for_us(name, data):
            return
        self._places.note(name, data)
        self._ears.note(name, data)
        if name == NEW_SESSION:
            self._times.forget()
        elif name == INTERACTION:
            if self._ears.interaction is not None:
                self._begin(self._ears.interaction(data))
        elif name in OF_CHANNELS:
            self._put(text(data, "channel_id"), Heard(name, data, datetime.now(UTC)))
        elif name in PLACES_DELETED:
            self._put(text(data, "id"), Heard(name, data, datetime.now(UTC)))
        elif name == OPENED:
            for channel in data.get("channel_ids") or ():
                self._put(str(channel), Heard(name, data, datetime.now(UTC)))

    async def drain(self) -> None:
        """Let what has come be stored; bounded by DRAIN_SECONDS. No task is left."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _is_for_us(self, name: str, data: Json) -> bool:
        if name == INTERACTION:
            return True  # whoever gave it waits, and is told so
        guild = text(data, "id" if name in OF_GUILDS else "guild_id")
        return self._listening.takes(guild) if guild or name in OF_CHANNELS else True

    # In order, channel by channel

    def _put(self, channel: str, heard: Heard) -> None:
        if self._count >= MOST_WAITING:
            logger.warning("discord: too much waits to be stored; what comes now is read later")
            return
        self._count += 1
        if channel in self._waiting:
            self._waiting[channel].append(heard)
        else:
            self._waiting[channel] = deque([heard])
            self._begin(self._work(channel))

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("discord: a payload is left out, by a defect of ours", exc_info=error)

    async def _work(self, channel: str) -> None:
        waiting = self._waiting[channel]
        while waiting:
            await self._store(channel, waiting[0])
            waiting.popleft()
            self._count -= 1
        del self._waiting[channel]

    async def _store(self, channel: str, heard: Heard) -> None:
        """Return when it is stored, however long that takes. A defect must not keep what comes after it."""
        failures = 0
        while True:
            [error] = await asyncio.gather(self._hand_in(channel, heard), return_exceptions=True)
            if not isinstance(error, LedgerError) and not (isinstance(error, PlatformError) and error.passing):
                break
            failures += 1
            if failures == 1:
                logger.warning("discord: an event cannot be stored and is kept: %s", error)
            await asyncio.sleep(BACKOFF.wait(failures))
        if isinstance(error, PlatformError):
            logger.warning("discord: an event is left out: %s", error.code)
        elif isinstance(error, BaseException):
            logger.error("discord: an event is left out, by a defect of ours", exc_info=error)

    # One payload

    async def _hand_in(self, channel: str, heard: Heard) -> None:
        """Raises LedgerError, or PlatformError where it cannot be told what the channel is."""
        if heard.name in PLACES_DELETED:
            await self._erase(heard.data)
            return
        place = await self._places.find(channel, text(heard.data, "guild_id") or None)
        if place is None:
            return
        if heard.name == OPENED or (heard.name in CLEARED and self._had_a_meaning(heard.data)):
            self._times.forget(text(heard.data, "message_id"))
            await self._ears.missed(place.channel)
            return
        for event in await self._events(heard, place):
            await self._ears.receive(event)

    async def _erase(self, data: Json) -> None:
        """All that was said in a channel, with its threads, or in a thread: that was deleted."""
        id_, guild, parent = text(data, "id"), text(data, "guild_id"), text(data, "parent_id")
        is_thread = KINDS.get(number(data.get("type")) or 0) is Kind.THREAD
        if self._ears.gone is None or not guild:
            return
        gone = self._ears.gone
        for event in await (gone.thread(guild, parent, id_) if is_thread else gone.channel(guild, id_)):
            await self._ears.receive(event)

    def _had_a_meaning(self, data: Json) -> bool:
        """Whether a mark may have been taken away."""
        emoji = data.get("emoji")
        return emoji is None or bool(reactions.marks_on({"reactions": [{"emoji": emoji}]}, self._signs))

    async def _events(self, heard: Heard, place: Place) -> Sequence[Incoming]:
        name, data = heard.name, heard.data
        if name in DELETED:
            return deleted(data, place)
        if name in reactions.EVENTS:
            at = self._times.of(name, data, heard.at)
            reaction = reacted(name, data, place, self._us, self._signs, at)
            return [reaction] if reaction is not None else []
        if name == CREATED or (name == UPDATED and tells_of_edit(data, heard.at)):
            thread = await thread_of(data, place, self._index, self._places)
            said = read(data, place, thread, self._us)
            if said is None and name == CREATED:
                await self._tell_of_unseen(data, place, thread)
            return [said] if said is not None else []
        return []

    async def _tell_of_unseen(self, data: Json, place: Place, thread: ThreadRef) -> None:
        if self._ears.unseen is not None and is_hidden(data, self._us):
            said = read({**data, "content": UNSEEN}, place, thread, self._us)
            if isinstance(said, Posted):
                await self._ears.unseen(said, place)
