"""What Slack takes as the content of a message, and what it refuses. Knows nothing of bot/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.standins.slack_workspace import Json, SlackError

BLOCK_LIMIT, ALL_BLOCKS_LIMIT, BLOCKS_LIMIT = 12_000, 13_200, 50
BLOCK_TYPES = frozenset(
    {"markdown", "section", "context", "divider", "header", "actions", "context_actions", "rich_text"}
)


def content(arguments: Json) -> tuple[str, list[Json]]:
    """Text and blocks of a call; raises SlackError."""
    text, blocks, markdown = arguments.get("text", ""), arguments.get("blocks") or [], arguments.get("markdown_text")
    if markdown is not None:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > BLOCK_LIMIT:
            raise SlackError("msg_too_long")
        blocks = [{"type": "markdown", "text": markdown}]
    _validate_blocks(blocks)
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    return text, blocks


def _validate_blocks(blocks: object) -> None:
    if not isinstance(blocks, list) or len(blocks) > BLOCKS_LIMIT:
        raise SlackError("invalid_blocks")
    for block in blocks:
        if not isinstance(block, Mapping) or block.get("type") not in BLOCK_TYPES or not _block_fits(block):
            raise SlackError("invalid_blocks")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > ALL_BLOCKS_LIMIT:
        raise SlackError("msg_blocks_too_long")


def _block_fits(block: Mapping[str, Any]) -> bool:
    match block["type"]:
        case "markdown":
            text = block.get("text")
            return isinstance(text, str) and 0 < len(text) <= BLOCK_LIMIT
        case "section":
            return _text_fits(block.get("text"), 3_000) or bool(block.get("fields"))
        case "header":
            return _text_fits(block.get("text"), 150)
        case "context":
            elements = block.get("elements")
            return isinstance(elements, list) and 0 < len(elements) <= 10
    return True


def _text_fits(text: object, limit: int) -> bool:
    if not isinstance(text, Mapping) or text.get("type") not in ("plain_text", "mrkdwn"):
        return False
    return isinstance(text.get("text"), str) and 0 < len(text["text"]) <= limit
