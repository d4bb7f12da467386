"""What the ledger tells the policy of a thread, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.core.conversation import Edited, Participant, ParticipantKind, Posted, Said, ThreadRef
from bot.core.decide.policy import Action, Decision, decide
from bot.core.decide.situation import Situation, situation_of
from bot.core.decide.thread_facts import ThreadFacts
from bot.core.ports import CompletionStart, Recorded, Sampling
from bot.core.preferences.registry import MODE, Mode
from bot.core.turn import Completion, Turn, Usage
from bot.store.ledger.ledger import SqlLedger

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
KIM, LEE, ROBOT = (
    Participant("U1", name="Kim"),
    Participant("U2", name="Lee Minho"),
    Participant("B9", ParticipantKind.BOT),
)


@dataclass
class Talk:
    """A thread in which things are said one after another, and what the policy was told each time."""

    ledger: SqlLedger
    thread: str = "1.0"
    told: list[Situation] = field(default_factory=list)
    _position: count[int] = field(default_factory=lambda: count(1))
    allowed: frozenset[str] = frozenset()

    def message(
        self, text: str, by: Participant = KIM, *, addressed: bool = False, direct: bool = False, top: bool = False
    ) -> Posted:
        number = next(self._position)
        at = START + timedelta(seconds=number)
        thread = ThreadRef("slack", "T1", "C1", self.thread)
        id_ = self.thread if top else f"2.{number}"
        return Posted(thread, id_, number, by, text, at, addressed=addressed, direct=direct)

    async def record(self, said: Said) -> Recorded:
        def deciding(said: Said, facts: ThreadFacts) -> Decision:
            self.told.append(situation_of(said, facts))
            return decide(said, facts, [("slack", each) for each in self.allowed])

        return await self.ledger.record(said, deciding)

    async def say(self, text: str, by: Participant = KIM) -> Decision:
        return (await self.record(self.message(text, by))).decision

    async def ask(self, text: str = "a question", by: Participant = KIM, *, top: bool = False) -> Decision:
        return (await self.record(self.message(text, by, addressed=True, top=top))).decision

    async def answer(self, text: str = "An answer.") -> Turn:
        [turn] = await self.ledger.claim("me", ["slack"], 1)
        start = CompletionStart("m", [], "", [], 10, Sampling(), 1, 1, 0, 0)
        completion = await self.ledger.begin(turn.claim, start)
        result = Completion(text, 2, "stop", None, None, "m", None, Usage(), None, 1.0, None)
        await self.ledger.complete(turn.claim, completion, result, [], "en")
        await self.ledger.shown(turn.claim)
        return turn

    async def now(self, by: Participant = KIM) -> Situation:
        """What the policy is told when *by* says something more; it stays said."""
        await self.say("hm", by)
        return self.told[-1]


@pytest.fixture
def talk(ledger: SqlLedger) -> Talk:
    return Talk(ledger)


async def test_elsewhere_nothing_is_known(talk: Talk) -> None:
    assert (await talk.say("just between us")).reason == "not in a thread of the bot's"
    assert talk.told == [Situation(fresh=True)]


async def test_one_person_goes_on_without_a_mention_before_and_after_the_answer(talk: Talk) -> None:
    await talk.ask()
    assert (await talk.say("and in Busan?")).reason == "the bot and one person talk"
    await talk.answer()
    assert (await talk.say("and in Daegu?")).reason == "the bot and one person talk"
    assert (talk.told[-1].last_word, talk.told[-1].asker, talk.told[-1].exchanges) == (True, "U1", 1)


async def test_when_another_has_spoken_people_talk_with_each_other(talk: Talk) -> None:
    await talk.ask()
    await talk.answer()
    assert (await talk.say("interesting", LEE)).reason == "people talk with each other"
    assert (await talk.say("yes")).reason == "people talk with each other"
    assert not talk.told[-1].alone
    assert not talk.told[-1].last_word
    assert talk.told[-1].others == {"Lee Minho", "Lee", "Minho"}
    assert (await talk.say("Minho, what now?")).reason == "for somebody else"


async def test_whoever_was_asked_back_answers_without_a_mention(talk: Talk) -> None:
    await talk.ask(by=LEE)
    await talk.answer("Which region?")
    assert (await talk.say("us-east", KIM)).action is Action.LISTEN
    await talk.ask(by=KIM)
    await talk.answer("Which **region**?")
    assert (await talk.say("us-east", KIM)).reason == "answers the bot's question"


async def test_after_two_answers_to_one_person_alone_the_thread_is_theirs(talk: Talk) -> None:
    await talk.ask(by=LEE)
    await talk.answer()
    for _ in range(2):
        assert (await talk.say("hm", KIM)).action is Action.LISTEN
        await talk.ask(by=KIM)
        await talk.answer()
    assert (await talk.say("and now?", KIM)).reason == "the bot and one person have been talking"
    assert (await talk.say("wait", LEE)).action is Action.LISTEN


async def test_a_late_message_is_not_answered_once_somebody_else_has_spoken(talk: Talk) -> None:
    await talk.ask()
    await talk.answer()
    late = replace(talk.message("and in Busan?"), author=KIM)
    await talk.say("interesting", LEE)
    assert (await talk.record(late)).decision.reason == "others have spoken since"


async def test_a_second_delivery_is_not_new(talk: Talk) -> None:
    await talk.ask()
    await talk.answer()
    said = talk.message("interesting", LEE)
    await talk.record(said)
    assert (await talk.record(said)).decision.reason == "not new"
    assert (await talk.record(Edited(said, START + timedelta(hours=1)))).decision.reason == "not new"


async def test_what_was_read_back_and_edited_before_is_heard_for_the_first_time(talk: Talk) -> None:
    await talk.ask()
    await talk.answer()
    said = replace(talk.message("and in Busan?"), recovered=True)
    assert (await talk.record(Edited(said, START + timedelta(hours=1)))).decision.action is Action.ANSWER


async def test_a_message_that_its_own_edit_overtakes_is_heard_when_it_comes(talk: Talk) -> None:
    await talk.ask()
    await talk.answer()
    said = talk.message("and in Busan?")
    edited = Edited(replace(said, text="and in Daegu?"), START + timedelta(hours=1))
    assert (await talk.record(edited)).decision.reason == "not new"
    assert (await talk.record(said)).decision.action is Action.ANSWER
    assert not (await talk.record(said)).due
    [turn] = await talk.ledger.claim("me", ["slack"], 1)
    assert [m.version.text for m in (await talk.ledger.history(turn)).messages] == ["and in Daegu?"]
    assert (await talk.record(said)).decision.reason == "not new"


async def test_other_bots_are_answered_three_times_in_a_row(talk: Talk) -> None:
    talk.allowed = frozenset({"B9"})
    await talk.ask()
    await talk.answer()
    for _ in range(2):
        for _ in range(3):
            assert (await talk.ask(by=ROBOT)).action is Action.ANSWER
            await talk.answer()
        assert (await talk.ask(by=ROBOT)).reason == "too many bots in a row"
        await talk.say("you two …")


async def test_talk_of_bots_among_themselves_hides_no_row(talk: Talk) -> None:
    talk.allowed = frozenset({"B9"})
    for _ in range(3):
        await talk.ask(by=ROBOT)
        await talk.answer()
    for _ in range(40):
        await talk.say("beep", Participant("B8", ParticipantKind.BOT))
    assert (await talk.ask(by=ROBOT)).reason == "too many bots in a row"


async def test_a_turn_that_only_confirms_a_command_is_no_part_of_the_talk(talk: Talk) -> None:
    assert (await talk.ask("listen")).action is Action.OBEY
    assert (await talk.say("and you, lee?")).reason == "not in a thread of the bot's"


async def test_for_a_plain_question_the_thread_is_not_looked_into(talk: Talk) -> None:
    await talk.ask()
    await talk.ask()
    assert talk.told[-1] == Situation(fresh=True), "of the thread nothing was read"


async def test_a_quiet_thread_is_not_looked_into(talk: Talk) -> None:
    await talk.ask()
    await talk.answer()
    await talk.ask("quiet")
    assert (await talk.now()).preferences[MODE].value is Mode.QUIET
    assert not talk.told[-1].takes_part
