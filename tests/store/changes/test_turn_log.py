"""Every change of a turn is one line of the log, also those that no worker makes; on both databases."""

from datetime import timedelta

import pytest

from bot.core.conversation import Edited
from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger
from bot.store.ledger.turn_queue import LEASE
from bot.store.receipt.turn_retry import retry
from tests.store.conftest import Clock
from tests.store.steps import START, answer, claim, claimed, record, said

EDIT = Edited(said(1.0, "<@UBOT> and now?"), START + timedelta(minutes=1))


@pytest.fixture(autouse=True)
def turns_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bot.turns")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said since the last time."""
    said = [each.getMessage() for each in caplog.records if each.name == "bot.turns"]
    caplog.clear()
    return said


def line(turn: int, state: str, reason: str, *, attempt: int = 0) -> str:
    return f"turn={turn} conversation=1 platform=slack state={state} attempt={attempt} reason={reason}"


async def test_a_turn_that_is_made_and_what_it_takes_besides(
    ledger: SqlLedger, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await record(ledger, said(1.0))
    assert lines(caplog) == [line(1, "pending", "asked")]
    clock.advance(1)
    await record(ledger, said(2.0), said(1.0))
    assert lines(caplog) == []


async def test_a_turn_that_joins_another_one(ledger: SqlLedger, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    await record(ledger, said(1.0))
    first = await claimed(ledger)
    clock.advance(1)
    await record(ledger, said(2.0))
    lines(caplog)
    await ledger.release(first.claim, timedelta(0), "model_down")
    assert lines(caplog) == [line(2, "removed", "joined turn 1")]
    await claimed(ledger)
    clock.advance(1)
    await record(ledger, said(3.0))
    [made] = lines(caplog)
    clock.advance(LEASE.total_seconds() + 1)
    await claim(ledger, owner="other")
    assert lines(caplog) == [made.replace("pending", "removed").replace("asked", "joined turn 1")]


async def test_an_answered_turn_that_an_edit_asks_anew(ledger: SqlLedger, caplog: pytest.LogCaptureFixture) -> None:
    await record(ledger, said(1.0))
    await answer(ledger, await claimed(ledger))
    lines(caplog)
    await record(ledger, EDIT)
    assert lines(caplog) == [line(1, "pending", "edited")]


@pytest.mark.parametrize(("ending", "state"), [("remove", "removed"), ("give_up", "failed")])
async def test_a_turn_whose_question_has_changed_before_its_end(
    ledger: SqlLedger, caplog: pytest.LogCaptureFixture, ending: str, state: str
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await record(ledger, EDIT)
    lines(caplog)
    assert (await getattr(ledger, ending)(turn.claim, "gone")).value == "pending"
    assert lines(caplog) == [line(1, state, "gone", attempt=1), line(1, "pending", "edited")]


async def test_a_turn_that_an_operator_retries(
    database: Database, ledger: SqlLedger, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    assert (await ledger.give_up(turn.claim, "is_archived")).value == "failed"
    lines(caplog)
    await retry(database, turn.claim.turn, clock)
    assert lines(caplog) == [line(1, "pending", "retried")]
