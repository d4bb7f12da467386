"""
What was said in one conversation, for an answer that waits for it: the newest part of a long one.

A conversation is a thread of Discord's with the message that it was opened from, or a part of a channel: the chat of a
voice channel, a topic of a direct message, an answer in the channel itself with the replies to it. What was said while
we were away is channels.py's to read, in all channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.core.conversation import Deleted, Edited, ParticipantKind, Posted, Reacted, ThreadRef, posted_of
from bot.core.errors import PlatformError
from bot.core.off_loop import off_loop
from bot.core.ports import CLOCK_SKEW, ThreadIndex, ThreadRead
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.errors import UNKNOWN_CHANNEL
from bot.platforms.discord.incoming.events import (
    HAS_THREAD,
    THREAD_STARTER_MESSAGE,
    is_ours,
    moment_of,
    position_of,
    read,
    ref_of,
)
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.incoming.reactions import Signs
from bot.platforms.discord.incoming.threading import replied_to, thread_of
from bot.platforms.discord.markup.own_message import answer_of
from bot.platforms.discord.places import DIRECT, Kind, Place, Places
from bot.platforms.discord.places.payloads import Json, number, snowflake, text
from bot.platforms.discord.reading.history import History, Newest, ReadThreads, position

KEPT = 1_000  # messages: more than fit into most prompts
MOST_BEFORE = 300  # messages that are looked through, of those between a question and the thread that was opened for it
AT_ONCE = 15_000  # milliseconds: a thread that was opened so soon was opened for the first answer
SURELY_ACTIVE = timedelta(minutes=50)  # a thread is archived after an hour without a message, or later
_TIME_BITS = 22


@dataclass(slots=True)
class _Found:
    """
    What is there, oldest first. *told*: it belongs to the conversation, or is what that follows on. *seen*: whatever
    else stands between. *before*: of what was said between these and the rest, not all is known.
    """

    told: list[Json] = field(default_factory=list)
    seen: Sequence[Json] = ()
    before: list[Json] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    truncated: bool = False
    has_thread: bool = False  # it is told of a part of a channel, and a thread was opened there


class DiscordThreadReader:
    def __init__(self, api: DiscordApi, places: Places, index: ThreadIndex, signs: Signs) -> None:
        self._history, self._places, self._index, self._signs = History(api), places, index, signs

    async def read(self, us: Identity, thread: ThreadRef) -> ThreadRead:
        """As ThreadReader. Raises LedgerError as well."""
        began = datetime.now(UTC)
        place = self._place(thread)
        try:
            found = await self._find(us, thread, place)
        except PlatformError as error:
            if error.code != UNKNOWN_CHANNEL:
                raise
            return ThreadRead(())
        if not found.told:
            return ThreadRead(())
        return await self._read(found, us, thread, place, began)

    async def _read(self, found: _Found, us: Identity, thread: ThreadRef, place: Place, began: datetime) -> ThreadRead:
        objects = [*found.before, *found.told]
        length = sum(len(text(each, "content")) for each in objects)
        said = await off_loop(length, lambda: [_said(each, place, thread, us) for each in objects])
        reactions: list[Reacted] = []
        for each in found.told:
            reactions += await self._history.marks(each, place, us, self._signs)
        positions = {text(each, "id"): position(each) for each in (*found.told, *found.seen)}
        return ThreadRead(
            tuple(each for each in said if each is not None),
            [Deleted(ref_of(gone, place), None, began) for gone in found.deleted],
            reactions,
            truncated=found.truncated,
            positions=positions,
            at=max([began - CLOCK_SKEW, *(moment_of(each) for each in positions.values())]),
        )

    def _place(self, thread: ThreadRef) -> Place:
        """Of what may stand in several: that is of no consequence but for its ids."""
        if thread.workspace == DIRECT:
            return Place(DIRECT, thread.channel, None, Kind.DIRECT)
        own_role = self._places.own_role(thread.workspace)
        return Place(thread.workspace, thread.channel, thread.thread, Kind.THREAD, own_role=own_role)

    async def _find(self, us: Identity, thread: ThreadRef, place: Place) -> _Found:
        if place.direct:
            return await self._topic(us, thread, place)
        if thread.thread == thread.channel:
            return _all(await self._history.newest(thread.channel, KEPT))
        in_channel = replace(place, thread=None, kind=Kind.TEXT)
        if self._has_no_thread(thread):
            found = await self._in_place(us, thread, in_channel)
            if not found.has_thread:
                return found
        try:
            newest = await self._history.newest(thread.thread, KEPT)
        except PlatformError as error:
            if error.code != UNKNOWN_CHANNEL:
                raise
            return await self._in_place(us, thread, in_channel)
        return await self._thread(us, thread, place, newest)

    def _has_no_thread(self, thread: ThreadRef) -> bool:
        """Whether a root is so new that a thread of its would be active, and none is: as far as events told."""
        new = position_of(datetime.now(UTC) - SURELY_ACTIVE) < (snowflake(thread.thread) or 0)
        if self._places.kind_of(thread.channel) not in (Kind.TEXT, Kind.ANNOUNCEMENT):
            return False
        return new and thread.thread not in self._places.threads_of(thread.channel)

    # A thread of Discord's

    async def _thread(self, us: Identity, thread: ThreadRef, place: Place, newest: Newest) -> _Found:
        found = _all(newest)
        if not newest.whole or any(text(each, "id") == thread.thread for each in newest.messages):
            return found  # a post of a forum begins in its thread
        opening = next((each for each in found.told[:1] if number(each.get("type")) == THREAD_STARTER_MESSAGE), {})
        if opening.get("referenced_message", opening) is None:
            found.deleted.append(thread.thread)
            return found
        starter = await self._starter(thread)
        if starter is None:
            return found
        opened = min((position(each) for each in found.told), default=position(starter))
        if not _at_once(position(starter), opened):
            held_before = await self._held_before(us, thread, replace(place, thread=None, kind=Kind.TEXT), opened)
            if held_before is None:
                found.before.append(starter)
                return found
            found.told[:0], found.seen = held_before.told, held_before.seen
        found.told[:0] = [*await self._replied(starter), starter]
        return found

    async def _starter(self, thread: ThreadRef) -> Json | None:
        """The message that the thread was opened from, which stands in the channel; None for a thread of its own."""
        try:
            return await self._history.message(thread.channel, thread.thread)
        except PlatformError as error:
            if error.passing:
                raise
            return None  # a channel that takes no messages, or is not for us to read

    async def _held_before(self, us: Identity, thread: ThreadRef, in_channel: Place, opened: int) -> _Found | None:
        """
        What was said in the channel before the thread was opened may belong to it: an answer may have stood there.

        None where that is too much to look through.
        """
        since = (snowflake(thread.thread) or 0) + 1
        between = await self._history.since(thread.channel, since, until=opened, most=MOST_BEFORE)
        if not between.whole:
            return None
        return _Found(await self._chain(us, thread, in_channel, between.messages), between.messages)

    # A part of a channel

    async def _in_place(self, us: Identity, thread: ThreadRef, place: Place) -> _Found:
        newest = await self._history.newest(thread.channel, KEPT, since=snowflake(thread.thread) or 0)
        told = await self._chain(us, thread, place, newest.messages)
        return await self._with_root(thread, newest, told)

    async def _with_root(self, thread: ThreadRef, newest: Newest, told: list[Json]) -> _Found:
        """*told* of all that was said since the root, and what that replies to; nothing where it is all gone."""
        found = _Found(told, newest.messages, truncated=not newest.whole)
        if told and text(told[0], "id") == thread.thread:
            found.has_thread = bool((number(told[0].get("flags")) or 0) & HAS_THREAD)
            told[:0] = await self._replied(told[0])
        elif newest.whole:
            found.deleted.append(thread.thread)
        return found

    async def _replied(self, root: Json) -> list[Json]:
        """
        What a root replies to, which was said before its conversation began: “what about this?” means it.

        It is asked for: a message that comes within another one need not say which reactions it bears.
        """
        replied = replied_to(root)
        found = await self._history.message(text(root, "channel_id"), replied) if replied is not None else None
        return [] if found is None else [found]

    async def _chain(self, us: Identity, thread: ThreadRef, place: Place, messages: Sequence[Json]) -> list[Json]:
        """Those of *messages* that belong to a conversation which is held by replies."""
        known, told = ReadThreads(self._index), []
        ids = {thread.thread}
        for message in messages:
            id_, ours = text(message, "id"), is_ours(message, us)
            belongs = id_ == thread.thread or (ours and replied_to(message) in ids)
            if not belongs and ours:
                belongs = await known.thread_of(ref_of(id_, place)) == thread
            elif not belongs and replied_to(message) is not None:
                belongs = await thread_of(message, place, known) == thread
            if belongs:
                told.append(message)
                ids.add(id_)
                known.note(id_, thread, ours=ours)
        return told

    async def _topic(self, us: Identity, thread: ThreadRef, place: Place) -> _Found:
        newest = await self._history.newest(thread.channel, KEPT, since=snowflake(thread.thread) or 0)
        known, told = ReadThreads(self._index), []
        for message in newest.messages:
            is_root = text(message, "id") == thread.thread
            belongs_to = thread if is_root else await thread_of(message, place, known)
            known.note(text(message, "id"), belongs_to, ours=is_ours(message, us))
            if belongs_to == thread:
                told.append(message)
        return await self._with_root(thread, newest, told)


def _all(newest: Newest) -> _Found:
    return _Found(list(newest.messages), truncated=not newest.whole)


def _at_once(asked: int, opened: int) -> bool:
    return (opened >> _TIME_BITS) - (asked >> _TIME_BITS) < AT_ONCE


def _said(message: Json, place: Place, thread: ThreadRef, us: Identity) -> Posted | Edited | None:
    found = read(message, place, thread, us, recovered=True)
    if found is None or posted_of(found).author.kind is not ParticipantKind.SELF:
        return found
    return read(answer_of(message), place, thread, us, recovered=True)
