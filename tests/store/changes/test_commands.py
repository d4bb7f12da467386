"""Commands are carried out when they are recorded, once, and confirmed once, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.core.conversation import Edited, MessageRef, Operation, Reacted, ThreadRef
from bot.core.decide.policy import Action, Decision
from bot.core.preferences.registry import LONG_ANSWERS, MODE, LongAnswers, Mode
from bot.core.turn import Notice, TurnState
from bot.store.ledger.ledger import SqlLedger
from bot.store.tables import audit, messages, participants, preferences, turns
from tests.store.conftest import Clock
from tests.store.ledger.test_thread_facts import KIM, LEE, START, Talk


@pytest.fixture
def talk(ledger: SqlLedger) -> Talk:
    return Talk(ledger)


async def modes(talk: Talk) -> list[tuple[str, str, str]]:
    """(channel, thread, value) of all that is set."""
    found = select(preferences.c.channel, preferences.c.thread, preferences.c.value).order_by(preferences.c.id)
    rows = await talk.ledger._database.read(lambda connection: connection.execute(found).all())  # noqa: SLF001
    return [(row.channel, row.thread, row.value) for row in rows]


async def confirm(talk: Talk) -> Notice | None:
    """What the next turn says, shown."""
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    assert not (await talk.ledger.history(turn)).messages, "no model is asked"
    await talk.ledger.shown(turn.claim)
    return turn.command


async def test_in_a_thread_a_command_is_for_the_thread_and_at_the_top_level_for_the_channel(talk: Talk) -> None:
    await talk.ask("quiet")
    assert await confirm(talk) == Notice("mode_quiet_thread")
    other = Talk(talk.ledger, thread="9.0")
    await other.ask("멘션할 때만", top=True)
    assert await confirm(other) == Notice("mode_mention_channel")
    assert await modes(talk) == [("C1", "1.0", "quiet"), ("C1", "", "mention")]


async def test_the_place_can_be_named_from_anywhere(talk: Talk) -> None:
    await talk.ask("이 채널에서는 조용히 해 줘")
    assert await confirm(talk) == Notice("mode_quiet_channel")
    other = Talk(talk.ledger, thread="9.0")
    assert (await other.ask("are you there?", top=True)).reason == "told to be quiet"
    assert (await other.ask("listen in this thread")).action is Action.OBEY
    await confirm(other)
    assert (await other.ask("are you there?")).action is Action.ANSWER
    assert (await talk.ask("are you there?")).reason == "told to be quiet"


async def test_a_direct_message_needs_no_mention_for_a_command(talk: Talk) -> None:
    said = replace(talk.message("조용히", direct=True, top=True))
    assert (await talk.record(said)).decision.action is Action.OBEY
    assert await confirm(talk) == Notice("mode_quiet_direct")


@pytest.mark.parametrize("place", ["", " in this thread"])
async def test_where_people_see_no_threads_a_command_holds_in_the_whole_direct_message(talk: Talk, place: str) -> None:
    async def write(talk: Talk, text: str) -> Decision:
        return (await talk.record(replace(talk.message(text, direct=True), threadless=True))).decision

    await write(talk, "hello")
    await write(talk, "quiet" + place)
    assert await modes(talk) == [("C1", "", "quiet")]
    assert (await write(Talk(talk.ledger, thread="9.0"), "are you there?")).reason == "told to be quiet"


async def test_a_command_is_confirmed_in_the_language_it_was_given_in(talk: Talk) -> None:
    await talk.ask("조용히 해 줘")
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    assert (await talk.ledger.outcome(turn.claim)).language == "ko"


async def test_a_confirmation_that_was_shown_is_no_failure(talk: Talk) -> None:
    await talk.ask("quiet")
    await confirm(talk)
    rows = await talk.ledger._database.read(lambda c: c.execute(select(turns.c.state, turns.c.reason)).all())  # noqa: SLF001
    assert [tuple(row) for row in rows] == [("shown", "mode quiet")]
    assert not await talk.ledger.claim("me", ["slack"], 1)


async def test_a_confirmation_whose_worker_died_is_claimed_again(talk: Talk, clock: Clock) -> None:
    await talk.ask("quiet")
    await talk.ledger.claim("me", ["slack"], 1)
    clock.advance(60)
    [turn] = await talk.ledger.claim("another", ["slack"], 1)
    assert (turn.command, turn.state) == (Notice("mode_quiet_thread"), TurnState.RUNNING)


async def test_a_command_beside_a_turn_at_work_holds_at_once_and_takes_none_of_its_messages(talk: Talk) -> None:
    await talk.ask("first", top=True)
    [working] = await talk.ledger.claim("me", ["slack"], 1)
    await talk.ask("second")
    await talk.ask("quiet")
    assert (await talk.ask("third")).reason == "told to be quiet"
    assert not await talk.ledger.claim("me", ["slack"], 1), "one at a time"
    await talk.ledger.give_up(working.claim, "test")
    [waiting] = await talk.ledger.claim("me", ["slack"], 1)
    said = [message.version.text for message in (await talk.ledger.history(waiting)).messages]
    assert said == ["second", "third"]
    assert waiting.stop_requested, "what waits is told so, not answered"
    await talk.ledger.give_up(waiting.claim, "test")
    assert await confirm(talk) == Notice("mode_quiet_thread")


@pytest.mark.parametrize("place", ["", " in this channel"])
async def test_a_question_that_waits_out_an_outage_is_stopped_by_the_command(talk: Talk, place: str) -> None:
    await talk.ask("first", top=True)
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    await talk.ledger.release(turn.claim, timedelta(hours=1), "unavailable")
    await talk.ask("quiet" + place)
    [stopped] = await talk.ledger.claim("me", ["slack"], 1)
    assert (stopped.claim.turn, stopped.stop_requested) == (turn.claim.turn, True)


async def test_a_turn_that_is_to_wait_after_the_command_is_stopped_too(talk: Talk) -> None:
    await talk.ask("first", top=True)
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    await talk.ask("quiet")
    await talk.ledger.release(turn.claim, timedelta(hours=1), "unavailable")
    [stopped] = await talk.ledger.claim("me", ["slack"], 1)
    assert (stopped.claim.turn, stopped.stop_requested) == (turn.claim.turn, True)


async def test_in_a_thread_with_a_mode_of_its_own_nothing_is_stopped_by_its_channels(talk: Talk) -> None:
    await talk.ask("listen in this thread", top=True)
    await confirm(talk)
    await talk.ask("first")
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    await talk.ledger.release(turn.claim, timedelta(0), "unavailable")
    other = Talk(talk.ledger, thread="9.0")
    await other.ask("quiet in this channel", top=True)
    waiting = {each.claim.turn: each.stop_requested for each in await talk.ledger.claim("me", ["slack"], 5)}
    assert waiting[turn.claim.turn] is False


async def test_a_command_is_never_sent_to_a_model(talk: Talk) -> None:
    await talk.ask("first", top=True)
    await talk.answer()
    await talk.ask("mention only")
    await confirm(talk)
    await talk.ask("second")
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    history = await talk.ledger.history(turn)
    assert [message.version.text for past in history.past for message in past.messages] == ["first"]
    assert [message.version.text for message in history.messages] == ["second"]


async def test_a_redelivered_command_does_nothing(talk: Talk) -> None:
    told = talk.message("quiet", addressed=True)
    assert (await talk.record(told)).due
    await confirm(talk)
    await talk.ask("listen")
    await confirm(talk)
    again = await talk.record(told)
    assert (again.due, again.decision.reason) == (False, "a command that is not new")
    assert await modes(talk) == [("C1", "1.0", "auto")]


async def test_of_two_commands_the_one_that_was_said_later_holds_in_whatever_order_they_arrive(talk: Talk) -> None:
    quiet, listen = talk.message("quiet", addressed=True), talk.message("listen", addressed=True)
    assert (await talk.record(listen)).due
    assert not (await talk.record(quiet)).due
    assert await modes(talk) == [("C1", "1.0", "auto")]


@pytest.mark.parametrize("how", ["read back", "edited"])
async def test_a_command_that_was_read_back_or_edited_in_is_neither_done_nor_asked(talk: Talk, how: str) -> None:
    await talk.ask("first")
    await talk.answer()
    told = talk.message("quiet", addressed=True)
    said = replace(told, recovered=True) if how == "read back" else Edited(told, START + timedelta(hours=1))
    assert not (await talk.record(said)).due
    assert await modes(talk) == []
    await talk.ask("second")
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    assert [m.version.text for m in (await talk.ledger.history(turn)).messages] == ["second"]


async def test_a_command_that_is_edited_into_a_question_is_answered(talk: Talk) -> None:
    told = talk.message("quiet", addressed=True)
    await talk.record(told)
    await confirm(talk)
    await talk.ask("listen")
    await confirm(talk)
    asked = Edited(
        replace(told, text="quiet cafés in Seoul?", posted_at=START + timedelta(hours=1)), START + timedelta(hours=1)
    )
    assert (await talk.record(asked)).due
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    assert [m.version.text for m in (await talk.ledger.history(turn)).messages] == ["quiet cafés in Seoul?"]


async def test_a_mention_that_fell_into_the_silence_is_not_answered_when_it_is_delivered_again(talk: Talk) -> None:
    await talk.ask("first")
    await talk.answer()
    await talk.ask("quiet")
    await confirm(talk)
    unheard = talk.message("are you there?", addressed=True)
    assert (await talk.record(unheard)).decision.reason == "told to be quiet"
    await talk.ask("listen")
    await confirm(talk)
    assert (await talk.record(unheard)).decision.reason == "heard under another mode"


async def test_who_set_what_and_when_is_kept(talk: Talk, clock: Clock) -> None:
    await talk.ask("quiet", LEE)
    clock.advance(60)
    await talk.ask("listen", KIM)
    found = select(audit, participants.c.external_id).join(participants).order_by(audit.c.id)
    rows = await talk.ledger._database.read(lambda connection: connection.execute(found).all())  # noqa: SLF001
    assert [(row.external_id, row.action, row.subject, row.details) for row in rows] == [
        ("U2", "set preference", "slack T1 C1 1.0", {"key": "mode", "value": "quiet"}),
        ("U1", "set preference", "slack T1 C1 1.0", {"key": "mode", "value": "auto"}),
    ]
    assert rows[1].at - rows[0].at == timedelta(seconds=60)


async def test_how_long_answers_come_is_set_beside_the_mode(talk: Talk) -> None:
    await talk.ask("quiet in this channel")
    await talk.ask("긴 답변은 파일로")
    holding = (await talk.now()).preferences
    assert (holding[MODE].value, holding[LONG_ANSWERS].value) == (Mode.QUIET, LongAnswers.FILE)
    assert await confirm(talk) == Notice("mode_quiet_channel")
    assert await confirm(talk) == Notice("long_answers_file_thread")
    await talk.ask("listen in this channel")
    await confirm(talk)
    await talk.ask("hello")
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    assert (await talk.ledger.history(turn)).preferences[LONG_ANSWERS].value is LongAnswers.FILE


async def test_nothing_that_waits_is_stopped_by_how_long_answers_come(talk: Talk) -> None:
    await talk.ask("first", top=True)
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    await talk.ledger.release(turn.claim, timedelta(0), "unavailable")
    await talk.ask("long answers as a file")
    [waiting] = await talk.ledger.claim("me", ["slack"], 1)
    assert (waiting.claim.turn, waiting.stop_requested) == (turn.claim.turn, False)
    assert (await talk.ledger.history(waiting)).preferences[LONG_ANSWERS].value is LongAnswers.FILE


async def test_what_is_set_for_one_place_concerns_no_other(talk: Talk) -> None:
    await talk.ask("quiet")
    elsewhere = talk.message("are you there?", addressed=True)
    for thread in (
        ThreadRef("slack", "T2", "C1", "1.0"),
        ThreadRef("slack", "T1", "C2", "1.0"),
        ThreadRef("web", "T1", "C1", "1.0"),
    ):
        recorded = await talk.record(replace(elsewhere, thread=thread, id="3.0"))
        assert recorded.decision.action is Action.ANSWER


@pytest.mark.parametrize("operation", Operation)
async def test_no_reaction_on_a_command_does_anything(talk: Talk, operation: Operation) -> None:
    told = talk.message("quiet", addressed=True)
    await talk.record(told)
    ref = MessageRef("slack", "T1", "C1", told.id)
    for added in (True, False):
        at = START + timedelta(hours=1 if added else 2)
        await talk.ledger.react(Reacted(ref, operation, LEE, added=added, at=at))
    assert await confirm(talk) == Notice("mode_quiet_thread")
    assert not await talk.ledger.claim("me", ["slack"], 1)
    found = select(messages.c.hidden, messages.c.pinned, messages.c.cut)
    rows = await talk.ledger._database.read(lambda connection: connection.execute(found).all())  # noqa: SLF001
    assert [tuple(row) for row in rows] == [(True, False, False)]
