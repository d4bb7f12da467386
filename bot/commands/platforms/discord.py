"""Discord as a PlatformSetup: its settings, the lines at its start, and its findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bot.core.check_findings import Finding, Verdict
from bot.core.conversation import Operation
from bot.core.errors import BotError, PlatformError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.core.ports import Platform
    from bot.platforms.discord.gateway.connection import Patience
    from bot.store.database.base import Database

NAME, LABEL = "discord", "Discord"
MISSING = "the package discord.py is not installed"
INSTALL = "pip install 'threadbot[discord]' installs it (`make run` and the image have it)."


def is_configured(settings: Settings) -> bool:
    return settings.discord_token is not None


def build(settings: Settings, store: Database, patience: Patience | None = None) -> Platform:
    """*patience*: other than the usual one, for tests."""
    from bot.platforms.discord.setup import token_kinds

    token = _token(settings)
    wrong = token_kinds.problem(token)
    if wrong is not None:
        raise BotError(wrong)
    if not is_installed():
        raise BotError(f"DISCORD_TOKEN is set, but {MISSING}: {INSTALL}")
    from bot import app
    from bot.platforms.common.catch_up import CatchUpSettings
    from bot.platforms.discord.adapter import DiscordPlatform
    from bot.platforms.discord.incoming.reactions import signs_of
    from bot.store.foresight import SqlForesight
    from bot.store.interactions import SqlInteractions
    from bot.store.leases import SqlLeases
    from bot.store.thread_index import SqlThreadIndex
    from bot.store.watermarks import SqlWatermarks

    index = SqlThreadIndex(store)
    return DiscordPlatform(
        token=token,
        api_url=settings.discord_api_url,
        index=index,
        watermarks=SqlWatermarks(store),
        catch_up=CatchUpSettings(longest=timedelta(hours=settings.catch_up_hours)),
        reactions=signs_of([Operation(what) for what, name in settings.reactions.items() if name != "none"]),
        receipts=app.receipts(settings, store),
        interactions=SqlInteractions(store),
        foresight=SqlForesight(store),
        contents=index,
        allowed_guilds=settings.discord_allowed_guilds,
        direct_messages=settings.discord_direct_messages,
        shards=_shards(settings),
        leases=None if store.dialect == "sqlite" else SqlLeases(store),  # on a file there is one process
        patience=patience,
    )


async def announcement(platform: Platform, settings: Settings) -> str:  # noqa: ARG001 - the others need them
    from bot.platforms.discord.adapter import DiscordPlatform

    assert isinstance(platform, DiscordPlatform)  # noqa: S101 - it is what build() gave
    try:
        identity = await platform.start()
    except PlatformError as error:
        if not error.passing:
            raise
        return f"Discord: cannot be reached just now ({error.detail or error.code}); trying on. Ctrl-C stops it."
    without = "" if platform.hears_content else ", without the content of messages that do not mention it"
    return (
        f"Discord: {identity.called} ({identity.user_id}){without}.\n"
        "Mention the bot in a server that it is in; `threadbot invite` prints the link. Ctrl-C stops it."
    )


async def findings(settings: Settings, channel: str | None) -> Sequence[Finding]:
    from bot.platforms.discord.setup import checks

    if settings.discord_token is None:
        return [Finding(LABEL, Verdict.ABSENT, "no token is set", "Set DISCORD_TOKEN to use Discord.")]
    found = [] if is_installed() else [Finding(LABEL, Verdict.FAILED, MISSING, INSTALL)]
    found += await checks.check(
        token=_token(settings),
        api_url=settings.discord_api_url,
        allowed=settings.discord_allowed_guilds,
        shards=_shards(settings),
    )
    if channel:
        found.append(await checks.check_post(_token(settings), settings.discord_api_url, channel))
    return found


def takes_channel(channel: str) -> bool:
    """Whether *channel* has the form of an id of Discord's."""
    return channel.isdecimal()


def remedy(code: str) -> str:
    from bot.platforms.discord.setup.checks import REMEDIES

    return REMEDIES.get(code, "")


def is_installed() -> bool:
    return find_spec("discord") is not None


def _shards(settings: Settings) -> int | None:
    """None for as many as Discord recommends."""
    return None if settings.discord_shards == "auto" else settings.discord_shards or 1


def _token(settings: Settings) -> str:
    return settings.discord_token.get_secret_value() if settings.discord_token else ""
