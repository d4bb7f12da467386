"""What Slack takes as the content of a message, and what it refuses. Knows nothing of bot/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
    valid_blocks(blocks)
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    return text, blocks


def metadata_of(arguments: Json) -> Json | None:
    """The metadata of a call; raises SlackError."""
    metadata = arguments.get("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    payload = metadata.get("event_payload")
    if not isinstance(payload, dict) or any(isinstance(value, dict | list) for value in payload.values()):
        raise SlackError("invalid_metadata_schema")
    return metadata


def valid_blocks(blocks: object) -> list[Json]:
    """The blocks as they are, or SlackError."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks")
    for block in blocks:
        if not isinstance(block, Mapping) or block.get("type") not in BLOCK_TYPES or not _block_fits(block):
            raise SlackError("invalid_blocks")
    if sum(map(_expanded, blocks)) > BLOCKS_LIMIT:
        raise SlackError("invalid_blocks")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > ALL_BLOCKS_LIMIT:
        raise SlackError("msg_blocks_too_long")
    return blocks


def _expanded(block: Mapping[str, Any]) -> int:
    """How many blocks Slack makes of one: in Markdown each heading and divider is one, and so is what is between."""
    if block["type"] != "markdown":
        return 1
    alone, between = 0, 0
    following = False
    for line in _prose_lines(block["text"]):
        stands_alone = bool(re.match(r" {0,3}(?:#{1,6}\s|(?:-{3,}|\*{3,}|_{3,})\s*$)", line))
        alone += stands_alone
        between += bool(line.strip()) and not stands_alone and not following
        following = not stands_alone and (following or bool(line.strip()))
    return alone + between


def _prose_lines(markdown: str) -> Iterator[str]:
    """The lines, with those of code blocks as if they were words."""
    fenced = False
    for line in markdown.splitlines():
        fence = line.lstrip().startswith("```")
        yield "code" if fence or fenced else line
        fenced ^= fence


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
