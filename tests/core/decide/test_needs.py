"""Which facts are read for a message: as few as a decision takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.conversation import Edited, Participant, ParticipantKind, Posted, Said, ThreadRef
from bot.core.decide.needs import needs_end, needs_preferences, needs_stored_copy
from bot.core.decide.thread_facts import StoredCopy, ThreadFacts
from bot.core.preferences.registry import Mode
from bot.core.preferences.setting import DEFAULTS, Preferences
from tests.core.decide.modes import set_to

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAYS = Posted(ThreadRef("slack", "T1", "C1", "1.0"), "9.0", 90, Participant("U1"), "and now?", NOW)
MENTIONS, DIRECT = replace(SAYS, addressed=True), replace(SAYS, direct=True)
COMMANDS = replace(MENTIONS, text="quiet")
ROBOT = replace(SAYS, author=Participant("B9", ParticipantKind.BOT))
COPY = StoredCopy(NOW)
LATER = set_to(Mode.AUTO, NOW + HOUR)


@dataclass(frozen=True)
class Line:
    why: str
    said: Said
    known: bool  # the thread has a conversation
    reads: str
    preferences: Preferences = DEFAULTS
    stored: StoredCopy | None = None


NOTHING, PREFERENCES, COPIES, ALL = "", "preferences", "preferences, stored", "preferences, stored, end"

LINES = [
    Line("other people's talk", SAYS, False, NOTHING),
    Line("a bot's elsewhere", ROBOT, False, NOTHING),
    Line("an edit elsewhere", Edited(SAYS, NOW), False, NOTHING),
    Line("a first question", MENTIONS, False, PREFERENCES),
    Line("a first direct message", DIRECT, False, PREFERENCES),
    Line("a first command", COMMANDS, False, PREFERENCES),
    Line("a plain question", MENTIONS, True, PREFERENCES),
    Line("a direct message", DIRECT, True, PREFERENCES),
    Line("a question said before the mode was set", MENTIONS, True, COPIES, LATER),
    Line("a command", COMMANDS, True, ALL),
    Line("a command again", COMMANDS, True, COPIES, stored=COPY),
    Line("no mention", SAYS, True, ALL),
    Line("no mention, again", SAYS, True, COPIES, stored=COPY),
    Line("its own edit overtook it", SAYS, True, ALL, stored=StoredCopy(NOW + HOUR)),
    Line("an edit of what is stored", Edited(SAYS, NOW + HOUR), True, COPIES, stored=COPY),
    Line("an edit that comes first", Edited(SAYS, NOW + HOUR), True, ALL),
    Line("no mention where only mentions count", SAYS, True, PREFERENCES, set_to(Mode.MENTION)),
    Line("no mention in a quiet thread", SAYS, True, PREFERENCES, set_to(Mode.QUIET)),
    Line("a bot that mentions it", replace(ROBOT, addressed=True), True, ALL),
    Line("a bot that does not", ROBOT, True, PREFERENCES),
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.why)
def test_no_more_is_read_than_a_decision_takes(line: Line) -> None:
    facts, read = ThreadFacts(line.known), []
    if needs_preferences(line.said, facts):
        facts = replace(facts, preferences=line.preferences)
        read.append("preferences")
    if needs_stored_copy(line.said, facts):
        facts = replace(facts, stored=line.stored)
        read.append("stored")
    if needs_end(line.said, facts):
        read.append("end")
    assert ", ".join(read) == line.reads
