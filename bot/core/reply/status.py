"""Letting the asker see that a question was noticed, while there are no words to show yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from bot.core.conversation import Message, ThreadRef
from bot.core.errors import LeaseLost, LedgerError, ReplyDeleted
from bot.core.interruption import Interrupt, Interrupted, Interruption
from bot.core.ports import Noticing, Platform
from bot.core.reply.presenter import Presenter
from bot.core.texts import sentence
from bot.core.turn import History, Notice, Turn

UNNOTICED = 5  # questions of one turn, the newest ones: each costs a call
TITLE_LENGTH = 60  # characters; Slack takes 200, and shows fewer
NOTICE_SECONDS = 0.5  # words that come sooner need no announcement


@asynccontextmanager
async def noticing(
    turn: Turn,
    history: History,
    platform: Platform,
    presenter: Presenter,
    interruption: Interruption,
    check: Callable[[], Awaitable[None]],
    *,
    goes_on: bool = False,
) -> AsyncIterator[None]:
    """
    Announce the answer to the newest question, unless the first words come at once; take that back at the end.

    With *goes_on* there is more to do before the first words, and what was announced stays so. What is tried again
    stays announced, too; where somebody has deleted the answer, nothing is. An attempt after the first takes back what
    the one before it left, because it was to be tried again or because its process died. What is asked anew may be no
    question by then, and in no history any more: that is taken back at once. *check* raises LeaseLost when the turn is
    another worker's by now: a notice given then would be taken back by nobody.
    """
    door = platform
    if not isinstance(platform, Noticing):
        yield
        return
    thread = turn.conversation.thread
    title = title_of(door.readable(history.asked.version.text)) if _begins(turn, history) else ""
    announcing = asyncio.create_task(_announce(platform, thread, history.asked, title, presenter, check))
    try:
        try:
            yield
        finally:
            announcing.cancel()
            await asyncio.wait([announcing])
    except ReplyDeleted:
        await _take_back(platform, turn, history, presenter)
        raise
    except (Interrupted, asyncio.CancelledError) as error:
        interrupted = error if isinstance(error, Interrupted) else interruption.caught()
        if interrupted is None:
            raise
        if interrupted.interrupt is Interrupt.CHANGED:
            await _take_back(platform, turn, history, presenter)
        raise interrupted from None
    if not goes_on:
        await _take_back(platform, turn, history, presenter)


async def _take_back(platform: Noticing, turn: Turn, history: History, presenter: Presenter) -> None:
    announced, presenter.announced = presenter.announced, False
    if turn.attempts > 1:
        await _unnotice(platform, turn, _questions(history))
    elif announced:
        await platform.unnotice(turn.conversation.thread, history.asked.platform_id)


async def unnotice(platform: Platform, turn: Turn, history: History) -> None:
    """Take away what may have been shown by any attempt: the newest question may have been another one then."""
    if isinstance(platform, Noticing):
        await _unnotice(platform, turn, _questions(history))


async def unnotice_all(platform: Platform, turn: Turn, questions: Sequence[str], *, announced: bool) -> None:
    """
    The same where no history holds the *questions* any more, by the platform's ids: they were hidden, or deleted.

    *announced*: by this attempt.
    """
    if isinstance(platform, Noticing) and (turn.attempts > 1 or announced):
        await _unnotice(platform, turn, questions)


async def _unnotice(platform: Noticing, turn: Turn, questions: Sequence[str]) -> None:
    for asked in questions[-UNNOTICED:]:
        await platform.unnotice(turn.conversation.thread, asked, left_behind=turn.attempts > 1)


def _questions(history: History) -> Sequence[str]:
    return [message.platform_id for message in history.messages if message.addressed]


def _begins(turn: Turn, history: History) -> bool:
    """Whether this is the first question of its conversation."""
    return not history.past and not history.cut and not turn.conversation.window_start


def title_of(question: str) -> str:
    """
    What a conversation is called where the platform shows a title: its first question, on one line, cut short.

    It is not kept here: a text that somebody deletes would live on in it.
    """
    words = " ".join(question.split())
    if len(words) <= TITLE_LENGTH:
        return words
    kept = words[:TITLE_LENGTH].rpartition(" ")[0] or words[: TITLE_LENGTH - 1]
    return f"{kept}…"


async def _announce(
    platform: Noticing,
    thread: ThreadRef,
    asked: Message,
    title: str,
    presenter: Presenter,
    check: Callable[[], Awaitable[None]],
) -> None:
    if presenter.announced or await presenter.words_within(NOTICE_SECONDS):
        return
    try:
        await check()
    except (LeaseLost, LedgerError):  # whoever reads or writes next hears of it, too
        return
    presenter.announced = True
    text = sentence(Notice("writing"), presenter.addressee.language)
    await platform.notice(thread, asked.platform_id, text, title)
