"""What was sent for a turn, as both databases keep it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.conversation import Deleted, Edited, MessageRef, Operation, Participant, Reacted
from bot.core.files import FileOutcome, Reading
from bot.core.ports import Example, PromptMessage, Sampling
from bot.core.prompt.build import Counting
from bot.core.receipt.sent_prompt import put_together
from bot.core.turn import Turn, TurnState
from bot.store.database.base import Database
from bot.store.ledger.ledger import SqlLedger
from bot.store.receipt.record import NoSuchTurnError, load
from tests.store.conftest import Clock
from tests.store.ledger.test_files import IMAGE, PHOTO, REPORT, TEXT, files, with_files
from tests.store.steps import RESULT, START, answer, ask, claimed, record, said

COUNTING = Counting(count=len, per_message=4, per_prompt=3)


async def messages(database: Database, turn: int, completion: int | None = None) -> list[PromptMessage]:
    asked = await load(database, turn, completion_id=completion)
    assert asked.completion is not None
    return [joined.message for joined in put_together(asked.completion, asked.record, COUNTING).messages]


async def answered(ledger: SqlLedger) -> Turn:
    """A question, 1.0, and its answer, shown in the part 1.5."""
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    await ledger.intend_part(turn.claim, 1)
    await ledger.note_part(turn.claim, 1, "1.5")
    await answer(ledger, turn)
    return turn


async def test_a_call_is_put_together_as_it_was_sent(database: Database, ledger: SqlLedger) -> None:
    await record(ledger, said(1.0, "2020년 우승팀은?"))
    turn = await claimed(ledger)
    completion = await ask(ledger, turn, examples=[Example("hi", "ho")])
    await ledger.complete(turn.claim, completion, RESULT, [], "en")
    await ledger.shown(turn.claim)
    await record(ledger, Edited(said(1.0, "2019년 우승팀은?"), START + timedelta(seconds=9)))
    asked = await load(database, turn.claim.turn)
    assert asked.completion is not None
    assert (asked.completion.id, asked.completion.model, asked.completion.sampling) == (
        completion,
        "gpt-6-luna",
        Sampling(0.7, 123, ("END",)),
    )
    assert asked.completion.usage == RESULT.usage
    assert await messages(database, turn.claim.turn) == [
        PromptMessage("system", "Be brief."),
        PromptMessage("user", "hi"),
        PromptMessage("assistant", "ho"),
        PromptMessage("user", "2020년 우승팀은?"),
    ]


async def test_the_chosen_call_is_shown_else_the_newest_else_the_one_that_is_asked_for(
    database: Database, ledger: SqlLedger
) -> None:
    await record(ledger, said(1.0))
    turn = await claimed(ledger)
    number = turn.claim.turn
    first = await ask(ledger, turn)
    await ledger.abandon(turn.claim, first, "model_busy")
    assert (await load(database, number)).completion == (await load(database, number)).completions[0]
    second = await ask(ledger, turn)
    third = await ask(ledger, turn)
    await ledger.complete(turn.claim, second, RESULT, [], "en")
    for which, expected in (({}, second), ({"variant": 1}, second), ({"completion_id": third}, third)):
        found = (await load(database, number, **which)).completion
        assert found is not None
        assert found.id == expected
    for wrong in ({"variant": 2}, {"completion_id": third + 1}):
        with pytest.raises(NoSuchTurnError, match=f"Turn {number} has no"):
            await load(database, number, **wrong)
    with pytest.raises(NoSuchTurnError, match="no turn 77"):
        await load(database, 77)


async def test_a_turn_that_has_no_call(database: Database, ledger: SqlLedger) -> None:
    await record(ledger, said(1.0))
    asked = await load(database, 1)
    assert (asked.turn.state, asked.completions, asked.completion) == (TurnState.PENDING, [], None)


async def test_a_deletion_leaves_its_date_and_the_tokens_of_messages_and_answers(
    database: Database, ledger: SqlLedger, clock: Clock
) -> None:
    turn = await answered(ledger)
    for deleted in ("1.0", "1.5", "1.5"):
        await ledger.erase(Deleted(MessageRef("slack", "T1", "C1", deleted), None, clock()))
        clock.advance(60)
    asked = await load(database, turn.claim.turn)
    [message], [kept] = asked.record.messages.values(), asked.record.answers.values()
    [version] = asked.record.versions.values()
    assert (message.erased_at, version.given, version.tokens) == (START, None, 5)
    assert (kept.erased_at, kept.text, kept.tokens) == (START + timedelta(seconds=60), None, RESULT.text_tokens)
    assert (await messages(database, turn.claim.turn))[-1].content == f"[deleted {START:%Y-%m-%d}, 5 tokens]"


async def test_a_file_that_is_gone_leaves_its_tokens_and_others_their_picture(
    database: Database, ledger: SqlLedger
) -> None:
    await record(ledger, with_files(said(1.0, "see"), PHOTO, REPORT))
    turn = await claimed(ledger)
    photo, report = await files(ledger, turn)
    await ledger.files.note([replace(photo, reading=IMAGE, tokens=30), replace(report, reading=TEXT, tokens=20)])
    history = await ledger.history(turn)
    [message] = history.messages
    await ask(ledger, turn)
    gone = replace(REPORT, refused=FileOutcome.GONE)
    await record(ledger, Edited(with_files(said(1.0, "see"), PHOTO, gone), START))
    asked = await load(database, turn.claim.turn)
    kept, lost = asked.record.files.values()
    assert asked.completion is not None
    assert kept.file.reading == replace(IMAGE, image=b"")  # the call was not sent it
    assert (lost.file.reading, lost.tokens) == (Reading(FileOutcome.GONE), 20)
    assert lost.erased_at is not None
    assert [file.tokens for file in await files(ledger, turn)] == [30, 0]
    sent = replace(asked.completion, entries=[f"v{message.version.id}", f"f{photo.id}", f"f{report.id}"])
    content = put_together(sent, asked.record, COUNTING).messages[-1].message.content
    assert content.endswith(f"[deleted {lost.erased_at:%Y-%m-%d}, 20 tokens]")


async def test_who_set_a_mark_and_whether_it_is_still_there(
    database: Database, ledger: SqlLedger, clock: Clock
) -> None:
    turn = await answered(ledger)
    lee = Participant("U2", name="lee")
    on_message, on_answer = (MessageRef("slack", "T1", "C1", each) for each in ("1.0", "1.5"))
    await ledger.react(Reacted(on_message, Operation.HIDE, lee, added=True, at=clock()))
    await ledger.react(Reacted(on_answer, Operation.CUT, lee, added=True, at=clock()))
    later = clock() + timedelta(seconds=1)
    await ledger.react(Reacted(on_answer, Operation.CUT, lee, added=False, at=later))
    asked = await load(database, turn.claim.turn)
    found = [(m.operation, m.message is None, m.turn, m.by.id, m.at, m.active) for m in asked.record.reactions]
    assert found == [
        (Operation.HIDE, False, None, "U2", clock(), True),
        (Operation.CUT, True, turn.claim.turn, "U2", later, False),
    ]
