"""
What is left of erased text on pages where its row once was, and how it is overwritten: in steps, while the bot works.

secure_delete overwrites what is deleted, where it is. Before that SQLite may have moved the row to another page, to
level them; the bytes in its old place are then part of the unused space, which is overwritten by whatever row comes
there next, or never. They are found in the file (page_file.py). No statement names such a place, but a row of the same
page that grows until the page is full, and shrinks again, makes SQLite put all rows of the page together and overwrite
the rest.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot import database_file
from bot.store.database.page_file import (
    LEAF,
    PageFile,
    filling_blob,
    first_row,
    free_bytes,
    is_clean,
    rows,
    stored_size,
)

STEP_SECONDS = 0.02  # for which others wait, and then as long again for the disk
LOOKED_AT_ONCE = 2048  # pages

GROWING = {
    "completions": "text_tokens",
    "files": "tokens",
    "message_versions": "tokens",
    "summaries": "tokens",
    "turns": "continues",
}
"""All tables that text is erased from, each with a column that can hold a blob for a moment: a number in no index."""

Page = tuple[str, int]
"""The table, and the page's number."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A file as it was: what is committed stays in the WAL until this is closed."""

    reader: sqlite3.Connection
    roots: Mapping[str, int]  # by table, its first page

    def close(self) -> None:
        self.reader.close()


class Residue:
    """
    Of one file. No method takes long, whatever the size of the file.

    Connections are those of a thread that is between two transactions. Raises sqlite3.Error and OSError.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._opened: PageFile | None = None

    def close(self) -> None:
        """After all connections to the file."""
        if self._opened is not None:
            self._opened.close()
        self._opened = None

    def freeze(self, connection: sqlite3.Connection) -> Frozen | None:
        """
        None when that cannot be now.

        A reader who began when the WAL was empty reads the file alone, and no checkpoint writes to it until they end.
        """
        if not database_file.truncate_wal(connection):
            return None
        reader = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        try:
            reader.execute("BEGIN").close()
            frozen = Frozen(reader, _roots(reader))
            if self._is_all_in_file():
                return frozen
        except BaseException:
            reader.close()
            raise
        reader.close()
        return None

    def leaves(self, frozen: Frozen) -> Sequence[Sequence[Page]]:
        """Of all tables that text is erased from, in lots of which one can be looked through at once."""
        lots: list[Sequence[Page]] = []
        for table, root in frozen.roots.items():
            found = [(table, number) for number in sorted(self._pages.leaves(root))]
            lots += [found[start : start + LOOKED_AT_ONCE] for start in range(0, len(found), LOOKED_AT_ONCE)]
        return lots

    def left_on(self, leaves: Sequence[Page]) -> Sequence[Page]:
        """Those on which something is left."""
        unclean = set(self._pages.unclean([number for _, number in leaves]))
        return [page for page in leaves if page[1] in unclean]

    def overwrite(self, connection: sqlite3.Connection, found: list[Page]) -> bool:
        """Clean some pages, and take them from *found*. False when that cannot be now."""
        if not database_file.truncate_wal(connection):
            return False
        until = time.monotonic() + STEP_SECONDS
        with _alone(connection):
            if not self._is_all_in_file():
                return False
            roots = _roots(connection)
            as_in_file = True
            while found and as_in_file and time.monotonic() < until:
                as_in_file = self._overwrite(connection, found.pop(), roots)
        return True

    def _overwrite(self, connection: sqlite3.Connection, found: Page, roots: Mapping[str, int]) -> bool:
        """Whether all other pages still are as they are in the file."""
        (table, number), pages = found, self._pages
        page = pages.page(number)
        first = first_row(page) if page[0] == LEAF and not is_clean(page) else None
        if first is None or table not in roots or pages.leaf_of(roots[table], first) != number:
            return True  # it has been overwritten since, perhaps to be another table's
        columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
        row = min(rows(page, pages.usable), key=lambda row: (-row.columns, row.payload))
        growing, added = GROWING[table], columns[row.columns :]
        look = f"SELECT {', '.join([growing, *added])} FROM {table} WHERE id = ?"  # noqa: S608 - the names are ours
        change = f"UPDATE {table} SET {growing} = ? WHERE id = ?"  # noqa: S608 - likewise
        [(value, *values)] = connection.execute(look, (row.id,)).fetchall()
        grown = sum(map(stored_size, values))  # a row is written with all columns
        free = free_bytes(page)
        blob = filling_blob(row, row.payload + grown - stored_size(value), free, pages.usable)
        connection.execute(change, (bytes(blob), row.id)).close()
        connection.execute(change, (value, row.id)).close()
        return grown <= free

    def _is_all_in_file(self) -> bool:
        """Nothing is in the WAL. Whoever holds a lock that keeps others from committing knows it for as long."""
        wal = self._file.with_name(self._file.name + "-wal")
        return not wal.exists() or wal.stat().st_size == 0

    @property
    def _pages(self) -> PageFile:
        self._opened = self._opened or PageFile(self._file)
        return self._opened


def _roots(connection: sqlite3.Connection) -> dict[str, int]:
    query = "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'"
    return {name: root for name, root in connection.execute(query) if name in GROWING}


@contextmanager
def _alone(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction beside which nobody writes."""
    with database_file.impatient(connection):
        connection.execute("BEGIN IMMEDIATE").close()
    with connection:  # which commits, or rolls back
        yield
