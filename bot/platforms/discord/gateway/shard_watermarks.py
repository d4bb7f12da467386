"""
How far all is stored that one shard serves: each shard has a watermark of its own.

Else one that went on would hide what another one has missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core.conversation import ThreadRef
from bot.core.ports import WHOLE_WORKSPACE, SharedWatermarks
from bot.platforms.discord.gateway.shards import Shard, stored_under, stored_until


class ShardWatermarks:
    """The Watermarks of one *shard*, for a caller that asks for those of all workspaces."""

    def __init__(self, watermarks: SharedWatermarks, shard: Shard) -> None:
        self._watermarks, self._shard, self._kept = watermarks, shard, stored_under(shard) or None

    async def begin(self, platform: str, position: int) -> None:
        """
        Where nothing is known yet, all is from *position* on; what was said before is a gap. Raises LedgerError.

        Call before there is a connection: a process may die as soon as it has one.
        """
        if WHOLE_WORKSPACE not in await self.seen_until(platform, None):
            await self.note_gap(platform, None, WHOLE_WORKSPACE)
            await self.advance(platform, None, WHOLE_WORKSPACE, position)

    async def seen_until(self, platform: str, workspace: str | None) -> Mapping[str, int]:  # noqa: ARG002 - of all
        """Watermarks stored by another number of shards count as well: the number may have changed."""
        seen = await self._watermarks.seen_until(platform, self._kept)
        until = stored_until(await self._watermarks.of_connections(platform))
        if until is None:
            return seen
        return {**seen, WHOLE_WORKSPACE: max(until, seen.get(WHOLE_WORKSPACE, until))}

    async def advance(self, platform: str, workspace: str | None, channel: str, position: int) -> None:  # noqa: ARG002 - of all
        await self._watermarks.advance(platform, self._kept, channel, position)

    async def note_gap(self, platform: str, workspace: str | None, channel: str, *, since: int | None = None) -> None:
        if channel == WHOLE_WORKSPACE and self._shard.count > 1:
            await self._watermarks.note_gap_among(platform, self._shard.serves, since=since)
        else:
            await self._watermarks.note_gap(platform, workspace, channel, since=since)

    async def recent_threads(self, platform: str, workspace: str | None, since: datetime) -> Sequence[ThreadRef]:  # noqa: ARG002 - of all
        return await self._watermarks.recent_among(platform, self._shard.serves, since)

    async def direct_channels(self, platform: str) -> Sequence[str]:
        return await self._watermarks.direct_channels(platform)
