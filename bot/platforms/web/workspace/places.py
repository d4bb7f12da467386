"""
The playground's channels and people, and what a message may be. Pure.

There is one channel, one direct message and one person so far; to add more, turn these constants into tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.errors import BotError

WORKSPACE = "playground"
TEXT_LIMIT = 40_000  # characters (code points); what Slack keeps of a message's text
NOTES_LIMIT = 20  # sentences below one message
NONCE_LIMIT = 100  # characters


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    direct: bool  # a direct message with the bot


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    kind: str  # as in core.conversation.ParticipantKind
    name: str


YOU = Person("you", "person", "You")
BOT = Person("threadbot", "self", "threadbot")
PEOPLE: Mapping[str, Person] = {person.id: person for person in (YOU, BOT)}
CHANNELS: Mapping[str, Channel] = {
    channel.id: channel for channel in (Channel("general", direct=False), Channel("dm", direct=True))
}


class RefusedError(BotError):
    """A request that the playground does not carry out: an HTTP status, a code for programs, facts for the page."""

    def __init__(self, status: int, code: str, **facts: int | str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Draft:
    """
    A message to be posted. *thread* is the id of its root, None for a message that opens a thread.

    *nonce* names one wish to post: a second draft with the same nonce is the same message.
    """

    channel: str
    author: str
    text: str
    thread: int | None = None
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, Any] | None = None
    nonce: str | None = None


def browser_draft(body: Mapping[str, Any]) -> Draft:
    """A person's post: `{channel, text, thread?, nonce?}`. Raises RefusedError."""
    nonce = body.get("nonce")
    if nonce is not None and not (isinstance(nonce, str) and 0 < len(nonce) <= NONCE_LIMIT):
        raise RefusedError(400, "bad_nonce")
    text = checked_text(body.get("text"))
    if not text.strip():
        raise RefusedError(400, "message_empty")
    return Draft(checked_channel(body.get("channel")), YOU.id, text, checked_thread(body.get("thread")), nonce=nonce)


def bot_draft(body: Mapping[str, Any]) -> Draft:
    """The bot's post: `{channel, thread, text, notes?, metadata?}`. Raises RefusedError."""
    metadata = body.get("metadata", {})
    if not isinstance(metadata, dict):
        raise RefusedError(400, "bad_metadata")
    text, notes = bot_text(body)
    channel, thread = checked_channel(body.get("channel")), checked_thread(body.get("thread"))
    return Draft(channel, BOT.id, text, thread, notes, metadata)


def bot_text(body: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The text and the notes of a post or an edit of the bot; one of them may be empty. Raises RefusedError."""
    notes = body.get("notes", [])
    if not isinstance(notes, list) or len(notes) > NOTES_LIMIT:
        raise RefusedError(400, "bad_notes")
    text = checked_text(body.get("text"))
    checked = tuple(checked_text(note) for note in notes)
    if not text.strip() and not checked:
        raise RefusedError(400, "message_empty")
    return text, checked


def checked_text(value: object) -> str:
    """The text as it can be stored: half surrogate pairs and NUL, which databases refuse, become U+FFFD."""
    if not isinstance(value, str):
        raise RefusedError(400, "bad_text")
    if len(value) > TEXT_LIMIT:
        raise RefusedError(413, "message_too_long", limit=TEXT_LIMIT, length=len(value))
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in value)


def checked_channel(value: object) -> str:
    if not isinstance(value, str) or value not in CHANNELS:
        raise RefusedError(404, "channel_not_found")
    return value


def checked_thread(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63):
        return value
    raise RefusedError(404, "thread_not_found")
