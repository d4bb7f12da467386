"""The notices that go with an answer, except those about the way it ended (completion/endings.py). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.completion import endings
from bot.core.ports import DirectTopics
from bot.core.prompt import file_form
from bot.core.prompt.budget import QuestionTooLong
from bot.core.prompt.entries import formless
from bot.core.reply.attempt import Attempt
from bot.core.turn import Completion, History, Notice, Turn


def with_answer(
    attempt: Attempt, result: Completion, *, sees: bool, sent: Sequence[str] | None = None
) -> Sequence[Notice]:
    """*sees*: the model takes images. *sent*: the keys of the prompt's entries, where they are at hand."""
    turn, history = attempt.turn, attempt.history
    notices = []
    if history.newcomer and result.text:
        notices.append(Notice("direct_topics" if isinstance(attempt.platform, DirectTopics) else "direct_threads"))
    if turn.conversation.unread_since is not None and not history.past:
        notices.append(Notice("thread_unread"))
    if late := _lateness(turn, history):
        notices.append(late)
    return [*notices, *of_attachments(history, sent), *file_form.notices(history, sees=sees, sent=sent)]


def of_attachments(history: History, sent: Sequence[str] | None) -> Sequence[Notice]:
    """Of what is attached to the question, and to its context as far as that was *sent*, only a beginning was read."""
    keys = {formless(key) for key in sent or ()}
    told = [*(each for each in history.context if f"v{each.version.id}" in keys), *history.question]
    cuts = [message.version.cut for message in told if message.version.cut is not None]
    return [Notice("attached_first_characters", {"kept": cut.kept, "total": cut.total or 0}) for cut in cuts]


def too_long(found: QuestionTooLong, history: History) -> Notice:
    if history.continued:
        return Notice("continue_too_long")
    return Notice("question_too_long", {"tokens": found.tokens, "budget": found.budget})


def _lateness(turn: Turn, history: History) -> Notice | None:
    """Another variant, or the rest of one, is asked for later, which does not make the answer late."""
    if turn.variant > 1 or turn.continues is not None or not history.messages:
        return None
    return endings.lateness(turn.first_attempt_at, history.asked.posted_at)
