"""
What a single block may be in the Slack stand-in, by slack_sdk's models and by the limits of the Block Kit reference.

How many there may be together is in blocks.py. Knows nothing of bot/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.standins.slack.workspace import Json

ELEMENT_TYPES = {
    "actions": {
        "button",
        "checkboxes",
        "datepicker",
        "overflow",
        "radio_buttons",
        "static_select",
        "users_select",
        "workflow_button",
    },
    "context": {"mrkdwn", "plain_text", "image"},
    "context_actions": {"feedback_buttons", "icon_button"},
}
ELEMENTS_LIMIT = {"actions": 25, "context": 10, "context_actions": 5}
ID_LIMIT, LABEL_LIMIT, VALUE_LIMIT = 255, 75, 2_000  # characters: action_id and block_id, texts of buttons, values
MARKDOWN_LIMIT, SECTION_LIMIT, FIELD_LIMIT, HEADER_LIMIT = 12_000, 3_000, 2_000, 150  # characters
TABLE_ROWS, TABLE_COLUMNS = 100, 20


def block_fits(block: object) -> bool:
    """Whether Slack takes it as a block at all."""
    if not isinstance(block, Mapping) or not _modelled(block):
        return False
    kind, id_ = block["type"], block.get("block_id")
    if id_ is not None and not _string(id_, ID_LIMIT):
        return False
    if kind in ELEMENT_TYPES:
        return _elements_fit(kind, block.get("elements"))
    match kind:
        case "markdown":
            return _string(block.get("text"), MARKDOWN_LIMIT)
        case "section":
            return _section_fits(block)
        case "header":
            return _text(block.get("text"), HEADER_LIMIT, "plain_text")
        case "table":
            return _table_fits(block)
        case "input":
            return _text(block.get("label"), 2_000, "plain_text") and isinstance(block.get("element"), Mapping)
    return True


def pressable(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """What people can press, each with the block that it is in: buttons, feedback buttons, icons."""
    for block in blocks:
        if block["type"] in ("actions", "context_actions"):
            yield from ((block, element) for element in block["elements"])
        elif block["type"] == "section" and "accessory" in block:
            yield block, block["accessory"]


def table_characters(blocks: Sequence[Json]) -> int:
    """Of all cells of all tables; rich text counts by its texts."""
    cells = (cell for block in blocks if block["type"] == "table" for row in block["rows"] for cell in row)
    return sum(len(text) for cell in cells for text in _texts_in(cell))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for key in ("elements", "text"):
            yield from _texts_in(value.get(key))
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)


def _modelled(block: Mapping[str, Any]) -> bool:
    """Whether slack_sdk knows the type and every field of it, and finds nothing wrong."""
    try:
        parsed = Block.parse(dict(block))
        if parsed is None or not set(block) <= set(parsed.attributes):
            return False
        parsed.to_dict()
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError, KeyError):
        return False
    return True


def _section_fits(block: Mapping[str, Any]) -> bool:
    fields = block.get("fields") or []
    if "text" in block and not _text(block["text"], SECTION_LIMIT):
        return False
    if not isinstance(fields, list) or not all(_text(field, FIELD_LIMIT) for field in fields):
        return False
    accessory = block.get("accessory")
    return ("text" in block or bool(fields)) and (accessory is None or _element_fits(accessory))


def _table_fits(block: Mapping[str, Any]) -> bool:
    rows, columns = block.get("rows"), block.get("column_settings") or []
    if not isinstance(rows, list) or not 0 < len(rows) <= TABLE_ROWS or len(columns) > TABLE_COLUMNS:
        return False
    return all(isinstance(row, list) and 0 < len(row) <= TABLE_COLUMNS and all(map(_cell_fits, row)) for row in rows)


def _cell_fits(cell: object) -> bool:
    if not isinstance(cell, Mapping):
        return False
    if cell.get("type") == "raw_text":
        return isinstance(cell.get("text"), str) and bool(cell["text"])
    return cell.get("type") in ("rich_text", "raw_number")


def _elements_fit(kind: str, elements: object) -> bool:
    if not isinstance(elements, list) or not 0 < len(elements) <= ELEMENTS_LIMIT[kind]:
        return False
    if any(not isinstance(each, Mapping) or each.get("type") not in ELEMENT_TYPES[kind] for each in elements):
        return False
    ids = [each["action_id"] for each in elements if "action_id" in each]
    return len(set(ids)) == len(ids) and all(map(_element_fits, elements))


def _element_fits(element: Mapping[str, Any]) -> bool:
    if "action_id" in element and not _string(element["action_id"], ID_LIMIT):
        return False
    match element["type"]:
        case "button":
            return _button_fits(element) and element.get("style") in (None, "primary", "danger")
        case "icon_button":
            return _button_fits(element) and element.get("icon") == "trash"
        case "feedback_buttons":
            halves = [element.get("positive_button"), element.get("negative_button")]
            return all(isinstance(half, Mapping) and "value" in half and _button_fits(half) for half in halves)
        case "mrkdwn" | "plain_text":
            return _text(element, SECTION_LIMIT)
        case "image":
            return _string(element.get("alt_text"), 2_000) and ("image_url" in element or "slack_file" in element)
    return True


def _button_fits(button: Mapping[str, Any]) -> bool:
    optional = (("value", VALUE_LIMIT), ("accessibility_label", LABEL_LIMIT), ("url", 3_000))
    if any(key in button and not _string(button[key], limit) for key, limit in optional):
        return False
    return _text(button.get("text"), LABEL_LIMIT, "plain_text")


def _text(value: object, limit: int, *types: str) -> bool:
    """A text object of one of *types*, of at most *limit* characters."""
    if not isinstance(value, Mapping) or value.get("type") not in (types or ("plain_text", "mrkdwn")):
        return False
    return _string(value.get("text"), limit)


def _string(value: object, limit: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= limit
