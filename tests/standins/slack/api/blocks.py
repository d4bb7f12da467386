"""
What Slack takes as the content of a message, and what it refuses.

What a single block may be is in elements.py. Knows nothing of bot/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.standins.slack.api.elements import block_fits, table_characters
from tests.standins.slack.workspace import Json, SlackError

CALL_LIMIT, BLOCKS_LIMIT = 12_000, 50  # characters of markdown_text; blocks of a message
ALL_MARKDOWN_LIMIT = (
    12_000  # characters in all markdown blocks together, documented as cumulative; about 13,200 were seen
)
TABLES_LIMIT = 10_000  # characters in the cells of all tables
BLOCK_TYPES = frozenset(
    [
        "actions",
        "alert",
        "card",
        "carousel",
        "container",
        "context",
        "context_actions",
        "divider",
        "file",
        "header",
        "image",
        "input",
        "markdown",
        "plan",
        "rich_text",
        "section",
        "table",
        "task_card",
        "video",
    ]
)


def content(arguments: Json) -> tuple[str, list[Json]]:
    """Text and blocks of a call; raises SlackError."""
    text, blocks, markdown = arguments.get("text", ""), arguments.get("blocks") or [], arguments.get("markdown_text")
    if markdown is not None:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > CALL_LIMIT:
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


def valid_blocks(blocks: object, *, limit: int = BLOCKS_LIMIT, types: frozenset[str] = BLOCK_TYPES) -> list[Json]:
    """The blocks as they are, or SlackError. *types*: those that may stand where they are to be."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks")
    if any(not block_fits(block) or block["type"] not in types for block in blocks):
        raise SlackError("invalid_blocks")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) < len(ids) or sum(map(_expanded, blocks)) > limit:
        raise SlackError("invalid_blocks")
    if table_characters(blocks) > TABLES_LIMIT:
        raise SlackError("invalid_blocks")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > ALL_MARKDOWN_LIMIT:
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
