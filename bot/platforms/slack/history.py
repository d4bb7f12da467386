"""
Reading back what was said, within Slack's limits: which channels there are, and what is new in one of them.

Which threads are worth a call is decided in pure functions. What becomes of the messages is in catch_up.py.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from functools import partial
from typing import TypeVar

from bot.core.errors import PlatformError
from bot.core.retry import reconnect_wait
from bot.platforms.slack.api import CHANNELS, HISTORY, REPLIES, Message, Page, SlackApi
from bot.platforms.slack.events import microseconds, timestamp
from bot.platforms.slack.limits import RATE_LIMITED, Quota

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

KINDS = ("public_channel", "private_channel", "mpim", "im")
TRIES = 3  # of a call that fails by Slack's or the network's fault
MISSING_SCOPE = "missing_scope"
GONE = frozenset({"thread_not_found", "message_not_found"})


class History:
    """Raises PlatformError when something cannot be read; a 429 is waited out, whatever it asks for."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._quotas = {method: Quota() for method in (CHANNELS, HISTORY, REPLIES)}
        self._told = False  # that a scope is missing

    async def channels(self) -> Sequence[str]:
        """Those that we are in. Where a scope is missing, the kinds that need no other."""
        everything = await self._listed(",".join(KINDS))
        if everything is not None:
            return everything
        return [channel for kind in KINDS for channel in await self._listed(kind) or ()]

    async def news(self, channel: str, since: int, known: Collection[str]) -> Sequence[Message]:
        """
        What was said in *channel* at *since* (microseconds) or later, oldest first, in its threads too.

        Threads whose root is too old to be met on the way are read only if they are among *known*. Messages that were
        edited since then are news, where they are met.
        """
        top = await self._top(channel, since)
        found = {str(message.get("ts")): message for message in top if is_news(message, since)}
        for root in threads_with_news(top, known, since):
            found |= {str(message.get("ts")): message for message in await self._thread(channel, root, since)}
        return sorted(found.values(), key=_position)

    def _tell_missing_scope(self) -> None:
        """Once: it will be missing until somebody does something."""
        if not self._told:
            logger.warning(
                "slack: a scope is missing, so not all that was said while the bot was away can be read. "
                "Run `threadbot check`: it names the scope. Add it, then reinstall the app."
            )
        self._told = True

    async def _top(self, channel: str, since: int) -> Sequence[Message]:
        """At least one page, however little is new: its roots say in which older threads somebody has replied."""
        messages: list[Message] = []
        async with aclosing(self._pages(HISTORY, partial(self._api.history_page, channel))) as pages:
            async for page in pages:
                messages += page.items
                if not page.items or _position(page.items[-1]) < since:
                    break
        return messages

    async def _thread(self, channel: str, root: str, since: int) -> Sequence[Message]:
        read = partial(self._api.replies_page, channel, root, timestamp(since))
        try:
            pages = [page async for page in self._pages(REPLIES, read)]
        except PlatformError as error:
            if error.code not in GONE:
                raise
            return []
        return [message for page in pages for message in page.items if is_news(message, since)]

    async def _listed(self, types: str) -> Sequence[str] | None:
        """None when a scope is missing."""
        try:
            pages = [page async for page in self._pages(CHANNELS, partial(self._api.channels_page, types))]
        except PlatformError as error:
            if error.code != MISSING_SCOPE:
                raise
            return None
        return [str(channel["id"]) for page in pages for channel in page.items]

    async def _pages(self, method: str, read: Callable[[str | None], Awaitable[Page]]) -> AsyncGenerator[Page, None]:
        cursor: str | None = None
        while True:
            page = await self._patiently(method, partial(read, cursor))
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _patiently(self, method: str, call: Callable[[], Awaitable[Result]]) -> Result:
        failures = 0
        while True:
            await self._quotas[method].take()
            await self._api.pauses.sit_out(method)
            try:
                return await call()
            except PlatformError as error:
                if error.code == RATE_LIMITED:
                    continue
                if error.code == MISSING_SCOPE:
                    self._tell_missing_scope()
                failures += 1
                if not error.passing or failures == TRIES:
                    raise
            await asyncio.sleep(reconnect_wait(failures, random.random))


def threads_with_news(top: Sequence[Message], known: Collection[str], since: int) -> Sequence[str]:
    """
    The roots (ts) of the threads to read, each once: *top* are messages of the channel, without replies.

    A root says when somebody replied last. Of *known* threads whose root is not there, nobody can say.
    """
    met = {str(message.get("ts")) for message in top}
    told = [_root(message) for message in top if _tells_of_replies(message, since)]
    return list(dict.fromkeys([*told, *(root for root in known if root not in met)]))


def is_news(message: Message, since: int) -> bool:
    """Whether it was said, or has been edited, at *since* or later."""
    edited = message.get("edited")
    edited_at = microseconds(str(edited.get("ts"))) if isinstance(edited, dict) else None
    return max(_position(message), edited_at or 0) >= since


def _tells_of_replies(message: Message, since: int) -> bool:
    if _root(message) != message.get("ts"):  # a reply that was also sent to the channel
        return _position(message) >= since
    latest = microseconds(str(message.get("latest_reply")))
    return bool(message.get("reply_count")) if latest is None else latest >= since


def _root(message: Message) -> str:
    return str(message.get("thread_ts") or message.get("ts"))


def _position(message: Message) -> int:
    return microseconds(str(message.get("ts"))) or 0
