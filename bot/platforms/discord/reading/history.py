"""Messages that are read back, page by page, patiently: see calls/patience.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.core.conversation import MessageRef, Reacted, ThreadRef
from bot.core.errors import PlatformError
from bot.core.ports import ThreadIndex
from bot.platforms.discord.calls.api import PAGE, DiscordApi
from bot.platforms.discord.calls.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.platforms.discord.calls.limits import MESSAGE, MESSAGES, REACTIONS
from bot.platforms.discord.calls.patience import patiently
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.incoming.reactions import Signs, marks_on, standing
from bot.platforms.discord.places import Place
from bot.platforms.discord.places.payloads import Json, snowflake, text

LONG_ENOUGH = 8.0  # seconds; a page that waits for its turn comes on top
GONE = frozenset({UNKNOWN_CHANNEL, UNKNOWN_MESSAGE})


def position(message: Json) -> int:
    return snowflake(message.get("id")) or 0


@dataclass(frozen=True, slots=True)
class Newest:
    """The last messages of a channel, oldest first. *whole*: nothing before them was left out."""

    messages: Sequence[Json]
    whole: bool


class History:
    """All methods raise PlatformError. *seconds*, by *clock*: how long is read of what an answer waits for."""

    def __init__(
        self, api: DiscordApi, clock: Callable[[], float] = time.monotonic, seconds: float = LONG_ENOUGH
    ) -> None:
        self._api, self._clock, self._seconds = api, clock, seconds

    async def newest(self, channel: str, most: int, *, since: int = 0) -> Newest:
        """At most *most* messages, none before position *since*; fewer where Discord's limits let it take long."""
        found: list[Json] = []
        enough_at = self._clock() + self._seconds
        while True:
            before = str(position(found[-1])) if found else None
            page = await self._page(channel, before=before)
            found += [message for message in page if position(message) >= since]
            if len(page) < PAGE or position(page[-1]) <= since:
                return Newest(found[::-1], whole=True)
            if len(found) >= most or self._clock() >= enough_at:
                return Newest(found[:most][::-1], whole=False)

    async def since(self, channel: str, since: int, *, until: int | None = None, most: int | None = None) -> Newest:
        """
        What was said at position *since* or later, and before *until*.

        Of more than *most* messages the first ones, which are not the whole then.
        """
        found: list[Json] = []
        after = since - 1
        while True:
            page = await self._page(channel, after=str(max(after, 0)))
            found += [message for message in reversed(page) if until is None or position(message) < until]
            if len(page) < PAGE or (until is not None and position(page[0]) >= until):
                return Newest(found, whole=True)
            if most is not None and len(found) >= most:
                return Newest(found, whole=False)
            after = position(page[0])

    async def message(self, channel: str, message: str) -> Json | None:
        """None when it is gone, or never was there."""
        try:
            return await patiently(
                self._api.limits, MESSAGE, lambda: self._api.message(channel, message), channel=channel
            )
        except PlatformError as error:
            if error.code not in GONE:
                raise
            return None

    async def marks(self, message: Json, place: Place, us: Identity, signs: Signs) -> list[Reacted]:
        """The reactions on a message that leave a mark, with who set them."""
        channel, id_ = text(message, "channel_id") or place.id, text(message, "id")
        found = []
        for mark in marks_on(message, signs):
            kinds = [burst for burst, there in ((False, mark.normal), (True, mark.burst)) if there]
            users = [user for burst in kinds for user in await self._users(channel, id_, mark.sign, burst=burst)]
            found += standing(message, place, mark, users, us)
        return found

    async def _users(self, channel: str, message: str, sign: str, *, burst: bool) -> list[Json]:
        """None where the message is gone meanwhile, or nobody's reaction is left."""
        try:
            read = lambda: self._api.reactions(channel, message, sign, burst=burst)  # noqa: E731
            return await patiently(self._api.limits, REACTIONS, read, channel=channel)
        except PlatformError as error:
            if error.passing:
                raise
            return []

    async def _page(self, channel: str, *, after: str | None = None, before: str | None = None) -> list[Json]:
        """Newest first, and only what has an id."""
        read = lambda: self._api.messages(channel, after=after, before=before, limit=PAGE)  # noqa: E731
        page = await patiently(self._api.limits, MESSAGES, read, channel=channel)
        return [message for message in page if snowflake(message.get("id")) is not None]


class ReadThreads:
    """
    The ThreadIndex port for messages that are read back, oldest first, before any of them is stored: what was found of
    one holds for the next.
    """

    def __init__(self, index: ThreadIndex) -> None:
        self._index = index
        self._found: dict[str, ThreadRef] = {}
        self._newest: ThreadRef | None = None

    def note(self, message: str, thread: ThreadRef, *, ours: bool) -> None:
        self._found[message] = thread
        self._newest = self._newest if ours else thread

    async def thread_of(self, message: MessageRef) -> ThreadRef | None:
        return self._found.get(message.id) or await self._index.thread_of(message)

    async def newest_thread(self, platform: str, workspace: str, channel: str, before: int) -> ThreadRef | None:
        return self._newest or await self._index.newest_thread(platform, workspace, channel, before)
