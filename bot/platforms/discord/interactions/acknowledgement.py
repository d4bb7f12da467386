"""
Telling Discord in time that we have an interaction: within 3 seconds of its creation, and after it was committed.

Where the commit takes longer, Discord is told that an answer will come, before anything is stored. What is said to
whoever it was, and to nobody else, goes out here too. What an interaction asks for is decided in interactions.py.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.core.errors import PlatformError
from bot.core.texts import sentence
from bot.core.turn import Notice
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import EDIT_RESPONSE, FOLLOW_UP
from bot.platforms.discord.calls.patience import patiently
from bot.platforms.discord.interactions.received import EPHEMERAL, Received
from bot.platforms.discord.places.payloads import Json

logger = logging.getLogger(__name__)

COMMIT_SECONDS = 2.0  # from the creation of an interaction, by which it should be committed
ANSWER_SECONDS = 3.0  # the same, after which Discord takes no first answer; "Responding to an Interaction"
CALL_SECONDS, PAUSE_SECONDS = 0.8, 0.05  # of one try to answer, and between two
MESSAGE, DEFERRED, DEFERRED_UPDATE, MODAL = 4, 5, 6, 9  # "Interaction Callback Type"
ALREADY = "already_acknowledged"

THINKING: Json = {"type": DEFERRED}
THINKING_PRIVATELY: Json = {"type": DEFERRED, "data": {"flags": EPHEMERAL}}
NOTED: Json = {"type": DEFERRED_UPDATE}  # of a press: what it stands below stays as it is

Clock = Callable[[], datetime]


class Acknowledger:
    """*clock* as Discord's, roughly: an interaction's id says when it was made."""

    def __init__(self, api: DiscordApi, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._api, self._clock = api, clock

    async def answer(self, received: Received, work: Awaitable[Sequence[str]], usual: Json) -> bool:
        """
        Give the first answer once *work* is done, or before, where it takes too long.

        *usual* is that answer; where *work* returns texts, these are shown to whoever it was instead. Whatever *work*
        raises is raised, after that was told, too. Returns whether Discord has the first answer.
        """
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait([task], timeout=self._left(received, COMMIT_SECONDS))
            early = not task.done()
            acknowledged = early and await self.respond(received, usual)
            await asyncio.wait([task])
            texts = task.result() if task.exception() is None else [_internal(received)]
            if not early:
                acknowledged = await self.respond(received, shown(texts[0]) if texts else usual)
            if acknowledged:
                await self._show(received, usual, texts, early=early)
            task.result()  # raises the defect that there was
            return acknowledged
        finally:
            task.cancel()

    async def _show(self, received: Received, usual: Json, texts: Sequence[str], *, early: bool) -> None:
        """The texts that the first answer does not show. *early*: it was given before they were known."""
        if early and texts:
            await self._fill(received, usual, texts[0])
        for text in texts[1:]:
            await self._follow_up(received, text)

    async def respond(self, received: Received, answer: Json) -> bool:
        """The first answer, tried until it is there or too late. Whether Discord has it; never raises PlatformError."""
        until = time.monotonic() + max(self._left(received, ANSWER_SECONDS), CALL_SECONDS)
        while True:
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    await self._api.respond(received.id, received.token, answer)
            except TimeoutError:
                code, passing, wait = "timeout", True, PAUSE_SECONDS
            except PlatformError as error:
                code, passing, wait = error.code, error.passing, max(PAUSE_SECONDS, error.retry_after or 0.0)
            else:
                return True
            if code == ALREADY:  # the answer to an earlier try was lost, or the event came twice
                return True
            if not passing or time.monotonic() + wait >= until:
                logger.warning("discord: an interaction could not be acknowledged: %s", code)
                return False
            await asyncio.sleep(wait)

    def _left(self, received: Received, seconds: float) -> float:
        """Until so many seconds after an interaction was made; where clocks differ, never more than that."""
        age = (self._clock() - received.at).total_seconds()
        return max(0.0, seconds - max(0.0, age))

    async def _fill(self, received: Received, usual: Json, text: str) -> None:
        """Show this text where an answer was announced."""
        if usual.get("type") == DEFERRED_UPDATE:
            await self._follow_up(received, text)
        else:
            edit = lambda: self._api.edit_response(received.token, {"content": text})  # noqa: E731
            try:
                await patiently(self._api.limits, EDIT_RESPONSE, edit, channel=received.token)
            except PlatformError as error:
                _note_unshown(error)

    async def _follow_up(self, received: Received, text: str) -> None:
        """Once: whether one whose response was lost stands there, nobody can find out."""
        more = {"content": text, "flags": EPHEMERAL}
        post = lambda: self._api.follow_up(received.token, more)  # noqa: E731
        try:
            await self._api.limits.call(FOLLOW_UP, post, final=True, channel=received.token)
        except PlatformError as error:
            _note_unshown(error)


def _note_unshown(error: PlatformError) -> None:
    logger.info("discord: what an interaction asked for could not be shown: %s", error.code)


def shown(text: str) -> dict[str, Any]:
    """The first answer that shows a text to that person alone."""
    return {"type": MESSAGE, "data": {"content": text, "flags": EPHEMERAL}}


def _internal(received: Received) -> str:
    return sentence(Notice("internal"), received.language())
