"""
Reading back what was said, within Slack's limits: which channels there are, and what is new in one of them.

Which threads are worth a call is decided in pure functions. What becomes of the messages is in common/catch_up.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial

from bot.core.conversation import Deleted, Incoming, ParticipantKind, Posted, Said, ThreadRef
from bot.core.errors import PlatformError
from bot.platforms.common.catch_up import ChannelNews
from bot.platforms.common.limiter import Quota
from bot.platforms.slack.calls.api import CHANNELS, HISTORY, HISTORY_PAGE, PAGE, REPLIES, Message, SlackApi
from bot.platforms.slack.calls.limits import READS
from bot.platforms.slack.calls.page_size import PageSize
from bot.platforms.slack.calls.pages import GONE, MISSING_SCOPE, Pages
from bot.platforms.slack.incoming.events import (
    Identity,
    Place,
    microseconds,
    moment_of,
    position_of,
    read,
    tells_that_we_joined,
    timestamp,
)
from bot.platforms.slack.incoming.reactions import Names, standing

KINDS = ("public_channel", "private_channel", "mpim", "im")
UNUSABLE = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})
"""Slack's errors for every call with such a token."""


class SlackChannelReader:
    """The ChannelReader of catching up. A 429 is waited out, whatever it asks for."""

    def __init__(
        self, api: SlackApi, us: Identity, reactions: Names, listed: Callable[[Sequence[str]], Awaitable[None]]
    ) -> None:
        """*listed* is told the channels that there are."""
        self._api, self._us, self._reactions = api, us, reactions
        self._listed_now = listed
        self._pages = Pages(api, {method: Quota(READS) for method in (CHANNELS, HISTORY, REPLIES)})

    async def channels(self) -> Sequence[str]:
        """Those that we are in. Where a scope is missing, the kinds that need no other."""
        found = await self._listed(",".join(KINDS))
        if found is None:
            found = [channel for kind in KINDS for channel in await self._listed(kind) or ()]
        await self._listed_now(found)
        return found

    async def news(self, channel: str, since: int, known: Collection[ThreadRef]) -> ChannelNews:
        """
        As ChannelReader, oldest first.

        Threads whose root is too old to be met on the way are read only if they are among *known*. Messages that were
        edited since then are news, where they are met: of a thread Slack gives only what was said since then.
        """
        messages = await self._messages(channel, since, [thread.thread for thread in known])
        place = Place(self._us.team_id, channel, direct=channel.startswith("D"), recovered=True)
        return ChannelNews(
            (event for message in messages for event in self._events(message, place)),
            joined=any(tells_that_we_joined(message, self._us) for message in messages),
        )

    def is_pointless(self, error: PlatformError) -> bool:
        return error.code in UNUSABLE

    def position(self, moment: datetime) -> int:
        return position_of(moment)

    def moment(self, position: int) -> datetime:
        return moment_of(position)

    def _events(self, message: Message, place: Place) -> Sequence[Incoming]:
        """Messages with their reactions: a message that was hidden at once gets no answer."""
        said = read(message, place, self._us)
        if said is None or _is_ours(said):
            return []
        return [said, *standing(message, place, self._us, self._reactions)]

    async def _messages(self, channel: str, since: int, known: Collection[str]) -> Sequence[Message]:
        top = await self._top(channel, since)
        found = {str(message.get("ts")): message for message in top if is_news(message, since)}
        roots = threads_with_news(top, known, since)
        for root in roots:
            found |= {str(message.get("ts")): message for message in await self._thread(channel, root, since)}
        return sorted(found.values(), key=_position)

    async def _top(self, channel: str, since: int) -> Sequence[Message]:
        """At least one page, however little is new: its roots say in which older threads somebody has replied."""
        messages: list[Message] = []
        page_at = partial(self._api.history_page, channel, size=PageSize(HISTORY_PAGE, HISTORY_PAGE))
        async with aclosing(self._pages.read(HISTORY, page_at)) as pages:
            async for page in pages:
                messages += page.items
                if not page.items or _position(page.items[-1]) < since:
                    break
        return messages

    async def _thread(self, channel: str, root: str, since: int) -> Sequence[Message]:
        page_at = partial(self._api.replies_page, channel, root, timestamp(since), size=PageSize(PAGE, PAGE))
        try:
            pages = [page async for page in self._pages.read(REPLIES, page_at)]
        except PlatformError as error:
            if error.code not in GONE:
                raise
            return []
        return [message for page in pages for message in page.items if is_news(message, since)]

    async def _listed(self, types: str) -> Sequence[str] | None:
        """None when a scope is missing."""
        try:
            pages = [page async for page in self._pages.read(CHANNELS, partial(self._api.channels_page, types))]
        except PlatformError as error:
            if error.code != MISSING_SCOPE:
                raise
            return None
        return [str(channel["id"]) for page in pages for channel in page.items]


def threads_with_news(top: Sequence[Message], known: Collection[str], since: int) -> Sequence[str]:
    """
    The roots (ts) of the threads to read, each once: *top* are messages of the channel, without replies.

    A root says when somebody replied last. Of *known* threads whose root is not there, nobody can say.
    """
    met = {str(message.get("ts")) for message in top}
    told = [_root(message) for message in top if _tells_of_replies(message, since)]
    return list(dict.fromkeys([*told, *(root for root in known if root not in met)]))


def is_news(message: Message, since: int) -> bool:
    """Whether it was said, or has been edited, at *since* or later."""
    edited = message.get("edited")
    edited_at = microseconds(str(edited.get("ts"))) if isinstance(edited, dict) else None
    return max(_position(message), edited_at or 0) >= since


def _tells_of_replies(message: Message, since: int) -> bool:
    if _root(message) != message.get("ts"):  # a reply that was also sent to the channel
        return _position(message) >= since
    latest = microseconds(str(message.get("latest_reply")))
    return bool(message.get("reply_count")) if latest is None else latest >= since


def _is_ours(found: Said | Deleted) -> bool:
    posted = found if isinstance(found, Posted) else found.message
    return posted is not None and posted.author.kind is ParticipantKind.SELF


def _root(message: Message) -> str:
    return str(message.get("thread_ts") or message.get("ts"))


def _position(message: Message) -> int:
    return microseconds(str(message.get("ts"))) or 0
