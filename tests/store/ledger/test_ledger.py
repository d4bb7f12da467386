"""The ledger's promises, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.core.conversation import (
    Deleted,
    Edited,
    MessageRef,
    Operation,
    Participant,
    Reacted,
    ThreadRef,
)
from bot.core.decide.policy import decide
from bot.core.errors import LeaseLost
from bot.core.interruption import Interrupted
from bot.core.ports import ClaimRequest, CompletionStart, Example, Given, Renewal, Sampling
from bot.core.turn import Notice, TurnState
from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger
from bot.store.ledger.turn_queue import LEASE
from bot.store.tables import system_prompts
from tests.store.conftest import Clock
from tests.store.steps import RESULT, START, answer, ask, claim, claimed, record, said, texts


async def test_a_mention_becomes_a_turn_that_is_claimed_once(ledger: SqlLedger) -> None:
    assert await record(ledger, said(1.0)) == [True]
    turn = await claimed(ledger)
    assert turn.state is TurnState.RUNNING
    assert turn.attempts == 1
    assert turn.conversation.thread == ThreadRef("slack", "T1", "C1", "1.0")
    assert await claim(ledger) == []


async def test_copies_of_a_message_are_one_message_and_one_turn(ledger: SqlLedger) -> None:
    assert await record(ledger, *[said(1.0)] * 5) == [True, False, False, False, False]
    turn = await claimed(ledger)
    assert await texts(ledger, turn) == ["<@UBOT> hi"]
    await answer(ledger, turn)
    assert await record(ledger, said(1.0)) == [False]
    assert await claim(ledger) == []


@pytest.mark.parametrize("minutes", [0, 1, 5, 60 * 24])
async def test_a_copy_that_comes_late_is_no_new_question(ledger: SqlLedger, clock: Clock, minutes: int) -> None:
    await record(ledger, said(1.0))
    clock.advance(minutes * 60)
    assert await record(ledger, said(1.0)) == [False]
    await answer(ledger, await claimed(ledger))
    clock.advance(minutes * 60)
    assert await record(ledger, said(1.0)) == [False]
    assert await claim(ledger) == []


async def test_copies_that_arrive_at_the_same_moment_are_one_message(ledger: SqlLedger) -> None:
    recorded = await asyncio.gather(*(ledger.record(said(1.0), decide) for _ in range(8)))
    assert any(each.due for each in recorded)
    turn = await claimed(ledger)
    assert await texts(ledger, turn) == ["<@UBOT> hi"]


async def test_what_nobody_asked_the_bot_is_not_stored(ledger: SqlLedger) -> None:
    assert await record(ledger, said(1.0, addressed=False)) == [False]
    await record(ledger, said(2.0))
    assert await texts(ledger, await claimed(ledger)) == ["<@UBOT> hi"]


async def test_a_copy_may_raise_a_message_from_listened_to_to_answered_once(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    await answer(ledger, await claimed(ledger))
    addressed = said(2.0, "bot, are you there?", author="U2")
    quiet = replace(addressed, addressed=False)
    assert await record(ledger, quiet, addressed, addressed, quiet) == [False, True, False, False]
    assert await texts(ledger, await claimed(ledger)) == ["bot, are you there?"]


async def test_a_message_that_was_context_of_a_turn_is_the_question_of_the_next_once_it_is_addressed(
    ledger: SqlLedger,
) -> None:
    await record(ledger, said(1.0), said(2.0, "bot, are you there?", author="U2", addressed=False))
    await answer(ledger, await claimed(ledger))
    assert await record(ledger, said(2.0, "bot, are you there?", author="U2")) == [True]
    assert await texts(ledger, await claimed(ledger)) == ["bot, are you there?"]


async def test_a_mention_that_an_edit_adds_is_a_mention(ledger: SqlLedger) -> None:
    before = said(1.0, "what about tomorrow?", addressed=False)
    after = Edited(said(1.0, "<@UBOT> what about tomorrow?"), START + timedelta(minutes=1))
    assert await record(ledger, before, after, after, before) == [False, True, False, False]
    assert await texts(ledger, await claimed(ledger)) == ["<@UBOT> what about tomorrow?"]


async def test_an_edit_of_a_message_that_waits_is_what_is_answered(ledger: SqlLedger) -> None:
    def edited(text: str, minutes: int) -> Edited:
        return Edited(said(1.0, text), START + timedelta(minutes=minutes))

    await record(ledger, said(1.0, "frist"), edited("second", 2), edited("first", 1), edited("second", 3))
    assert await texts(ledger, await claimed(ledger)) == ["second"]


async def test_an_edit_that_comes_after_one_back_to_the_first_text_is_too_late(ledger: SqlLedger) -> None:
    back = Edited(said(1.0, "first"), START + timedelta(minutes=2))
    late = Edited(said(1.0, "second"), START + timedelta(minutes=1))
    await record(ledger, said(1.0, "first"), back, late)
    assert await texts(ledger, await claimed(ledger)) == ["first"]


async def test_messages_in_a_known_thread_become_context_of_the_next_turn(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    await answer(ledger, await claimed(ledger))
    await record(ledger, said(2.0, "aside", addressed=False, author="U2"), said(3.0, "and now?"))
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    assert [(m.version.text, m.addressed) for m in history.messages] == [("aside", False), ("and now?", True)]
    assert [p.answer.text for p in history.past if p.answer] == [RESULT.text]
    assert not history.alone


async def test_messages_that_come_while_a_turn_runs_wait_for_the_next_one_all_together(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    first = await claimed(ledger)
    await record(ledger, said(4.0, "c"), said(2.0, "a"), said(3.0, "b"))
    assert await claim(ledger) == []
    await answer(ledger, first)
    second = await claimed(ledger)
    assert await texts(ledger, second) == ["a", "b", "c"]


async def test_in_a_burst_the_second_turn_waits_a_moment_for_what_else_comes(ledger: SqlLedger, clock: Clock) -> None:
    patient = SqlLedger(ledger._database, clock, burst=timedelta(seconds=1))  # noqa: SLF001 - the same database
    await record(patient, said(1.0))
    first = await claimed(patient)
    await record(patient, said(2.0, "a"))
    await answer(patient, first)
    await record(patient, said(3.0, "b"))
    assert await claim(patient) == []
    clock.advance(1)
    turn = await claimed(patient)
    assert await texts(patient, turn) == ["a", "b"]
    await answer(patient, turn)
    await record(patient, said(4.0, "c"))
    assert await texts(patient, await claimed(patient)) == ["c"], "the last one was asked a second ago"


async def test_a_question_that_follows_on_an_answered_one_does_not_wait(ledger: SqlLedger, clock: Clock) -> None:
    patient = SqlLedger(ledger._database, clock, burst=timedelta(seconds=1))  # noqa: SLF001 - the same database
    await record(patient, said(1.0))
    await answer(patient, await claimed(patient))
    await record(patient, said(2.0, "a"))
    assert await texts(patient, await claimed(patient)) == ["a"]


async def test_a_late_message_with_an_older_ts_is_answered_in_a_later_turn(ledger: SqlLedger) -> None:
    await record(ledger, said(5.0))
    await answer(ledger, await claimed(ledger))
    await record(ledger, said(4.0, "late"))
    assert await texts(ledger, await claimed(ledger)) == ["late"]


async def test_positions_beyond_32_bits_and_text_order_are_kept(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0), said(10.5, "later"), said(9.5, "earlier"))
    assert await texts(ledger, await claimed(ledger)) == ["<@UBOT> hi", "earlier", "later"]
    now = said(1_763_870_000.123456, thread=2.0)
    await record(ledger, now)
    [turn] = await claim(ledger)
    assert (await ledger.history(turn)).messages[0].position == now.position


async def test_turns_of_different_threads_are_claimed_together_up_to_the_limit(ledger: SqlLedger) -> None:
    await record(ledger, *(said(float(n), thread=float(n)) for n in range(1, 6)))
    assert len(await claim(ledger, limit=3)) == 3
    assert len(await claim(ledger, limit=3)) == 2


async def test_a_question_may_be_claimed_as_it_is_recorded_where_one_worker_has_the_database(
    ledger: SqlLedger, database: Database
) -> None:
    room = ClaimRequest("me", ["slack"], 10)
    at_once = await ledger.record(said(1.0, "first?"), decide, room)
    if database.dialect != "sqlite":
        assert (at_once.claimed, at_once.history) == ((), None)
        return
    [turn] = at_once.claimed
    assert at_once.history == await ledger.history(turn)
    assert (turn.claim.owner, turn.state, turn.attempts) == ("me", TurnState.RUNNING, 1)
    assert await texts(ledger, turn) == ["first?"]
    assert await claim(ledger) == []
    await answer(ledger, turn)


async def test_with_a_question_all_that_is_due_is_claimed_as_far_as_there_is_room(
    ledger: SqlLedger, database: Database
) -> None:
    if database.dialect != "sqlite":
        return
    await record(ledger, said(1.0, thread=1.0), said(2.0, thread=2.0))
    recorded = await ledger.record(said(3.0, thread=3.0), decide, ClaimRequest("me", ["slack"], 2))
    assert [turn.conversation.thread.thread for turn in recorded.claimed] == ["1.0", "2.0"]
    assert recorded.due
    listened_to = said(4.0, thread=3.0, author="U2", addressed=False)
    assert (await ledger.record(listened_to, decide, ClaimRequest("me", ["slack"], 2))).claimed == ()
    assert len(await claim(ledger)) == 1


async def test_a_worker_claims_only_the_platforms_that_it_serves(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    assert await ledger.claim("me", ["web"], 10) == []


async def test_a_released_turn_is_due_again_at_its_time_with_what_was_said_since(
    ledger: SqlLedger, clock: Clock
) -> None:
    await record(ledger, said(1.0, "first"))
    turn = await claimed(ledger)
    await record(ledger, said(2.0, "second"))
    await ledger.release(turn.claim, timedelta(seconds=10), "model_unavailable")
    assert await claim(ledger) == []
    clock.advance(10)
    again = await claimed(ledger)
    assert (again.claim.turn, again.attempts) == (turn.claim.turn, 2)
    assert again.first_attempt_at == turn.first_attempt_at
    assert await texts(ledger, again) == ["first", "second"]
    await answer(ledger, again)
    assert await claim(ledger) == []


async def test_a_turn_whose_lease_ended_belongs_to_the_next_worker(ledger: SqlLedger, clock: Clock) -> None:
    await record(ledger, said(1.0))
    old = await claimed(ledger)
    clock.advance(LEASE.total_seconds())
    [new] = await claim(ledger, owner="other")
    assert new.claim.turn == old.claim.turn
    for late in (
        ledger.complete(old.claim, 1, RESULT, [], "en"),
        ledger.conclude(old.claim, "late", [], "en"),
        ledger.intend_part(old.claim, 1),
        ledger.note_part(old.claim, 1, "9.9"),
        ledger.shown(old.claim),
        ledger.give_up(old.claim, "late"),
        ledger.release(old.claim, timedelta(0), "late"),
    ):
        with pytest.raises(LeaseLost):
            await late
    await answer(ledger, new)


async def test_who_still_works_on_a_turn_whose_lease_ended_does_not_take_it_from_itself(
    ledger: SqlLedger, clock: Clock
) -> None:
    await record(ledger, said(1.0), said(2.0, thread=2.0))
    [turn, left] = await claim(ledger)
    completion = await ask(ledger, turn)
    clock.advance(LEASE.total_seconds() + 1)
    again = await ledger.claim("me", ["slack"], 10, [turn.claim.turn])
    assert [each.claim.turn for each in again] == [left.claim.turn]
    await ledger.complete(turn.claim, completion, RESULT, [], "en")


async def test_a_silent_workers_turn_is_left_until_it_is_known_to_be_gone(ledger: SqlLedger, clock: Clock) -> None:
    await record(ledger, said(1.0), said(2.0, thread=2.0))
    [turn, _] = await claim(ledger)
    await ask(ledger, turn)
    clock.advance(LEASE.total_seconds() + 1)
    await record(ledger, said(3.0, "new", thread=3.0))
    [new] = await ledger.claim("another", ["slack"], 10, take_over=False)
    assert await texts(ledger, new) == ["new"], "what waits for nobody is not left"
    assert len(await ledger.claim("another", ["slack"], 10, take_over=True)) == 2


async def test_a_turn_that_a_dead_worker_left_takes_what_was_said_since_and_nothing_is_left_to_answer(
    ledger: SqlLedger, clock: Clock
) -> None:
    await record(ledger, said(1.0, "first"))
    await claimed(ledger)
    await record(ledger, said(2.0, "second"))
    clock.advance(LEASE.total_seconds())
    again = await claimed(ledger)
    assert await texts(ledger, again) == ["first", "second"]
    await answer(ledger, again)
    assert await claim(ledger) == []


async def test_a_renewed_lease_lasts(ledger: SqlLedger, clock: Clock) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    clock.advance(LEASE.total_seconds() - 1)
    assert await ledger.renew("me", [turn.claim]) == Renewal([], {})
    clock.advance(LEASE.total_seconds() - 1)
    assert await claim(ledger) == []


async def test_an_answered_turn_is_claimed_to_be_shown_and_keeps_its_text(ledger: SqlLedger, clock: Clock) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    notices = [Notice("length"), Notice("question_too_long", {"tokens": 20, "budget": 10})]
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, notices, "ko")
    await record(ledger, said(2.0, "next"))
    clock.advance(LEASE.total_seconds())
    again = await claimed(ledger)
    assert (again.claim.turn, again.state) == (turn.claim.turn, TurnState.ANSWERED)
    outcome = await ledger.outcome(again.claim)
    assert (outcome.text, list(outcome.notices), outcome.language) == (RESULT.text, notices, "ko")
    await ledger.shown(again.claim)
    assert await texts(ledger, await claimed(ledger)) == ["next"]


async def test_an_answer_that_cannot_be_shown_now_stays_answered_and_keeps_its_place(
    ledger: SqlLedger, clock: Clock
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.complete(turn.claim, await ask(ledger, turn), RESULT, [], "en")
    await record(ledger, said(2.0, "next"))
    await ledger.release(turn.claim, timedelta(seconds=30), "ratelimited")
    assert await claim(ledger) == []
    clock.advance(30)
    assert (await claimed(ledger)).state is TurnState.ANSWERED


async def test_parts_are_known_to_the_next_attempt_even_when_their_ids_are_not(ledger: SqlLedger, clock: Clock) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "1.1")
    await ledger.intend_part(turn.claim, 2)
    clock.advance(LEASE.total_seconds())
    parts = (await claimed(ledger)).parts
    assert [(part.number, part.id) for part in parts] == [(1, "1.1"), (2, None)]
    assert parts[1].intended_at == START


async def test_a_turn_without_an_answer_fails_once_its_sentence_is_shown(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0, "impossible"))
    turn = await claimed(ledger)
    await ledger.conclude(turn.claim, "model_auth", [Notice("model_auth")], "en")
    assert (await ledger.outcome(turn.claim)).text is None
    await ledger.shown(turn.claim)
    await record(ledger, said(2.0, "again"))
    history = await ledger.history(await claimed(ledger))
    assert [(p.messages[0].version.text, p.answer) for p in history.past] == [("impossible", None)]


async def test_the_history_starts_where_the_window_starts(ledger: SqlLedger) -> None:
    for ts in (1.0, 2.0, 3.0):
        await record(ledger, said(ts, f"question {ts}"))
        turn = await claimed(ledger)
        start = turn.claim.turn if ts == 3.0 else 0
        await ledger.complete(turn.claim, await ask(ledger, turn, window_start=start), RESULT, [], "en")
        await ledger.shown(turn.claim)
    await record(ledger, said(4.0, "now"))
    history = await ledger.history(await claimed(ledger))
    assert [past.messages[0].version.text for past in history.past] == ["question 3.0"]
    assert history.past[0].messages[0].version.given == "question 3.0"
    assert history.past[0].messages[0].version.tokens == 5


async def test_only_the_first_answer_in_direct_messages_goes_to_a_newcomer(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0, direct=True, addressed=False))
    turn = await claimed(ledger)
    assert (await ledger.history(turn)).newcomer
    await answer(ledger, turn)
    await record(ledger, said(2.0, thread=2.0, direct=True, addressed=False))
    assert not (await ledger.history(await claimed(ledger))).newcomer


async def test_a_lone_surrogate_and_a_null_character_do_not_block_the_ledger(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0, "bad \x00 \ud800 text"))
    assert await texts(ledger, await claimed(ledger)) == [
        "bad \N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER} text"
    ]


async def test_a_system_prompt_is_stored_once_with_its_examples(ledger: SqlLedger) -> None:
    examples = [Example("안녕?", "네, 안녕하세요."), Example("bye", "Bye.\n")]
    for number, chosen in enumerate(((), examples, examples, examples[:1], ())):
        await record(ledger, said(10.0 + number, thread=10.0 + number))
        await ask(ledger, await claimed(ledger), examples=chosen)
    stored = select(system_prompts.c.text, system_prompts.c.examples).order_by(system_prompts.c.id)
    rows = await ledger._database.read(lambda connection: connection.execute(stored).all())  # noqa: SLF001 - no reader
    assert [tuple(row) for row in rows] == [
        ("Be brief.", None),
        ("Be brief.", [["안녕?", "네, 안녕하세요."], ["bye", "Bye.\n"]]),
        ("Be brief.", [["안녕?", "네, 안녕하세요."]]),
    ]


async def test_a_prompt_that_holds_what_was_erased_meanwhile_is_refused_and_no_form_of_it_kept(
    database: Database, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0), said(2.0, "the code is 1234", author="U2", addressed=False))
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    given = [Given(each.version.id, each.version.text, 5) for each in history.messages]
    await ledger.erase(Deleted(MessageRef("slack", "T1", "C1", "2.0"), None, START))
    start = CompletionStart("gpt-6-luna", ["v1", "v2"], "", given, 4096, Sampling(), 81, 81, 0, 0)
    with pytest.raises(Interrupted, match="changed"):
        await ledger.begin(turn.claim, start)
    query = text("SELECT text, given FROM message_versions ORDER BY id")
    rows = await database.read(lambda connection: [tuple(row) for row in connection.execute(query)])
    assert rows == [("<@UBOT> hi", None), (None, None)]
    await ledger.restart_turn(turn.claim)
    assert await texts(ledger, await claimed(ledger)) == ["<@UBOT> hi"]


async def test_what_was_cut_off_is_not_counted_among_what_the_window_leaves_out(ledger: SqlLedger) -> None:
    for number in range(1, 6):
        await record(ledger, said(float(number), thread=1.0))
        turn = await claimed(ledger)
        await answer(ledger, turn)
    window = (turn.claim.turn, 0)
    assert await ledger.count_before(turn, window) == 8
    ref = MessageRef("slack", "T1", "C1", "3.0")
    await ledger.react(Reacted(ref, Operation.CUT, Participant("U1"), added=True, at=START))
    assert await ledger.count_before(turn, window) == 4
