"""
The controls of an answer as Slack's blocks. Pure; what a press of one becomes is in actions.py.

The blocks have no ids of ours: "If a message is updated, use a new block_id", and Slack gives each a new one.

Sources: "Actions block", "Context actions block", "Feedback buttons element".
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from bot.core.controls import Control, Controls
from bot.core.texts import sentence
from bot.core.turn import Notice

Block = dict[str, Any]

STOP, CONTINUE, REPEAT, RECEIPT = "threadbot_stop", "threadbot_continue", "threadbot_repeat", "threadbot_receipt"
LIKE_ACTION, DISLIKE_ACTION = "threadbot_like", "threadbot_dislike"
FEEDBACK = "threadbot_feedback"  # one element with both buttons; the value says which
GOOD, BAD = "good", "bad"

_BUTTONS = (  # in the order in which they are drawn
    (Control.CONTINUE, CONTINUE, "button_continue"),
    (Control.REPEAT, REPEAT, "button_repeat"),
    (Control.RECEIPT, RECEIPT, "button_receipt"),
)


class Form(Enum):
    """How controls are drawn, the best first."""

    NATIVE = 0  # feedback as an element of its own
    PLAIN = 1  # buttons only, as every Slack has had them for years
    NONE = 2


def blocks(controls: Controls, turn: int, form: Form = Form.NATIVE) -> list[Block]:
    """The blocks below the last part of an answer: at most two; none if nothing is offered."""
    if form is Form.NONE:
        return []
    value, language = f"{turn}:{controls.completion or ''}", controls.language
    buttons = [
        _button(action, value, key, language) for control, action, key in _BUTTONS if control in controls.offered
    ]
    feedback = Control.FEEDBACK in controls.offered
    if feedback and form is Form.PLAIN:
        buttons += [
            _button(LIKE_ACTION, value, "feedback_good", language, shown="\N{THUMBS UP SIGN}"),
            _button(DISLIKE_ACTION, value, "feedback_bad", language, shown="\N{THUMBS DOWN SIGN}"),
        ]
    drawn = [_actions(buttons)] if buttons else []
    return [*drawn, _feedback(value, language)] if feedback and form is Form.NATIVE else drawn


def stop_block(turn: int, language: str) -> Block:
    """The block below an unfinished answer, if Slack shows no native stop button."""
    return _actions([_button(STOP, f"{turn}:", "button_stop", language)])


def _actions(elements: Sequence[Block]) -> Block:
    return {"type": "actions", "elements": list(elements)}


def _button(action: str, value: str, key: str, language: str, shown: str | None = None) -> Block:
    """*shown* instead of the label, which is read aloud then (`accessibility_label`)."""
    label = _label(key, language)
    text = {"type": "plain_text", "text": shown or label, "emoji": True}
    button = {"type": "button", "action_id": action, "text": text, "value": value}
    return button | {"accessibility_label": label} if shown else button


def _feedback(value: str, language: str) -> Block:
    def half(key: str, which: str) -> Block:
        return {"text": {"type": "plain_text", "text": _label(key, language)}, "value": f"{value}:{which}"}

    element = {
        "type": "feedback_buttons",
        "action_id": FEEDBACK,
        "positive_button": half("feedback_good", GOOD),
        "negative_button": half("feedback_bad", BAD),
    }
    return {"type": "context_actions", "elements": [element]}


def _label(key: str, language: str) -> str:
    return sentence(Notice(key), language)
