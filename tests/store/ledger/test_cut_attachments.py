"""How much is read of what is attached to a message is kept with each of its versions, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.answer.notices import of_attachments
from bot.core.conversation import Edited
from bot.core.files import Cut
from bot.core.turn import Notice
from bot.store.ledger.ledger import SqlLedger
from tests.store.steps import START, claimed, record, said

CUT = Cut(12_000, 30_000, "characters")


async def test_a_version_says_what_of_it_was_cut(ledger: SqlLedger) -> None:
    await record(ledger, replace(said(1.0, "long"), cut=CUT))
    turn = await claimed(ledger)
    history = await ledger.history(turn)
    assert [message.version.cut for message in history.messages] == [CUT]
    assert of_attachments(history, None) == [Notice("attached_first_characters", {"kept": 12_000, "total": 30_000})]
    await record(ledger, Edited(said(1.0, "short"), START + timedelta(minutes=1)))
    history = await ledger.history(turn)
    assert [(message.version.text, message.version.cut) for message in history.messages] == [("short", None)]
    assert of_attachments(history, None) == []


async def test_of_the_context_it_is_told_where_it_was_sent(ledger: SqlLedger) -> None:
    await record(ledger, said(1.0, "first"), replace(said(1.5, "beside", addressed=False), cut=CUT))
    history = await ledger.history(await claimed(ledger))
    first, beside = history.messages
    asked = replace(history, messages=[replace(beside, addressed=False), first])
    assert len(of_attachments(asked, [f"v{beside.version.id}:unnamed"])) == 1
    assert of_attachments(asked, [f"v{first.version.id}"]) == []
    assert of_attachments(asked, None) == []
