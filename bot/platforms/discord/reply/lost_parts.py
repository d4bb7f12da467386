"""
Finding parts of a reply that were posted while nobody could note it: after a crash, or a lost response.

Discord gives no mark of ours back with a message that is read: its nonce is gone, and buttons stand below the last part
only. So a message of ours that was posted since and that nothing else explains is taken for the missing part. The
decision is pure; the only reading is in find().
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.core.conversation import MessageRef
from bot.core.errors import PlatformError
from bot.core.ports import CLOCK_SKEW, ReplyRequest
from bot.platforms.discord.calls.api import PAGE
from bot.platforms.discord.calls.errors import MISSING_ACCESS
from bot.platforms.discord.calls.limits import MESSAGES
from bot.platforms.discord.incoming.events import position_of
from bot.platforms.discord.markup.buttons import turn_of
from bot.platforms.discord.places.payloads import mapping, number, snowflake, text
from bot.platforms.discord.reply.services import ReplyServices
from bot.platforms.discord.reply.where import GONE, Where

Json = Mapping[str, Any]

MOST_PAGES = 20  # of the time since
POSTS = (0, 19)  # message types: a message, and a reply


async def find(
    shared: ReplyServices,
    us: str,
    request: ReplyRequest,
    where: Where,
    missing: Mapping[int, datetime],
    known: Collection[str],
) -> Mapping[int, str]:
    """
    The ids of those parts of *missing* (number → intended at) that stand where the reply may be. Raises PlatformError.

    A place that is no longer there holds none.
    """
    since = position_of(min(missing.values()) - CLOCK_SKEW)
    for channel in where.candidates():
        own = [each for each in await own_posts(shared, us, channel, since) if not each.get("attachments")]
        replies = where.in_place(channel)
        others = [each for each in own if str(each["id"]) not in known and _may_be(each, request, replies=replies)]
        found = match(others, request.turn, missing, shared.posted.part_of, await _indexed(shared, request, others))
        for id_ in found.values():
            where.note(id_, channel)
        if found:
            return found
    return {}


async def own_posts(shared: ReplyServices, us: str, channel: str, since: int) -> list[Json]:
    """Our posts in *channel* at position *since* or later, oldest first. Raises PlatformError."""
    found: list[Json] = []
    after = max(0, since - 1)
    for _ in range(MOST_PAGES):
        read = lambda: shared.api.messages(channel, after=str(after))  # noqa: B023, E731 - called at once
        try:
            page = await shared.api.limits.call(MESSAGES, read, final=True, channel=channel)
        except PlatformError as error:
            if error.code in GONE or error.code == MISSING_ACCESS:
                return found
            raise
        found += [each for each in reversed(page) if _is_ours(each, us)]
        if len(page) < PAGE:
            break
        after = max(int(str(each["id"])) for each in page)
    return found


def match(
    own: Sequence[Json],
    turn: int,
    missing: Collection[int],
    part_of: Callable[[str], tuple[int, int] | None],
    indexed: Collection[str],
) -> dict[int, str]:
    """
    Which of our *own* messages, oldest first, are the *missing* parts of *turn*.

    *part_of*: what this process posted knows its part. *indexed*: those that the ledger knows, which are noted parts.
    """
    ids = [str(each["id"]) for each in own]
    exact = {part[1]: id_ for id_ in ids if (part := part_of(id_)) and part[0] == turn and part[1] in missing}
    unexplained = [id_ for id_ in ids if part_of(id_) is None and id_ not in indexed]
    left = sorted(number for number in missing if number not in exact)
    return exact | dict(zip(left, unexplained, strict=False))


async def _indexed(shared: ReplyServices, request: ReplyRequest, own: Sequence[Json]) -> Collection[str]:
    thread = request.thread
    ids = [str(each["id"]) for each in own]
    refs = {id_: MessageRef(thread.platform, thread.workspace, thread.channel, id_) for id_ in ids}
    return {id_ for id_, ref in refs.items() if await shared.index.thread_of(ref) is not None}


def _is_ours(message: Json, us: str) -> bool:
    by_us = text(mapping(message, "author"), "id") == us
    return by_us and number(message.get("type", 0)) in POSTS and snowflake(message.get("id")) is not None


def _may_be(message: Json, request: ReplyRequest, *, replies: bool) -> bool:
    """Not what replies to another question, or has the buttons of another turn. *replies*: all parts there do."""
    replied = text(mapping(message, "message_reference"), "message_id") or None
    of_turn = turn_of(message.get("components"))
    asked = (request.question or request.thread.thread,)
    return replied in (asked if replies else (None, *asked)) and of_turn in (None, request.turn)
