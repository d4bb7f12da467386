"""Which types of blocks and elements are to be pressed or filled in: nothing in them is a word of the message. Pure."""

from __future__ import annotations

_PRESSED = frozenset(
    {
        "actions", "context_actions", "button", "workflow_button", "icon_button", "feedback_buttons", "overflow",
        "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker", "divider", "input",
    }
)  # fmt: skip
_MENUS_AND_FIELDS = ("_select", "_input")  # end the types of the others


def is_pressed(type_: str) -> bool:
    return type_ in _PRESSED or type_.endswith(_MENUS_AND_FIELDS)
