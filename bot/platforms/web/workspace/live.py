"""
The workspace while it is open: its store, the bot's state, and a bell that wakes the readers at a change.

Readers keep no queues. Each remembers how far it has read and asks the store again when the bell rings, so that a
slow reader sees fewer intermediate states, and one that comes back after a break is the same as one that is slow.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Any

from bot.platforms.web.workspace.places import PEOPLE, YOU, Draft
from bot.platforms.web.workspace.store import Message, Store


class BotState(StrEnum):
    """As the page says it."""

    STARTING = "starting"
    RUNNING = "running"  # it is connected
    SPEECHLESS = "speechless"  # it is connected, and its model does not answer
    RESTARTING = "restarting"
    STOPPING = "stopping"


class Live:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.bot = BotState.STARTING
        self.connections = 0  # that the bot has made so far
        self.closing = False
        self._bell = asyncio.Event()

    def next_change(self) -> asyncio.Event:
        """Set at the next change. Ask for it before reading, so that no change falls in between."""
        return self._bell

    def ring(self) -> None:
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    def set_bot(self, state: BotState) -> None:
        if self.bot is not BotState.STOPPING:
            self.bot = state
        self.ring()

    def close(self) -> None:
        """Let every reader end."""
        self.closing = True
        self.ring()

    def post(self, draft: Draft) -> Message:
        message = self.store.post(draft, deliver=draft.author == YOU.id)
        self.ring()
        return message

    def edit(self, message: int, author: str, text: str, notes: tuple[str, ...]) -> Message:
        edited = self.store.edit(message, author, text, notes)
        self.ring()
        return edited

    def delete(self, message: int, author: str) -> None:
        self.store.delete(message, author)
        self.ring()


async def wait_for(change: asyncio.Event, seconds: float | None) -> bool:
    """True when the change came, False when the time was over first."""
    try:
        async with asyncio.timeout(seconds):
            await change.wait()
    except TimeoutError:
        return False
    return True


def message_json(message: Message) -> dict[str, Any]:
    """A message as the page and the bot read it; times in ms since 1970."""
    author = PEOPLE[message.author]
    return {
        "id": message.id,
        "channel": message.channel,
        "thread": message.thread,
        "author": {"id": author.id, "kind": author.kind, "name": author.name},
        "text": message.text,
        "notes": message.notes,
        "posted_at": message.posted_at,
        "edited_at": message.edited_at,
        "deleted": message.deleted,
        "revision": message.revision,
        "replies": message.replies,
        "last_reply_at": message.last_reply_at,
    }
