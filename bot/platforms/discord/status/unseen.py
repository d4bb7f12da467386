"""
Saying that we are not shown what somebody wrote to us: without the message content intent it comes without its words.

Said once in each thread: what was said before we were started is found there.
"""

from __future__ import annotations

import logging

from bot.core.errors import PlatformError
from bot.core.texts import LANGUAGES, language_for, sentence
from bot.core.turn import Notice
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import MESSAGES, POST
from bot.platforms.discord.calls.nonce import once
from bot.platforms.discord.calls.patience import patiently
from bot.platforms.discord.markup.message import NOTE, Piece, content
from bot.platforms.discord.places import Place, Places
from bot.platforms.discord.places.payloads import text

logger = logging.getLogger(__name__)

UNSEEN = Notice("content_unseen")
MOST = 5_000  # threads that are remembered


class Unseen:
    def __init__(self, api: DiscordApi, places: Places) -> None:
        self._api, self._places = api, places
        self._said: dict[str, None] = {}  # threads, and channels where a conversation is held in replies

    async def say(self, place: Place, message: str) -> None:
        """*message* had something for us in it. Raises nothing of the platform's."""
        if place.locked or place.archived or place.id in self._said:
            return
        while len(self._said) >= MOST:
            del self._said[next(iter(self._said))]
        self._said[place.id] = None
        language = language_for(self._places.guild_locale(place.workspace), place.name)
        said = content(Piece("", (sentence(UNSEEN, language),)))
        reference = {"message_reference": {"message_id": message, "fail_if_not_exists": False}}
        limits, api = self._api.limits, self._api
        try:
            if not await self._was_said(place.id):
                post = lambda: api.create_message(place.id, {**said, **reference, **once(message)})  # noqa: E731
                await patiently(limits, POST, post, channel=place.id)
        except PlatformError as error:
            logger.info("discord: that a message cannot be read is not said: %s", error.code)

    async def _was_said(self, channel: str) -> bool:
        read = lambda: self._api.messages(channel)  # noqa: E731
        found = await patiently(self._api.limits, MESSAGES, read, channel=channel)
        said = {NOTE + sentence(UNSEEN, language) for language in LANGUAGES}
        return any(text(each, "content") in said for each in found)
