"""Databases at an earlier revision with the data of a dump in tests/data/, and all that is stored in one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, column, func, select, table

from bot.store.database import migrate
from bot.store.database.base import Database

DATA = Path(__file__).parents[2] / "data"
DUMPS = ("0001", "0007")
"""Revisions that have a dump, of what came since the one before: rows of new tables, and values of new columns."""

Rows = dict[str, list[tuple[Any, ...]]]


async def bring_to(database: Database, revision: str) -> None:
    """From nothing to *revision*, with the data of its dump and of those before it."""
    for each in DUMPS[: DUMPS.index(revision) + 1]:
        await migrate.upgrade(database, each)
        await database.write(lambda connection, dump=each: load(connection, dump))  # type: ignore[misc]  # the default


def load(connection: Connection, revision: str) -> None:
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
    for statement in statements(revision):
        connection.exec_driver_sql(statement)
    if postgresql:  # rows that came with their ids have not moved the sequences
        for table in tables(connection):
            newest = select(func.max(table.c.id)).scalar_subquery()
            connection.execute(select(func.setval(f"{table.name}_id_seq", func.coalesce(newest, 1))))


def statements(revision: str) -> Iterator[str]:
    lines = (DATA / f"revision-{revision}.sql").read_text(encoding="utf-8").splitlines(keepends=True)
    script = "".join(line for line in lines if not line.startswith("--"))
    yield from (statement for statement in script.split(";\n") if statement.strip())


def tables(connection: Connection) -> list[Table]:
    """Those that there are now, as the database describes them."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if "id" in table.c]


def columns(connection: Connection) -> dict[str, list[str]]:
    return {table.name: list(table.c.keys()) for table in tables(connection)}


def rows(connection: Connection, wanted: dict[str, list[str]] | None = None) -> Rows:
    """All that is stored, or those columns of it."""

    def all_of(name: str, names: list[str]) -> list[tuple[Any, ...]]:
        wanted_columns: list[Any] = [column(each) for each in names]
        found = select(*wanted_columns).select_from(table(name)).order_by(column("id"))
        return [tuple(row) for row in connection.execute(found)]

    return {name: all_of(name, names) for name, names in (wanted or columns(connection)).items()}
