"""The controls below an answer. Each platform draws them in its own way; a press becomes an Acted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.core.turn import CUT_SHORT, Notice, Outcome

UNASKED = "continue_unasked"  # the notice that an answer cannot be continued, as its question is gone
PASSING = frozenset(
    {
        "empty_answer",
        "tool_calls",
        "stopped_unanswered",
        "model_rate_limited",
        "model_unavailable",
        "model_certificate",
        "model_proxy",
        "model_name_not_found",
        "model_refused",
        "model_no_tls",
        "model_server_error",
        "model_overloaded",
        "model_gateway",
        "model_timeout",
        "model_cut",
        "internal",
    }
)
"""Sentences that replace an answer after a passing failure: the same question may succeed later."""


class Control(StrEnum):
    STOP = "stop"  # while the answer is written
    CONTINUE = "continue"  # the answer reached the length limit
    REPEAT = "repeat"  # write another variant
    FEEDBACK = "feedback"  # good or bad
    RECEIPT = "receipt"  # show the details


@dataclass(frozen=True, slots=True)
class Controls:
    """
    The controls that are shown with an answer, with labels in *language*.

    *completion* is the shown one: a press does nothing once another completion is shown.
    """

    offered: tuple[Control, ...] = ()
    completion: int | None = None
    language: str = "en"


NO_CONTROLS = Controls()


def offered(outcome: Outcome) -> Controls:
    """The controls below *outcome*. A sentence of ours gets none, unless trying again may help."""
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
