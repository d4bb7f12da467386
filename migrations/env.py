"""
Alembic's entry point. The product hands in its connection (bot/store/migrate.py); `alembic` on the command line, for
those who write migrations, opens DATABASE_URL itself.
"""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection

from bot.store.engine import open_engines
from bot.store.tables import metadata


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def open_and_migrate() -> None:
    engines = open_engines(os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///threadbot.db"))
    try:
        async with engines.writer.begin() as connection:
            await connection.run_sync(migrate)
    finally:
        await engines.dispose()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    asyncio.run(open_and_migrate())
