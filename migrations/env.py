"""
Alembic's entry point. The product hands in its connection (bot/store/database/migrate.py); `alembic` on the command
line, for those who write migrations, opens DATABASE_URL itself.
"""

import asyncio
import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from bot.store.database.urls import open_database
from bot.store.tables import StorableText, UtcDateTime, metadata


def render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Migrations are written in plain SQL types: they must run as they are when ours have changed."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return "sa.Text()" if kind == "type" and isinstance(item, StorableText) else False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()


async def open_and_migrate() -> None:
    database = open_database(os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///threadbot.db"))
    try:
        await database.write(migrate)
    finally:
        await database.close()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    asyncio.run(open_and_migrate())
