"""Summaries count as long as nothing changes before their window, on both databases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Select, func, select, update

from bot.core.conversation import Deleted, Edited, MessageRef, Operation, Participant, Reacted
from bot.core.ports import CompletionStart, Older, Sampling, SummaryBegun, SummaryStart
from bot.core.turn import Place, Turn
from bot.store.database.base import Database
from bot.store.database.urls import open_database
from bot.store.ledger.ledger import SqlLedger
from bot.store.summaries import MAKING, TURNS, SqlSummaries
from bot.store.tables import completions, conversations, summaries, turns
from tests.bench.history import LongThread, fill
from tests.store.conftest import Clock
from tests.store.steps import RESULT, START, answer, ask, claimed, record, said

Change = Callable[[SqlLedger], Awaitable[object]]


@pytest.fixture
def store(database: Database, clock: Clock) -> SqlSummaries:
    return SqlSummaries(database, clock)


async def talk(ledger: SqlLedger, count: int, *, left: int) -> list[Turn]:
    """So many turns; the window of the conversation leaves the first *left* behind. Their answers have parts."""
    asked = []
    for number in range(1, count + 1):
        await record(ledger, said(float(number), f"question {number}"))
        turn = await claimed(ledger)
        asked.append(turn)
        await ledger.intend_part(turn.claim, 1)
        await ledger.note_part(turn.claim, 1, f"{number}.5")
        if number == count:
            start = asked[left].claim.turn
            await ledger.complete(turn.claim, await ask(ledger, turn, window_start=start), RESULT, [], "en")
            await ledger.shown(turn.claim)
        else:
            await answer(ledger, turn)
    return asked


async def older(store: SqlSummaries, turn: Turn) -> Older:
    found = await store.older(turn.conversation.id)
    assert found is not None
    return found


def begin(what: Older, until: Place | None = None) -> SummaryStart:
    """All of *what* that is before *until*."""
    end = until or what.until
    part = []
    for past in what.past:
        if (past.id, 0) < end:
            part += [f"v{message.version.id}" for message in past.messages]
            part += [f"c{past.answer.completion}"] if past.answer else []
    call = CompletionStart("gpt-6-luna", part, "Summarize.", (), 100, Sampling(), 50, 50, *end)
    return SummaryStart(what, part, end, call)


async def made(store: SqlSummaries, what: Older, text: str = "told", until: Place | None = None) -> int:
    start = begin(what, until)
    begun = await store.begin(start)
    assert begun is not None
    assert await store.finish(begun, start, RESULT, text, 3)
    return begun.summary


async def text_in_prompt(ledger: SqlLedger) -> str | None:
    """What the next turn's prompt would begin with."""
    number = 50.0 + (await _prompts(ledger))
    await record(ledger, said(number, "and now?"))
    turn = await claimed(ledger)
    found = (await ledger.history(turn)).summary
    await answer(ledger, turn)
    return found.text if found else None


async def _prompts(ledger: SqlLedger) -> int:
    return len(await rows(ledger._database, select(completions.c.id)))  # noqa: SLF001 - the same database


async def rows(database: Database, query: Select[Any]) -> list[tuple[Any, ...]]:
    def read(connection: Connection) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(query)]

    return await database.read(read)


def ref(ts: str) -> MessageRef:
    return MessageRef("slack", "T1", "C1", ts)


def reaction(ts: str, operation: Operation, *, added: bool = True, second: int = 0) -> Change:
    at = START + timedelta(seconds=second)
    return lambda ledger: ledger.react(Reacted(ref(ts), operation, Participant("U1"), added, at))


def edit(ts: float) -> Change:
    return lambda ledger: record(ledger, Edited(said(ts, "something else"), START + timedelta(minutes=1)))


def deletion(ts: str) -> Change:
    return lambda ledger: ledger.erase(Deleted(ref(ts), None, START))


async def test_what_the_window_has_left_behind_is_to_be_told(ledger: SqlLedger, store: SqlSummaries) -> None:
    asked = await talk(ledger, 4, left=2)
    found = await older(store, asked[0])
    assert [past.messages[0].version.text for past in found.past] == ["question 1", "question 2"]
    assert [past.answer.text for past in found.past if past.answer] == [RESULT.text] * 2
    assert (found.since, found.until, found.summary) == ((0, 0), (asked[2].claim.turn, 0), None)
    await made(store, found)
    assert await store.older(found.conversation) is None
    assert await text_in_prompt(ledger) == "told"


async def test_the_next_one_goes_on_from_it_and_covers_all(
    ledger: SqlLedger, store: SqlSummaries, database: Database
) -> None:
    asked = await talk(ledger, 4, left=3)
    whole = await older(store, asked[0])
    first = await made(store, whole, "first", (asked[1].claim.turn, 0))
    assert await text_in_prompt(ledger) == "first"
    rest = await older(store, asked[0])
    assert rest.summary is not None
    assert (rest.summary.id, rest.since) == (first, (asked[1].claim.turn, 0))
    assert [past.id for past in rest.past] == [turn.claim.turn for turn in asked[1:3]]
    await made(store, rest, "second")
    assert await text_in_prompt(ledger) == "second"
    covers = await rows(database, select(summaries.c.covers).order_by(summaries.c.id.desc()).limit(1))
    assert covers == [(" ".join(begin(whole).part),)]


CHANGES: dict[str, Change] = {
    "an edit": edit(2.0),
    "a deletion": deletion("2.0"),
    "a deleted answer": deletion("2.5"),
    "a hidden message": reaction("2.0", Operation.HIDE),
    "a hidden answer": reaction("2.5", Operation.HIDE),
    "scissors": reaction("2.0", Operation.CUT),
    "scissors in the window": reaction("4.0", Operation.CUT),
}
ELSEWHERE: dict[str, Change] = {
    "an edit in the window": edit(4.0),
    "a deletion in the window": deletion("4.0"),
    "a pin": reaction("1.0", Operation.PIN),
    "the same text again": lambda ledger: record(ledger, Edited(said(2.0, "question 2"), START + timedelta(minutes=1))),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_it_is_in_no_prompt_after(change: str, ledger: SqlLedger, store: SqlSummaries) -> None:
    asked = await talk(ledger, 4, left=2)
    await made(store, await older(store, asked[0]))
    await CHANGES[change](ledger)
    assert await text_in_prompt(ledger) is None


@pytest.mark.parametrize("change", ELSEWHERE)
async def test_it_stays_after(change: str, ledger: SqlLedger, store: SqlSummaries) -> None:
    asked = await talk(ledger, 5, left=2)
    await made(store, await older(store, asked[0]))
    await ELSEWHERE[change](ledger)
    assert await text_in_prompt(ledger) == "told"


@pytest.mark.parametrize("change", CHANGES)
async def test_nothing_comes_of_one_that_is_made_meanwhile(
    change: str, ledger: SqlLedger, store: SqlSummaries, database: Database
) -> None:
    asked = await talk(ledger, 4, left=2)
    start = begin(await older(store, asked[0]))
    begun = await store.begin(start)
    assert begun is not None
    await CHANGES[change](ledger)
    assert not await store.finish(begun, start, RESULT, "outdated", 3)
    assert await text_in_prompt(ledger) is None
    assert await rows(database, select(summaries.c.text)) == [(None,)]
    paid = select(completions.c.cost_nanodollars, completions.c.outcome).where(completions.c.purpose == "summary")
    assert await rows(database, paid) == [(RESULT.cost_nanodollars, "complete")]


async def test_nothing_comes_of_one_whose_beginning_changed_before_it_was_noted(
    ledger: SqlLedger, store: SqlSummaries
) -> None:
    asked = await talk(ledger, 4, left=2)
    start = begin(await older(store, asked[0]))
    await CHANGES["an edit"](ledger)
    begun = await store.begin(start)
    assert begun is not None
    assert not await store.finish(begun, start, RESULT, "outdated", 3)
    assert await text_in_prompt(ledger) is None


async def test_of_what_is_deleted_the_summaries_are_erased_and_those_before_it_stay(
    ledger: SqlLedger, store: SqlSummaries, database: Database
) -> None:
    asked = await talk(ledger, 4, left=3)
    whole = await older(store, asked[0])
    await made(store, whole, "of the first turn", (asked[1].claim.turn, 0))
    await made(store, await older(store, asked[0]), "of three turns")
    await ledger.erase(Deleted(ref("3.0"), None, START))
    assert await rows(database, select(summaries.c.text).order_by(summaries.c.id)) == [("of the first turn",), (None,)]
    assert await text_in_prompt(ledger) == "of the first turn"
    rest = await older(store, asked[0])
    assert [past.id for past in rest.past] == [turn.claim.turn for turn in asked[1:3]]
    assert rest.past[1].messages == ()


async def test_what_scissors_cut_off_is_told_of_no_more(ledger: SqlLedger, store: SqlSummaries) -> None:
    asked = await talk(ledger, 4, left=3)
    await made(store, await older(store, asked[0]))
    await reaction("2.0", Operation.CUT)(ledger)
    assert [past.id for past in (await older(store, asked[0])).past] == [turn.claim.turn for turn in asked[1:3]]
    await reaction("2.0", Operation.CUT, added=False, second=1)(ledger)
    assert len((await older(store, asked[0])).past) == 3
    await reaction("4.0", Operation.CUT)(ledger)
    assert await store.older(asked[0].conversation.id) is None


async def test_another_variant_of_an_answer_makes_it_stale(
    ledger: SqlLedger, store: SqlSummaries, clock: Clock
) -> None:
    asked = await talk(ledger, 4, left=2)
    await made(store, await older(store, asked[0]))
    await reaction("1.5", Operation.REPEAT)(ledger)
    again = await claimed(ledger)
    assert again.claim.turn == asked[0].claim.turn
    assert (await ledger.history(again)).summary is None, "it comes later than this turn"
    await answer(ledger, again)
    assert await text_in_prompt(ledger) is None


async def test_two_processes_make_it_once(
    ledger: SqlLedger, store: SqlSummaries, database: Database, clock: Clock
) -> None:
    asked = await talk(ledger, 4, left=2)
    other = SqlSummaries(database, clock)
    start = begin(await older(store, asked[0]))
    begun = await store.begin(start)
    assert begun is not None
    assert await other.begin(start) is None
    assert await store.finish(begun, start, RESULT, "told", 3)
    assert await other.begin(start) is None
    assert await rows(database, select(summaries.c.text)) == [("told",)]


async def test_one_that_was_given_up_or_left_by_a_dead_process_is_begun_again(
    ledger: SqlLedger, store: SqlSummaries, clock: Clock, database: Database
) -> None:
    asked = await talk(ledger, 4, left=2)
    start = begin(await older(store, asked[0]))

    async def begun() -> SummaryBegun:
        found = await store.begin(start)
        assert found is not None
        return found

    await store.abandon(await begun(), "model_unavailable", 7)
    left = await begun()
    clock.advance(MAKING.total_seconds() + 1)
    await begun()
    await store.expire()
    last = await begun()
    assert not await store.finish(left, start, RESULT, "late", 3)
    assert await store.finish(last, start, RESULT, "told", 3)
    assert await text_in_prompt(ledger) == "told"
    ended = select(completions.c.outcome, completions.c.turn_id).where(completions.c.purpose == "summary")
    assert (await rows(database, ended.order_by(completions.c.id)))[0] == ("model_unavailable", None)


async def test_its_conversation_is_found_by_a_message_by_an_answer_and_after_a_deletion(
    ledger: SqlLedger, store: SqlSummaries
) -> None:
    asked = await talk(ledger, 2, left=1)
    here = asked[0].conversation.id
    assert [await store.conversation_of(ref(ts)) for ts in ("1.0", "1.5", "9.9")] == [here, here, None]
    await ledger.erase(Deleted(ref("1.0"), None, START))
    assert await store.conversation_of(ref("1.0")) == here


async def test_a_very_long_thread_is_told_piece_by_piece(database_url: str) -> None:
    await fill(database_url, [LongThread("T1", "C1", "1.0", "U1", 3 * TURNS)])
    database = open_database(database_url)
    try:
        store = SqlSummaries(database)
        [(conversation, last)] = await rows(
            database, select(turns.c.conversation_id, func.max(turns.c.id)).group_by(turns.c.conversation_id)
        )
        window = update(conversations).values(window_start=last)
        await database.write(lambda connection: connection.execute(window))
        sizes = []
        while (found := await store.older(conversation)) is not None:
            sizes.append(len(found.past))
            await made(store, found)
        assert sizes == [TURNS, TURNS, TURNS - 1]
    finally:
        await database.close()
