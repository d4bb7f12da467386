"""
Reading back what was said, within Discord's limits: which channels may have news, and what is new in one of them.

Where nobody has written nothing is read: the gateway tells the last message of each channel and of each active thread.
What becomes of the messages is in common/catch_up.py.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.core.conversation import Deleted, Incoming, Reacted, ThreadRef
from bot.core.errors import PlatformError
from bot.core.ports import ThreadIndex
from bot.platforms.common.catch_up import LOOK_BACK, ChannelNews
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.errors import (
    INVALID_TOKEN,
    MISSING_ACCESS,
    NOT_DISCORD,
    NOT_INDEXED,
    UNKNOWN_CHANNEL,
)
from bot.platforms.discord.calls.limits import SEARCH
from bot.platforms.discord.incoming.events import is_ours, moment_of, position_of, read
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.incoming.reactions import Signs
from bot.platforms.discord.incoming.threading import thread_of
from bot.platforms.discord.places import DIRECT, Kind, Place, Places
from bot.platforms.discord.places.payloads import Json, mappings, number, text
from bot.platforms.discord.reading.gone import GonePlaces
from bot.platforms.discord.reading.history import History, ReadThreads, position

logger = logging.getLogger(__name__)

UNUSABLE = frozenset({INVALID_TOKEN, NOT_DISCORD})
"""Codes that every call gets."""
WITHOUT_MESSAGES = frozenset({Kind.FORUM})  # all that is said there is said in threads
FOUND_AT_ONCE = 25  # messages; Discord, "Search Guild Messages"
MOST_PAGES = 20  # of one search
SEARCHES = 8  # guilds at a time
INDEX_SECONDS, SHORT_DELAY = 10.0, 0.5  # that guilds which are being indexed are waited for, all together; and at least
UNKNOWN = ""  # a guild that is to be asked for


@dataclass(frozen=True, slots=True)
class _Told:
    message: Json
    place: Place
    thread: ThreadRef
    marks: Sequence[Reacted]


class DiscordChannelReader:
    """
    The ChannelReader of catching up, for the channels of all guilds and for direct messages.

    *longest*: what is older is not read. *takes*: whether a guild is to be read, or direct messages, for "". *direct*:
    the channels of direct messages that are known, which the gateway does not tell; may raise LedgerError. *gone*:
    finds out what was deleted as a whole; without it, that stays.
    """

    def __init__(
        self,
        api: DiscordApi,
        places: Places,
        index: ThreadIndex,
        us: Identity,
        signs: Signs,
        longest: timedelta,
        takes: Callable[[str], bool] = lambda _guild: True,
        direct: Callable[[], Awaitable[Sequence[str]]] | None = None,
        gone: GonePlaces | None = None,
        index_seconds: float = INDEX_SECONDS,
    ) -> None:
        self._api, self._places, self._index, self._us, self._signs = api, places, index, us, signs
        self._history, self._longest, self._takes, self._direct = History(api), longest, takes, direct
        self._found: dict[
            str, set[str]
        ] = {}  # by their channel: threads that are not active, in which we are mentioned
        self._gone = gone
        self._waits_until, self._index_seconds = 0.0, index_seconds
        self._searches = True  # guilds may be searched, as far as we know

    async def channels(self) -> Sequence[str]:
        """Those in which somebody has written lately, chats of voice channels and forums included; direct messages."""
        since = position_of(datetime.now(UTC) - self._longest - LOOK_BACK)
        await self._search(since)
        readable = [each for each in self._places.readable_channels() if self._takes(self._places.guild_of(each) or "")]
        told = [channel for channel in readable if channel in self._found or self._has_news(channel, since)]
        return [*told, *(await self._direct() if self._direct is not None and self._takes("") else ())]

    async def news(self, channel: str, since: int, known: Collection[ThreadRef]) -> ChannelNews:
        """
        As ChannelReader, oldest first.

        Of messages before *since* that were edited later nothing is told here: threads are read whole at their next
        turn.
        """
        place = await self._places.find(channel, self._places.guild_of(channel) or UNKNOWN)
        if place is None:
            return ChannelNews(await self._deleted_channel(channel, known))
        if not self._takes("" if place.direct else place.workspace):
            return ChannelNews(())
        messages: list[tuple[Json, Place]] = []
        if place.kind not in WITHOUT_MESSAGES and self._places.last_message(channel) >= since:
            top = await self._history.since(channel, since)
            messages += [(message, place) for message in top.messages]
        gone: list[Deleted] = []
        for thread in self._threads(place, since, [each.thread for each in known]):
            found = await self._thread(thread, since)
            if found is None:
                gone += await self._deleted_thread(place, thread)
            elif found:
                locked = await self._is_locked(thread, place.workspace)
                in_thread = replace(place, thread=thread, kind=Kind.THREAD, locked=locked)
                messages += [(message, in_thread) for message in found]
        told = await self._told(sorted(messages, key=lambda found: position(found[0])))
        return ChannelNews(itertools.chain(gone, self._events(told)))

    def is_pointless(self, error: PlatformError) -> bool:
        return error.code in UNUSABLE

    def position(self, moment: datetime) -> int:
        return position_of(moment)

    def moment(self, position: int) -> datetime:
        return moment_of(position)

    # Which threads

    def _has_news(self, channel: str, since: int) -> bool:
        places = (channel, *self._places.threads_of(channel))
        return any(self._places.last_message(each) >= since for each in places)

    def _threads(self, place: Place, since: int, known: Collection[str]) -> Iterable[str]:
        """
        Active threads with news, and *known* ones that are not active: those may have been archived meanwhile.

        A conversation in the channel itself is met there.
        """
        if place.direct:
            return ()
        active = self._places.threads_of(place.channel)
        others = [*known, *self._found.get(place.channel, ())]
        with_news = [thread for thread in active if self._places.last_message(thread) >= since]
        archived = [thread for thread in others if thread not in active and thread != place.channel]
        return dict.fromkeys([*with_news, *archived])

    async def _thread(self, thread: str, since: int) -> Sequence[Json] | None:
        """None where it is not there."""
        try:
            return (await self._history.since(thread, since)).messages
        except PlatformError as error:
            if error.passing or self.is_pointless(error):
                raise
            return None if error.code == UNKNOWN_CHANNEL else []  # not for us to see: the rest of the channel may be

    async def _deleted_channel(self, channel: str, known: Collection[ThreadRef]) -> Sequence[Deleted]:
        guild = next((each.workspace for each in known if self._takes(each.workspace)), DIRECT)
        if self._gone is None or guild == DIRECT:
            return ()
        return await self._as_far_as_shown(self._gone.missing_channel(guild, channel))

    async def _deleted_thread(self, place: Place, thread: str) -> Sequence[Deleted]:
        return await self._as_far_as_shown(self._gone.missing_thread(place, thread)) if self._gone else ()

    async def _as_far_as_shown(self, looking: Awaitable[Sequence[Deleted]]) -> Sequence[Deleted]:
        """The rest is read all the same."""
        try:
            return await looking
        except PlatformError as error:
            if error.passing or self.is_pointless(error):
                raise
            return ()

    async def _is_locked(self, thread: str, guild: str) -> bool:
        """Of one that is archived Discord has to be asked. Raises PlatformError."""
        await self._places.find(thread, guild)
        return self._places.is_locked(thread)

    async def _search(self, since: int) -> None:
        """
        Find threads that were archived meanwhile, with a mention of us in them: no event tells of those.

        Not every application may search, and not every guild can be searched: what is not found so is read if we took
        part in it before.
        """
        self._found.clear()
        self._waits_until = time.monotonic() + self._index_seconds
        left = iter([guild for guild in self._places.guilds if self._takes(guild)])

        async def work() -> None:
            for guild in left:
                if self._searches:
                    await self._search_in(guild, since)

        async with asyncio.TaskGroup() as group:
            for _ in range(SEARCHES):
                group.create_task(work())

    async def _search_in(self, guild: str, since: int) -> None:
        query = {
            "mentions": self._us.user_id,
            "min_id": str(since),
            "limit": str(FOUND_AT_ONCE),
            "sort_by": "timestamp",
            "include_nsfw": "true",
        }
        try:
            for page in range(MOST_PAGES):
                offset = page * FOUND_AT_ONCE
                found = await self._searched(guild, {**query, **({"offset": str(offset)} if page else {})})
                self._note_found(found)
                if offset + FOUND_AT_ONCE >= (number(found.get("total_results")) or 0):
                    return
        except PlatformError as error:
            logger.info("discord: guild %s cannot be searched: %s", guild, error.code)
            self._searches = self._searches and error.code != MISSING_ACCESS  # that is said of every guild

    async def _searched(self, guild: str, query: Mapping[str, str]) -> Json:
        """One page; a guild that is being indexed is waited for a moment. Raises PlatformError."""
        while True:
            search = lambda: self._api.search(guild, **query)  # noqa: E731
            try:
                return await self._api.limits.call(SEARCH, search, final=True, channel=guild)
            except PlatformError as error:
                wait = max(error.retry_after or 0.0, SHORT_DELAY)
                if error.code != NOT_INDEXED or time.monotonic() + wait > self._waits_until:
                    raise
            await asyncio.sleep(wait)

    def _note_found(self, found: Json) -> None:
        for thread in mappings(found, "threads"):
            id_, parent = text(thread, "id"), text(thread, "parent_id")
            if id_ not in self._places.threads_of(parent):
                self._found.setdefault(parent, set()).add(id_)

    # Events there

    async def _told(self, messages: Iterable[tuple[Json, Place]]) -> Sequence[_Told]:
        """Messages of others, by thread, with their reactions."""
        told: list[_Told] = []
        threads = ReadThreads(self._index)
        for message, place in messages:
            ours, thread = is_ours(message, self._us), await thread_of(message, place, threads, self._places)
            threads.note(text(message, "id"), thread, ours=ours)
            if not ours:
                marks = await self._history.marks(message, place, self._us, self._signs)
                told.append(_Told(message, place, thread, marks))
        return told

    def _events(self, told: Sequence[_Told]) -> Iterator[Incoming]:
        """One that was hidden at once is not to be answered."""
        for each in told:
            said = read(each.message, each.place, each.thread, self._us, recovered=True)
            if said is not None:
                yield said
                yield from each.marks
