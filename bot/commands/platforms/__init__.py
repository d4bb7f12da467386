"""The platforms that `run` starts and `check` looks at, one module each. The platforms are in bot/platforms/."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from bot.commands.platforms import discord, slack
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.core.check_findings import Finding
    from bot.core.ports import Platform
    from bot.store.database.base import Database


class PlatformSetup(Protocol):
    """The commands' view of a platform. A module is one; it imports its SDK where that is used."""

    NAME: str  # as in ThreadRef.platform
    LABEL: str  # as people write it

    def is_configured(self, settings: Settings) -> bool:
        """Whether *settings* ask for it."""

    def build(self, settings: Settings, store: Database) -> Platform:
        """The platform as *settings* want it; how far it has read is kept in *store*. Nothing is opened yet."""

    async def announcement(self, platform: Platform, settings: Settings) -> str:
        """
        What the operator is told when it starts: one line or a few.

        Raises PlatformError when the platform refuses this bot. One that is away is waited for later, and said so.
        """

    async def findings(self, settings: Settings, channel: str | None) -> Sequence[Finding]:
        """For `check`; *channel* is where to try a post, or None."""

    def takes_channel(self, channel: str) -> bool:
        """Whether *channel* has the form that ids of channels have there."""

    def remedy(self, code: str) -> str:
        """The remedy for a refusal, in sentences; empty if `threadbot check` says it."""


PLATFORMS: Sequence[PlatformSetup] = (slack, discord)


def configured(settings: Settings) -> Sequence[PlatformSetup]:
    """Those that *settings* ask for. Where there is none, the playground starts."""
    return [platform for platform in PLATFORMS if platform.is_configured(settings)]
