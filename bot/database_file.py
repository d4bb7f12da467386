"""
The files of an SQLite database: who may read them, and how erased text leaves them.

The bot's database and the playground's are both treated so. Nothing here knows what is stored.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

SECURE_DELETE = "PRAGMA secure_delete = ON"
"""
What is deleted is overwritten with zeros at once (SQLite, "PRAGMA secure_delete"). It holds for one connection.

It misses copies: where SQLite has moved rows to other pages, to make room, their old places keep them.
"""

COMPACTED_AT_ONCE = 32 * 2**20  # bytes; VACUUM takes some 9 ms a MB, and nothing else is done meanwhile
SUFFIXES = ("", "-wal", "-shm", "-journal", ".lock")


def create(file: Path) -> None:
    """
    Make *file* for its owner only, unless it is there. Raises OSError.

    SQLite would make it as the umask says. It gives its other files the rights of this one (os_unix.c,
    findCreateFileMode). Not to be called in a thread: to close a file lets go of all locks that the process holds on
    it (fcntl), also of those that a connection has taken since.
    """
    try:
        descriptor = os.open(file.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    try:
        os.fchmod(descriptor, 0o600)  # whatever the umask takes away
    finally:
        os.close(descriptor)


def problem(file: Path) -> str | None:
    """Why no database can be kept in *file*, or None. It is not made; what is tried in its directory leaves nothing."""
    directory = file.parent
    if not directory.is_dir():
        return f"there is no directory {directory}" if not directory.exists() else f"{directory} is no directory"
    if file.is_dir():
        return f"{file} is a directory. Name a file in it"
    try:
        with tempfile.TemporaryFile(dir=directory):  # SQLite writes files beside its own
            pass
        if file.exists():
            os.close(os.open(file.resolve(), os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        where = directory if error.filename is None or Path(error.filename) != file.resolve() else file
        return f"{where} cannot be written to ({error.strerror})"
    return None


def there(file: Path, suffixes: Sequence[str] = SUFFIXES) -> Iterator[tuple[Path, int]]:
    """
    Of *file* and what stands beside it under its name, all that exists, each with its mode bits.

    SQLite puts its other files beside the one that a link leads to.
    """
    real = Path(os.path.realpath(file))
    for suffix in suffixes:
        path = real.with_name(real.name + suffix)
        try:
            yield path, stat.S_IMODE(path.stat().st_mode)
        except OSError:
            continue


def tighten(file: Path) -> None:
    """
    Close to others what everybody may read: earlier versions left that to the umask.

    What only its group may read was made so by somebody, for a backup perhaps, and stays.
    """
    for path, mode in there(file):
        if not mode & stat.S_IRWXO:
            continue
        try:
            path.chmod(0o600)
        except OSError as error:
            log.warning("everybody on this machine may use %s (%04o): %s", path, mode, error.strerror)
        else:
            log.info("everybody on this machine could use %s (%04o): only its owner can now (0600)", path, mode)


def compact(connection: sqlite3.Connection, *, at_most: int = COMPACTED_AT_ONCE) -> None:
    """Rewrite the database without what is erased, unless it has over *at_most* bytes. Raises sqlite3.Error."""
    [(pages,)] = connection.execute("PRAGMA page_count").fetchall()
    [(size,)] = connection.execute("PRAGMA page_size").fetchall()
    if pages * size <= at_most:
        connection.execute("VACUUM").close()


def truncate_wal(connection: sqlite3.Connection) -> bool:
    """
    Write what is in the WAL to the database, and leave an empty file. Raises sqlite3.Error.

    False while a transaction of another connection still needs the WAL: that one is not waited for.
    """
    with impatient(connection):
        [(busy, *_)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return not busy


@contextmanager
def impatient(connection: sqlite3.Connection) -> Iterator[None]:
    """Within, a lock that another connection holds is not waited for."""
    [(milliseconds,)] = connection.execute("PRAGMA busy_timeout").fetchall()
    connection.execute("PRAGMA busy_timeout = 0").close()
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {milliseconds}").close()
