"""Letting the asker see that a question was noticed, while there are no words to show yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from bot.core.conversation import Message, ThreadRef
from bot.core.errors import LeaseLost, LedgerError, ReplyDeleted
from bot.core.interruption import Interrupt, Interrupted, Interruption
from bot.core.ports import Platform, Status
from bot.core.reply.presenter import Presenter
from bot.core.texts import sentence
from bot.core.turn import History, Notice, Turn

CLEARED_QUESTIONS = 5  # questions of one turn, the newest ones: each costs a call
TITLE_LENGTH = 60  # characters; Slack takes 200, and shows fewer
STATUS_DELAY_SECONDS = 0.5  # words that come sooner need no announcement


@asynccontextmanager
async def status_shown(
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
    Show a status on the newest question, unless the first words come at once; clear it at the end.

    With *goes_on* there is more to do before the first words, and the status stays. A turn that is tried again keeps
    its status, too; where somebody has deleted the answer, none stays. An attempt after the first clears what the one
    before it left, because the turn was to be tried again or because its process died. A message of a restarted turn
    may be no question by then, and in no history: its status is cleared at once. *check* raises LeaseLost when the turn
    belongs to another worker by now: nobody would clear a status that is shown then.
    """
    door = platform
    if not isinstance(platform, Status):
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


async def _take_back(platform: Status, turn: Turn, history: History, presenter: Presenter) -> None:
    status_is_shown, presenter.status_is_shown = presenter.status_is_shown, False
    if turn.attempts > 1:
        await _clear_statuses(platform, turn, _questions(history))
    elif status_is_shown:
        await platform.clear_status(turn.conversation.thread, history.asked.platform_id)


async def clear_status(platform: Platform, turn: Turn, history: History) -> None:
    """Take away what may have been shown by any attempt: the newest question may have been another one then."""
    if isinstance(platform, Status):
        await _clear_statuses(platform, turn, _questions(history))


async def clear_all_statuses(
    platform: Platform, turn: Turn, questions: Sequence[str], *, status_is_shown: bool
) -> None:
    """
    The same where no history holds the *questions* any more, by the platform's ids: they were hidden, or deleted.

    *status_is_shown*: by this attempt.
    """
    if isinstance(platform, Status) and (turn.attempts > 1 or status_is_shown):
        await _clear_statuses(platform, turn, questions)


async def _clear_statuses(platform: Status, turn: Turn, questions: Sequence[str]) -> None:
    for asked in questions[-CLEARED_QUESTIONS:]:
        await platform.clear_status(turn.conversation.thread, asked, left_behind=turn.attempts > 1)


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
    platform: Status,
    thread: ThreadRef,
    asked: Message,
    title: str,
    presenter: Presenter,
    check: Callable[[], Awaitable[None]],
) -> None:
    if presenter.status_is_shown or await presenter.wait_for_words(STATUS_DELAY_SECONDS):
        return
    try:
        await check()
    except (LeaseLost, LedgerError):  # whoever reads or writes next hears of it, too
        return
    presenter.status_is_shown = True
    text = sentence(Notice("writing"), presenter.addressee.language)
    await platform.show_status(thread, asked.platform_id, text, title)
