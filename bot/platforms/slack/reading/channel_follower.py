"""
Channels by the ids that they have now: an event under a former id is one of the same channel.

The ledger keeps which ids have changed, for events that come late, after a restart, or in another process. Nobody tells
a process that was away of a change, and no method of Slack's names the new id of an old one. But most ids change in
one way only, from `G012…` to `C012…`, when a private channel is shared: that is seen from the new id.
Source: Slack, "channel_id_changed event", and its example.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from bot.core.conversation import Acted, Deleted, Incoming, Moved, Reacted, Said, posted_of
from bot.core.errors import LedgerError
from bot.core.ports import ChannelIds, Receive
from bot.platforms.slack.incoming.events import PLATFORM
from bot.platforms.slack.incoming.moved_channels import follow

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 60.0  # other processes are told of changes, too
_FORMER, _SHARED = "G", "C"  # what ids of private channels began with before they were shared, and begin with then


class ChannelFollower:
    """*records*: None: changes are known until this process ends. *receive* raises LedgerError."""

    def __init__(self, records: ChannelIds | None, workspace: str, receive: Receive) -> None:
        self._records, self._workspace, self._receive = records, workspace, receive
        self._ids: dict[str, str] = {}  # the new ones, by the old ones
        self._former: set[str] | None = None  # ids under which something is kept; None: they were not read yet

    async def run(self) -> None:
        """Learn of changes that other processes were told of, until cancelled."""
        while True:
            try:
                await self.refresh()
            except LedgerError as error:
                logger.debug("slack: changed ids of channels could not be read: %s", error)
            await asyncio.sleep(REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Raises LedgerError."""
        if self._records is None:
            return
        if self._former is None:
            self._former = set(await self._records.kept_under(PLATFORM, self._workspace, _FORMER))
        for old, new in (await self._records.moved(PLATFORM, self._workspace)).items():
            if self._ids.get(old) != new:
                if old in await self._records.kept_under(PLATFORM, self._workspace, old):  # it came before we knew
                    await self._receive(Moved(PLATFORM, self._workspace, old, new))
                self._ids[old] = new

    def follow(self, body: dict[str, Any]) -> None:
        """Put new ids of channels in the places of old ones."""
        follow(body, self._ids)

    async def receive(self, incoming: Incoming) -> None:
        """As ports.Receive: before an event of a channel, that its id has changed. Raises LedgerError."""
        if isinstance(incoming, Moved):
            await self._move(incoming)
            return
        await self.listed([_channel_of(incoming)])
        await self._receive(incoming)

    async def listed(self, channels: Iterable[str]) -> None:
        """Call with the ids that channels have now. Raises LedgerError."""
        for channel in channels:
            former = _FORMER + channel[1:]
            if channel.startswith(_SHARED) and former in (self._former or ()):
                await self._move(Moved(PLATFORM, self._workspace, former, channel))
            elif channel.startswith(_FORMER) and self._former is not None:
                self._former.add(channel)

    async def _move(self, moved: Moved) -> None:
        self._ids = {old: moved.to if new == moved.channel else new for old, new in self._ids.items()}
        self._ids |= {moved.channel: moved.to}
        self._ids.pop(moved.to, None)
        await self._receive(moved)
        if self._former is not None:
            self._former.discard(moved.channel)


def _channel_of(incoming: Said | Deleted | Reacted | Acted) -> str:
    if isinstance(incoming, Deleted | Reacted):
        return incoming.ref.channel
    if isinstance(incoming, Acted):
        return incoming.thread.channel
    return posted_of(incoming).thread.channel
