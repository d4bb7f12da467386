"""Whatever an operation does, whoever waits for it hears of it."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.core.errors import LeaseLost, LedgerError, LedgerGoneError
from bot.store.database.base import Database, Operation, read_after_commit
from bot.store.database.urls import open_database


async def test_an_operation_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    await database.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER UNIQUE)")))

    def refuse(_: Connection) -> None:
        raise LeaseLost

    def stumble(_: Connection) -> None:
        raise ValueError("a defect")

    def insert(value: int) -> object:
        def operation(connection: Connection) -> int:
            connection.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": value})
            return value

        return operation

    operations = [insert(1), refuse, insert(1), stumble, insert(2**70), insert(2)]
    outcomes = await asyncio.gather(
        *(database.write(operation) for operation in operations),  # type: ignore[arg-type] # of several kinds
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [int, LeaseLost, LedgerError, ValueError, OverflowError, int]
    assert await numbers(database) == [1, 2]
    await database.close()


async def test_a_reader_hears_of_a_defect_too(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")

    def stumble(_: Connection) -> None:
        raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        await database.read(stumble)
    await database.close()


async def numbers(database: Database) -> list[int]:
    return await database.read(lambda connection: list(connection.execute(text("SELECT n FROM numbers")).scalars()))


async def test_a_process_that_is_out_of_memory_or_threads_waits_for_its_database(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    for error in (MemoryError(), RuntimeError("can't start new thread")):

        def starve(_: Connection, error: Exception = error) -> None:
            raise error

        with pytest.raises(LedgerError):
            await database.write(starve)
        with pytest.raises(LedgerError):
            await database.read(starve)
    await database.close()


def level(read: list[int], connection: Connection) -> None:
    read.append(connection.execute(text("SELECT max(n) FROM numbers")).scalar_one())


def inserting(n: int, read: Operation[None]) -> Operation[int]:
    def operation(connection: Connection) -> int:
        read_after_commit(connection, read)
        connection.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": n})
        return n

    return operation


async def test_what_is_to_be_read_after_a_commit_sees_it_and_waits_for_no_other_writer(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    await database.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER)")))
    read: list[int] = []
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False, timeout=0)

    def reading(connection: Connection) -> None:
        other.execute("BEGIN IMMEDIATE")  # there is no lock of ours any more, and none to come
        level(read, connection)
        other.execute("ROLLBACK")

    assert await database.write(inserting(1, reading)) == 1
    assert read == [1]
    assert await database.write(inserting(2, lambda _: None)) == 2  # and writes take their lock again
    other.close()
    await database.close()


async def test_a_defect_in_what_is_read_after_a_commit_undoes_nothing(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    await database.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER)")))

    def stumble(_: Connection) -> None:
        raise ValueError("a defect")

    assert await database.write(inserting(1, stumble)) == 1
    assert await database.write(inserting(2, lambda connection: level([], connection))) == 2
    assert await numbers(database) == [1, 2]
    await database.close()


async def test_nothing_is_read_after_a_transaction_that_fails_or_that_others_share(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    await database.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER UNIQUE)")))
    read: list[int] = []
    await database.write(inserting(1, lambda connection: level(read, connection)))
    with pytest.raises(LedgerError):
        await database.write(inserting(1, lambda connection: level(read, connection)))
    alone = database.write(lambda connection: None)  # begins at once; the others wait for it
    together = [database.write(inserting(n, lambda connection: level(read, connection))) for n in (2, 3)]
    await asyncio.gather(alone, *together)
    await database.write(lambda connection: None)
    assert read == [1]
    await database.close()


@pytest.mark.parametrize("happens", ["renamed", "deleted", "replaced", "directory renamed"])
async def test_nothing_is_stored_in_a_file_that_is_no_longer_there(tmp_path: Path, happens: str) -> None:
    directory = tmp_path / "data"
    directory.mkdir()
    file = directory / "a.db"
    database = open_database(f"sqlite:///{file}")
    await database.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INTEGER)")))
    if happens == "directory renamed":
        directory.rename(tmp_path / "other")
    elif happens == "deleted":
        file.unlink()
    else:
        file.rename(tmp_path / "b.db")
    if happens == "replaced":
        file.touch()

    def insert(connection: Connection) -> None:
        connection.execute(text("INSERT INTO numbers VALUES (1)"))

    outcomes = await asyncio.gather(*(database.write(insert) for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LedgerGoneError] * 3
    with pytest.raises(LedgerGoneError, match=r"a\.db was moved, deleted or replaced"):
        await numbers(database)
    await database.close()
