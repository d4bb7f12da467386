"""Notices about the way a completion ended. Pure. Source of the values: `finish_reason` of Chat Completions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.prompt.speakers import unbracketed
from bot.core.turn import CUT_SHORT, OVERRUN, Completion, Notice
from bot.markdown import is_visible

UNSTATED = "unstated"  # the server ended the stream as it should, but gave no reason
UNMARKED = "unmarked"  # it never marks an end: whether that was one, only the server knows
LATE_AFTER = timedelta(minutes=5)

_WITH_TEXT = {
    "stop": None,
    UNSTATED: None,
    "length": "length",
    OVERRUN: "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    None: "broken_off",
}
_WITHOUT_TEXT = {
    "stop": "empty_answer",
    OVERRUN: "empty_length",
    "length": "empty_length",  # a reasoning model may spend all of it before the first word
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


def is_ending(notice: Notice) -> bool:
    """Whether it tells how an answer ended."""
    return notice.key in (*_WITH_TEXT.values(), "refusal", "only_reasoned")


def notices(completion: Completion, max_tokens: int) -> Sequence[Notice]:
    """The sentences that go with an answer, or stand for one that has no text. *max_tokens*: those it could have."""
    if completion.refusal:
        return [Notice("refusal"), *([Notice("length")] if completion.finish_reason in CUT_SHORT else ())]
    if completion.text:
        key = _WITH_TEXT.get(completion.finish_reason, "finish_unknown")
        return [Notice(key)] if key else []
    key = _WITHOUT_TEXT.get(completion.finish_reason or "", "empty_answer")
    return [Notice(key, {"limit": max_tokens} if key == "empty_length" else {})]


def used_up(completion: Completion) -> bool:
    """Whether all that it could have went into reasoning: asked with more room, the model may come to its answer."""
    return completion.finish_reason == "length" and not completion.text and not completion.refusal


def only_reasoned(completion: Completion) -> bool:
    """Whether the model came to an end, and all that it wrote is marked as reasoning: the answer may be in there."""
    return (
        is_visible(completion.reasoning)
        and not completion.text
        and not completion.refusal
        and completion.finish_reason in ("stop", UNSTATED, UNMARKED)
    )


def reasoning_shown(completion: Completion, count: Callable[[str], int]) -> Completion:
    """*completion*, with its reasoning in the place of the answer that did not come."""
    text = completion.reasoning.strip()
    return replace(completion, text=text, text_tokens=count(unbracketed(text)))


def nothing_added(completion: Completion, max_tokens: int) -> Notice:
    """The sentence below an answer that the model was asked to go on with, in vain."""
    notice, *_ = notices(completion, max_tokens)
    return Notice("continue_empty") if notice.key == "empty_answer" else notice


def forgotten(messages: int, *, summarized: bool = False) -> Notice:
    """The notice when the window has left *messages* behind. *summarized*: a summary takes their place."""
    key = "summarized" if summarized else "forgotten"
    return Notice(key, {"messages": messages}) if messages > 1 else Notice(f"{key}_one")


def tells_of_window(notices: Sequence[Notice]) -> bool:
    return any(notice.key.removesuffix("_one") in ("forgotten", "summarized") for notice in notices)


def lateness(began_at: datetime, asked_at: datetime) -> Notice | None:
    """The notice when work on an answer began long after the question was asked."""
    late = began_at - asked_at
    if late < LATE_AFTER:
        return None
    minutes = round(late.total_seconds() / 60)
    return (
        Notice("late_minutes", {"minutes": minutes})
        if minutes < 120
        else Notice("late_hours", {"hours": minutes // 60})
    )
