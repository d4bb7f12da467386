"""
Letting people see that a question was noticed: we type, until there are words. When to show it is the core's business.

Source: Discord, "Trigger Typing Indicator": it is seen for 10 seconds, or until we post.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import TYPE
from bot.platforms.discord.places import Kind, Places
from bot.platforms.discord.status.titles import Titles

logger = logging.getLogger(__name__)

SHOWN_SECONDS = 10.0  # for which the sign is seen
AGAIN = 0.8  # of these, after which it is given again
LONGEST_SECONDS = 900.0  # should nobody take it away
CALL_SECONDS = 1.0  # that an answer waits for the call that says it will come

Where = tuple[ThreadRef, str]  # and the message


class DiscordTyping:
    """As the Status port."""

    def __init__(self, api: DiscordApi, places: Places, titles: Titles, shown_seconds: float = SHOWN_SECONDS) -> None:
        self._api, self._places, self._titles, self._again_seconds = api, places, titles, AGAIN * shown_seconds
        self._typing: dict[Where, asyncio.Task[None]] = {}

    async def show_status(self, thread: ThreadRef, message: str, text: str, title: str = "") -> None:  # noqa: ARG002 - Discord shows no text
        """We type in the thread, or in the channel where there is none yet. *title*: what the thread will be called."""
        if title:
            self._titles.note(thread.thread, title)
        self._stop((thread, message))
        began = asyncio.Event()
        task = asyncio.create_task(self._type_in(thread, began))
        self._typing[thread, message] = task
        task.add_done_callback(lambda _: self._over((thread, message), task))
        with suppress(TimeoutError):
            async with asyncio.timeout(CALL_SECONDS):
                await began.wait()

    async def clear_status(self, thread: ThreadRef, message: str, *, left_behind: bool = False) -> None:  # noqa: ARG002 - it ends by itself
        self._stop((thread, message))

    def posted(self, thread: ThreadRef) -> None:
        """Words of ours stand there: Discord has taken the sign away, and they are a better one."""
        for where in [each for each in self._typing if each[0] == thread]:
            self._stop(where)

    async def close(self) -> None:
        """Leave no task behind."""
        tasks = list(self._typing.values())
        for where in list(self._typing):
            self._stop(where)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _type_in(self, thread: ThreadRef, began: asyncio.Event) -> None:
        await self._type(await self._channel(thread), began)

    async def _channel(self, thread: ThreadRef) -> str:
        """The thread, if there is one: as far as events tell, else it is asked for."""
        kind = self._places.kind_of(thread.thread)
        if kind is None and not self._places.hears(thread.workspace):
            with suppress(PlatformError):
                place = await self._places.find(thread.thread, thread.workspace)
                kind = place.kind if place else None
        return thread.thread if kind in (Kind.THREAD, Kind.VOICE) else thread.channel

    def _stop(self, where: Where) -> None:
        if (task := self._typing.pop(where, None)) is not None:
            task.cancel()

    def _over(self, where: Where, task: asyncio.Task[None]) -> None:
        if self._typing.get(where) is task:
            del self._typing[where]

    async def _type(self, channel: str, began: asyncio.Event) -> None:
        """Until cancelled, or until Discord says that we may not."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SECONDS):
                while await self._typed(channel):
                    began.set()
                    await asyncio.sleep(self._again_seconds)
        began.set()

    async def _typed(self, channel: str) -> bool:
        """Whether it is worth typing on."""
        try:
            await self._api.limits.call(TYPE, lambda: self._api.type_in(channel), final=False, channel=channel)
        except PlatformError as error:
            if not error.passing:
                logger.info("discord: we cannot type in a channel: %s", error.code)
            return error.passing
        return True
