"""Looks up the language in which the asker reads the platform, during the model call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.core.errors import BotError
from bot.core.ports import NameStore
from bot.core.prompt.names import get_to_know
from bot.core.reply.attempt import Attempt

log = logging.getLogger(__name__)

ENOUGH_SECONDS = 0.5  # a sentence of ours waits at most this long for its language
BEHIND_THE_CALL_SECONDS = 0.1  # the lookup starts this much later, to leave database and processor to the model call


class LanguageLookup:
    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task

    async def wait(self) -> None:
        """Wait briefly for the lookup. If it is too slow, our sentences are in the language of the question."""
        await asyncio.wait([self._task], timeout=ENOUGH_SECONDS)


@asynccontextmanager
async def looking_up_language(attempt: Attempt, name_store: NameStore) -> AsyncIterator[LanguageLookup]:
    """
    Set the asker's own language on the attempt as soon as it is known.

    We ask the platform once a day for each person.
    """
    task = asyncio.create_task(_look_up(attempt, name_store))
    try:
        yield LanguageLookup(task)
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _look_up(attempt: Attempt, name_store: NameStore) -> None:
    history = attempt.history
    if not history.messages:
        return
    with suppress(TimeoutError):  # the model call goes first; a status is shown later
        async with asyncio.timeout(BEHIND_THE_CALL_SECONDS):
            await attempt.model_answers.wait()
    try:
        known = await get_to_know(history.asked.author, attempt.turn, attempt.platform, name_store)
    except BotError as error:
        log.info("in which language to speak is not known: %s", error)
        return
    attempt.address(known)
