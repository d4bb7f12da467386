"""What is left of texts on pages where their rows once were is overwritten, and nothing else is changed by that."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Table

from bot import database_file
from bot.store.database.residue import GROWING, Page, Residue
from bot.store.tables import StorableText, metadata

WORDS = [f"word{number:03d}" for number in range(1000)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture
def residue(file: Path) -> Iterator[Residue]:
    """Closed after the connection that is made by a test."""
    opened = Residue(file)
    yield opened
    opened.close()


def opened(file: Path, page_size: int = 4096) -> closing[sqlite3.Connection]:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute(f"PRAGMA page_size = {page_size}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(database_file.SECURE_DELETE)
    connection.execute("CREATE TABLE IF NOT EXISTS files (id INTEGER PRIMARY KEY, text TEXT, tokens INTEGER)")
    return closing(connection)


def change(connection: sqlite3.Connection, chance: random.Random, longest: int) -> None:
    """Rows come, grow, shrink and go: SQLite moves them from page to page."""
    with connection:
        connection.execute("BEGIN")
        for _ in range(1500):
            text = " ".join(chance.choices(WORDS, k=int(longest ** chance.random()) // 8))
            row = {"id": chance.randrange(1, 600), "text": text, "tokens": chance.choice([None, 0, 1, 300, 2**40])}
            connection.execute(
                "INSERT INTO files (id, text, tokens) VALUES (:id, :text, :tokens)"
                " ON CONFLICT DO UPDATE SET text = :text, tokens = :tokens",
                row,
            )
            if chance.random() < 0.2:
                connection.execute("DELETE FROM files WHERE id = ?", (chance.randrange(1, 600),))


def found(connection: sqlite3.Connection, residue: Residue) -> list[Page]:
    frozen = residue.freeze(connection)
    assert frozen
    with closing(frozen):
        return [page for lot in residue.leaves(frozen) for page in residue.left_on(lot)]


def overwrite(connection: sqlite3.Connection, residue: Residue, pages: list[Page]) -> None:
    while pages:
        assert residue.overwrite(connection, pages)
    assert database_file.truncate_wal(connection)


def rows(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT * FROM files").fetchall()


@pytest.mark.parametrize("longest", [100, 1000, 4000, 50_000])
@pytest.mark.parametrize("page_size", [1024, 4096, 65536])
def test_what_is_left_goes_and_rows_stay(file: Path, residue: Residue, page_size: int, longest: int) -> None:
    chance = random.Random(page_size + longest)  # noqa: S311 - the same each time
    with opened(file, page_size) as connection:
        for _ in range(3):
            change(connection, chance, longest)
            before = rows(connection)
            overwrite(connection, residue, found(connection, residue))
            assert found(connection, residue) == []
            assert rows(connection) == before
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_no_text_that_was_there_is_in_the_file(file: Path, residue: Residue) -> None:
    chance = random.Random(1)  # noqa: S311 - the same each time
    with opened(file) as connection:
        for _ in range(3):
            change(connection, chance, 1000)
        stored = {word for _, text, _ in rows(connection) for word in str(text).split()}
        connection.execute("UPDATE files SET text = '' WHERE id % 2")
        connection.execute("UPDATE files SET text = ''")
        assert database_file.truncate_wal(connection)
        left = {word for word in stored if word.encode() in file.read_bytes()}
        assert left
        overwrite(connection, residue, found(connection, residue))
        assert not {word for word in stored if word.encode() in file.read_bytes()}


@pytest.mark.parametrize(
    "columns",
    [
        ["ADD COLUMN note TEXT NOT NULL DEFAULT 'nothing to say of it'"],
        [
            "ADD COLUMN seen BOOLEAN NOT NULL DEFAULT 1",
            "ADD COLUMN seconds FLOAT DEFAULT 0.5",
            "ADD COLUMN at DATETIME",
        ],
        ["DROP COLUMN tokens", "ADD COLUMN tokens INTEGER"],
    ],
)
def test_rows_from_before_a_column_was_added_are_no_obstacle(
    file: Path, residue: Residue, columns: Sequence[str]
) -> None:
    chance = random.Random(2)  # noqa: S311 - the same each time
    with opened(file) as connection:
        change(connection, chance, 1000)
        for column in columns:
            connection.execute(f"ALTER TABLE files {column}")
        before = rows(connection)
        pages = found(connection, residue)
        assert pages
        overwrite(connection, residue, pages)
        assert found(connection, residue) == []
        assert rows(connection) == before


def test_a_page_that_has_become_another_tables_is_left_alone(file: Path, residue: Residue) -> None:
    chance = random.Random(3)  # noqa: S311 - the same each time
    with opened(file) as connection:
        change(connection, chance, 1000)
        pages = found(connection, residue)
        assert pages
        connection.execute("CREATE TABLE others AS SELECT * FROM files")
        connection.execute("DELETE FROM files")
        connection.execute("INSERT INTO others SELECT * FROM others")
        before = connection.execute("SELECT * FROM others").fetchall()
        overwrite(connection, residue, pages)
        assert connection.execute("SELECT * FROM others").fetchall() == before
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_frozen_file_stays_as_it_is_while_others_write(file: Path, residue: Residue) -> None:
    with opened(file) as connection:
        frozen = residue.freeze(connection)
        assert frozen
        before = file.read_bytes()
        change(connection, random.Random(4), 1000)  # noqa: S311 - the same each time
        connection.execute("PRAGMA wal_checkpoint")
        assert file.read_bytes() == before
        frozen.close()
        assert database_file.truncate_wal(connection)
        assert file.read_bytes() != before


def test_nothing_is_done_while_another_program_keeps_the_wal(file: Path, residue: Residue) -> None:
    with opened(file) as connection, opened(file) as other:
        change(connection, random.Random(5), 1000)  # noqa: S311 - the same each time
        pages = found(connection, residue)
        other.execute("BEGIN")
        other.execute("SELECT * FROM files").fetchone()
        connection.execute("DELETE FROM files WHERE id = 1")
        assert residue.freeze(connection) is None
        assert not residue.overwrite(connection, pages[:])
        other.execute("COMMIT")
        overwrite(connection, residue, pages)


def test_every_table_that_texts_are_erased_from_has_a_column_that_can_grow() -> None:
    never = {"conversations", "participants", "system_prompts"}
    with_texts = {
        table.name for table in metadata.tables.values() if any(isinstance(each.type, StorableText) for each in table.c)
    }
    assert set(GROWING) == with_texts - never | {"turns"}, "notices name files"
    for name, column in GROWING.items():
        assert is_free(metadata.tables[name], column)


def is_free(table: Table, column: str) -> bool:
    """Whether nothing but *table* itself knows of it, so that it can hold anything within a transaction."""
    described = table.c[column]
    used = [each for index in table.indexes for each in index.columns]
    used += [each for constraint in table.constraints for each in getattr(constraint, "columns", [])]
    return bool(described.nullable) and not described.foreign_keys and described not in used
