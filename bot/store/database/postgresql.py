"""PostgreSQL: a pool of connections, one transaction an operation."""

from __future__ import annotations

import asyncio
import time
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.core.errors import BotError, LedgerError, SettingsError
from bot.core.shortage import is_shortage
from bot.environment.database_url import Server
from bot.network.failures import failure
from bot.store.database.base import Operation, WriteTrouble, is_unusable, unusable
from bot.store.database.server.room import ConnectionRoom

T = TypeVar("T")

CONNECTIONS = 20  # unless a setting says how many
CONNECT_SECONDS = 60.0  # asyncpg's own limit

UNDONE = frozenset({"40P01", "40001"})  # deadlock_detected, serialization_failure
UNDONE_TIMES = 5
"""
How often a transaction is made that PostgreSQL ended so that another one could go on: nothing of it has happened.

What is said, and a claim, come to the same rows from different sides: a message is stored before its turn is locked, a
claim takes messages after its turn. One order for all would lock every conversation's turn before each message.
"""

ISOLATION = "READ COMMITTED"  # whatever the server's default is: our statements say themselves what they lock
TOO_MANY = "53300"  # too_many_connections
POOLERS_WORDS = ("no more connections allowed", "max_client_conn", "max clients reached")  # where there is no SQLSTATE
REFUSED_SECONDS = 10.0  # in which a server that has no connection for us at all is asked again
REFUSED_PAUSE_SECONDS = 0.2


class _RefusedError(Exception):
    """The server takes no more connections. *alone*: no other operation has one that it could give back."""

    def __init__(self, *, alone: bool) -> None:
        super().__init__()
        self.alone = alone


class PostgresDatabase:
    """The Database port on a server."""

    dialect = "postgresql"

    def __init__(
        self, server: Server, connections: int = CONNECTIONS, refused_seconds: float = REFUSED_SECONDS
    ) -> None:
        self._engine = _engine(server, connections)
        self._address = _address(server)
        self._room = ConnectionRoom(connections)
        self._refused_seconds = refused_seconds
        self._trouble = WriteTrouble()

    @property
    def shortage(self) -> str:
        return self._room.shortage

    @property
    def trouble(self) -> str:
        return self._trouble.words

    async def write(
        self,
        operation: Operation[T],
        *,
        synced: bool = True,  # noqa: ARG002 - always; see the port
        urgent: bool = False,  # noqa: ARG002 - nobody waits for anybody here
    ) -> T:
        until = time.monotonic() + self._refused_seconds
        undone = 0
        while undone < UNDONE_TIMES:
            try:
                return await self._tried(operation)
            except _RefusedError as refused:
                if refused.alone:
                    if time.monotonic() > until:
                        raise LedgerError("the server takes no more connections") from refused
                    await asyncio.sleep(REFUSED_PAUSE_SECONDS)
            except DBAPIError as error:
                self._trouble.note(error)
                if getattr(error.orig, "sqlstate", None) not in UNDONE:
                    raise unusable(error) from error
                undone += 1
            except BotError:
                raise
            except Exception as error:
                if is_unusable(error):
                    way = None if is_shortage(error) else failure(error, self._address)
                    raise LedgerError(way.words) if way else unusable(error) from error
                raise
        raise LedgerError("transactions of several processes wait for each other again and again")

    async def _tried(self, operation: Operation[T]) -> T:
        async with self._room.place():
            try:
                probing = bool(self._trouble.words)
                async with self._engine.begin() as connection:
                    result = await connection.run_sync(operation)
                    if probing:  # what finds nothing to do writes nothing
                        await connection.execute(text("CREATE TEMPORARY TABLE probe ON COMMIT DROP AS SELECT 1"))
            except DBAPIError as error:
                if not _is_refused(error):
                    raise
                raise _RefusedError(alone=not self._room.refused(str(error.orig))) from error
        if probing:
            self._trouble.over()
        return result

    async def read(self, operation: Operation[T]) -> T:
        return await self.write(operation)

    async def clean(self) -> None:
        """Nothing: see the port."""

    async def close(self) -> None:
        await self._engine.dispose()


def _address(server: Server) -> str:
    """Of all hosts, for what is said when no connection comes about."""
    hosts = (f"[{host}]" if ":" in host else host for host, _ in server.hosts)
    places = (f"{host}:{port}" for host, (_, port) in zip(hosts, server.hosts, strict=True) if not host.startswith("/"))
    return f"postgresql://{','.join(places)}"


def _is_refused(error: DBAPIError) -> bool:
    """Whether *error* came instead of a connection."""
    if getattr(error.orig, "sqlstate", None) == TOO_MANY:
        return True
    return any(words in str(error.orig).lower() for words in POOLERS_WORDS)


def _engine(server: Server, connections: int) -> AsyncEngine:
    try:
        return create_async_engine(
            "postgresql+asyncpg://",
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            isolation_level=ISOLATION,
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
