"""
Finds parts of a reply that were posted but not noted, after a crash or a lost response.

The decision is pure; the only reading of a thread is in find().
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.core.ports import CLOCK_SKEW
from bot.platforms.slack.calls.api import Message, SlackApi
from bot.platforms.slack.incoming.events import Identity, microseconds, position_of, timestamp
from bot.platforms.slack.markup.own_message import part_of


async def find(
    api: SlackApi,
    us: Identity,
    thread: ThreadRef,
    turn: int,
    missing: Mapping[int, datetime],
    known: Collection[str],
) -> Mapping[int, str]:
    """
    The ids of the *missing* parts (number → intended at) that are in the thread. Raises PlatformError.

    A thread that is no longer there holds none.
    """
    oldest = timestamp(max(0, position_of(min(missing.values()) - CLOCK_SKEW)))
    try:
        messages = [message async for message in api.replies(thread.channel, thread.thread, oldest)]
    except PlatformError as error:
        if error.code in ("thread_not_found", "message_not_found"):
            return {}
        raise
    # The message of a file has no tag: it is no part that shows text; see answer_file.py.
    own = [each for each in messages if _is_ours(each, us, thread, oldest) and not each.get("files")]
    return match(own, turn, missing, known)


def match(own: Sequence[Message], turn: int, missing: Mapping[int, datetime], known: Collection[str]) -> dict[int, str]:
    """
    Which of our *own* messages are the *missing* parts of *turn*.

    Matches by tag. If tags are lost, a single unknown untagged message is taken for a single missing part.
    """
    tagged = {part_of(message): str(message["ts"]) for message in own}
    found = {number: tagged[turn, number] for number in missing if (turn, number) in tagged}
    if found or len(missing) != 1:
        return found
    untagged = [str(message["ts"]) for message in own if part_of(message) is None and message["ts"] not in known]
    return dict.fromkeys(missing, untagged[0]) if len(untagged) == 1 else {}


def _is_ours(message: Message, us: Identity, thread: ThreadRef, oldest: str) -> bool:
    position = microseconds(str(message.get("ts")))
    if position is None or position < (microseconds(oldest) or 0) or message.get("ts") == thread.thread:
        return False
    bot = message.get("bot_id")
    return message.get("user") == us.bot_user_id or (bot is not None and bot == us.bot_id)
