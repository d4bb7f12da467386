"""
Brings a database to the newest schema. The steps themselves are in migrations/versions/.

Alembic is imported where there is something to migrate: it takes a quarter of a second, and mostly there is nothing.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect

from bot.core.errors import BotError
from bot.store.database.base import Database

_ADVISORY_LOCK = 0x7468_7265  # "thre": two processes that start together migrate one after the other


class SchemaError(BotError):
    """The database has a schema that this version does not know; it was not changed."""


def scripts() -> Path:
    """migrations/, from a checkout or from inside the installed package."""
    package = Path(__file__).parents[2]
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


async def upgrade(database: Database, revision: str = "head") -> tuple[str | None, str | None]:
    """
    Migrate to *revision* in one transaction. Returns the revisions before and after.

    Raises LedgerError when the database cannot be used, SchemaError when it was made by a newer version.
    """
    return await database.write(lambda connection: _upgrade(connection, revision))


async def current(database: Database) -> str | None:
    """The schema's revision; None for an empty database."""
    return await database.read(_revision)


def head() -> str:
    """The newest revision: its file is the last one by name."""
    return max(script.name for script in (scripts() / "versions").glob("[0-9]*.py")).split("_")[0]


def _upgrade(connection: Connection, revision: str) -> tuple[str | None, str | None]:
    if connection.dialect.name == "postgresql":
        from bot.store.database.server.connection import transaction_limit  # the driver may be missing

        connection.exec_driver_sql(transaction_limit(0))  # as long as it takes, here or at another process
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    before = _revision(connection)
    if before is None or before != head():
        _run_scripts(connection, revision)
    return before, _revision(connection)


def _run_scripts(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise SchemaError(
            f"The database at DATABASE_URL cannot be migrated: {error}. "
            "It was probably made by a newer version of Threadbot: run that one, or use another database."
        ) from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return revision
