"""
What stood in channels and threads that were deleted as a whole: no event names their messages, and nobody tells of what
went while we were away. Erasing them is the ledger's work.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bot.core.conversation import Deleted
from bot.core.errors import PlatformError
from bot.core.ports import InteractionStore, PlaceContents
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.platforms.discord.calls.limits import CHANNEL, MESSAGE
from bot.platforms.discord.calls.patience import patiently
from bot.platforms.discord.incoming.events import PLATFORM, deleted, ref_of
from bot.platforms.discord.places import Kind, Place, Places
from bot.platforms.discord.places.payloads import snowflake

logger = logging.getLogger(__name__)


class GonePlaces:
    """All methods raise PlatformError, and LedgerError."""

    def __init__(
        self, api: DiscordApi, places: Places, contents: PlaceContents, interactions: InteractionStore | None
    ) -> None:
        self._api, self._places, self._contents, self._interactions = api, places, contents, interactions

    async def channel(self, guild: str, channel: str) -> Sequence[Deleted]:
        """All that was said in a channel that was deleted, with its threads."""
        return _erased(await self._contents.standing_in(PLATFORM, guild, channel, None), guild, channel)

    async def thread(self, guild: str, channel: str, thread: str) -> Sequence[Deleted]:
        """
        The same of a thread of *channel*.

        What it was opened from has its id, and stands in the channel; a post of a forum begins in itself.
        """
        there = await self._contents.standing_in(PLATFORM, guild, channel, thread)
        above = await self._places.find(channel, guild)
        begins_in_itself = above is not None and above.kind is Kind.FORUM
        return _erased([each for each in there if each != thread or begins_in_itself], guild, channel)

    # What may have been deleted while we were away

    async def missing_channel(self, guild: str, channel: str) -> Sequence[Deleted]:
        """Of a *channel* that could not be found: nothing where it is there, and only not for us to see."""
        try:
            await patiently(self._api.limits, CHANNEL, lambda: self._api.channel(channel), channel=channel)
        except PlatformError as error:
            if error.code != UNKNOWN_CHANNEL:
                raise
        else:
            return ()
        logger.info("discord: channel %s was deleted meanwhile", channel)
        return await self.channel(guild, channel)

    async def missing_thread(self, place: Place, thread: str) -> Sequence[Deleted]:
        """
        The same of a thread that is not there: the conversation may have been held in the channel itself.

        Where the newest message of it stands there, it was. Else each is looked for.
        """
        if place.kind is Kind.FORUM:
            return await self.thread(place.workspace, place.channel, thread)
        if self._interactions is not None and await self._interactions.has(ref_of(thread, place)):
            return ()  # what a command asks for in a channel has no thread, and perhaps no message that others see
        gone: list[str] = []
        there = await self._contents.standing_in(PLATFORM, place.workspace, place.channel, thread)
        for message in sorted(set(there), key=lambda id_: snowflake(id_) or 0, reverse=True):
            if not await self._stands(place.channel, message):
                gone.append(message)
            elif not gone:
                return ()
        logger.info("discord: thread %s was deleted meanwhile", thread)
        return _erased(gone, place.workspace, place.channel)

    async def _stands(self, channel: str, message: str) -> bool:
        read = lambda: self._api.message(channel, message)  # noqa: E731
        try:
            await patiently(self._api.limits, MESSAGE, read, channel=channel)
        except PlatformError as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return False
        return True


def _erased(messages: Sequence[str], guild: str, channel: str) -> Sequence[Deleted]:
    return deleted({"ids": list(messages)}, Place(guild, channel, None, Kind.TEXT)) if messages else ()
