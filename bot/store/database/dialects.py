"""INSERT … ON CONFLICT, which SQLAlchemy has for each database apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert(dialect: str) -> Any:
    """insert() for SQLAlchemy's name of a database: sqlite or postgresql. Both take the same arguments."""
    return _INSERTS[dialect]


def by_dialect(build: Callable[[Any], Executable]) -> Mapping[str, Executable]:
    """What *build* makes of each upsert: for statements that are built before it is known what they will run on."""
    return {dialect: build(insert) for dialect, insert in _INSERTS.items()}
