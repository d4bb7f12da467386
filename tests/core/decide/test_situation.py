"""What the facts of a thread mean for a message, one case a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.conversation import Edited, Participant, ParticipantKind, Posted, Said, ThreadRef
from bot.core.decide.situation import UNKNOWN, Situation, situation_of
from bot.core.decide.thread_facts import (
    BOTS_IN_ROW,
    LAST_MESSAGES,
    NOTHING_KNOWN,
    LastMessage,
    LastTurn,
    StoredCopy,
    ThreadEnd,
    ThreadFacts,
)
from bot.core.preferences.registry import Mode
from bot.core.preferences.setting import DEFAULTS
from bot.core.turn import TurnState
from tests.core.decide.modes import set_to

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KIM, LEE = Participant("U1", name="Kim"), Participant("U2", name="Lee Minho")
ROBOT = Participant("B9", ParticipantKind.BOT, "Jira")
POSTED = Posted(ThreadRef("slack", "T1", "C1", "1.0"), "9.0", 90, KIM, "and now?", NOW)
EDITED = Edited(POSTED, NOW + HOUR)
SHOWN, ANSWERED, RUNNING, FAILED = TurnState.SHOWN, TurnState.ANSWERED, TurnState.RUNNING, TurnState.FAILED


def turn(number: int, state: TurnState = SHOWN, ending: str = "Done.") -> LastTurn:
    return LastTurn(number, state, ending)


def message(by: Participant, turn: int | None, position: int = 1, *, asks: bool = False) -> LastMessage:
    return LastMessage(turn, position, by, addressed=asks)


def thread(
    turns: Sequence[LastTurn] = (turn(1),), messages: Sequence[LastMessage] = (message(KIM, 1, asks=True),)
) -> ThreadFacts:
    speakers = frozenset(each.author.id for each in messages)
    return ThreadFacts(True, DEFAULTS, None, ThreadEnd(turns, messages, speakers))


@dataclass(frozen=True)
class Case:
    why: str
    facts: ThreadFacts
    field: str
    value: object
    said: Said = POSTED


def asked(*authors: Participant) -> list[LastMessage]:
    """One question a turn, from turn 1 on."""
    return [message(author, number, number, asks=True) for number, author in enumerate(authors, 1)]


BACK = [turn(2), turn(1)]  # newest first
KNOWN = ThreadFacts(True, DEFAULTS)

CASES = [
    # heard for the first time
    Case("a message", KNOWN, "fresh", True),
    Case("an edit", KNOWN, "fresh", False, EDITED),
    Case("an edit that was read back", KNOWN, "fresh", True, Edited(replace(POSTED, recovered=True), NOW)),
    Case("a second copy", replace(KNOWN, stored=StoredCopy(NOW)), "fresh", False),
    Case("an edit of what is stored", replace(KNOWN, stored=StoredCopy(NOW)), "fresh", False, EDITED),
    Case("overtaken by its own edit", replace(KNOWN, stored=StoredCopy(NOW + HOUR)), "fresh", True),
    Case("which was answered", replace(KNOWN, stored=StoredCopy(NOW + HOUR, addressed=True)), "fresh", False),
    Case("which a turn has taken", replace(KNOWN, stored=StoredCopy(NOW + HOUR, taken=True)), "fresh", False),
    Case("which was deleted", replace(KNOWN, stored=StoredCopy(NOW + HOUR, erased=True)), "fresh", False),
    Case("of which only the deletion was told", replace(KNOWN, stored=StoredCopy(None)), "fresh", False),
    # heard before the mode was set
    Case("before", ThreadFacts(True, set_to(Mode.AUTO, NOW + HOUR), StoredCopy(NOW)), "judged", True),
    Case("after", ThreadFacts(True, set_to(Mode.AUTO, NOW - HOUR), StoredCopy(NOW)), "judged", False),
    Case("said before, heard now", ThreadFacts(True, set_to(Mode.AUTO, NOW + HOUR)), "judged", False),
    Case("no mode was set", replace(KNOWN, stored=StoredCopy(NOW)), "judged", False),
    # the bot's part
    Case("asked", thread(), "takes_part", True),
    Case("only told something", ThreadFacts(True, DEFAULTS, None, ThreadEnd()), "takes_part", False),
    # who has spoken
    Case("the author", thread(), "alone", True),
    Case("somebody else", thread(messages=[message(KIM, 1), message(LEE, 1)]), "alone", False),
    Case("a bot", thread(messages=[message(KIM, 1), message(ROBOT, 1)]), "alone", False),
    Case("another, long ago", ThreadFacts(True, DEFAULTS, None, ThreadEnd([turn(1)], (), frozenset({"U2"}))), "alone",
         False),
    # who asked last
    Case("the newest question's author", thread(BACK, asked(KIM, LEE)), "asker", "U2"),
    Case("not who spoke since", thread(messages=[*asked(KIM), message(LEE, None, 2)]), "asker", "U1"),
    # the last word
    Case("nothing was said since", thread(), "last_word", True),
    Case("something was said since", thread(messages=[*asked(KIM), message(KIM, None, 2)]), "last_word", False),
    Case("the answer is being written", thread([turn(1, RUNNING, "")]), "last_word", False),
    Case("no answer came", thread([turn(1, FAILED, "")]), "last_word", False),
    Case("the answer is being shown", thread([turn(1, ANSWERED)]), "last_word", True),
    # asked back
    Case("a question", thread([turn(1, ending="In **which** region?")]), "asked_back", True),
    Case("no question", thread([turn(1, ending="Which? That one.")]), "asked_back", False),
    Case("an earlier question", thread([turn(2), turn(1, ending="Which?")]), "asked_back", False),
    Case("a question that is not all there yet", thread([turn(1, RUNNING, "Which?")]), "asked_back", False),
    # exchanges
    Case("one answer", thread(), "exchanges", 1),
    Case("two answers", thread(BACK, asked(KIM, KIM)), "exchanges", 2),
    Case("after another's", thread(BACK, asked(LEE, KIM)), "exchanges", 1),
    Case("another spoke since", thread(BACK, [*asked(KIM, KIM), message(LEE, None, 3)]), "exchanges", 0),
    Case("a bot spoke since", thread(BACK, [*asked(KIM, KIM), message(ROBOT, None, 3)]), "exchanges", 2),
    Case("a turn that failed", thread([turn(2), turn(1, FAILED, "")], asked(KIM, KIM)), "exchanges", 1),
    # overtaken
    Case("by another", thread(messages=[*asked(KIM), message(LEE, None, 91)]), "overtaken", True),
    Case("earlier than that", thread(messages=[*asked(KIM), message(LEE, None, 89)]), "overtaken", False),
    Case("by its author", thread(messages=[*asked(KIM), message(KIM, None, 91)]), "overtaken", False),
    Case("by a bot", thread(messages=[*asked(KIM), message(ROBOT, None, 91)]), "overtaken", False),
    # names
    Case("of another", thread(messages=[*asked(KIM), message(LEE, None)]), "others", {"Lee Minho", "Lee", "Minho"}),
    Case("not of the author, nor of bots", thread(messages=[*asked(KIM), message(ROBOT, None)]), "others", set()),
    Case("not known", thread(messages=[message(Participant("U3"), 1)]), "others", set()),
    # bots in a row
    Case("since a person", thread(messages=[*asked(ROBOT, KIM, ROBOT, ROBOT)]), "bots_in_row", 2),
    Case("no person at all", thread(messages=asked(ROBOT, ROBOT)), "bots_in_row", 2),
    Case("only what asked", thread(messages=[*asked(KIM, ROBOT), message(ROBOT, None, 3)]), "bots_in_row", 1),
    Case("hidden by other talk", thread(messages=[message(ROBOT, None, n) for n in range(LAST_MESSAGES)]),
         "bots_in_row", BOTS_IN_ROW),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.field}: {case.why}")
def test_what_facts_mean(case: Case) -> None:
    assert getattr(situation_of(case.said, case.facts), case.field) == case.value


def test_of_an_unknown_thread_nothing_is_known() -> None:
    assert situation_of(POSTED, NOTHING_KNOWN) == Situation(fresh=True)
    assert situation_of(POSTED, KNOWN) == Situation(fresh=True)


def test_what_was_set_is_part_of_every_situation() -> None:
    quiet = set_to(Mode.QUIET, NOW)
    assert situation_of(POSTED, replace(KNOWN, preferences=quiet)).preferences == quiet
    assert situation_of(POSTED, replace(thread(), preferences=quiet)).preferences == quiet
    assert situation_of(POSTED, NOTHING_KNOWN).preferences == UNKNOWN.preferences
