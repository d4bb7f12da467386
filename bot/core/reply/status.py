"""Shows the asker that the bot works on the question, until the first words come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.core.errors import LeaseLost, LedgerError
from bot.core.ports import ConversationStore, PartStore, Status
from bot.core.reply.attempt import Attempt
from bot.core.texts import sentence
from bot.core.turn import History, Notice, Turn

CLEARED_QUESTIONS = 5  # questions of one turn, the newest ones: each costs a call
TITLE_LENGTH = 60  # characters; Slack takes 200, and shows fewer
STATUS_DELAY_SECONDS = 0.5  # words that come sooner need no status


@asynccontextmanager
async def status_shown(attempt: Attempt, part_store: PartStore) -> AsyncIterator[None]:
    """
    Show a status on the newest question, unless the first words come at once.

    It stays until clear_statuses(): more work may precede the first words, and a retried turn keeps its status. No
    status is shown if another worker owns the turn: nobody would clear it.
    """
    if not isinstance(attempt.platform, Status):
        yield
        return
    announcing = asyncio.create_task(_announce(attempt, attempt.platform, part_store))
    try:
        yield
    finally:
        announcing.cancel()
        await asyncio.wait([announcing])


async def clear_statuses(attempt: Attempt, conversations: ConversationStore) -> None:
    """
    Clear the statuses of all attempts at the turn.

    A later attempt clears the statuses that earlier ones left, after a retry or the death of their process. The newest
    question may have been another one then, and may be deleted or hidden now.
    """
    platform, turn = attempt.platform, attempt.turn
    if not isinstance(platform, Status):
        return
    shown = [attempt.status_on] if attempt.status_on is not None else []
    if turn.attempts > 1 and turn.command is None:
        in_history = [message.platform_id for message in attempt.history.messages if message.addressed]
        questions = dict.fromkeys([*await conversations.questions(turn), *in_history])
        shown = list(dict.fromkeys([*list(questions)[-CLEARED_QUESTIONS:], *shown]))
    for question in shown:
        await platform.clear_status(turn.conversation.thread, question, left_behind=turn.attempts > 1)
    attempt.status_on = None


def _begins(turn: Turn, history: History) -> bool:
    """Whether this is the first question of its conversation."""
    return not history.past and not history.cut and not turn.conversation.window_start


def title_of(question: str) -> str:
    """
    The title of a conversation, if the platform shows one: its first question on one line, shortened.

    We do not store it: it would keep a text that somebody deletes.
    """
    words = " ".join(question.split())
    if len(words) <= TITLE_LENGTH:
        return words
    kept = words[:TITLE_LENGTH].rpartition(" ")[0] or words[: TITLE_LENGTH - 1]
    return f"{kept}…"


async def _announce(attempt: Attempt, platform: Status, part_store: PartStore) -> None:
    turn, asked = attempt.turn, attempt.history.asked
    if attempt.status_on is not None or await attempt.presenter.wait_for_words(STATUS_DELAY_SECONDS):
        return
    try:
        await part_store.check(turn.claim)
    except (LeaseLost, LedgerError):  # the next ledger call raises it again
        return
    attempt.status_on = asked.platform_id
    thinks = attempt.presenter.thinks
    doing = "thinking" if thinks.is_set() else "writing"
    text = sentence(Notice(doing), attempt.language)
    title = title_of(attempt.platform.readable(asked.version.text)) if _begins(turn, attempt.history) else ""
    await platform.show_status(turn.conversation.thread, asked.platform_id, text, title)
    await thinks.wait()
    if doing != "thinking" and not attempt.presenter.has_words:
        text = sentence(Notice("thinking"), attempt.language)
        await platform.show_status(turn.conversation.thread, asked.platform_id, text)
