"""
Where an answer is posted: in the thread in which it was asked, in one that is opened for it, or in place.

A root message of a channel gets a thread, which has its id, when the first part is posted. Where Discord refuses one,
the answer stands in the channel and replies to its question, and so does every later answer to what is said there.
A part is known by its id alone: its message is looked for in the thread, then in the channel.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from bot.core.errors import PlatformError, ThreadClosed
from bot.core.ports import ReplyRequest
from bot.core.texts import label
from bot.platforms.discord.calls.errors import (
    INVALID_TOKEN,
    MISSING_PERMISSIONS,
    NOT_DISCORD,
    THREAD_EXISTS,
    THREAD_LOCKED,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
)
from bot.platforms.discord.calls.limits import MESSAGE, START_THREAD
from bot.platforms.discord.incoming.participants import ROLE
from bot.platforms.discord.markup.text import readable, references, thread_name
from bot.platforms.discord.places import DIRECT, Kind, Place
from bot.platforms.discord.places.guilds import SEND_MESSAGES_IN_THREADS
from bot.platforms.discord.places.payloads import Json, mapping, mappings, name_of, text
from bot.platforms.discord.reply.missing import POSTS_IN_THREADS, THREADS
from bot.platforms.discord.reply.services import ReplyServices

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

GONE = frozenset({UNKNOWN_MESSAGE, UNKNOWN_CHANNEL, "http_404"})
ABOUT_MESSAGE = frozenset({*GONE, "wrong_channel_type", "discord_50068"})  # "Invalid message type"
"""Refusals of a thread that say nothing of the next one in that channel."""
ABOUT_NAME = frozenset({"title_blocked_by_automod", "invalid_form"})
POINTLESS = frozenset({INVALID_TOKEN, NOT_DISCORD, THREAD_LOCKED})


class Admitted(Protocol):
    """Makes one call as soon as Discord and the ledger admit it."""

    async def __call__(
        self, method: str, change: Callable[[], Awaitable[Result]], *, final: bool, channel: str
    ) -> Result: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """A channel or a thread, and the message that a post there replies to."""

    channel: str
    reply_to: str | None = None


class Where:
    """Of the reply that *request* asks for."""

    def __init__(self, shared: ReplyServices, us: str, request: ReplyRequest, admitted: Admitted) -> None:
        """*us*: our id, as a user."""
        self._api, self._places, self._titles = shared.api, shared.places, shared.titles
        self._threadless, self._us, self._admitted = shared.threadless, us, admitted
        self._thread, self._language = request.thread, request.language
        self._root, self._question = request.thread.thread, request.question or request.thread.thread
        self._earlier = [part.id for part in request.parts if part.id is not None]
        self._channels: dict[str, str] = {}  # of messages of ours
        self._spot: Spot | None = None
        self._has_root = True
        self.lacks: list[str] = []  # keys of missing.py: what we may not do, and would

    def stay(self) -> None:
        """The root is no message: there is nothing to open a thread from, or to reply to."""
        self._has_root = False
        self._spot = Spot(self._thread.channel)

    async def check_open(self, *, ask: bool = False) -> None:
        """Raises ThreadClosed where the thread is locked: with *ask* as Discord says, else as far as events told."""
        if ask:
            await self._place()
        if self._places.is_locked(self._root):
            raise ThreadClosed(THREAD_LOCKED)

    @property
    def in_thread(self) -> bool:
        """Whether the next part goes to a thread, as far as that is known."""
        return self._spot is not None and self._spot.channel != self._thread.channel

    # Where parts are

    def note(self, message: str, channel: str) -> None:
        """A part of ours stands there; all others do as well."""
        self._channels[message] = channel
        self._spot = self._spot or self._spot_in(channel)

    def candidates(self, message: str = "") -> Sequence[str]:
        """Where *message*, or any part of ours, may be; the likely one first."""
        if message in self._channels:
            return [self._channels[message]]
        own = [self._spot.channel] if self._spot else []
        return list(dict.fromkeys([*own, *self._possible()]))

    async def finding(self, message: str, change: Callable[[str], Awaitable[Result]]) -> Result:
        """The result of *change* in the channel that holds *message*. Raises UNKNOWN_MESSAGE if no channel does."""
        gone: PlatformError | None = None
        for channel in self.candidates(message):
            try:
                result = await change(channel)
            except PlatformError as error:
                if error.passing or error.code not in GONE:
                    raise
                gone = error
            else:
                self.note(message, channel)
                return result
        self._channels.pop(message, None)
        raise gone or PlatformError(UNKNOWN_MESSAGE, passing=False)

    def _possible(self) -> Sequence[str]:
        channel, root = self._thread.channel, self._root
        if self._thread.workspace == DIRECT or root == channel:
            return [channel]
        threadless = channel in self._threadless and self._places.kind_of(root) is not Kind.THREAD
        return [channel, root] if threadless else [root, channel]

    def in_place(self, channel: str) -> bool:
        """Whether a part in *channel* stands among other conversations, and so replies to its question."""
        return (
            self._has_root
            and channel == self._thread.channel
            and channel != self._root
            and self._thread.workspace != DIRECT
        )

    def _spot_in(self, channel: str) -> Spot:
        return Spot(channel, self._question if self.in_place(channel) else None)

    # Where the next part goes

    async def spot(self, *, final: bool) -> Spot:
        """Opens a thread where there is to be one. Raises PlatformError, THREAD_LOCKED among others."""
        if self._spot is None:
            await self._look_for_earlier()
        if self._spot is None:
            self._spot = await self._found(final=final)
        return self._spot

    def instead(self) -> Spot | None:
        """Where the answer goes if its thread takes no post of ours; None where it has no other place."""
        there = self._spot is not None and self._spot.channel == self._root != self._thread.channel
        if not there or self._channels or self._question != self._root or self._thread.workspace == DIRECT:
            return None
        self.lacks.append(POSTS_IN_THREADS)
        self._threadless.note(self._thread.channel)
        self._spot = self._spot_in(self._thread.channel)
        return self._spot

    async def _look_for_earlier(self) -> None:
        """All parts stand in one place: where an earlier attempt has posted some."""
        for message in self._earlier:
            try:
                return await self.finding(message, partial(self._read, message))
            except PlatformError as error:
                if error.passing:
                    raise
        return None

    async def _read(self, message: str, channel: str) -> None:
        read = lambda: self._api.message(channel, message)  # noqa: E731
        await self._admitted(MESSAGE, read, final=True, channel=channel)

    async def _found(self, *, final: bool) -> Spot:
        channel, root = self._thread.channel, self._root
        if self._thread.workspace == DIRECT or root == channel:
            return Spot(channel)
        asks_root = self._question == root
        # An answer to something else was asked for in a thread, or in place below an answer that stands there.
        if self._places.kind_of(root) is Kind.THREAD or not asks_root:
            place = await self._place()
            if place is not None:
                return _unlocked(place)
        if asks_root and self._places.lacks(channel, SEND_MESSAGES_IN_THREADS):
            self.lacks.append(POSTS_IN_THREADS)
        elif asks_root and channel not in self._threadless:
            return await self._opened(final=final)
        return self._spot_in(channel)

    async def _place(self) -> Place | None:
        """The thread with the id of the root, if there is one."""
        place = await self._places.find(self._root, self._thread.workspace)
        return place if place is not None and place.kind is Kind.THREAD else None

    async def _opened(self, *, final: bool) -> Spot:
        fallback = label("thread_name", self._language)
        name = self._titles.of(self._root) or await self._asked_name(fallback)
        try:
            await self._start(name, fallback, final=final)
        except PlatformError as error:
            if error.code == THREAD_EXISTS:
                return Spot(self._root)
            if error.passing or error.code in POINTLESS:
                raise
            logger.info("discord: a thread cannot be opened: %s", error.code)
            if error.code == MISSING_PERMISSIONS:
                self.lacks.append(THREADS)
            if error.code not in ABOUT_MESSAGE:
                self._threadless.note(self._thread.channel)
            elif (place := await self._place()) is not None:  # whose root is no message of the channel, or deleted
                return _unlocked(place)
            return self._spot_in(self._thread.channel)
        self._titles.forget(self._root)
        return Spot(self._root)

    async def _start(self, name: str, fallback: str, *, final: bool) -> None:
        channel = self._thread.channel
        try:
            start = lambda: self._api.start_thread(channel, self._root, name)  # noqa: E731
            await self._admitted(START_THREAD, start, final=final, channel=channel)
        except PlatformError as error:
            if error.code not in ABOUT_NAME or name == fallback:
                raise
            await self._start(fallback, fallback, final=final)

    async def _asked_name(self, fallback: str) -> str:
        """From the root itself, where nobody remembers it: this process has not heard it."""
        channel = self._thread.channel
        read = lambda: self._api.message(channel, self._root)  # noqa: E731
        try:
            root = await self._api.limits.call(MESSAGE, read, final=False, channel=channel)
        except PlatformError:
            return fallback
        said = text(root, "content")
        return thread_name(readable(said, self._us, self._names_in(root, said)), fallback)

    def _names_in(self, root: Json, said: str) -> Mapping[str, str]:
        """Of all that it refers to by ids, as far as it tells them or they are known without a call."""
        people = {text(each, "id"): name_of(each, mapping(each, "member")) for each in mappings(root, "mentions")}
        roles = {ROLE + role: name for role, name in self._places.role_names(self._thread.workspace).items()}
        channels = {each: self._places.channel_name(each) for each in references(said).channels}
        return {id_: name for id_, name in (people | roles | channels).items() if name}


def _unlocked(place: Place) -> Spot:
    if place.locked:
        raise ThreadClosed(THREAD_LOCKED)
    return Spot(place.id)
