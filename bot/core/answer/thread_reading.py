"""
What was said in a thread before anybody told us of it: read once, and stored.

The platform reads, the ledger stores; what of our own messages is worth keeping is decided here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from bot.core.conversation import Edited, ParticipantKind, Said, ThreadRef, posted_of
from bot.core.errors import PlatformError
from bot.core.ports import Checkpoint, ConversationStore, Platform, ThreadRead, ThreadReader
from bot.core.texts import is_sentence
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
    messages = [kept for said in read.messages if (kept := _without_sentences(said, platform.readable)) is not None]
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


def _without_sentences(said: Said, readable: Callable[[str], str]) -> Said | None:
    """What others say as it is; of what we say ourselves the answer, without sentences of ours. None: there is none."""
    posted = posted_of(said)
    if posted.author.kind is not ParticipantKind.SELF:
        return said
    answer = without_sentences(posted.text, readable)
    if not answer.strip():
        return None
    kept = replace(posted, text=answer)
    return replace(said, message=kept) if isinstance(said, Edited) else kept


def without_sentences(text: str, readable: Callable[[str], str]) -> str:
    """A text of ours without the sentences of ours at its end, however a platform shows those."""
    lines = text.split("\n")
    while lines and _is_ours(readable(lines[-1])):
        lines.pop()
    return "\n".join(lines)


def _is_ours(line: str) -> bool:
    bare = line.strip(" _*")  # some platforms show them in italics
    return not bare or is_sentence(bare)
