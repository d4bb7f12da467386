"""Files that come with messages: stored once with them, read once, and gone with them; on both databases."""

from dataclasses import replace

from sqlalchemy import select

from bot.core.conversation import Deleted, Edited, MessageRef, Posted
from bot.core.files import Cut, File, FileOutcome, FileRef, Reading
from bot.core.turn import Turn
from bot.store import tables
from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger
from tests.store.steps import START, answer, claimed, record, said

PHOTO = FileRef("F1", "photo.jpg", "image/jpeg", 1234, "https://files.slack.com/F1")
REPORT = FileRef("F2", "report\x00.csv", "text/csv")
TEXT = Reading(FileOutcome.READ, "a,b\n1,2\n", cut=Cut(8, 100, "characters"))
IMAGE = Reading(FileOutcome.READ, image=b"\xff\xd8\xff\x00", media_type="image/jpeg", width=40, height=30)


def with_files(posted: Posted, *files: FileRef) -> Posted:
    return replace(posted, files=files)


async def files(ledger: SqlLedger, turn: Turn) -> list[File]:
    return [file for message in (await ledger.history(turn)).said for file in message.files]


async def test_files_are_stored_with_their_message_once(ledger: SqlLedger) -> None:
    question = with_files(said(1.0), PHOTO, REPORT)
    await record(ledger, question, replace(question), said(2.0, "without any"))

    photo, report = await files(ledger, await claimed(ledger))

    assert (photo.ref, photo.reading, photo.pending) == (PHOTO, Reading(FileOutcome.PENDING), True)
    assert report.ref.name == "report\N{REPLACEMENT CHARACTER}.csv"


async def test_a_copy_that_tells_of_files_adds_them_to_the_one_that_did_not(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0), with_files(said(1.0), PHOTO), Edited(with_files(said(1.0), PHOTO, REPORT), START))

    assert [file.ref.id for file in await files(ledger, await claimed(ledger))] == ["F1", "F2"]


async def test_what_was_read_is_there_for_the_next_attempt_and_for_later_prompts(ledger: SqlLedger) -> None:
    await record(ledger, with_files(said(1.0), PHOTO, REPORT))
    turn = await claimed(ledger)
    photo, report = await files(ledger, turn)
    await ledger.files.note([replace(photo, reading=IMAGE, tokens=7), replace(report, reading=TEXT, tokens=9)])

    read = [(file.reading, file.tokens) for file in await files(ledger, turn)]
    assert read == [(IMAGE, 7), (TEXT, 9)]

    await answer(ledger, turn)
    await record(ledger, said(2.0))
    assert [file.reading for file in await files(ledger, await claimed(ledger))] == [IMAGE, TEXT]


async def test_a_file_is_read_once(ledger: SqlLedger) -> None:
    """Whoever comes second, after a lease that ended, changes nothing: a prompt may hold the first reading."""
    await record(ledger, with_files(said(1.0), REPORT))
    turn = await claimed(ledger)
    [report] = await files(ledger, turn)
    await ledger.files.note([replace(report, reading=TEXT)])
    await ledger.files.note([replace(report, reading=Reading(FileOutcome.NOT_FETCHED))])

    assert [file.reading for file in await files(ledger, turn)] == [TEXT]


async def test_what_cannot_be_read_from_the_start_is_not_pending(ledger: SqlLedger) -> None:
    await record(ledger, with_files(said(1.0), replace(PHOTO, refused=FileOutcome.ELSEWHERE)))

    [photo] = await files(ledger, await claimed(ledger))
    assert not photo.pending
    assert photo.ref.refused is photo.reading.outcome is FileOutcome.ELSEWHERE


async def test_a_file_that_is_deleted_on_its_platform_is_forgotten_here(ledger: SqlLedger) -> None:
    await record(ledger, with_files(said(1.0), PHOTO, REPORT))
    turn = await claimed(ledger)
    photo, report = await files(ledger, turn)
    await ledger.files.note([replace(photo, reading=IMAGE), replace(report, reading=TEXT)])

    await record(ledger, Edited(with_files(said(1.0), replace(PHOTO, refused=FileOutcome.GONE), REPORT), START))

    assert [file.reading for file in await files(ledger, turn)] == [Reading(FileOutcome.GONE), TEXT]


async def test_what_is_read_while_its_message_is_deleted_is_not_kept(ledger: SqlLedger, database: Database) -> None:
    question = with_files(said(1.0), REPORT)
    await record(ledger, question, said(2.0, "another question"))
    turn = await claimed(ledger)
    [report] = await files(ledger, turn)
    thread = question.thread
    ref = MessageRef(thread.platform, thread.workspace, thread.channel, question.id)
    await ledger.erase(Deleted(ref, None, START))

    await ledger.files.note([replace(report, reading=TEXT)])

    assert await files(ledger, turn) == []
    assert await database.read(lambda connection: connection.execute(select(tables.files.c.text)).all()) == [(None,)]
