"""What is read of a thread is stored once, beside what events told of it; on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.conversation import (
    Edited,
    MessageRef,
    Operation,
    Participant,
    ParticipantKind,
    Posted,
    Reacted,
    posted_of,
)
from bot.core.errors import LeaseLost
from bot.core.ports import ThreadRead
from bot.core.turn import Turn
from bot.store.ledger.ledger import SqlLedger
from bot.store.ledger.recording import DELIVERY_TIME
from bot.store.ledger.turn_queue import LEASE
from tests.store.conftest import Clock
from tests.store.steps import START, answer, claim, claimed, record, said, texts


def overheard(ts: float, text: str, author: str = "U2", kind: ParticipantKind = ParticipantKind.PERSON) -> Posted:
    return replace(said(ts, text, author=author, addressed=False, kind=kind), recovered=True)


def ours(ts: float, text: str = "an answer") -> Posted:
    return overheard(ts, text, "UBOT", ParticipantKind.SELF)


async def fill(ledger: SqlLedger, turn: Turn, *read: Posted | Edited, truncated: bool = False) -> None:
    since = turn.conversation.unread_since
    assert since is not None
    await ledger.fill(turn.claim, since, ThreadRead(read, truncated=truncated))


async def mid_thread(ledger: SqlLedger) -> Turn:
    await record(ledger, said(5.0, "question"))
    return await claimed(ledger)


async def next_turn(ledger: SqlLedger, turn: Turn, ts: float = 9.0) -> Turn:
    """The one after *turn*, which is answered."""
    await answer(ledger, turn)
    await record(ledger, said(ts, "next"))
    return await claimed(ledger)


async def past(ledger: SqlLedger, turn: Turn) -> Sequence[Sequence[str]]:
    return [[message.version.text for message in earlier.messages] for earlier in (await ledger.history(turn)).past]


async def test_what_was_said_before_the_question_is_its_context_and_no_question(ledger: SqlLedger) -> None:
    turn = await mid_thread(ledger)
    assert (turn.conversation.unread_since, turn.conversation.truncated) == (0, False)
    await fill(ledger, turn, overheard(1.0, "root"), overheard(2.0, "<@UBOT> quiet"), said(5.0, "question"))
    assert await texts(ledger, turn) == ["root", "<@UBOT> quiet", "question"]
    assert [message.addressed for message in (await ledger.history(turn)).messages] == [False, False, True]
    later = await next_turn(ledger, turn)
    assert (later.conversation.unread_since, later.conversation.truncated) == (None, False)
    assert await claim(ledger) == []


async def test_a_long_thread_stays_marked_as_cut_off(ledger: SqlLedger) -> None:
    turn = await mid_thread(ledger)
    await fill(ledger, turn, overheard(4.0, "newest"), truncated=True)
    assert (await next_turn(ledger, turn)).conversation.truncated


async def test_what_is_read_twice_is_stored_once(ledger: SqlLedger, clock: Clock) -> None:
    turn = await mid_thread(ledger)
    read = [overheard(1.0, "root"), overheard(2.0, "reply"), overheard(2.0, "reply")]
    await fill(ledger, turn, *read)
    clock.advance(LEASE.total_seconds() + 1)
    again = await claimed(ledger)
    assert again.conversation.unread_since is None
    await ledger.fill(again.claim, 0, ThreadRead(read))
    assert await texts(ledger, again) == ["root", "reply", "question"]


async def test_an_event_that_comes_after_it_was_read_is_the_same_message(ledger: SqlLedger) -> None:
    turn = await mid_thread(ledger)
    await fill(ledger, turn, overheard(2.0, "who?"), overheard(3.0, "<@UBOT> you?"))
    assert await record(ledger, said(2.0, "who?", addressed=False), said(3.0, "<@UBOT> you?")) == [False, True]
    later = await next_turn(ledger, turn)
    assert await past(ledger, later) == [["who?", "question"]]
    assert await texts(ledger, later) == ["<@UBOT> you?", "next"]


async def test_what_was_said_after_the_question_is_left_to_the_next_turn(ledger: SqlLedger) -> None:
    turn = await mid_thread(ledger)
    await fill(ledger, turn, overheard(1.0, "before"), overheard(6.0, "after"))
    assert await texts(ledger, turn) == ["before", "question"]
    assert await texts(ledger, await next_turn(ledger, turn)) == ["after", "next"]


async def test_a_message_that_is_there_gets_the_text_that_it_was_edited_to(ledger: SqlLedger) -> None:
    turn = await mid_thread(ledger)
    edited = Edited(said(5.0, "better question"), START + timedelta(minutes=1))
    older = Edited(overheard(2.0, "as it is now"), START + timedelta(minutes=2))
    await fill(ledger, turn, older, edited)
    assert await texts(ledger, turn) == ["as it is now", "better question"]


async def test_our_own_messages_are_kept_unless_they_are_parts_that_the_ledger_knows(
    ledger: SqlLedger, clock: Clock
) -> None:
    turn = await mid_thread(ledger)
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "5.5")
    await record(ledger, said(7.0, "next"))
    await answer(ledger, turn)
    later = await claimed(ledger)
    await ledger.fill(later.claim, 0, ThreadRead([ours(2.0), ours(5.5)]))
    history = await ledger.history(later)
    assert [message.platform_id for message in history.messages] == ["2.0", "7.0"]
    assert history.alone, "we do not count"


async def test_a_message_of_ours_that_may_be_a_part_whose_id_was_lost_is_left_out(
    ledger: SqlLedger, clock: Clock
) -> None:
    turn = await mid_thread(ledger)
    clock.advance(300)
    await ledger.intend_part(turn.claim, 1)
    late = replace(ours(6.0), posted_at=START + timedelta(seconds=301))
    await fill(ledger, turn, ours(2.0, "an earlier answer"), late)
    assert await texts(ledger, turn) == ["an earlier answer", "question"]
    assert await texts(ledger, await next_turn(ledger, turn)) == ["next"]


def whole(*read: Posted | Edited, reactions: Sequence[Reacted] = ()) -> ThreadRead:
    """All that there is, and nothing else."""
    posted = [posted_of(said) for said in read]
    positions = {each.id: each.position for each in posted}
    return ThreadRead(read, reactions=reactions, positions=positions, at=START + timedelta(hours=1))


async def test_what_is_not_there_any_more_is_erased_if_it_stood_between_what_is(ledger: SqlLedger) -> None:
    await record(ledger, said(5.0, "question"), said(6.0, "gone"), said(7.0, "later"), said(2.0, "too old to be seen"))
    turn = await claimed(ledger)
    await ledger.fill(turn.claim, 0, whole(overheard(3.0, "oldest"), said(5.0, "question"), overheard(6.5, "newest")))
    assert await texts(ledger, turn) == ["too old to be seen", "oldest", "question", "newest", "later"]
    await record(ledger, said(6.0, "gone"))
    assert "gone" not in await texts(ledger, turn)


async def test_where_nobody_knows_what_there_is_nothing_is_erased(ledger: SqlLedger) -> None:
    await record(ledger, said(4.0, "first"), said(5.0, "question"), said(6.0, "last"))
    turn = await claimed(ledger)
    await fill(ledger, turn, said(4.0, "first"), said(6.0, "last"))
    assert await texts(ledger, turn) == ["first", "question", "last"]


def mark(ts: float, operation: Operation, minute: int, *, added: bool = True) -> Reacted:
    ref = MessageRef("slack", "T1", "C1", f"{ts}")
    return Reacted(ref, operation, Participant("U2"), added=added, at=START + timedelta(minutes=minute))


async def test_marks_are_what_they_are_in_the_thread(ledger: SqlLedger) -> None:
    read = [said(1.0, "hidden again"), said(2.0, "shown again"), said(3.0, "hidden still"), said(4.0, "question")]
    await record(ledger, *read)
    for reacted in (
        mark(1.0, Operation.HIDE, 1), mark(1.0, Operation.HIDE, 2, added=False),
        mark(2.0, Operation.HIDE, 1), mark(3.0, Operation.HIDE, 1),
    ):  # fmt: skip
        await ledger.react(reacted)
    turn = await claimed(ledger)
    standing = [mark(1.0, Operation.HIDE, 0), mark(3.0, Operation.HIDE, 0)]
    for _ in range(2):
        await ledger.fill(turn.claim, 0, whole(*read, reactions=standing))
        assert await texts(ledger, turn) == ["shown again", "question"]
    await ledger.react(mark(1.0, Operation.HIDE, 3, added=False))
    assert await texts(ledger, turn) == ["shown again", "question"], "delivered late"
    await ledger.react(mark(1.0, Operation.HIDE, 61, added=False))
    assert await texts(ledger, turn) == ["hidden again", "shown again", "question"]


async def test_a_reaction_that_came_after_the_reading_is_believed(ledger: SqlLedger) -> None:
    read = [said(1.0, "a secret"), said(2.0, "no secret"), said(4.0, "question")]
    await record(ledger, *read)
    turn = await claimed(ledger)
    await ledger.react(mark(1.0, Operation.HIDE, 61))
    await ledger.react(mark(2.0, Operation.HIDE, 62, added=False))
    await ledger.fill(turn.claim, 0, whole(*read, reactions=[mark(2.0, Operation.HIDE, 0)]))
    assert await texts(ledger, turn) == ["no secret", "question"]


async def test_who_lost_the_turn_stores_nothing(ledger: SqlLedger, clock: Clock) -> None:
    turn = await mid_thread(ledger)
    clock.advance(LEASE.total_seconds() + 1)
    newer = await claimed(ledger)
    with pytest.raises(LeaseLost):
        await fill(ledger, turn, overheard(1.0, "root"))
    assert await texts(ledger, newer) == ["question"]
    assert newer.conversation.unread_since == 0


async def test_a_thread_of_a_thousand_messages_is_stored(ledger: SqlLedger) -> None:
    await record(ledger, said(5000.0, "question"))
    turn = await claimed(ledger)
    await fill(ledger, turn, *(overheard(float(n), f"말 {n}", f"U{n % 40}") for n in range(1, 1001)))
    assert await texts(ledger, turn) == [*(f"말 {n}" for n in range(1, 1001)), "question"]


async def unread(ledger: SqlLedger) -> int | None:
    return (await claimed(ledger)).conversation.unread_since


async def test_a_root_that_is_told_of_at_once_leaves_nothing_to_read(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    assert await unread(ledger) is None


async def test_a_root_that_is_told_of_late_may_have_replies_already(ledger: SqlLedger, clock: Clock) -> None:
    clock.advance(DELIVERY_TIME.total_seconds() + 1)
    await record(ledger, said(1.0))
    assert await unread(ledger) == 0


async def test_a_root_that_was_read_back_was_read_with_its_thread(ledger: SqlLedger, clock: Clock) -> None:
    clock.advance(DELIVERY_TIME.total_seconds() + 1)
    await record(ledger, replace(said(1.0), recovered=True))
    assert await unread(ledger) is None


async def test_a_root_that_an_edit_makes_a_question_may_have_replies_already(ledger: SqlLedger) -> None:
    await record(ledger, Edited(said(1.0), START + timedelta(seconds=5)))
    assert await unread(ledger) == 0
