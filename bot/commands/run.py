"""`threadbot run`: which platforms there are to start, and what the operator is told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pydantic import SecretStr

from bot.core.conversation import Operation
from bot.core.errors import BotError, PlatformError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.platforms.slack.adapter import SlackPlatform
    from bot.store.database.base import Database

Announce = Callable[[str], None]

PLAYGROUND_FILE = Path("playground.db")


async def playground(settings: Settings, announce: Announce) -> int:
    """Serve the page and keep the bot behind it running. Returns the exit status."""
    from bot.files.confinement import hide_from_siblings
    from bot.platforms.web.workspace import serve

    hide_from_siblings()  # the settings are in this process, too
    announce(f"Model: {model_line(settings)}")
    announce(
        "No Slack tokens are set, so this is the playground, on this machine only.\n"
        "For Slack: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (README, “Connect Slack”), then run again.\n"
        "Ctrl-C stops it."
    )
    return await serve(
        host="127.0.0.1",
        port=settings.playground_port,
        file=PLAYGROUND_FILE,
        child=[sys.executable, "-m", "bot", "playground-bot"],
        announce=announce,
    )


async def playground_bot(settings: Settings, stdin: IO[bytes]) -> None:
    """The bot behind the playground's page, for as long as its parent lives."""
    from bot import app
    from bot.platforms.web.adapter import WebPlatform
    from bot.platforms.web.life_line import life_line

    line = await life_line(stdin)
    platform = WebPlatform(line.url, line.secret)
    try:
        await app.run(settings, [platform], until=line.ended)
    finally:
        await platform.close()
        line.close()


async def slack(settings: Settings, announce: Announce) -> None:
    """Connect to Slack. Raises BotError with what to do when that is pointless."""
    from bot import app

    async with app.open_store(settings) as store:
        platform = slack_platform(settings, store)
        announce(f"Model: {model_line(settings)}")
        try:
            announce(await _slack_line(platform, _way(settings)))
            await app.run(settings, [platform], store=store)
        except PlatformError as error:
            refused = f"Slack refuses this bot: {error.code}. Run `threadbot check`: it says what to do."
            raise BotError(refused) from error


def slack_platform(settings: Settings, store: Database) -> SlackPlatform:
    """Slack as the settings want it; how far it has read is kept in *store*."""
    from bot import app
    from bot.platforms.slack.adapter import SlackPlatform
    from bot.platforms.slack.reading.catch_up import CatchUpSettings
    from bot.platforms.slack.transport.http import HttpSettings
    from bot.store.watermarks import SqlWatermarks

    def secret(value: SecretStr | None) -> str:
        return "" if value is None else value.get_secret_value()

    if settings.slack_bot_token is None:
        raise BotError("SLACK_BOT_TOKEN is needed for Slack.")
    http = HttpSettings(secret(settings.slack_signing_secret), settings.http_host, settings.http_port)
    return SlackPlatform(
        bot_token=secret(settings.slack_bot_token),
        app_token=secret(settings.slack_app_token),
        http=http if settings.over_http else None,
        api_url=settings.slack_api_url,
        watermarks=SqlWatermarks(store),
        catch_up=CatchUpSettings(longest=timedelta(hours=settings.catch_up_hours)),
        reactions=reaction_names(settings),
        receipts=app.receipts(settings, store),
    )


def reaction_names(settings: Settings) -> Mapping[str, Operation]:
    """What each reaction does, by its name."""
    return {name: Operation(what) for what, name in settings.reactions.items() if name != "none"}


def _way(settings: Settings) -> str:
    """How events come in."""
    if settings.over_http:
        return f"over HTTP on {settings.http_host}:{settings.http_port}"
    unused = settings.slack_signing_secret is not None
    return "over Socket Mode" + (" (SLACK_SIGNING_SECRET is not used: SLACK_APP_TOKEN is set)" if unused else "")


async def _slack_line(platform: SlackPlatform, way: str) -> str:
    """Whether Slack takes our tokens. Raises PlatformError when it does not; a Slack that is away is waited for."""
    try:
        identity = await platform.start()
    except PlatformError as error:
        if not error.passing:
            raise
        return f"Slack: cannot be reached just now ({error.code}); trying on. Ctrl-C stops it."
    return (
        f"Slack: {identity.bot_user_id} in workspace {identity.team_id}, {way}.\n"
        "Mention the bot in a channel it is in. Ctrl-C stops it."
    )


def model_line(settings: Settings) -> str:
    if settings.offline:
        return "the offline demo. For a real one set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own."
    return f"{settings.openai_model} at {settings.openai_base_url or 'OpenAI'}"
