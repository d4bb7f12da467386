"""Slack as a PlatformSetup: its settings, the line at its start, and its findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.core.check_findings import Finding, Verdict
from bot.core.conversation import Operation
from bot.core.errors import BotError, PlatformError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.core.ports import Platform
    from bot.store.database.base import Database

NAME, LABEL = "slack", "Slack"


def is_configured(settings: Settings) -> bool:
    return settings.slack_bot_token is not None


def build(settings: Settings, store: Database) -> Platform:
    from bot import app
    from bot.platforms.common.catch_up import CatchUpSettings
    from bot.platforms.slack.adapter import SlackPlatform
    from bot.platforms.slack.transport.http import HttpSettings
    from bot.store.channel_ids import SqlChannelIds
    from bot.store.thread_index import SqlThreadIndex
    from bot.store.watermarks import SqlWatermarks

    if settings.slack_bot_token is None:
        raise BotError("SLACK_BOT_TOKEN is needed for Slack.")
    http = HttpSettings(_secret(settings.slack_signing_secret), settings.http_host, settings.http_port)
    return SlackPlatform(
        bot_token=_secret(settings.slack_bot_token),
        app_token=_secret(settings.slack_app_token),
        http=http if settings.over_http else None,
        api_url=settings.slack_api_url,
        watermarks=SqlWatermarks(store),
        catch_up=CatchUpSettings(longest=timedelta(hours=settings.catch_up_hours)),
        reactions=reaction_names(settings),
        receipts=app.receipts(settings, store),
        contents=SqlThreadIndex(store),
        channel_ids=SqlChannelIds(store),
    )


def reaction_names(settings: Settings) -> Mapping[str, Operation]:
    """The operation of each reaction, by its name."""
    return {name: Operation(what) for what, name in settings.reactions.items() if name != "none"}


async def announcement(platform: Platform, settings: Settings) -> str:
    from bot.platforms.slack.adapter import SlackPlatform

    assert isinstance(platform, SlackPlatform)  # noqa: S101 - it is what build() gave
    try:
        identity = await platform.start()
    except PlatformError as error:
        if not error.passing:
            raise
        return f"Slack: cannot be reached just now ({error.detail or error.code}); trying on. Ctrl-C stops it."
    return (
        f"Slack: {identity.bot_user_id} in workspace {identity.team_id}, {_way(settings)}.\n"
        "Mention the bot in a channel it is in. Ctrl-C stops it."
    )


async def findings(settings: Settings, channel: str | None) -> Sequence[Finding]:
    from bot.platforms.slack.setup import checks, post_check

    bot_token, url = settings.slack_bot_token, settings.slack_api_url
    if bot_token is None:
        remedy = "Set SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET, to use Slack."
        return [Finding(LABEL, Verdict.ABSENT, "no tokens are set", remedy)]
    app_token = _secret(settings.slack_app_token) or None
    found = await checks.check(bot_token=_secret(bot_token), app_token=app_token, api_url=url)
    if channel:
        found += await post_check.check_post(bot_token=_secret(bot_token), channel=channel, api_url=url)
    return found


def takes_channel(channel: str) -> bool:
    """Any id without another platform's name: Slack says what is wrong with it."""
    return not channel.isdecimal()


def remedy(code: str) -> str:  # noqa: ARG001 - `threadbot check` has the remedies
    return ""


def _way(settings: Settings) -> str:
    """How events come in."""
    if settings.over_http:
        return f"over HTTP on {settings.http_host}:{settings.http_port}"
    unused = settings.slack_signing_secret is not None
    return "over Socket Mode" + (" (SLACK_SIGNING_SECRET is not used: SLACK_APP_TOKEN is set)" if unused else "")


def _secret(value: SecretStr | None) -> str:
    return "" if value is None else value.get_secret_value()
