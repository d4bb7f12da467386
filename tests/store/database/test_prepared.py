"""What sqlite3 runs by itself gives what SQLAlchemy would have given, each time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.pool import StaticPool

from bot.store.database.prepared import Fetched, PreparedConnection
from bot.store.tables import StorableText, UtcDateTime

NOON = datetime(2026, 11, 30, 21, tzinfo=timezone(timedelta(hours=9)))
THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("text", StorableText),
    Column("at", UtcDateTime),
    Column("seen", Boolean),
    Column("more", JSON),
)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "kind": "a", "text": "one\0", "at": NOON, "seen": True, "more": {"k": ["한", None]}},
    {"id": 2, "kind": "b", "text": None, "at": None, "seen": False, "more": None},
    {"id": 3, "kind": "b", "text": "three", "at": NOON, "seen": None, "more": [1]},
]
ALL = select(THINGS).order_by(THINGS.c.id)
OF_KIND = select(THINGS.c.id).where(THINGS.c.kind == bindparam("of_kind")).order_by(THINGS.c.id)
AMONG = select(THINGS.c.id).where(THINGS.c.id.in_(bindparam("ids", expanding=True)), THINGS.c.kind.in_(("a", "b")))
LATER = select(func.count(THINGS.c.id)).where(THINGS.c.at > bindparam("moment", type_=UtcDateTime))
NEW = insert(THINGS).returning(THINGS.c.id, THINGS.c.at)
CHANGED = update(THINGS).where(THINGS.c.id == bindparam("which"), THINGS.c.kind == "b")
GONE = delete(THINGS).where(THINGS.c.id == bindparam("which"))
UPSERT = upsert(THINGS).on_conflict_do_nothing(index_elements=["id"]).returning(THINGS.c.id)


@pytest.fixture(params=[Connection, PreparedConnection])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """With what SQLAlchemy does by itself, and prepared."""
    engine = create_engine("sqlite+pysqlite://", poolclass=StaticPool, connect_args={"isolation_level": None})
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN"))
    connection = request.param(engine)
    with connection.begin():
        THINGS.create(connection)
        connection.execute(insert(THINGS), ROWS)
        yield connection
    connection.close()
    engine.dispose()


TIMES = range(3)  # the first is SQLAlchemy's, the second is prepared, the third finds it so


def test_values_are_converted_on_their_way_in_and_out(connection: Connection) -> None:
    for _ in TIMES:
        rows = connection.execute(ALL).all()
        assert [tuple(row) for row in rows] == [
            (1, "a", "one\N{REPLACEMENT CHARACTER}", NOON, True, {"k": ["한", None]}),
            (2, "b", None, None, False, None),
            (3, "b", "three", NOON, None, [1]),
        ]
        assert (rows[0].kind, rows[0].at.tzinfo, rows[1].seen) == ("a", UTC, False)
        assert connection.execute(LATER, {"moment": NOON - timedelta(seconds=1)}).scalar_one() == 2
        assert connection.execute(LATER, {"moment": NOON}).scalar_one() == 0


def test_a_statement_takes_other_values_each_time(connection: Connection) -> None:
    for kind, ids in (("a", [1]), ("b", [2, 3]), ("b", [2, 3]), ("c", [])):
        assert list(connection.execute(OF_KIND, {"of_kind": kind}).scalars()) == ids


def test_lists_may_have_other_lengths_each_time(connection: Connection) -> None:
    for ids in ([1], [1, 2], [], [3], [2, 1], [7, 8, 9], []):
        found = connection.execute(AMONG, {"ids": ids}).scalars()
        assert sorted(found) == [each for each in sorted(ids) if each <= 3]


def test_what_is_written_depends_on_the_names_that_are_given(connection: Connection) -> None:
    for number in TIMES:
        row = connection.execute(NEW, {"kind": "n", "at": NOON}).one()
        assert (row.id, row.at) == (4 + 2 * number, NOON)
        assert connection.execute(NEW, {"kind": "n", "more": [number]}).one().at is None
        assert connection.execute(CHANGED, {"which": 3, "text": f"{number}"}).rowcount == 1
        assert connection.execute(CHANGED, {"which": 3, "seen": True, "more": {}}).rowcount == 1
        assert connection.execute(CHANGED, {"which": 1, "text": "not of this kind"}).rowcount == 0
        third = connection.execute(ALL).all()[2]
        assert (third.text, third.seen, third.more) == (f"{number}", True, {})


def test_rows_are_counted_and_asked_for_as_usual(connection: Connection) -> None:
    for number in TIMES:
        assert connection.execute(UPSERT, {"id": 1, "kind": "a"}).first() is None
        assert connection.execute(UPSERT, {"id": 10 + number, "kind": "a"}).scalar() == 10 + number
        assert connection.execute(GONE, {"which": 10 + number}).rowcount == 1
        assert connection.execute(OF_KIND, {"of_kind": "b"}).first() == (2,)
        assert [row.id for row in connection.execute(OF_KIND, {"of_kind": "b"})] == [2, 3]
        assert connection.execute(OF_KIND, {"of_kind": "c"}).scalar() is None
        with pytest.raises(NoResultFound):
            connection.execute(OF_KIND, {"of_kind": "c"}).scalar_one()
        with pytest.raises(MultipleResultsFound):
            connection.execute(OF_KIND, {"of_kind": "b"}).one()


def test_many_rows_are_written_at_once(connection: Connection) -> None:
    for number in TIMES:
        many = [{"which": each, "text": f"{number}"} for each in (2, 3)]
        connection.execute(CHANGED, many)
        assert [row.text for row in connection.execute(ALL)][1:] == [f"{number}"] * 2


@pytest.mark.parametrize("connection", [PreparedConnection], indirect=True)
def test_what_is_built_once_is_prepared_and_what_is_built_each_time_is_not(connection: Connection) -> None:
    def is_prepared(statement: Any) -> bool:
        return isinstance(connection.execute(statement), Fetched)

    kept = select(THINGS.c.id)
    assert [is_prepared(kept) for _ in TIMES] == [False, True, True]
    assert [is_prepared(select(THINGS.c.id)) for _ in TIMES] == [False, False, False]
