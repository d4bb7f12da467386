"""
What was said in a thread before anybody told us of it: read once, and stored.

The platform reads, the ledger stores.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from bot.core.conversation import ParticipantKind, Said, ThreadRef, posted_of
from bot.core.errors import PlatformError
from bot.core.ports import Checkpoint, ConversationStore, Platform, ThreadRead, ThreadReader
from bot.core.turn import Turn

log = logging.getLogger(__name__)

READ_SECONDS = 15.0  # an answer waits for it


async def read_up(turn: Turn, platform: Platform, conversations: ConversationStore, checkpoint: Checkpoint) -> Turn:
    """
    *turn*, with nothing missing in its conversation.

    What cannot be read now stays missing, and is tried again at the next turn. Raises LeaseLost and LedgerError.
    """
    conversation = turn.conversation
    since = conversation.unread_since
    if since is None or not isinstance(platform, ThreadReader):
        return turn
    read = await _read(platform, conversation.thread)
    if read is None:
        return turn
    messages = [said for said in read.messages if not _is_notice(said)]
    truncated = conversation.truncated or has_gap(read, since)
    await checkpoint("thread read")
    for deleted in read.deleted:
        await conversations.erase(deleted)
    await conversations.fill(turn.claim, since, replace(read, messages=messages, truncated=truncated))
    await checkpoint("thread stored")
    return replace(turn, conversation=replace(conversation, unread_since=None, truncated=truncated))


def has_gap(read: ThreadRead, since: int) -> bool:
    """Whether something may have been said after *since*, a position, and before the oldest message that was read."""
    return read.truncated and (not read.messages or posted_of(read.messages[0]).position > since)


async def _read(reader: ThreadReader, thread: ThreadRef) -> ThreadRead | None:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await reader.read_thread(thread)
    except TimeoutError:
        log.warning("%s: a thread in %s could not be read in time", thread.platform, thread.channel)
    except PlatformError as error:
        log.warning("%s: a thread in %s could not be read: %s", thread.platform, thread.channel, error.code)
    return None


def _is_notice(said: Said) -> bool:
    """Whether it is a message of ours with nothing of an answer in it."""
    posted = posted_of(said)
    return posted.author.kind is ParticipantKind.SELF and not posted.text.strip()
