"""
What was said in one thread, for an answer that waits for it: read whole, the newest part of it kept.

What was said while we were away is channels.py's to read, in all channels.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial

from bot.core.conversation import Deleted, Edited, ParticipantKind, Posted, Reacted, Said, ThreadRef, posted_of
from bot.core.errors import PlatformError
from bot.core.ports import CLOCK_SKEW, ThreadRead
from bot.platforms.slack.calls.api import LONG_PAGE, PAGE, REPLIES, Message, SlackApi
from bot.platforms.slack.calls.page_size import PageSize
from bot.platforms.slack.calls.pages import GONE, Pages
from bot.platforms.slack.incoming.events import Identity, Place, microseconds, moment_of, read
from bot.platforms.slack.incoming.reactions import Names, standing
from bot.platforms.slack.markup.own_message import answer_of

KEPT = 1_000  # messages: more than fit into most prompts


class SlackThreadReader:
    def __init__(self, api: SlackApi, reactions: Names) -> None:
        self._api, self._reactions = api, reactions
        self._pages = Pages(api, {})

    async def read(self, us: Identity, thread: ThreadRef) -> ThreadRead:
        """
        As ThreadReader. Slack gives the oldest messages first, so a thread is paged to its end, whatever is kept.

        One call for most threads; what is longer comes in pages as large as Slack allows and we can read.
        """
        place = Place(thread.workspace, thread.channel, direct=thread.channel.startswith("D"), recovered=True)
        newest, deleted, count = deque[Said](maxlen=KEPT), list[Deleted](), 0
        reactions: list[Reacted] = []
        positions: dict[str, int] = {}
        began, size = datetime.now(UTC), PageSize(PAGE, LONG_PAGE)
        page_at = partial(self._api.replies_page, thread.channel, thread.thread, "0", size=size)
        try:
            async with aclosing(self._pages.read(REPLIES, page_at)) as pages:
                async for page in pages:
                    found = await asyncio.to_thread(
                        lambda items: [_read(each, place, us) for each in items], page.items
                    )
                    said = [one for one in found if isinstance(one, Posted | Edited)]
                    deleted += [one for one in found if isinstance(one, Deleted)]
                    reactions += [
                        reaction for each in page.items for reaction in standing(each, place, us, self._reactions)
                    ]
                    positions |= _positions(page.items)
                    newest.extend(said)
                    count += len(said)
        except PlatformError as error:
            if error.code not in GONE:
                raise
            return ThreadRead(())
        at = max([began - CLOCK_SKEW, *(moment_of(position) for position in positions.values())])
        return ThreadRead(tuple(newest), deleted, reactions, truncated=count > KEPT, positions=positions, at=at)


def _positions(found: Sequence[Message]) -> dict[str, int]:
    """By ts."""
    each = {str(message.get("ts")): microseconds(str(message.get("ts"))) for message in found}
    return {ts: position for ts, position in each.items() if position is not None}


def _read(message: Message, place: Place, us: Identity) -> Said | Deleted | None:
    found = read(message, place, us)
    if found is None or isinstance(found, Deleted):
        return found
    posted = posted_of(found)
    if posted.author.kind is not ParticipantKind.SELF:
        return found
    return read(answer_of(message), place, us)
