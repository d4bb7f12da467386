"""Names are kept with the time at which they were asked for, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.core.conversation import Participant, ParticipantKind, ThreadRef
from bot.core.ports import KnownName
from bot.store.ledger.ledger import SqlLedger
from tests.store.conftest import Clock
from tests.store.steps import START, claimed, record, said

THREAD = ThreadRef("slack", "T1", "C1", "1.0")
ELSEWHERE = ThreadRef("slack", "T2", "C1", "1.0")


async def test_names_are_known_with_the_time_at_which_they_were_noted(ledger: SqlLedger, clock: Clock) -> None:
    assert await ledger.names(THREAD, ["U1", "U2"]) == {}
    await ledger.name_participants(THREAD, {"U2": "Bob", "U1": "김민수"})
    clock.advance(60)
    await ledger.name_participants(THREAD, {"U2": "Robert"})
    assert await ledger.names(THREAD, ["U1", "U2", "U3"]) == {
        "U1": KnownName("김민수", START),
        "U2": KnownName("Robert", START + timedelta(minutes=1)),
    }
    assert await ledger.names(ELSEWHERE, ["U1"]) == {}
    assert await ledger.names(THREAD, []) == {}


async def test_somebody_who_was_named_before_speaking_is_who_then_speaks(ledger: SqlLedger) -> None:
    await ledger.name_participants(THREAD, {"U1": "Deploy"})
    await record(ledger, said(1.0, author="U2"), said(1.1, kind=ParticipantKind.BOT, addressed=False))
    [_, author] = [message.author for message in (await ledger.history(await claimed(ledger))).messages]
    assert author == Participant("U1", ParticipantKind.BOT, "Deploy")


async def test_a_name_that_came_with_an_event_is_known_but_was_not_asked_for(ledger: SqlLedger) -> None:
    await record(ledger, replace(said(1.0), author=Participant("U1", name="Kim")))
    assert await ledger.names(THREAD, ["U1"]) == {"U1": KnownName("Kim", None)}
    await ledger.name_participants(THREAD, {"U1": "Kim Minsu"})
    assert await ledger.names(THREAD, ["U1"]) == {"U1": KnownName("Kim Minsu", START)}


async def test_the_workspace_of_somebody_from_elsewhere_stays_known(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0), replace(said(1.1), author=Participant("U1", home="T2")), said(1.2))
    authors = [message.author for message in (await ledger.history(await claimed(ledger))).messages]
    assert [author.home for author in authors] == ["T2"] * 3


async def test_many_who_name_the_same_people_at_once_do_not_lock_each_other_out(ledger: SqlLedger) -> None:
    people = [f"U{number}" for number in range(30)]
    orders = [people, people[::-1]] * 5
    await asyncio.gather(*(ledger.name_participants(THREAD, {who: who.lower() for who in order}) for order in orders))
    assert {who: known.name for who, known in (await ledger.names(THREAD, people)).items()} == {
        who: who.lower() for who in people
    }
