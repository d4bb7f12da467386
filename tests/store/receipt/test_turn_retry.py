"""A failed turn that an operator releases, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.core.turn import Completion, Notice, Turn, TurnState
from bot.store.database.base import Database
from bot.store.ledger.history import LEFT_BEHIND
from bot.store.ledger.ledger import SqlLedger
from bot.store.ledger.turn_queue import LEASE
from bot.store.receipt.turn_retry import NotRetriableError, Retried, retry
from tests.store.conftest import Clock
from tests.store.steps import RESULT, answer, ask, claim, claimed, record, said, texts


async def failed(ledger: SqlLedger, turn: Turn) -> int:
    """*turn* after a lasting error, its sentence shown in part 1."""
    await ledger.abandon(turn.claim, await ask(ledger, turn), "model_auth")
    await ledger.conclude(turn.claim, "model_auth", [Notice("model_auth")], "ko")
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "1.5")
    await ledger.shown(turn.claim)
    return turn.claim.turn


async def row(database: Database, turn: int) -> tuple[object, ...]:
    query = text("SELECT state, reason FROM turns WHERE id = :id")
    return await database.read(lambda connection: tuple(connection.execute(query, {"id": turn}).one()))


async def test_a_retried_turn_starts_anew_and_keeps_its_reply(
    database: Database, ledger: SqlLedger, clock: Clock
) -> None:
    await record(ledger, said(1.0, "질문"))
    number = await failed(ledger, await claimed(ledger))
    clock.advance(3600)
    assert await retry(database, number, clock) == Retried(number, TurnState.PENDING)
    turn = await claimed(ledger)
    assert (turn.claim.turn, turn.state, turn.attempts) == (number, TurnState.RUNNING, 1)
    assert turn.first_attempt_at == clock()
    assert [(part.number, part.id) for part in turn.parts] == [(1, "1.5")]
    assert list(turn.said) == []
    assert await texts(ledger, turn) == ["질문"]
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [], "en")
    assert list((await ledger.outcome(turn.claim)).notices) == []
    await ledger.shown(turn.claim)
    assert (await row(database, number))[0] == "shown"


@pytest.mark.parametrize("state", ["pending", "running", "answered", "shown"])
async def test_only_a_failed_turn_can_be_retried(
    database: Database, clock: Clock, ledger: SqlLedger, state: str
) -> None:
    await record(ledger, said(1.0))
    if state != "pending":
        turn = await claimed(ledger)
        if state != "running":
            await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [], "en")
        if state == "shown":
            await ledger.shown(turn.claim)
    with pytest.raises(NotRetriableError, match=f"Turn 1 is {state}"):
        await retry(database, 1, clock)
    assert (await row(database, 1))[0] == state


async def test_a_turn_that_is_not_there_cannot_be_retried(database: Database, clock: Clock) -> None:
    with pytest.raises(NotRetriableError, match="no turn 7"):
        await retry(database, 7, clock)


async def test_what_is_asked_meanwhile_has_a_turn_and_an_answer_of_its_own(
    database: Database, clock: Clock, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0, "first"))
    number = await failed(ledger, await claimed(ledger))
    await retry(database, number, clock)
    await record(ledger, said(2.0, "second"))
    turn = await claimed(ledger)
    assert (turn.claim.turn, await texts(ledger, turn)) == (number, ["first"])
    await ledger.release(turn.claim, timedelta(0), "model_unavailable")
    turn = await claimed(ledger)
    assert (turn.claim.turn, await texts(ledger, turn)) == (number, ["first"])
    await answer(ledger, turn)
    assert await texts(ledger, await claimed(ledger)) == ["second"]


async def test_a_question_that_waits_is_answered_after_an_older_one_that_is_retried(
    database: Database, clock: Clock, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0, "first"))
    number = await failed(ledger, await claimed(ledger))
    await record(ledger, said(2.0, "second"))
    assert await retry(database, number, clock) == Retried(number, TurnState.PENDING)
    turn = await claimed(ledger)
    await ledger.release(turn.claim, timedelta(seconds=60), "model_unavailable")
    assert await claim(ledger) == []  # the thread's order, although the second one is due
    clock.advance(60)
    turn = await claimed(ledger)
    assert await texts(ledger, turn) == ["first"]
    await answer(ledger, turn)
    assert await texts(ledger, await claimed(ledger)) == ["second"]


async def test_it_waits_while_another_turn_of_its_conversation_runs(
    database: Database, clock: Clock, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0, "first"))
    number = await failed(ledger, await claimed(ledger))
    await record(ledger, said(2.0, "second"))
    running = await claimed(ledger)
    assert (await retry(database, number, clock)).state is TurnState.PENDING
    assert await claim(ledger) == []
    await answer(ledger, running)
    assert (await claimed(ledger)).claim.turn == number


async def test_a_running_turn_that_is_released_leaves_the_retried_one_alone(
    database: Database, ledger: SqlLedger, clock: Clock
) -> None:
    """The retried one has parts and completions, and a reply of its own."""
    await record(ledger, said(1.0, "first"))
    number = await failed(ledger, await claimed(ledger))
    await record(ledger, said(2.0, "second"))
    running = await claimed(ledger)
    await retry(database, number, clock)
    await ledger.release(running.claim, timedelta(0), "stopping")
    first = await claimed(ledger)
    assert (first.claim.turn, await texts(ledger, first)) == (number, ["first"])
    await answer(ledger, first)
    assert await texts(ledger, await claimed(ledger)) == ["second"]


async def test_what_was_answered_and_not_shown_is_shown_without_asking(
    database: Database, clock: Clock, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [Notice("length")], "ko")
    await ledger.give_up(turn.claim, "is_archived")
    assert (await retry(database, turn.claim.turn, clock)).state is TurnState.ANSWERED
    again = await claimed(ledger)
    assert (again.claim.turn, again.state, again.attempts) == (turn.claim.turn, TurnState.ANSWERED, 1)
    outcome = await ledger.outcome(again.claim)
    assert (outcome.text, list(outcome.notices), outcome.language) == (RESULT.text, [Notice("length")], "ko")


async def test_an_answer_that_waits_to_be_shown_does_not_push_in(
    database: Database, clock: Clock, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [], "en")
    await ledger.give_up(turn.claim, "is_archived")
    await record(ledger, said(2.0))
    running = await claimed(ledger)
    with pytest.raises(NotRetriableError, match=f"turn {running.claim.turn} of its conversation is at work"):
        await retry(database, turn.claim.turn, clock)


async def test_an_answer_without_words_gives_way_to_another(
    database: Database, clock: Clock, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    fields = {name: getattr(RESULT, name) for name in Completion.__slots__} | {"text": "", "text_tokens": 0}
    await ledger.complete(turn.claim, await ask(ledger, turn), Completion(**fields), [Notice("empty")], "en")
    await ledger.shown(turn.claim)
    assert (await retry(database, turn.claim.turn, clock)).state is TurnState.PENDING
    again = await claimed(ledger)
    await ledger.complete(again.claim, await ask(ledger, again), RESULT, [], "en")
    assert (await ledger.outcome(again.claim)).text == RESULT.text


async def test_an_old_claim_can_write_nothing_to_a_retried_turn(
    database: Database, clock: Clock, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0))
    old = await claimed(ledger)
    await ledger.complete(old.claim, await ask(ledger, old), RESULT, [], "en")
    await ledger.give_up(old.claim, "is_archived")
    await retry(database, old.claim.turn, clock)
    assert (await ledger.renew("me", [old.claim])).lost == [old.claim]


async def test_later_turns_are_not_past_for_a_retried_one_but_it_is_for_them(
    database: Database, clock: Clock, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0, "before"))
    await answer(ledger, await claimed(ledger))
    await record(ledger, said(2.0, "failing"))
    number = await failed(ledger, await claimed(ledger))
    await record(ledger, said(3.0, "after"))
    await answer(ledger, await claimed(ledger))
    await retry(database, number, clock)
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    assert [past.messages[0].version.text for past in history.past] == ["before"]
    assert [message.version.text for message in history.messages] == ["failing"]
    await answer(ledger, turn)
    await record(ledger, said(4.0, "at last"))
    past = (await ledger.history(await claimed(ledger))).past
    assert [(turn.messages[0].version.text, bool(turn.answer)) for turn in past] == [
        ("before", True),
        ("failing", True),
        ("after", True),
    ]


async def test_a_turn_that_the_window_left_behind_has_a_past_and_does_not_move_the_window_back(
    database: Database, clock: Clock, ledger: SqlLedger
) -> None:
    for n in range(1, LEFT_BEHIND + 3):
        await record(ledger, said(float(n), f"question {n}"))
        await answer(ledger, await claimed(ledger))
    await record(ledger, said(50.0, "failing"))
    number = await failed(ledger, await claimed(ledger))
    for ts in (60.0, 61.0):
        await record(ledger, said(ts, f"after {ts}"))
        later = await claimed(ledger)
        start = later.claim.turn if ts == 60.0 else number + 1
        await ledger.complete(later.claim, await ask(ledger, later, window_start=start), RESULT, [], "en")
        await ledger.shown(later.claim)
    await retry(database, number, clock)
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    assert [message.version.text for message in history.messages] == ["failing"]
    assert len(history.past) == LEFT_BEHIND
    assert history.past[-1].messages[0].version.text == f"question {LEFT_BEHIND + 2}"
    await ledger.complete(turn.claim, await ask(ledger, turn, window_start=number), RESULT, [], "en")
    await ledger.shown(turn.claim)
    await record(ledger, said(70.0, "at last"))
    assert (await claimed(ledger)).conversation.window_start == number + 1


async def test_retries_and_new_messages_at_the_same_moment_lose_nothing(
    database: Database, ledger: SqlLedger, clock: Clock
) -> None:
    for n in range(20):
        thread = 100.0 + n
        await record(ledger, said(thread, "first", thread=thread))
        number = await failed(ledger, await claimed(ledger))
        await asyncio.gather(
            record(ledger, said(thread + 0.5, "second", thread=thread)), retry(database, number, clock)
        )
        given: list[str] = []
        while found := await claim(ledger):
            for turn in found:
                given += await texts(ledger, turn)
                await answer(ledger, turn)
        assert sorted(given) == ["first", "second"]
    clock.advance(LEASE.total_seconds())
    assert await claim(ledger) == []


async def test_who_asked_for_a_retry_is_noted(database: Database, clock: Clock, ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    number = await failed(ledger, await claimed(ledger))
    await retry(database, number, clock)
    query = text("SELECT action, subject, participant_id FROM audit")
    noted = await database.read(lambda connection: [tuple(one) for one in connection.execute(query)])
    assert noted == [("retry", f"turn {number}", None)]
