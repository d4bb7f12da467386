"""Finding out beside the asking in which language whoever asks reads the platform."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.core.errors import BotError
from bot.core.ports import NameStore, Platform
from bot.core.prompt.names import get_to_know
from bot.core.reply.addressee import addressee, in_language_of
from bot.core.reply.presenter import Presenter
from bot.core.turn import History, Turn

log = logging.getLogger(__name__)

ENOUGH = 0.5  # seconds that a sentence of ours waits for its language


class LanguageLookup:
    def __init__(self, presenter: Presenter, asking: asyncio.Task[None]) -> None:
        self._presenter, self._asking = presenter, asking

    async def language(self) -> str:
        """Of our sentences to whoever asked; the text's, where the platform takes too long to say."""
        await asyncio.wait([self._asking], timeout=ENOUGH)
        return self._presenter.addressee.language


@asynccontextmanager
async def looking_up_language(
    turn: Turn, history: History, platform: Platform, name_store: NameStore, presenter: Presenter, default: str
) -> AsyncIterator[LanguageLookup]:
    """
    Have the answer addressed to whoever asked, in the language that is known by now, and in theirs once that is known.

    The platform is asked once a day for each person, beside the model: an answer that is there before waits a moment.
    """
    presenter.addressee = addressee(history, default)
    asking = asyncio.create_task(_ask(turn, history, platform, name_store, presenter, default))
    try:
        yield LanguageLookup(presenter, asking)
    finally:
        asking.cancel()
        await asyncio.wait([asking])


async def _ask(
    turn: Turn, history: History, platform: Platform, name_store: NameStore, presenter: Presenter, default: str
) -> None:
    if not history.messages:
        return
    try:
        known = await get_to_know(history.asked.author, turn, platform, name_store)
    except BotError as error:
        log.info("in which language to speak is not known: %s", error)
        return
    presenter.addressee = in_language_of(known, history, default)
