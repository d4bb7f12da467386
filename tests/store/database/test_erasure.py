"""Erased text leaves the files of the database as well, soon, and whatever became of the process that erased it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot import database_file
from bot.core.conversation import Deleted, Edited
from bot.core.files import Cut, FileOutcome, FileRef, Reading
from bot.core.turn import Completion, Notice, Turn
from bot.store.database import migrate
from bot.store.database.sqlite import SqliteDatabase
from bot.store.ledger.ledger import SqlLedger
from bot.store.summaries import SqlSummaries
from tests.store.conftest import Clock
from tests.store.steps import RESULT, START, answer, ask, claimed, record, said
from tests.store.test_summaries import made, older, ref, talk

SECRET = "the code is 7d1f4c"
SOON = 10.0  # seconds

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


async def test_of_many_messages_nothing_is_left_where_rows_have_been_moved(ledger: SqlLedger, file: Path) -> None:
    """To overwrite what is deleted is not enough: SQLite leaves copies behind where it makes room on a page."""
    secrets = [f"secret {number:03d} " + "y" * (number * 37 % 900) for number in range(1, 150)]
    for number, secret in enumerate(secrets, 1):
        await record(ledger, said(float(number), secret, thread=number))
        if number % 3 == 0:
            for turn in await ledger.claim("me", ["slack"], 10):
                await answer(ledger, turn)
    for number in range(1, len(secrets) + 1):
        await ledger.erase(deleted(f"{float(number)}"))
    await leaves(file, *(secret[:11] for secret in secrets))


async def test_a_reader_that_keeps_the_wal_is_outwaited(ledger: SqlLedger, file: Path) -> None:
    await record(ledger, said(1.0, SECRET))
    with closing(sqlite3.connect(file, isolation_level=None)) as reader, closing(sqlite3.connect(file)) as watcher:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM messages").fetchall()
        await ledger.erase(deleted("1.0"))
        erased = version(watcher)
        async with asyncio.timeout(SOON):
            while version(watcher) == erased:  # noqa: ASYNC110 - until it has been tried
                await asyncio.sleep(0.05)
        assert is_in(file)
        assert await record(ledger, said(2.0, "meanwhile")) == [True]
        reader.execute("COMMIT")
        await leaves(file)


def version(connection: sqlite3.Connection) -> object:
    """Changes with what other connections commit."""
    return connection.execute("PRAGMA data_version").fetchone()


async def test_what_a_dead_process_left_in_the_wal_leaves_at_the_next_start(file: Path, tmp_path: Path) -> None:
    database = SqliteDatabase(file)
    await migrate.upgrade(database)
    ledger = SqlLedger(database)
    await record(ledger, said(1.0, SECRET))
    await ledger.erase(deleted("1.0"))
    left = tmp_path / "left"
    left.mkdir()
    for path, _ in database_file.there(file):  # as SIGKILL leaves them
        if not path.name.endswith("-shm"):
            (left / path.name).write_bytes(path.read_bytes())
    await database.close()
    assert is_in(left / file.name)
    reopened = SqliteDatabase(left / file.name)
    await reopened.clean()
    assert not is_in(left / file.name)
    await reopened.close()


async def test_what_an_earlier_version_left_leaves_at_the_first_start_whatever_the_size(
    database: SqliteDatabase, file: Path
) -> None:
    with closing(sqlite3.connect(file)) as earlier:
        earlier.execute("PRAGMA secure_delete = OFF")
        with earlier:
            earlier.execute("CREATE TABLE big (filler BLOB)")
            earlier.execute("INSERT INTO big VALUES (zeroblob(?))", (database_file.COMPACTED_AT_ONCE + 1,))
            earlier.execute("INSERT INTO system_prompts (sha256, text) VALUES ('1', ?)", (SECRET,))
        with earlier:
            earlier.execute("DELETE FROM system_prompts")
    assert is_in(file)
    await database.clean()
    assert not is_in(file)
