"""`threadbot run`: starts the platforms that are configured, or the playground, and tells the operator."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from bot import database_file
from bot.commands.platforms import PlatformSetup, configured
from bot.core.errors import BotError, PlatformError, SettingsError
from bot.environment.database_url import SqliteFile, parse
from bot.environment.forms import shown_url
from bot.settings import Settings

Announce = Callable[[str], None]

PLAYGROUND_FILE = Path("playground.db")


async def playground(settings: Settings, announce: Announce) -> int:
    """Serve the page and keep the bot behind it running. Returns the exit status."""
    from bot.files.confinement import hide_from_siblings
    from bot.platforms.web.workspace import serve

    hide_from_siblings()  # the settings are in this process, too
    require_places(settings, PLAYGROUND_FILE)
    _announce_settings(settings, announce)
    announce(
        "No tokens of Slack or Discord are set, so this is the playground, on this machine only.\n"
        "For Slack: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (README, “Connect Slack”), then run again.\n"
        "For Discord: set DISCORD_TOKEN (README, “Connect Discord”), then run again.\n"
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
        await app.run(settings, [platform], until=line.ended, watch=platform.tell_model)
    finally:
        await platform.close()
        line.close()


async def platforms(settings: Settings, announce: Announce) -> None:
    """Answer on every platform that *settings* ask for. Raises BotError with what to do when that is pointless."""
    from bot import app

    require_places(settings)
    async with app.open_store(settings) as store:
        started = [(setup, setup.build(settings, store)) for setup in configured(settings)]
        _announce_settings(settings, announce)
        for setup, platform in started:
            try:
                announce(await setup.announcement(platform, settings))
            except PlatformError as error:
                raise _refused(setup, error.code) from error
        try:
            await app.run(settings, [platform for _, platform in started], store=store, watch=lambda _: None)
        except app.PlatformEndedError as error:
            refusing = next(setup for setup, platform in started if platform.name == error.platform)
            raise _refused(refusing, error.code) from error


def require_places(settings: Settings, *files: Path) -> None:
    """Before anything is served or asked for. Raises SettingsError where no database can be kept."""
    parsed = parse(settings.database_url)
    wrong = database_file.problem(parsed.path.resolve()) if isinstance(parsed, SqliteFile) else None
    if wrong is not None:
        raise SettingsError(f"DATABASE_URL: {wrong}")
    for file in files:
        wrong = database_file.problem(file.resolve())
        if wrong is not None:
            raise SettingsError(f"{file} is kept in this directory: {wrong}")


def _announce_settings(settings: Settings, announce: Announce) -> None:
    announce(f"Model: {model_line(settings)}")
    for warning in settings.warnings:
        announce(warning)


def _refused(setup: PlatformSetup, code: str) -> BotError:
    remedy = setup.remedy(code) or "Run `threadbot check`: it says what to do."
    return BotError(f"{setup.LABEL} refuses this bot: {code}. {remedy}")


def model_line(settings: Settings) -> str:
    if settings.offline:
        return "the offline demo. For a real one set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own."
    return f"{settings.openai_model} at {shown_url(settings.openai_base_url) if settings.openai_base_url else 'OpenAI'}"
