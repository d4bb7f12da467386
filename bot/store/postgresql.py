"""PostgreSQL: a pool of connections, one transaction an operation."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.core.errors import SettingsError
from bot.store.database import Operation, unusable

T = TypeVar("T")

CONNECTIONS = 20


class PostgresDatabase:
    """The Database port on a server."""

    dialect = "postgresql"

    def __init__(self, url: URL) -> None:
        self._engine = _engine(url)

    async def write(self, operation: Operation[T], *, synced: bool = True) -> T:  # noqa: ARG002 - always; see the port
        try:
            async with self._engine.begin() as connection:
                return await connection.run_sync(operation)
        except (SQLAlchemyError, OSError) as error:
            raise unusable(error) from error

    async def read(self, operation: Operation[T]) -> T:
        return await self.write(operation)

    async def close(self) -> None:
        await self._engine.dispose()


def _engine(url: URL) -> AsyncEngine:
    try:
        return create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise SettingsError("DATABASE_URL: PostgreSQL needs a driver: pip install 'threadbot[postgres]'.") from None
