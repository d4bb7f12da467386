"""Letting the asker see that a question was noticed, while there are no words to show yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.core.conversation import Message, ThreadRef
from bot.core.ports import Noticing, Platform
from bot.core.presenter import Presenter
from bot.core.texts import language_of, sentence
from bot.core.turn import History, Notice, Turn

UNNOTICED = 5  # questions of one turn, the newest ones: each costs a call
NOTICE_SECONDS = 0.5  # words that come sooner need no announcement


@asynccontextmanager
async def noticing(turn: Turn, history: History, platform: Platform, presenter: Presenter) -> AsyncIterator[None]:
    """
    Announce the answer to the newest question, unless the first words come at once; take that back at the end.

    What is tried again stays announced. An attempt after the first takes back what the one before it left, because it
    was to be tried again or because its process died.
    """
    if not isinstance(platform, Noticing):
        yield
        return
    thread, asked = turn.conversation.thread, history.asked
    announcing = asyncio.create_task(_announce(platform, thread, asked, presenter))
    try:
        yield
    finally:
        announcing.cancel()
        await asyncio.wait([announcing])
    if turn.attempts > 1:
        await unnotice(platform, turn, history)
    elif presenter.announced:
        await platform.unnotice(thread, asked.platform_id)


async def unnotice(platform: Platform, turn: Turn, history: History) -> None:
    """Take away what may have been shown by any attempt: the newest question may have been another one then."""
    if isinstance(platform, Noticing):
        for asked in [message for message in history.messages if message.addressed][-UNNOTICED:]:
            await platform.unnotice(turn.conversation.thread, asked.platform_id)


async def _announce(platform: Noticing, thread: ThreadRef, asked: Message, presenter: Presenter) -> None:
    if not await presenter.words_within(NOTICE_SECONDS):
        presenter.announced = True
        text = sentence(Notice("writing"), language_of(asked.version.text))
        await platform.notice(thread, asked.platform_id, text)
