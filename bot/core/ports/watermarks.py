"""A platform's port to the database, to find out what it missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.core.conversation import ThreadRef

WHOLE_WORKSPACE = ""  # in the place of a channel


class Watermarks(Protocol):
    """
    How far a platform's messages are known to be stored, for a door that reads what it missed.

    A position orders the messages of a workspace, as in Posted. A channel's watermark is the later one of its own and
    that of the whole workspace. All methods raise LedgerError.

    *workspace* is None where one connection serves all workspaces of a platform: their watermark is one, then, and
    channels have ids of their own among all of them.
    """

    async def seen_until(self, platform: str, workspace: str | None) -> Mapping[str, int]:
        """Positions by channel, with that of WHOLE_WORKSPACE; empty when nothing was ever noted."""

    async def advance(self, platform: str, workspace: str | None, channel: str, position: int) -> None:
        """Move a watermark forward; never back. Call once all that was said before *position* is committed."""

    async def note_gap(self, platform: str, workspace: str | None, channel: str, *, since: int | None = None) -> None:
        """
        Something may have happened that nobody told us of, after *since*: each conversation's next turn reads it.

        In the threads of *channel*, or of all channels for WHOLE_WORKSPACE. Without *since*: after the newest message
        that we have of each.
        """

    async def direct_channels(self, platform: str) -> Sequence[str]:
        """Those of direct messages, whenever they were, the last ones first; as many as are worth a look."""

    async def recent_threads(self, platform: str, workspace: str | None, since: datetime) -> Sequence[ThreadRef]:
        """Threads whose conversation had a turn since then, the last one first; as many as are worth a look."""


class SharedWatermarks(Watermarks, Protocol):
    """
    Where several connections share a platform's workspaces. All methods raise LedgerError.

    The watermark of each connection has a name of its own, which stands in the place of a workspace.
    """

    async def of_connections(self, platform: str) -> Mapping[str, int]:
        """How far all is stored that each of them serves, by its name; under "" that of one that serves all."""

    async def recent_among(self, platform: str, among: Callable[[str], bool], since: datetime) -> Sequence[ThreadRef]:
        """As recent_threads, of the workspaces of which *among* is true."""

    async def note_gap_among(self, platform: str, among: Callable[[str], bool], *, since: int | None = None) -> None:
        """As note_gap, in the threads of all channels of the workspaces of which *among* is true."""
