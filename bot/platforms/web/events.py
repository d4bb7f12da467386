"""Turns the playground parent's events into the core's values, and finds the bot's mention in a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.core.conversation import Participant, ParticipantKind, Posted, ThreadRef
from bot.core.decide.addressing import PRODUCT_NAMES, calls
from bot.core.texts.former import without_former_sentences
from bot.platforms.common.payloads import composed

PLATFORM = "web"
NOTES_APART = "notes_apart"  # in the metadata of each message of the bot's; see answer_in()

# A word of its own, but a Korean particle may follow it: @threadbot아. Not an e-mail address, not part of a link.
_MENTION = re.compile(r"(?<![A-Za-z0-9_@/])@threadbot(?![A-Za-z0-9_-]|\.[A-Za-z0-9])", re.IGNORECASE)
# The pattern matches blanks only from the first one: trying each of 40,000 takes seconds.
_MENTION_AND_SPACE = re.compile(rf"(?:(?<![ \t])[ \t]++)?{_MENTION.pattern}", re.IGNORECASE)


def posted(workspace: str, message: Mapping[str, Any]) -> Posted | None:
    """A message as the parent writes it (message_json in workspace/live.py); None when it was deleted since."""
    if message["deleted"]:
        return None
    author, text = message["author"], composed(message["text"])
    return Posted(
        thread=ThreadRef(PLATFORM, workspace, message["channel"], str(message["thread"])),
        id=str(message["id"]),
        position=message["id"],
        author=Participant(author["id"], ParticipantKind(author["kind"]), composed(author["name"])),
        text=text,
        posted_at=datetime.fromtimestamp(message["posted_at"] / 1000, UTC),
        addressed=mentioned(text),
        direct=message["direct"],
        plain=(plain := readable(text)),
        calls_bot=calls(plain, PRODUCT_NAMES),
    )


def answer_in(message: Mapping[str, Any]) -> str:
    """The answer in a message of the bot. Our sentences are in its notes, in older messages in the text."""
    text = str(message["text"])
    return text if message.get("metadata", {}).get(NOTES_APART) else without_former_sentences(text, readable)


def mentioned(text: str) -> bool:
    return _MENTION.search(text) is not None


def readable(text: str) -> str:
    """The text without the bot's mention. The playground writes no escapes."""
    return _MENTION_AND_SPACE.sub("", text).strip()
