"""`threadbot migrate`: the newest schema, without starting anything."""

from __future__ import annotations

from bot import app
from bot.settings import Settings


async def migrate(settings: Settings) -> tuple[str | None, str | None]:
    """Returns the revisions before and after. Raises BotError."""
    async with app.open_store(settings) as database:
        return await app.migrated(database)
