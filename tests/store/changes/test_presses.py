"""What a press of an answer's controls does, and that it does it once. On both databases."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.core.conversation import Acted, Deleted, Edited, MessageRef, Operation, Participant, ThreadRef
from bot.core.decide.policy import decide
from bot.core.interruption import Interrupt
from bot.core.turn import Completion, Notice, Turn, TurnState
from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger
from bot.store.ledger.turn_queue import LEASE
from bot.store.receipt.record import load
from bot.store.receipt.turn_list import list_turns
from tests.store.conftest import Clock
from tests.store.steps import RESULT, START, ask, claim, claimed, record, said

CUT = replace(RESULT, text="하나, 둘, ", finish_reason="length")
WHOLE = replace(RESULT, text="하나, 둘, 셋", finish_reason="stop")


@dataclass
class Answered:
    """A turn all of which was shown."""

    ledger: SqlLedger
    turn: int
    completion: int

    async def press(self, operation: Operation, *, by: str = "U1", channel: str = "C1", at: datetime = START,
                    completion: int | None = -1, turn: int | None = -1) -> bool:  # fmt: skip
        """The defaults are those of the button below the answer."""
        return await self.ledger.act(
            Acted(
                thread=ThreadRef("slack", "T1", channel, "1.0"),
                operation=operation,
                by=Participant(by),
                at=at,
                turn=self.turn if turn == -1 else turn,
                completion=self.completion if completion == -1 else completion,
            )
        )


async def answered(ledger: SqlLedger, result: Completion = CUT) -> Answered:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "1.5")
    return Answered(ledger, turn.claim.turn, await shown(ledger, turn, result))


async def shown(ledger: SqlLedger, turn: Turn, result: Completion) -> int:
    completion = await ask(ledger, turn, continues=turn.continues)
    await ledger.complete(turn.claim, completion, result, [], "en")
    await ledger.shown(turn.claim)
    return completion


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    return await database.read(lambda connection: [tuple(row) for row in connection.execute(text(query))])


async def completions(database: Database) -> list[tuple[Any, ...]]:
    return await rows(database, "SELECT variant, number, chosen, text FROM completions ORDER BY id")


# going on


async def test_an_answer_is_gone_on_with_in_the_same_variant(database: Database, ledger: SqlLedger) -> None:
    done = await answered(ledger)
    assert await done.press(Operation.CONTINUE)
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    assert (turn.continues, turn.variant, turn.closed, turn.attempts) == (done.completion, 1, True, 1)
    assert history.continued is not None
    assert history.continued.text == CUT.text
    assert [part.id for part in turn.parts] == ["1.5"]
    await shown(ledger, turn, WHOLE)
    assert await completions(database) == [(1, 1, False, CUT.text), (1, 2, True, WHOLE.text)]
    await record(ledger, said(2.0))
    past = (await ledger.history(await claimed(ledger))).past
    assert [each.answer and each.answer.text for each in past] == [WHOLE.text]


async def test_pressed_by_many_at_once_and_again_later_it_is_done_once(ledger: SqlLedger) -> None:
    done = await answered(ledger)
    pressed = await asyncio.gather(*(done.press(Operation.CONTINUE, by=f"U{n}") for n in range(4)))
    assert sum(pressed) == 1
    turn = await claimed(ledger)
    assert not await done.press(Operation.CONTINUE)
    await shown(ledger, turn, WHOLE)
    assert not await done.press(Operation.CONTINUE)
    assert await claim(ledger) == []


async def test_what_ended_by_itself_is_not_gone_on_with(ledger: SqlLedger) -> None:
    done = await answered(ledger, WHOLE)
    assert not await done.press(Operation.CONTINUE)
    assert await claim(ledger) == []


async def test_a_press_before_the_showing_was_noted_is_done_after_it(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    completion = await ask(ledger, turn)
    await ledger.complete(turn.claim, completion, CUT, [], "en")
    done = Answered(ledger, turn.claim.turn, completion)
    assert await done.press(Operation.CONTINUE)
    assert await ledger.shown(turn.claim) is TurnState.PENDING
    assert (await claimed(ledger)).continues == completion


async def test_what_cannot_be_gone_on_with_stays_as_it_was(ledger: SqlLedger) -> None:
    done = await answered(ledger)
    await done.press(Operation.CONTINUE)
    turn = await claimed(ledger)
    await ledger.conclude(turn.claim, "model_unavailable", [Notice("model_unavailable")], "en")
    outcome = await ledger.outcome(turn.claim)
    assert (outcome.text, outcome.completion, outcome.finish_reason) == (CUT.text, done.completion, "length")
    assert await ledger.shown(turn.claim) is TurnState.SHOWN
    assert not await done.press(Operation.CONTINUE)  # delivered again
    assert await done.press(Operation.CONTINUE, at=START + timedelta(microseconds=1))


async def test_a_continuation_goes_on_after_its_worker_died(ledger: SqlLedger, clock: Clock) -> None:
    done = await answered(ledger)
    await done.press(Operation.CONTINUE)
    await ask(ledger, await claimed(ledger), continues=done.completion)
    clock.advance(LEASE.total_seconds() + 1)
    again = await claimed(ledger)
    assert again.continues == done.completion
    await shown(ledger, again, WHOLE)
    assert not await done.press(Operation.CONTINUE)


@pytest.mark.parametrize("at_work", [False, True])
async def test_a_question_that_is_edited_is_answered_anew_instead(
    database: Database, ledger: SqlLedger, at_work: bool
) -> None:
    done = await answered(ledger)
    await done.press(Operation.CONTINUE)
    turn = await claimed(ledger) if at_work else None
    await ledger.record(Edited(said(1.0, "<@UBOT> another"), START + timedelta(minutes=1)), decide)
    if turn is not None:
        assert (await ledger.renew("me", [turn.claim])).interrupted == {turn.claim: Interrupt.CHANGED}
        await ledger.restart_turn(turn.claim)
    anew = await claimed(ledger)
    assert (anew.continues, anew.variant) == (None, 2)
    await shown(ledger, anew, WHOLE)
    assert await completions(database) == [(1, 1, False, CUT.text), (2, 1, True, WHOLE.text)]


async def test_an_answer_that_is_deleted_is_not_gone_on_with(ledger: SqlLedger) -> None:
    done = await answered(ledger)
    await done.press(Operation.CONTINUE)
    await ledger.erase(Deleted(MessageRef("slack", "T1", "C1", "1.5"), None, START))
    assert (await ledger.history(await claimed(ledger))).continued is None


# another one


async def test_another_variant_takes_the_place_of_the_one_that_is_shown_once(
    database: Database, ledger: SqlLedger
) -> None:
    done = await answered(ledger)
    pressed = await asyncio.gather(*(done.press(Operation.REPEAT, by=f"U{n}") for n in range(4)))
    assert sum(pressed) == 1
    await shown(ledger, await claimed(ledger), WHOLE)
    assert not await done.press(Operation.REPEAT)
    assert not await done.press(Operation.CONTINUE)
    assert await completions(database) == [(1, 1, False, CUT.text), (2, 1, True, WHOLE.text)]


async def test_what_failed_is_asked_again_and_what_has_an_answer_by_now_is_not(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.conclude(turn.claim, "model_unavailable", [Notice("model_unavailable")], "en")
    await ledger.shown(turn.claim)
    failed = Answered(ledger, turn.claim.turn, -1)
    assert await failed.press(Operation.REPEAT, completion=None)
    assert not await failed.press(Operation.REPEAT, completion=None)
    await shown(ledger, await claimed(ledger), WHOLE)
    assert not await failed.press(Operation.REPEAT, completion=None)


@pytest.mark.parametrize("operation", [Operation.CONTINUE, Operation.REPEAT])
async def test_nothing_is_made_of_an_answer_whose_question_is_gone(ledger: SqlLedger, operation: Operation) -> None:
    done = await answered(ledger)
    await ledger.erase(Deleted(MessageRef("slack", "T1", "C1", "1.0"), None, START))
    assert not await done.press(operation)
    assert await claim(ledger) == []


# stopping


async def test_a_turn_at_work_is_stopped_whoever_works_on_it(ledger: SqlLedger, database: Database) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    other_process = SqlLedger(database, lambda: START)
    stop = Answered(other_process, turn.claim.turn, -1)
    assert await stop.press(Operation.STOP, completion=None)
    assert (await ledger.renew("me", [turn.claim])).interrupted == {turn.claim: Interrupt.STOP}


async def test_slacks_own_button_stops_what_is_at_work_in_its_thread_only(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0), said(2.0, thread=2.0))
    first, second = await claim(ledger)
    await record(ledger, said(3.0))  # waits behind the first
    stop = Answered(ledger, -1, -1)
    assert await stop.press(Operation.STOP, turn=None, completion=None)
    renewal = await ledger.renew("me", [first.claim, second.claim])
    assert renewal.interrupted == {first.claim: Interrupt.STOP}
    await ledger.conclude(first.claim, "stopped", [Notice("stopped_unanswered")], "en")
    await ledger.shown(first.claim)
    assert not (await claimed(ledger)).stop_requested


async def test_a_stop_that_is_delivered_late_does_not_stop_what_was_begun_since(
    ledger: SqlLedger, clock: Clock
) -> None:
    done = await answered(ledger)
    clock.advance(300)
    await done.press(Operation.REPEAT)
    turn = await claimed(ledger)
    assert not await done.press(Operation.STOP, turn=None, completion=None, at=START)
    assert not (await ledger.renew("me", [turn.claim])).interrupted


# what people think of it


async def test_the_last_word_of_each_person_counts(database: Database, ledger: SqlLedger) -> None:
    done = await answered(ledger)
    later = START + timedelta(seconds=5)
    await done.press(Operation.LIKE)
    await done.press(Operation.DISLIKE, at=later)
    await done.press(Operation.LIKE)  # delivered again
    await done.press(Operation.LIKE, by="U2")
    query = "SELECT external_id, value FROM feedback JOIN participants p ON p.id = participant_id ORDER BY 1"
    assert await rows(database, query) == [("U1", "dislike"), ("U2", "like")]
    assert await claim(ledger) == []


async def test_an_older_variant_keeps_what_was_thought_of_it(database: Database, ledger: SqlLedger) -> None:
    done = await answered(ledger)
    await done.press(Operation.DISLIKE)
    await done.press(Operation.REPEAT)
    second = await shown(ledger, await claimed(ledger), WHOLE)
    await done.press(Operation.LIKE, completion=second)
    assert await rows(database, "SELECT completion_id, value FROM feedback ORDER BY 1") == [
        (done.completion, "dislike"),
        (second, "like"),
    ]


async def test_it_is_shown_with_the_turn_and_with_each_of_its_calls(database: Database, ledger: SqlLedger) -> None:
    done = await answered(ledger)
    await done.press(Operation.DISLIKE)
    await done.press(Operation.REPEAT)
    second = await shown(ledger, await claimed(ledger), WHOLE)
    for person in ("U1", "U2"):
        await done.press(Operation.LIKE, by=person, completion=second)
    [turn] = await list_turns(database, state=None, since=None, limit=5)
    assert (turn.likes, turn.dislikes) == (2, 1)
    completions = (await load(database, done.turn)).completions
    assert [(each.likes, each.dislikes) for each in completions] == [(0, 1), (2, 0)]


# where it does nothing


@pytest.mark.parametrize("operation", list(Operation))
async def test_a_press_in_another_channel_or_for_nothing_that_is_there_does_nothing(
    database: Database, ledger: SqlLedger, operation: Operation
) -> None:
    done = await answered(ledger)
    assert not await done.press(operation, channel="C2")
    assert not await done.press(operation, turn=999)
    if operation is not Operation.STOP:
        assert not await done.press(operation, completion=999)
        assert not await done.press(operation, completion=None)
    assert await rows(database, "SELECT state, stop_requested FROM turns") in [[("shown", False)], [("shown", 0)]]
    assert await rows(database, "SELECT * FROM feedback") == []


# while an answer is shown


async def test_who_shows_an_answer_is_told_of_a_stop_too_and_notes_what_there_is_of_it(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [Notice("length")], "en")
    assert await Answered(ledger, turn.claim.turn, -1).press(Operation.STOP, completion=None)
    assert (await ledger.renew("me", [turn.claim])).interrupted == {turn.claim: Interrupt.STOP}
    await ledger.shorten(turn.claim, RESULT.text[:2], 1, [Notice("stopped")], "ko")
    outcome = await ledger.outcome(turn.claim)
    assert (outcome.text, outcome.finish_reason, outcome.language) == (RESULT.text[:2], None, "ko")
    assert outcome.notices == [Notice("stopped")]
    assert await ledger.shown(turn.claim) is TurnState.STOPPED


async def test_what_nobody_has_seen_is_no_answer(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [], "en")
    await ledger.shorten(turn.claim, "", 0, [Notice("stopped_unanswered")], "en")
    assert (await ledger.outcome(turn.claim)).text is None
    assert await ledger.shown(turn.claim) is TurnState.STOPPED
