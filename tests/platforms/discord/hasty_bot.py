"""
`python -m tests.platforms.discord.hasty_bot SECONDS`: the bot on Discord, whose leases last so long, renewed six times
in their time. Settings come from the environment, as for the product.
"""

from __future__ import annotations

import sys

from bot import app, logs
from bot.commands.platforms import discord
from bot.platforms.discord.gateway.connection import Patience
from bot.settings import read_settings


async def main(lease_seconds: float) -> None:
    settings = read_settings()
    logs.configure(settings.log_level)
    async with app.open_store(settings) as store:
        await app.migrated(store)
        patience = Patience(lease=lease_seconds, renew=lease_seconds / 6)
        await app.run(settings, [discord.build(settings, store, patience)], store=store)


if __name__ == "__main__":
    app.run_until_complete(main(float(sys.argv[1])))
