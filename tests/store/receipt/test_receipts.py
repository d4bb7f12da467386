"""What people may ask of the database, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.conversation import Acted, MessageRef, Operation, Participant
from bot.core.ports import Opinions, Use, Viewer
from bot.core.prompt.build import Counting
from bot.core.receipt.receipt import PRIVATE, UNKNOWN, About, Receipts, Refused
from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger
from bot.store.receipt.receipts import SqlReceiptStore
from tests.store.receipt.test_record import answered
from tests.store.steps import RESULT, START, answer, claimed, record, said

COUNTING = Counting(count=len, per_message=4, per_prompt=3)


@pytest.fixture
def receipts(database: Database) -> Receipts:
    return Receipts(SqlReceiptStore(database), COUNTING, About("gpt-6-luna"), admins=[("slack", "UADMIN")])


def viewer(person: str, workspace: str = "T1") -> Viewer:
    return Viewer("slack", workspace, person)


async def refusal(receipts: Receipts, person: str, channel: str, turn: int, completion: int | None = None) -> str:
    with pytest.raises(Refused) as refused:
        await receipts.receipt(viewer(person), channel, turn, completion)
    return refused.value.key


async def test_the_asker_and_admins_see_a_receipt_and_nobody_else(ledger: SqlLedger, receipts: Receipts) -> None:
    turn = await answered(ledger)
    thread, asker = turn.conversation.thread, said(1.0).author.id
    for person in (asker, "UADMIN"):
        receipt = await receipts.receipt(viewer(person), thread.channel, turn.claim.turn)
        assert receipt.completion is not None
        assert receipt.completion.usage == RESULT.usage
        assert receipt.sent is not None
    assert await refusal(receipts, "USTRANGER", thread.channel, turn.claim.turn) == PRIVATE
    assert await refusal(receipts, asker, "CELSEWHERE", turn.claim.turn) == UNKNOWN
    assert await refusal(receipts, "UADMIN", "CELSEWHERE", turn.claim.turn) == UNKNOWN
    assert await refusal(receipts, asker, thread.channel, 10**17) == UNKNOWN
    assert await refusal(receipts, asker, thread.channel, turn.claim.turn, 10**17) == UNKNOWN


async def test_who_only_spoke_in_the_thread_did_not_ask(ledger: SqlLedger, receipts: Receipts) -> None:
    await record(ledger, said(1.0), said(1.1, "by the way", author="U2", addressed=False))
    turn = await claimed(ledger)
    await answer(ledger, turn)
    assert await refusal(receipts, "U2", turn.conversation.thread.channel, turn.claim.turn) == PRIVATE


async def test_a_part_of_an_answer_leads_to_its_turn(ledger: SqlLedger, receipts: Receipts) -> None:
    turn = await answered(ledger)
    thread = turn.conversation.thread
    part = MessageRef(thread.platform, thread.workspace, thread.channel, "1.5")
    assert await receipts.store.turn_of(part) == turn.claim.turn
    assert await receipts.store.turn_of(MessageRef(thread.platform, thread.workspace, "CELSEWHERE", "1.5")) is None


async def test_what_people_think_of_an_answer_is_counted(ledger: SqlLedger, receipts: Receipts) -> None:
    turn = await answered(ledger)
    thread, asker = turn.conversation.thread, said(1.0).author.id
    shown = (await receipts.receipt(viewer(asker), thread.channel, turn.claim.turn)).completion
    assert shown is not None
    for person, opinion in (("U1", Operation.LIKE), ("U2", Operation.DISLIKE), ("U3", Operation.LIKE)):
        pressed = Acted(thread, opinion, Participant(person), START, turn.claim.turn, shown.id)
        await ledger.act(pressed)
    assert (await receipts.receipt(viewer(asker), thread.channel, turn.claim.turn)).opinions == Opinions(2, 1)


async def test_use_is_ones_own_since_a_moment(ledger: SqlLedger, receipts: Receipts) -> None:
    await answered(ledger)
    asker = said(1.0).author.id
    used = await receipts.store.use(viewer(asker), START - timedelta(days=1))
    usage = RESULT.usage
    assert used == Use(1, usage.prompt_tokens or 0, usage.completion_tokens or 0, RESULT.cost_nanodollars or 0)
    assert await receipts.store.use(viewer("U2"), START - timedelta(days=1)) == Use()
    assert await receipts.store.use(viewer(asker), START + timedelta(days=1)) == Use()
    assert await receipts.store.use(viewer(asker, "T2"), START - timedelta(days=1)) == Use()


async def test_the_language_of_somebody_is_known_once_slack_has_said_so(ledger: SqlLedger, receipts: Receipts) -> None:
    turn = await answered(ledger)
    asker = said(1.0).author.id
    assert await receipts.store.locale(viewer(asker)) is None
    await ledger.name_participants(turn.conversation.thread, {asker: "Kim"}, {asker: "ko-KR"})
    assert await receipts.store.locale(viewer(asker)) == "ko-KR"
    await ledger.name_participants(turn.conversation.thread, {asker: "Kim"})
    assert await receipts.store.locale(viewer(asker)) == "ko-KR", "a Slack that does not say it takes nothing away"
