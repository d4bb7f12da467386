"""
The controls of an answer as Discord's message components. Pure; what a press of one becomes is decided elsewhere.

The ids of buttons live as long as their messages, so they say all there is to know: "threadbot:repeat:7:12".

Sources: "Component Reference" (action rows, buttons), "Custom ID".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.controls import Control, Controls
from bot.core.texts import sentence
from bot.core.turn import Notice

Row = dict[str, Any]

STOP, CONTINUE, REPEAT, RECEIPT, LIKE, DISLIKE = "stop", "continue", "repeat", "receipt", "like", "dislike"
ACTIONS = frozenset({STOP, CONTINUE, REPEAT, RECEIPT, LIKE, DISLIKE})
_PREFIX = "threadbot"
_ROW, _BUTTON, _SECONDARY = 1, 2, 2  # component types, and a button's style
_PRESSED = re.compile(rf"{_PREFIX}:(?P<action>[a-z]{{1,20}}):(?P<turn>[0-9]{{1,18}}):(?P<completion>[0-9]{{0,18}})")

_BUTTONS = (  # in the order in which they are drawn
    (Control.CONTINUE, CONTINUE, "button_continue"),
    (Control.REPEAT, REPEAT, "button_repeat"),
    (Control.RECEIPT, RECEIPT, "button_receipt"),
)


@dataclass(frozen=True, slots=True)
class Button:
    """The content of our button's id. *completion*: the one below which it stands, where that matters."""

    action: str
    turn: int
    completion: int | None = None

    @property
    def custom_id(self) -> str:
        return f"{_PREFIX}:{self.action}:{self.turn}:{'' if self.completion is None else self.completion}"


def button_of(custom_id: object) -> Button | None:
    """None for any other component."""
    found = _PRESSED.fullmatch(custom_id) if isinstance(custom_id, str) else None
    if found is None or found["action"] not in ACTIONS:
        return None
    return Button(found["action"], int(found["turn"]), int(found["completion"]) if found["completion"] else None)


def rows(controls: Controls, turn: int) -> list[Row]:
    """The rows below the last part of an answer: at most two, none if there is nothing to offer."""
    language, completion = controls.language, controls.completion
    actions = [
        _button(Button(action, turn, completion), {"label": _label(key, language)})
        for control, action, key in _BUTTONS
        if control in controls.offered
    ]
    opinions = [
        _button(Button(action, turn, completion), {"emoji": {"id": None, "name": sign}})
        for action, sign in ((LIKE, "\N{THUMBS UP SIGN}"), (DISLIKE, "\N{THUMBS DOWN SIGN}"))
    ]
    drawn = [actions, opinions if Control.FEEDBACK in controls.offered else []]
    return [_row(buttons) for buttons in drawn if buttons]


def stop_row(turn: int, language: str) -> Row:
    """The rows below an answer while it is written."""
    return _row([_button(Button(STOP, turn), {"label": _label("button_stop", language)})])


def turn_of(components: object) -> int | None:
    """The turn whose buttons these are, as they stand below a message of ours; None where there are none."""
    for row in components if isinstance(components, list) else ():
        for each in (row.get("components") if isinstance(row, dict) else None) or ():
            button = button_of(each.get("custom_id")) if isinstance(each, dict) else None
            if button is not None:
                return button.turn
    return None


def _row(buttons: Sequence[Row]) -> Row:
    return {"type": _ROW, "components": list(buttons)}


def _button(button: Button, shown: Row) -> Row:
    return {"type": _BUTTON, "style": _SECONDARY, "custom_id": button.custom_id, **shown}


def _label(key: str, language: str) -> str:
    return sentence(Notice(key), language)
