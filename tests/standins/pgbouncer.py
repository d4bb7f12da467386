"""
A real PgBouncer in transaction mode before the tests' PostgreSQL, in the configuration that its package has.

The program is the one in PATH, or in PGBOUNCER; else Debian's package is downloaded and unpacked, nothing is installed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import make_url

PACKAGES = ("pgbouncer", "libevent-2.1-7", "libc-ares2")  # of Debian 12; the others are on every machine
LIBRARIES = "usr/lib/x86_64-linux-gnu"

CONFIGURATION = """
[databases]
* = host={host} port=5432

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {size}
"""


class UnavailableError(Exception):
    """There is no PgBouncer on this machine, and none can be had."""


class Program:
    def __init__(self, path: str, libraries: Path | None = None) -> None:
        self.path = path
        self.environment: Mapping[str, str] = {"LD_LIBRARY_PATH": str(libraries)} if libraries else {}

    @classmethod
    def found(cls, directory: Path) -> Program:
        """Unpacked in *directory*, if it has to be. Blocks for as long as a download takes. Raises UnavailableError."""
        path = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
        if path:
            return cls(path)
        try:
            _run(directory, "apt-get", "-qq", "-o", "Acquire::Retries=0", "download", *PACKAGES)
            for package in sorted(directory.glob("*.deb")):
                _run(directory, "dpkg-deb", "-x", str(package), str(directory))
            program = cls(str(directory / "usr/sbin/pgbouncer"), directory / LIBRARIES)
            _run(directory, program.path, "--version", **program.environment)
        except (OSError, subprocess.SubprocessError) as error:
            raise UnavailableError(f"pgbouncer is not installed, and Debian's package cannot be had: {error}") from None
        return program


def _run(directory: Path, *command: str, **environment: str) -> None:
    subprocess.run(
        command, cwd=directory, check=True, capture_output=True, timeout=60, env={**os.environ, **environment}
    )


@asynccontextmanager
async def pooled(program: Program, directory: Path, url: str, *, size: int = 2) -> AsyncIterator[str]:
    """The URL of the database of *url* through a PgBouncer with *size* connections to the server."""
    server = make_url(url)
    port = _free_port()
    users, configuration = directory / "users.txt", directory / "pgbouncer.ini"
    users.write_text(f'"{server.username}" ""\n', encoding="utf-8")
    host = server.query["host"]
    configuration.write_text(CONFIGURATION.format(host=host, port=port, users=users, size=size), encoding="utf-8")
    # It does not run as root, and the server's socket is for the server's user.
    user = _owner(str(host)) if os.getuid() == 0 else None
    with (directory / "pgbouncer.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program.path, str(configuration), stdout=log, stderr=log, env={**os.environ, **program.environment},
            user=user, group=user, extra_groups=None if user is None else [],
        )  # fmt: skip
    try:
        await _listening(port)
        yield f"postgresql://{server.username}@127.0.0.1:{port}/{server.database}"
    finally:
        process.kill()
        await process.wait()


def _owner(directory: str) -> int:
    return Path(directory).stat().st_uid


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def _listening(port: int) -> None:
    async with asyncio.timeout(100):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
