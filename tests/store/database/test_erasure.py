"""Erased text leaves the files of the database as well, soon, and whatever became of the process that erased it."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select, update

from bot import database_file
from bot.core.conversation import Deleted, Edited
from bot.core.errors import LedgerError
from bot.core.files import Cut, FileOutcome, FileRef, Reading
from bot.core.turn import Completion, Notice, Turn
from bot.store.database import migrate
from bot.store.database.erasure import Cleaner
from bot.store.database.residue import Residue
from bot.store.database.sqlite import SqliteDatabase
from bot.store.ledger.ledger import SqlLedger
from bot.store.summaries import SqlSummaries
from bot.store.tables import message_versions
from tests.store.conftest import Clock
from tests.store.steps import RESULT, START, answer, ask, claimed, record, said
from tests.store.test_summaries import made, older, ref, talk

SECRET = "the code is 7d1f4c"
SOON = 10.0  # seconds

T = TypeVar("T")
Erase = Callable[[SqlLedger], Awaitable[object]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "threadbot.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[SqliteDatabase]:
    opened = SqliteDatabase(file)
    await migrate.upgrade(opened)
    yield opened
    await opened.close()


def is_in(file: Path, text: str = SECRET) -> bool:
    """Whether any file of the database holds *text*."""
    return any(text.encode() in path.read_bytes() for path, _ in database_file.there(file))


def contents(file: Path) -> bytes:
    return file.read_bytes()


async def leaves(file: Path, *texts: str) -> None:
    async with asyncio.timeout(SOON):
        while any(is_in(file, text) for text in texts or [SECRET]):  # noqa: ASYNC110 - files have no condition
            await asyncio.sleep(0.05)


def deleted(ts: str) -> Deleted:
    return Deleted(ref(ts), None, START)


def secret_result(text: str = SECRET) -> Completion:
    return replace(RESULT, text=text, refusal=f"no: {text}")


async def answered(ledger: SqlLedger, turn: Turn, result: Completion, *notices: Notice) -> None:
    """With a reply of one part; all but shown."""
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "1.5")
    await ledger.complete(turn.claim, await ask(ledger, turn), result, notices, "en")


@pytest.mark.parametrize("length", [0, 200, 20_000], ids=["short", "long", "on pages of its own"])
async def test_a_deleted_message_leaves_with_all_that_it_ever_said(ledger: SqlLedger, file: Path, length: int) -> None:
    await record(ledger, said(1.0, SECRET + "x" * length), Edited(said(1.0, "harmless"), START), said(2.0))
    await answer(ledger, await claimed(ledger))
    assert is_in(file)
    await ledger.erase(deleted("1.0"))
    await leaves(file)


async def test_a_deleted_answer_leaves_with_its_variants(ledger: SqlLedger, file: Path) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await answered(ledger, turn, secret_result())
    await ledger.shown(turn.claim)
    assert is_in(file)
    await ledger.erase(deleted("1.5"))
    await leaves(file)


async def test_an_answer_to_a_deleted_question_leaves_with_the_reply_that_is_taken_away(
    ledger: SqlLedger, file: Path
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await answered(ledger, turn, secret_result())
    await ledger.erase(deleted("1.0"))
    await ledger.remove(turn.claim, "nothing to answer")
    await leaves(file)


async def test_an_answer_that_could_not_be_shown_leaves_with_its_question(ledger: SqlLedger, file: Path) -> None:
    await record(ledger, said(1.0), said(2.0, "and this?"))
    turn = await claimed(ledger)
    await answered(ledger, turn, secret_result())
    await ledger.give_up(turn.claim, "channel_not_found")
    await ledger.erase(deleted("1.0"))
    assert is_in(file), "one of its questions is there still"
    await ledger.erase(deleted("2.0"))
    await leaves(file)


async def test_an_answer_that_was_shown_in_part_leaves_when_that_part_is_deleted(ledger: SqlLedger, file: Path) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await answered(ledger, turn, secret_result())
    await ledger.give_up(turn.claim, "channel_not_found")
    await ledger.erase(deleted("1.5"))
    await leaves(file)


@pytest.mark.parametrize("when", ["shown", "not yet shown"])
async def test_what_was_read_of_files_leaves_with_their_message(ledger: SqlLedger, file: Path, when: str) -> None:
    look = said(1.0, "look", thread=0.5, addressed=False, author="U2")  # context, no question
    with_file = replace(look, files=(FileRef("F1", f"{SECRET}.txt", "text/plain"),))
    await record(ledger, said(0.5, thread=0.5), with_file)
    turn = await claimed(ledger)
    [read] = [each for message in (await ledger.history(turn)).said for each in message.files]
    reading = Reading(FileOutcome.READ, SECRET, cut=Cut(8, 100, "characters"))
    await ledger.files.note([replace(read, reading=reading)])
    await answered(ledger, turn, RESULT, Notice("file_beginning", {"name": SECRET, "kept": 8}))
    if when == "shown":
        await ledger.shown(turn.claim)
    assert is_in(file)
    await ledger.erase(deleted("1.0"))
    if when == "not yet shown":
        await ledger.shown(turn.claim)
    await leaves(file)


async def test_what_was_read_of_a_file_leaves_when_the_file_is_deleted(ledger: SqlLedger, file: Path) -> None:
    one = FileRef("F1", "notes.txt", "text/plain")
    await record(ledger, replace(said(1.0), files=(one,)))
    turn = await claimed(ledger)
    [message] = (await ledger.history(turn)).messages
    await ledger.files.note([replace(message.files[0], reading=Reading(FileOutcome.READ, SECRET))])
    assert is_in(file)
    await record(ledger, Edited(replace(said(1.0), files=(replace(one, refused=FileOutcome.GONE),)), START))
    await leaves(file)


async def test_what_summaries_tell_leaves_with_what_they_tell_of(
    ledger: SqlLedger, database: SqliteDatabase, file: Path, clock: Clock
) -> None:
    asked = await talk(ledger, 4, left=2)
    store = SqlSummaries(database, clock)
    await made(store, await older(store, asked[0]), f"Kim said that {SECRET}")
    assert is_in(file)
    await ledger.erase(deleted("2.0"))
    await leaves(file)


SECRETS = [f"secret {number:04d} " + "y" * (number * 37 % 900) for number in range(1, 500)]
ERASED = {secret[:11] for secret in SECRETS[::2]}


@pytest.fixture
async def large(database: SqliteDatabase, ledger: SqlLedger, file: Path) -> None:
    """40 MB, in which many rows have been moved to other pages: what a model is given of a message makes it longer."""

    def fill(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA user_version = 1")  # what is done once is done
        connection.exec_driver_sql("CREATE TABLE big (filler BLOB)")
        connection.exec_driver_sql("INSERT INTO big VALUES (zeroblob(?))", (40 * 2**20,))

    def give(connection: Connection) -> None:
        of_one = update(message_versions).values(given="U1: " + message_versions.c.text)
        for number in range(1, len(SECRETS) + 1):
            connection.execute(of_one.where(message_versions.c.id == number))

    await database.write(fill)
    texts = enumerate(SECRETS, 1)
    await asyncio.gather(*(record(ledger, said(float(number), text, thread=number)) for number, text in texts))
    await database.write(give)
    with closing(sqlite3.connect(file)) as other:
        assert database_file.truncate_wal(other)
    there = contents(file)
    assert [text for text in ERASED if there.count(text.encode()) > 2], "none has been moved"


async def erase_half(ledger: SqlLedger) -> None:
    numbers = range(1, len(SECRETS) + 1, 2)
    await asyncio.gather(*(ledger.erase(deleted(f"{float(number)}")) for number in numbers))


def left_in(file: Path) -> set[str]:
    """Of the erased texts, those of which a beginning is in any file of the database."""
    found = (re.findall(rb"secret \d{4}", path.read_bytes()) for path, _ in database_file.there(file))
    return ERASED & {text.decode() for texts in found for text in texts}


async def all_leave(file: Path) -> None:
    async with asyncio.timeout(SOON):
        while left_in(file):  # noqa: ASYNC110 - files have no condition
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("large")
async def test_nothing_is_left_where_rows_have_been_moved(
    ledger: SqlLedger, database: SqliteDatabase, file: Path
) -> None:
    """To overwrite what is deleted is not enough: SQLite leaves copies behind where it moves rows to other pages."""
    await erase_half(ledger)
    await all_leave(file)
    kept = await database.read(lambda connection: [*connection.execute(select(message_versions.c.text)).scalars()])
    assert [text for text in kept if text] == SECRETS[1::2]


@pytest.mark.usefixtures("large")
async def test_what_a_dead_process_left_where_rows_have_been_moved_leaves_after_the_next_start(
    ledger: SqlLedger, file: Path, tmp_path: Path
) -> None:
    await erase_half(ledger)
    reopened = SqliteDatabase(left := killed(file, tmp_path / "left"))
    await reopened.clean()
    await all_leave(left)
    await reopened.close()


@pytest.mark.usefixtures("large")
async def test_what_is_left_at_the_end_leaves_with_it(ledger: SqlLedger, database: SqliteDatabase, file: Path) -> None:
    await erase_half(ledger)
    await database.close()
    assert not left_in(file)


async def test_a_reader_that_keeps_the_wal_is_outwaited(ledger: SqlLedger, file: Path) -> None:
    await record(ledger, said(1.0, SECRET))
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM messages").fetchall()
        before = contents(file)
        await ledger.erase(deleted("1.0"))
        async with asyncio.timeout(SOON):
            while contents(file) == before:  # noqa: ASYNC110 - until it has been tried: as far as the reader is
                await asyncio.sleep(0.05)
        assert is_in(file)
        assert await record(ledger, said(2.0, "meanwhile")) == [True]
        reader.execute("COMMIT")
        await leaves(file)


async def test_that_nothing_can_be_cleaned_is_said_once_and_not_at_every_try(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tries = 0

    async def refused(work: Callable[[sqlite3.Connection], T]) -> T:
        nonlocal tries
        tries += 1
        raise LedgerError("unable to open database file")

    cleaner = Cleaner(Residue(file), refused, refused)
    cleaner.note()
    async with asyncio.timeout(SOON):
        while tries < 3:  # noqa: ASYNC110 - it is nobody's event
            await asyncio.sleep(0.02)
    await cleaner.close()
    assert [record.getMessage() for record in caplog.records] == [
        "the database cannot be cleaned now: unable to open database file"
    ]


async def test_what_a_dead_process_left_in_the_wal_leaves_at_the_next_start(file: Path, tmp_path: Path) -> None:
    database = SqliteDatabase(file)
    await migrate.upgrade(database)
    ledger = SqlLedger(database)
    await record(ledger, said(1.0, SECRET))
    await ledger.erase(deleted("1.0"))
    left = killed(file, tmp_path / "left")
    await database.close()
    assert is_in(left)
    reopened = SqliteDatabase(left)
    await reopened.clean()
    assert not is_in(left)
    await reopened.close()


def killed(file: Path, directory: Path) -> Path:
    """The database as SIGKILL would leave it now."""
    directory.mkdir()
    for path, _ in database_file.there(file):
        if not path.name.endswith("-shm"):
            (directory / path.name).write_bytes(path.read_bytes())
    return directory / file.name


async def test_what_an_earlier_version_left_leaves_at_the_first_start_whatever_the_size(
    database: SqliteDatabase, file: Path
) -> None:
    with closing(sqlite3.connect(file)) as earlier:
        earlier.execute("PRAGMA secure_delete = OFF")
        with earlier:
            earlier.execute("CREATE TABLE big (filler BLOB)")
            earlier.execute("INSERT INTO big VALUES (zeroblob(?))", (40 * 2**20,))
            earlier.execute("INSERT INTO system_prompts (sha256, text) VALUES ('1', ?)", (SECRET,))
        with earlier:
            earlier.execute("DELETE FROM system_prompts")
    assert is_in(file)
    await database.clean()
    assert not is_in(file)
