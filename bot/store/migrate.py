"""Brings a database to the newest schema. The steps themselves are in migrations/versions/."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.errors import BotError


class SchemaError(BotError):
    """The database could not be opened or migrated; nothing of it was changed."""


_ADVISORY_LOCK = 0x7468_7265  # "thre": two processes that start together migrate one after the other


def scripts() -> Path:
    """migrations/, from a checkout or from inside the installed package."""
    package = Path(__file__).parents[1]
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def config(connection: Connection | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


async def upgrade(engine: AsyncEngine, revision: str = "head") -> tuple[str | None, str | None]:
    """Migrate to *revision* in one transaction. Returns the revisions before and after. Raises SchemaError."""
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade, revision)
    except DBAPIError as error:
        raise SchemaError(f"{error.orig}") from error
    except CommandError as error:
        raise SchemaError(f"{error}. It was probably made by a newer version: install that, or use another.") from error
    except (SQLAlchemyError, OSError) as error:
        raise SchemaError(f"{error}") from error


async def current(engine: AsyncEngine) -> str | None:
    """The schema's revision; None for an empty database."""
    async with engine.connect() as connection:
        return await connection.run_sync(_revision)


def head() -> str | None:
    return ScriptDirectory.from_config(config()).get_current_head()


def _upgrade(connection: Connection, revision: str) -> tuple[str | None, str | None]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    before = _revision(connection)
    command.upgrade(config(connection), revision)
    return before, _revision(connection)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
