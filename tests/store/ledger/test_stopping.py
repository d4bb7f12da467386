"""What reactions reach: what waits, what is at work, what is gone. On both databases."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from bot.core.conversation import Deleted, MessageRef, Operation, Participant, Posted, Reacted
from bot.core.turn import TurnState
from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger
from bot.store.ledger.turn_queue import LEASE
from tests.store.conftest import Clock
from tests.store.steps import RESULT, START, answer, ask, claimed, record, said, texts


def ref(ts: float) -> MessageRef:
    return MessageRef("slack", "T1", "C1", f"{ts}")


def between_people(ts: float) -> Posted:
    return replace(said(ts, "between us", author="U2", addressed=False), mentions=frozenset({"U1"}))


async def react(ledger: SqlLedger, operation: Operation, ts: float) -> None:
    await ledger.react(Reacted(ref(ts), operation, Participant("U1"), added=True, at=START))


async def test_a_question_that_waits_can_be_stopped(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    first = await claimed(ledger)
    await record(ledger, said(2.0))
    await react(ledger, Operation.STOP, 2.0)
    await answer(ledger, first)
    second = await claimed(ledger)
    assert (first.stop_requested, second.stop_requested) == (False, True)


async def test_what_only_waits_to_be_context_stops_nothing(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    first = await claimed(ledger)
    await record(ledger, said(2.0), between_people(3.0))
    await react(ledger, Operation.STOP, 3.0)
    await answer(ledger, first)
    assert not (await claimed(ledger)).stop_requested


async def test_what_is_asked_after_a_stop_is_answered(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    first = await claimed(ledger)
    await record(ledger, said(2.0))
    await react(ledger, Operation.STOP, 2.0)
    await record(ledger, said(2.0), said(3.0, "something else"))
    await answer(ledger, first)
    second = await claimed(ledger)
    assert not second.stop_requested
    assert await texts(ledger, second) == ["<@UBOT> hi", "something else"]


async def test_a_stopped_turn_that_takes_what_waits_behind_it_is_stopped_no_more(
    ledger: SqlLedger, clock: Clock
) -> None:
    await record(ledger, said(1.0))
    await claimed(ledger)
    await react(ledger, Operation.STOP, 1.0)
    await record(ledger, said(2.0, "something else"))
    clock.advance((LEASE + timedelta(seconds=1)).total_seconds())  # its worker died
    taken = await claimed(ledger)
    assert not taken.stop_requested
    assert await texts(ledger, taken) == ["<@UBOT> hi", "something else"]


async def test_a_turn_and_the_one_behind_it_are_stopped_together_when_both_were(
    ledger: SqlLedger, clock: Clock
) -> None:
    await record(ledger, said(1.0))
    await claimed(ledger)
    await record(ledger, said(2.0, "something else"))
    await react(ledger, Operation.STOP, 1.0)
    await react(ledger, Operation.STOP, 2.0)
    clock.advance((LEASE + timedelta(seconds=1)).total_seconds())
    assert (await claimed(ledger)).stop_requested


async def test_an_answer_whose_question_is_gone_stays_when_another_is_asked_for(
    database: Database, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "1.5")
    await answer(ledger, turn)
    await ledger.erase(Deleted(ref(1.0), None, START))
    await react(ledger, Operation.REPEAT, 1.5)
    assert await ledger.claim("me", ["slack"], 10) == []
    states = await database.read(lambda connection: connection.execute(text("SELECT state FROM turns")).scalars().all())
    assert states == [TurnState.SHOWN]


async def test_context_that_is_hidden_while_its_turn_is_at_work_does_not_begin_it_anew(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0), between_people(2.0))
    turn = await claimed(ledger)
    await react(ledger, Operation.HIDE, 2.0)
    assert not (await ledger.renew("me", [turn.claim])).interrupted
    assert await texts(ledger, turn) == ["<@UBOT> hi"]
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [], "en")
    assert await ledger.shown(turn.claim) is TurnState.SHOWN
