"""
Permissions that we turn out to lack: each is named in one sentence, and not again for a day.

It stands below an answer that does without it. Where there can be no answer, whoever asked is told in a direct message.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from bot.core.errors import PlatformError
from bot.core.ports import ReplyRequest
from bot.core.texts import sentence
from bot.core.turn import Notice
from bot.platforms.discord.calls.errors import MISSING_ACCESS, MISSING_PERMISSIONS
from bot.platforms.discord.calls.limits import CREATE_DM, POST
from bot.platforms.discord.calls.nonce import once
from bot.platforms.discord.calls.patience import patiently
from bot.platforms.discord.markup.message import Piece, content
from bot.platforms.discord.places import DIRECT
from bot.platforms.discord.places.payloads import text
from bot.platforms.discord.reply.services import ReplyServices

logger = logging.getLogger(__name__)

# The sentence for each, by its key in the texts
THREADS, POSTS_IN_THREADS, FILES = "lacks_threads", "lacks_posts_in_threads", "lacks_files"
ANSWERS: Mapping[tuple[str, bool], str] = {
    (MISSING_PERMISSIONS, False): "lacks_answers",
    (MISSING_PERMISSIONS, True): "lacks_answers_in_threads",
    (MISSING_ACCESS, False): "lacks_view",
    (MISSING_ACCESS, True): "lacks_view",
}
"""By what Discord says, in a thread or not."""


def sentences(shared: ReplyServices, request: ReplyRequest, lacks: Sequence[str]) -> Sequence[str]:
    """Those of *lacks* that were not named in that channel lately; from now on they were."""
    news = [key for key in dict.fromkeys(lacks) if _is_news(shared, f"{request.thread.channel} {key}")]
    return [sentence(Notice(key), request.language) for key in news]


async def tell(shared: ReplyServices, request: ReplyRequest, in_thread: bool, error: PlatformError) -> None:
    """Tell the asker why there is no answer. Raises nothing of the platform's: they may take no messages."""
    key, thread = ANSWERS.get((error.code, in_thread)), request.thread
    name = shared.places.channel_name(thread.channel)  # None as well in a guild that we have left
    if key is None or name is None or request.asker is None or thread.workspace == DIRECT or not shared.direct:
        return
    if not _is_news(shared, f"{thread.channel} {key} {request.asker}"):
        return
    said = content(Piece("", (sentence(Notice(key, {"channel": name}), request.language),)))
    try:
        limits, api, asker = shared.api.limits, shared.api, request.asker
        found = await patiently(limits, CREATE_DM, lambda: api.direct(asker))
        channel, told_once = text(found, "id"), once(thread.opaque, request.turn, key, asker)
        post = lambda: api.create_message(channel, {**said, **told_once})  # noqa: E731
        await patiently(limits, POST, post, channel=channel)
    except PlatformError as refused:
        logger.info("discord: the asker cannot be told what is missing: %s", refused.code)


def _is_news(shared: ReplyServices, named: str) -> bool:
    if named in shared.named:
        return False
    shared.named.note(named)
    return True
