"""
Statements of SQLAlchemy's that sqlite3 runs without it.

SQLAlchemy remembers what a statement compiles to, but to run it takes several times as long as SQLite does. What it has
to say of a statement (text, order and conversion of parameters and columns) is asked once, when the same object is run
for the second time: one that is built for a single execution is not worth it.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, CursorResult, Engine
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.sql import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import SelectBase

Parameters = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


class PreparedConnection(Connection):
    """A connection to SQLite like any other, to be used within transactions. Raises sqlite3.Error, too."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._prepared: WeakKeyDictionary[Executable, dict[tuple[str, ...], _Prepared]] = WeakKeyDictionary()

    def execute(self, statement: Executable, parameters: Any = None, **options: Any) -> CursorResult[Any]:
        given = {} if parameters is None else parameters
        if options or not isinstance(given, dict) or not isinstance(statement, SelectBase | UpdateBase):
            return super().execute(statement, parameters, **options)
        prepared = self._prepared.get(statement)
        if prepared is None:
            self._prepared[statement] = {}
            return super().execute(statement, parameters)
        names = tuple(given)
        form = prepared.get(names)
        if form is None:
            form = prepared[names] = _Prepared(statement, self.dialect, names)
        raw = cast("sqlite3.Connection", self.connection.driver_connection)
        return cast("CursorResult[Any]", form.run(raw, given))


class _Prepared:
    """A statement with parameters of certain names."""

    def __init__(self, statement: SelectBase | UpdateBase, dialect: Dialect, names: Sequence[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - SQL is what a dialect of SQL compiles to
        self._compiled, self._dialect = compiled, dialect
        self._lists = [name for bind, name in compiled.bind_names.items() if bind.expanding and name in names]
        self._texts: dict[tuple[int, ...], _Text] = {}
        columns = list(statement.exported_columns)
        self._row: Any = namedtuple("Row", [str(column.key) for column in columns], rename=True)  # type: ignore[misc]  # a type of run time
        kinds = [column.type.dialect_impl(dialect) for column in columns]
        self._converts = [kind.result_processor(dialect, None) for kind in kinds]

    def run(self, raw: sqlite3.Connection, given: Parameters) -> Fetched:
        lengths = tuple([len(given[name]) for name in self._lists])
        text = self._texts.get(lengths)
        if text is None:
            text = self._texts[lengths] = _Text(self._compiled, self._dialect, given)
        cursor = raw.execute(text.sql, text.values(given))
        rows = [self._row._make(map(_converted, self._converts, row)) for row in cursor]
        cursor.close()
        return Fetched(rows, cursor.rowcount)


class _Text:
    """The SQL for lists of certain lengths, with the order of its parameters."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect, given: Parameters) -> None:
        whole = compiled.construct_expanded_state(given)
        self.sql = whole.statement
        self._lists = {name: each for name, each in whole.parameter_expansion.items() if name in given}
        self._constants = {name: value for name, value in whole.parameters.items() if name not in given}
        list_of = {each: name for name, members in whole.parameter_expansion.items() for each in members}
        kinds = {name: bind.type.dialect_impl(dialect) for bind, name in compiled.bind_names.items()}
        self._order: list[tuple[str, Convert]] = [
            (name, kinds[list_of.get(name, name)].bind_processor(dialect)) for name in whole.positiontup or ()
        ]

    def values(self, given: Parameters) -> list[Any]:
        every = {**self._constants, **given}
        for name, members in self._lists.items():
            every.update(zip(members, given[name], strict=True))
        return [_converted(convert, every[name]) for name, convert in self._order]


def _converted(convert: Convert, value: Any) -> Any:
    return value if convert is None else convert(value)


class Fetched:
    """All that a statement gave: the part of SQLAlchemy's CursorResult that is used here."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        if len(self._rows) != 1:
            raise MultipleResultsFound if self._rows else NoResultFound
        return self._rows[0]

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalars(self) -> Iterator[Any]:
        return (row[0] for row in self._rows)
