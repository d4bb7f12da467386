"""`threadbot invite`: the link by which somebody invites the bot to a Discord server."""

from __future__ import annotations

from bot.core.errors import BotError, PlatformError
from bot.settings import Settings


async def invite(settings: Settings) -> str:
    """Raises BotError where the token is none, or Discord refuses it."""
    from bot.platforms.discord.calls.api import DiscordApi
    from bot.platforms.discord.calls.limits import DiscordLimiter
    from bot.platforms.discord.setup import token_kinds
    from bot.platforms.discord.setup.checks import REMEDIES
    from bot.platforms.discord.setup.invite import link

    if settings.discord_token is None:
        raise BotError("Set DISCORD_TOKEN first: the link names the application, and the token says which one it is.")
    token = settings.discord_token.get_secret_value()
    wrong = token_kinds.problem(token)
    if wrong is not None:
        raise BotError(wrong)
    try:
        application = await DiscordApi(token, settings.discord_api_url, DiscordLimiter()).application()
    except PlatformError as error:
        remedy = REMEDIES.get(error.code, "Run `threadbot check`: it says what to do.")
        raise BotError(f"Discord does not say which application this is: {error.code}. {remedy}") from error
    return link(str(application.get("id")))
