"""What people can do to an answer where it stands. Each door draws these in its own way; what is done is an Acted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.core.turn import CUT_SHORT, Notice, Outcome

UNASKED = "continue_unasked"  # the notice: its question is gone
PASSING = frozenset(
    {
        "empty_answer",
        "tool_calls",
        "stopped_unanswered",
        "model_rate_limited",
        "model_unavailable",
        "model_certificate",
        "model_proxy",
        "model_timeout",
        "model_cut",
        "internal",
    }
)
"""Sentences of ours, said instead of an answer, after which the same question may well be answered."""


class Control(StrEnum):
    STOP = "stop"  # while it is written
    CONTINUE = "continue"  # it ended for its length
    REPEAT = "repeat"  # another variant of it
    FEEDBACK = "feedback"  # good or bad
    RECEIPT = "receipt"  # what is known of it


@dataclass(frozen=True, slots=True)
class Controls:
    """
    Those that an answer is shown with, and what they are called in *language*.

    *completion* is the one that is shown: pressed when another one is, they do nothing.
    """

    offered: tuple[Control, ...] = ()
    completion: int | None = None
    language: str = "en"


NO_CONTROLS = Controls()


def offered(outcome: Outcome) -> Controls:
    """What stands below what is shown of *outcome*: nothing below a sentence of ours, unless trying again may help."""
    if outcome.text is None:
        again = _may_pass(outcome.notices)
        return Controls((Control.REPEAT,), None, outcome.language) if again else NO_CONTROLS
    said = {notice.key for notice in outcome.notices}
    goes_on = outcome.finish_reason in CUT_SHORT and not said & {"continue_too_long", UNASKED}
    wanted = {Control.CONTINUE: goes_on, Control.REPEAT: UNASKED not in said}
    controls = (*(each for each, is_wanted in wanted.items() if is_wanted), Control.FEEDBACK, Control.RECEIPT)
    return Controls(controls, outcome.completion, outcome.language)


def _may_pass(notices: Iterable[Notice]) -> bool:
    return any(notice.key in PASSING for notice in notices)
