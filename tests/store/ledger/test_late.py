"""What comes late, at a bad moment or in another order: an erased text, a stop, an edit, a command, a deletion."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.core.conversation import Deleted, Edited, MessageRef, Operation, Participant, Posted, Reacted
from bot.core.decide.policy import decide
from bot.core.interruption import Interrupted
from bot.core.ports import CompletionStart, Given, Sampling
from bot.core.turn import History, Notice, Turn, TurnState
from bot.store.database import migrate
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.receipt.turn_retry import retry
from bot.store.tables import message_versions
from tests.standins.postgres import Postgres
from tests.store.conftest import Clock
from tests.store.steps import RESULT, START, answer, ask, claim, claimed, record, said, texts

LONG = timedelta(hours=1)


def ref(ts: float) -> MessageRef:
    return MessageRef("slack", "T1", "C1", f"{ts}")


def stop(ts: float) -> Reacted:
    return Reacted(ref(ts), Operation.STOP, Participant("U2"), added=True, at=START)


def hide(ts: float) -> Reacted:
    return Reacted(ref(ts), Operation.HIDE, Participant("U2"), added=True, at=START)


def erased(ts: float) -> Deleted:
    return Deleted(ref(ts), None, START)


def edited(posted: Posted, words: str, seconds: float = 10) -> Edited:
    return Edited(replace(posted, text=words), START + timedelta(seconds=seconds))


async def begin(ledger: SqlLedger, turn: Turn, history: History) -> int:
    given = [Given(message.version.id, message.version.text, 5) for message in history.messages]
    start = CompletionStart(
        model="gpt-6-luna", prompt=[], system_prompt="", given=given, max_tokens=1, sampling=Sampling(),
        prompt_tokens=1, estimated_tokens=1, window_start=0, window_position=0,
    )  # fmt: skip
    return await ledger.begin(turn.claim, start)


async def test_a_text_erased_before_its_call_of_the_model_does_not_come_back(
    ledger: SqlLedger, database: Database
) -> None:
    await record(ledger, said(1.0, "the code is 1234"))
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    await ledger.erase(erased(1.0))
    with pytest.raises(Interrupted, match="changed"):
        await begin(ledger, turn, history)
    query = select(message_versions.c.text, message_versions.c.given)
    assert await database.read(lambda connection: tuple(connection.execute(query).one())) == (None, None)


async def test_a_question_that_is_edited_after_a_stop_is_asked(ledger: SqlLedger, clock: Clock) -> None:
    await record(ledger, question := said(1.0))
    turn = await claimed(ledger)
    await ledger.react(stop(1.0))
    await record(ledger, edited(question, "something else"))
    await ledger.restart_turn(turn.claim)
    again = await claimed(ledger)
    assert (again.stop_requested, await texts(ledger, again)) == (False, ["something else"])


async def test_an_edit_to_what_was_said_before_is_newer_than_what_came_between(ledger: SqlLedger) -> None:
    await record(ledger, question := said(1.0, "A"))
    await record(ledger, edited(question, "A", 20), edited(question, "B", 10))
    assert await texts(ledger, await claimed(ledger)) == ["A"]


async def test_an_edit_of_a_hidden_question_leaves_its_answer(ledger: SqlLedger) -> None:
    await record(ledger, question := said(1.0))
    await answer(ledger, await claimed(ledger))
    await ledger.react(hide(1.0))
    await record(ledger, edited(question, "spelled otherwise"))
    assert await claim(ledger) == []


async def test_a_retried_turn_whose_question_was_deleted_does_not_show_its_answer(
    ledger: SqlLedger, database: Database, clock: Clock
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [], "en")
    await ledger.give_up(turn.claim, "is_archived")
    await ledger.erase(erased(1.0))
    assert (await retry(database, turn.claim.turn, clock)).state is TurnState.PENDING
    assert await texts(ledger, await claimed(ledger)) == []


async def test_a_command_is_confirmed_while_a_question_waits_for_the_model(ledger: SqlLedger, clock: Clock) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.release(turn.claim, LONG, "model_unavailable")
    await record(ledger, said(2.0, "mention only"))
    assert (await claimed(ledger)).command is not None


async def test_of_a_question_and_a_command_that_are_due_the_first_one_comes_first(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0), said(2.0, "quiet"))
    question = await claimed(ledger)
    assert question.command is None
    await answer(ledger, question)
    assert (await claimed(ledger)).command is not None


async def test_an_answer_that_was_deleted_before_the_next_one_was_asked_for_does_not_come_back(
    ledger: SqlLedger,
) -> None:
    await record(ledger, question := said(1.0))
    turn = await claimed(ledger)
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "1.9")
    await answer(ledger, turn)
    await record(ledger, edited(question, "something else"))
    await ledger.erase(erased(1.9))
    again = await claimed(ledger)
    await ledger.conclude(again.claim, "model_auth", [Notice("model_auth")], "en")
    assert (await ledger.outcome(again.claim)).text is None


@pytest.mark.parametrize(("taken_away", "left"), [(False, None), (True, RESULT.text)])
async def test_a_part_that_is_deleted_later_takes_the_answer_with_it_unless_it_is_none_any_more(
    ledger: SqlLedger, taken_away: bool, left: str | None
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    for number in (1, 2):
        await ledger.intend_part(turn.claim, number)
        await ledger.note_part(turn.claim, number, f"1.{number}")
    if taken_away:
        await ledger.forget_part(turn.claim, 2)
    await answer(ledger, turn)
    await ledger.erase(erased(1.2))
    await record(ledger, said(3.0))
    [past] = (await ledger.history(await claimed(ledger))).past
    assert (past.answer.text if past.answer else None) == left


# several processes


@pytest.fixture
async def shared(postgres: Postgres) -> AsyncIterator[tuple[SqlLedger, AsyncEngine]]:
    url = await postgres.new_database()
    database, engine = open_database(url), create_async_engine(url)
    await migrate.upgrade(database)
    yield SqlLedger(database), engine
    await engine.dispose()
    await database.close()


async def waiting(connection: AsyncConnection, count: int) -> None:
    """Until so many others wait for a lock."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(100):
        while (await connection.execute(query)).scalar_one() < count:
            await connection.execute(text("SELECT pg_stat_clear_snapshot(), pg_sleep(0.005)"))


async def test_a_deletion_beside_a_claim_reaches_the_turn(shared: tuple[SqlLedger, AsyncEngine]) -> None:
    ledger, engine = shared
    await record(ledger, said(1.0, "one"), said(2.0, "two"))
    turn = await claimed(ledger)
    await ledger.release(turn.claim, timedelta(0), "stopping")
    async with engine.connect() as other:  # has claimed the turn, and not committed yet
        await other.execute(text("UPDATE turns SET state = 'running', owner = 'other', fence = fence + 1"))
        erasing = asyncio.create_task(ledger.erase(erased(1.0)))
        await waiting(other, 1)
        await other.commit()
    await erasing
    claim = replace(turn.claim, owner="other", fence=turn.claim.fence + 1)
    assert (await ledger.renew("other", [claim])).interrupted


async def test_a_deletion_and_a_call_of_the_model_do_not_wait_for_each_other(
    shared: tuple[SqlLedger, AsyncEngine],
) -> None:
    ledger, engine = shared
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    async with engine.connect() as other:
        await other.execute(text("SELECT * FROM turns FOR UPDATE"))
        beginning = asyncio.create_task(begin(ledger, turn, history))
        await waiting(other, 1)
        erasing = asyncio.create_task(ledger.erase(erased(1.0)))
        await waiting(other, 2)
        await other.commit()
    await asyncio.gather(beginning, erasing)


async def test_a_call_of_the_model_waits_for_an_erasure_that_is_not_committed_yet(
    shared: tuple[SqlLedger, AsyncEngine],
) -> None:
    ledger, engine = shared
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    async with engine.connect() as other:
        await other.execute(text("UPDATE turns SET changed = true"))
        beginning = asyncio.create_task(begin(ledger, turn, history))
        await waiting(other, 1)
        await other.commit()
    with pytest.raises(Interrupted):
        await beginning


async def test_a_deadlock_is_tried_again(shared: tuple[SqlLedger, AsyncEngine]) -> None:
    """A second copy has a message answered that was only heard, and locks it; a claim has the turn and wants that."""
    ledger, engine = shared
    heard = said(2.0, "by the way", author="U2", addressed=False)
    await record(ledger, said(1.0), heard)
    async with engine.connect() as other:
        await other.execute(text("SELECT * FROM turns FOR UPDATE"))
        recording = asyncio.create_task(ledger.record(replace(heard, addressed=True), decide))
        await waiting(other, 1)
        await other.execute(text("UPDATE messages SET turn_id = (SELECT max(id) FROM turns) WHERE turn_id IS NULL"))
        await other.commit()
    assert (await recording).due
