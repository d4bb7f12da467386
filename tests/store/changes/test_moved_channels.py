"""A channel gets another id: what is kept for it goes on under the new one, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from bot.core.conversation import MessageRef, Moved, Operation, Participant, Posted, Reacted
from bot.core.decide.policy import decide
from bot.core.interruption import Interrupt
from bot.core.preferences.registry import MODE, Mode
from bot.core.preferences.setting import Preference, Scope
from bot.store.changes import preferences as preference_rows
from bot.store.ledger.ledger import SqlLedger
from bot.store.tables import conversations, interactions, messages, metadata, preferences, reactions, turns, watermarks
from bot.store.watermarks import SqlWatermarks
from tests.store.conftest import Clock
from tests.store.steps import START, answer, ask, claim, claimed, record, said, texts

MOVED = Moved("slack", "T1", "C1", "C2")


def there(posted: Posted) -> Posted:
    """As it would have been said under the new id."""
    return replace(posted, thread=replace(posted.thread, channel="C2"))


async def rows(ledger: SqlLedger, table: Table, *names: str) -> list[tuple[Any, ...]]:
    query = select(*(table.c[name] for name in names)).order_by(table.c.id)
    return await ledger._database.read(lambda c: [tuple(row) for row in c.execute(query)])  # noqa: SLF001


async def prefer(ledger: SqlLedger, channel: str, mode: Mode, minutes: int, scope: Scope = Scope.CHANNEL) -> None:
    thread = replace(said(1.0).thread, channel=channel)
    preference = Preference(scope, MODE.key, MODE.written(mode), START + timedelta(minutes=minutes))
    await ledger._database.write(  # noqa: SLF001
        lambda c: preference_rows.write(c, thread, preference, None, START)
    )


async def react(ledger: SqlLedger, channel: str, ts: str, operation: Operation) -> None:
    ref = MessageRef("slack", "T1", channel, ts)
    await ledger.react(Reacted(ref, operation, Participant("U1"), added=True, at=START))


def test_every_table_that_holds_a_channel_is_known() -> None:
    holding = {table.name for table in metadata.tables.values() if "channel" in table.c}
    known = (conversations, messages, reactions, interactions, preferences, watermarks)
    assert holding == {table.name for table in known}


async def test_a_thread_goes_on_with_what_was_said_and_set(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0, "first"))
    await answer(ledger, await claimed(ledger))
    await react(ledger, "C1", "1.0", Operation.PIN)
    await prefer(ledger, "C1", Mode.MENTION, 0)
    await SqlWatermarks(ledger._database).advance("slack", "T1", "C1", 7)  # noqa: SLF001
    await ledger.move(MOVED)
    await record(ledger, there(said(2.0, "second")))
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    assert turn.conversation.thread.channel == "C2"
    assert [message.version.text for past in history.past for message in past.messages] == ["first"]
    assert history.past[0].messages[0].pinned
    assert {row[0] for table in (conversations, messages, reactions, preferences, watermarks)
            for row in await rows(ledger, table, "channel")} == {"C2"}  # fmt: skip


async def test_another_channel_is_left_alone_and_twice_is_once(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0), replace(said(2.0, thread=2.0), thread=replace(said(2.0).thread, channel="C9")))
    await record(ledger, said(3.0, thread=3.0, workspace="T2"))
    for _ in range(2):
        await ledger.move(MOVED)
    assert await rows(ledger, messages, "workspace", "channel") == [("T1", "C2"), ("T1", "C9"), ("T2", "C1")]
    await ledger.move(Moved("slack", "T1", "C9", "C9"))
    assert await rows(ledger, conversations, "channel") == [("C2",), ("C9",), ("C1",)]


@pytest.mark.parametrize(("old", "new", "kept"), [(0, 5, "quiet"), (5, 0, "mention")])
async def test_of_what_was_set_under_both_ids_the_later_one_holds(
    ledger: SqlLedger, old: int, new: int, kept: str
) -> None:
    await prefer(ledger, "C1", Mode.MENTION, old)
    await prefer(ledger, "C2", Mode.QUIET, new)
    await prefer(ledger, "C1", Mode.AUTO, 0, Scope.THREAD)
    await ledger.move(MOVED)
    found = await rows(ledger, preferences, "channel", "thread", "value")
    assert sorted(found) == [("C2", "", kept), ("C2", "1.0", "auto")]


@pytest.mark.parametrize("old", [3, 9])
async def test_what_was_said_is_read_from_the_lower_watermark_on(ledger: SqlLedger, old: int) -> None:
    marks = SqlWatermarks(ledger._database)  # noqa: SLF001
    await marks.advance("slack", "T1", "C1", old)
    await marks.advance("slack", "T1", "C2", 5)
    await ledger.move(MOVED)
    assert await marks.seen_until("slack", "T1") == {"C2": min(old, 5)}


async def test_a_thread_that_went_on_before_we_were_told_is_joined_with_its_beginning(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0, "first"))
    await answer(ledger, await claimed(ledger))
    await record(ledger, there(said(2.0, "second")))
    await react(ledger, "C2", "2.0", Operation.PIN)
    await ledger.move(MOVED)
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    assert [message.version.text for past in history.past for message in past.messages] == ["first"]
    assert [(message.version.text, message.pinned) for message in history.messages] == [("second", True)]
    assert await rows(ledger, conversations, "channel") == [("C2",)]


async def test_two_questions_that_both_wait_are_both_answered(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0, "first"), there(said(2.0, "second")))
    await ledger.move(MOVED)
    found = await claim(ledger)
    assert [await texts(ledger, turn) for turn in found] == [["first"], ["second"]]


async def test_the_same_message_under_both_ids_stays_one_for_each(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0, "first"))
    await answer(ledger, await claimed(ledger))
    await record(ledger, there(said(1.0, "first")))
    await ledger.move(MOVED)
    assert sorted(await rows(ledger, messages, "channel", "external_id")) == [("C1", "1.0"), ("C2", "1.0")]


async def test_a_turn_at_work_begins_anew_in_the_new_channel(ledger: SqlLedger, clock: Clock) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ask(ledger, turn)
    await ledger.move(MOVED)
    assert (await ledger.renew("me", [turn.claim])).interrupted == {turn.claim: Interrupt.CHANGED}
    assert await rows(ledger, turns, "changed") == [(True,)]
    await ledger.restart_turn(turn.claim)
    clock.advance(1)
    assert (await claimed(ledger)).conversation.thread.channel == "C2"


async def test_a_message_under_the_new_id_is_decided_on_by_what_was_set_under_the_old_one(ledger: SqlLedger) -> None:
    await prefer(ledger, "C1", Mode.QUIET, 0)
    await ledger.move(MOVED)
    recorded = await ledger.record(there(said(2.0, thread=2.0)), decide)
    assert recorded.decision.reason == "told to be quiet"
