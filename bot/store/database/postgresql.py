"""PostgreSQL: a pool of connections, one transaction an operation."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.core.errors import BotError, LedgerError, SettingsError
from bot.environment.database_url import Server
from bot.store.database.base import Operation, is_unusable, unusable

T = TypeVar("T")

CONNECTIONS = 20  # unless a setting says how many
CONNECT_SECONDS = 60.0  # asyncpg's own limit

DEADLOCK = "40P01"
DEADLOCKS = 5
"""
How often a transaction is made that PostgreSQL ended so that another one could go on: nothing of it has happened.

What is said, and a claim, come to the same rows from different sides: a message is stored before its turn is locked, a
claim takes messages after its turn. One order for all would lock every conversation's turn before each message.
"""


class PostgresDatabase:
    """The Database port on a server."""

    dialect = "postgresql"

    def __init__(self, server: Server, connections: int = CONNECTIONS) -> None:
        self._engine = _engine(server, connections)

    async def write(
        self,
        operation: Operation[T],
        *,
        synced: bool = True,  # noqa: ARG002 - always; see the port
        urgent: bool = False,  # noqa: ARG002 - nobody waits for anybody here
    ) -> T:
        for _ in range(DEADLOCKS):
            try:
                return await self._tried(operation)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != DEADLOCK:
                    raise unusable(error) from error
            except BotError:
                raise
            except Exception as error:
                if is_unusable(error):
                    raise unusable(error) from error
                raise
        raise LedgerError("transactions of several processes wait for each other again and again")

    async def _tried(self, operation: Operation[T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(operation)

    async def read(self, operation: Operation[T]) -> T:
        return await self.write(operation)

    async def clean(self) -> None:
        """Nothing: see the port."""

    async def close(self) -> None:
        await self._engine.dispose()


def _engine(server: Server, connections: int) -> AsyncEngine:
    try:
        return create_async_engine(
            "postgresql+asyncpg://",
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args=_connect_args(server),
        )
    except ModuleNotFoundError:
        raise SettingsError("DATABASE_URL: PostgreSQL needs a driver: pip install asyncpg (`make run` does).") from None


def _connect_args(server: Server) -> dict[str, Any]:
    """For asyncpg.connect(). What is None there is as the environment says: PGHOST, PGSSLMODE, PGPASSFILE, …"""
    from bot.store.database.server.connection import UNKEPT, LimitedConnection

    hosts, ports = zip(*server.hosts, strict=True) if server.hosts else ((), ())
    return {
        "dsn": server.dsn,
        "host": list(hosts) or None,
        "port": list(ports) or None,
        "user": server.user,
        "password": server.password,
        "database": server.database,
        "ssl": True if server.system_certificates else None,
        "timeout": server.connect_seconds or CONNECT_SECONDS,
        "server_settings": server.settings,
        "connection_class": LimitedConnection,
        **UNKEPT,
    }
