"""When the bot answers: the rules, one situation a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.conversation import Participant, ParticipantKind, Posted, ThreadRef
from bot.core.decide.commands import Command
from bot.core.decide.policy import RULES, Action, apply_rules
from bot.core.decide.situation import Situation
from bot.core.preferences.registry import LONG_ANSWERS, MODE, SETTINGS, Mode
from bot.core.preferences.setting import Scope, Setting
from tests.core.decide.modes import set_to

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KIM, LEE, ADMIN = "U1", "U2", "U3"
ROBOT = Participant("U9", ParticipantKind.BOT)
OURS = Participant("U0", ParticipantKind.SELF)

ANSWER, OBEY, LISTEN, IGNORE = Action.ANSWER, Action.OBEY, Action.LISTEN, Action.IGNORE


def says(text: str = "and in Busan", *, by: str | Participant = KIM, top: bool = False, **more: Any) -> Posted:
    """A reply in a thread, or a message at the *top* level; the author is a person unless given whole."""
    author = by if isinstance(by, Participant) else Participant(by)
    thread = ThreadRef("slack", "T1", "C1", "2.0" if top else "1.0")
    return Posted(thread, "2.0", 2_000_000, author, text, NOW, **more)


def mentions(text: str = "and in Busan", **more: Any) -> Posted:
    return says(text, addressed=True, **more)


def directly(text: str = "and in Busan", **more: Any) -> Posted:
    return says(text, direct=True, **more)


def mode(mode: Mode, situation: Situation | None = None) -> Situation:
    return replace(situation or ELSEWHERE, preferences=set_to(mode, NOW))


ELSEWHERE = Situation(fresh=True)
ALONE = Situation(fresh=True, takes_part=True, alone=True, asker=KIM, last_word=True, exchanges=1)
TOGETHER = Situation(fresh=True, takes_part=True, asker=KIM, last_word=True, others=frozenset({"lee", "민호"}))
"""Kim asked, the bot has answered, and Lee has spoken in the thread before."""
ASKED_BACK = replace(TOGETHER, asked_back=True)
TALKING = replace(TOGETHER, last_word=False)
"""Somebody has said something since the bot's last answer."""
LATELY_ALONE = replace(TOGETHER, exchanges=2)
STALE = replace(ALONE, fresh=False)
QUIET, ONLY_MENTIONED = mode(Mode.QUIET, ALONE), mode(Mode.MENTION, ALONE)


@dataclass(frozen=True)
class Line:
    what: str
    posted: Posted
    situation: Situation
    action: Action
    reason: str
    allowed: frozenset[str] = field(default=frozenset())
    settings: Sequence[Setting[Any]] = SETTINGS


def line(
    what: str, posted: Posted, situation: Situation, action: Action, reason: str, allowed: set[str] | None = None
) -> Line:
    return Line(what, posted, situation, action, reason, frozenset(allowed or ()))


def of_admins(what: str, posted: Posted, action: Action, reason: str) -> Line:
    """Where only admins may set the mode."""
    settings = (replace(MODE, admins_only=True), LONG_ANSWERS)
    return Line(f"admins: {what}", posted, ALONE, action, reason, settings=settings)


TABLE = [
    # plainly for the bot, or not for anybody we know
    line("we ourselves", says(by=OURS), ALONE, IGNORE, "our own message"),
    line("we ourselves, naming us", mentions(by=OURS), ALONE, IGNORE, "our own message"),
    line("a mention anywhere", mentions(top=True), ELSEWHERE, ANSWER, "mentions the bot"),
    line("a mention among people", mentions(), TALKING, ANSWER, "mentions the bot"),
    line("a mention beside another's", mentions(mentions=frozenset({LEE})), TOGETHER, ANSWER, "mentions the bot"),
    line("a mention that an edit added", mentions(), STALE, ANSWER, "mentions the bot"),
    line("a mention that was read back", mentions(recovered=True), ELSEWHERE, ANSWER, "mentions the bot"),
    line("a direct message", directly(top=True), ELSEWHERE, ANSWER, "a direct message"),
    line("a direct message about lee", directly(mentions=frozenset({LEE})), ELSEWHERE, ANSWER, "a direct message"),
    line("talk at the top level", says(top=True), ELSEWHERE, LISTEN, "not in a thread of the bot's"),
    line("talk in a thread of people", says(), ELSEWHERE, LISTEN, "not in a thread of the bot's"),
    line("its name in a thread of people", says(calls_bot=True), ELSEWHERE, LISTEN, "not in a thread of the bot's"),
    line("its name at the top level", says(top=True, calls_bot=True), ALONE, LISTEN, "not in a thread of the bot's"),
    # one person and the bot
    line("one person goes on", says(), ALONE, ANSWER, "the bot and one person talk"),
    line("before the answer is there", says(), replace(ALONE, last_word=False), ANSWER, "the bot and one person talk"),
    line("its thread was locked", mentions(closed=True), ALONE, LISTEN, "in a thread that was closed"),
    line("quiet, where it is locked", mentions("quiet", closed=True), ALONE, LISTEN, "in a thread that was closed"),
    line("the thread is hers", says(root_author=KIM), ALONE, ANSWER, "the bot and one person talk"),
    line("another opened the thread", says(root_author=LEE), ALONE, LISTEN, "people talk with each other"),
    line("she asks lee", says(mentions=frozenset({LEE})), ALONE, LISTEN, "for somebody else"),
    line("she asks a group", says(mentions=frozenset({"subteam^S1"})), ALONE, LISTEN, "for somebody else"),
    line("she calls everybody", says(mentions=frozenset({"here"})), ALONE, LISTEN, "for somebody else"),
    line("she types a mention by hand", says("@lee look at this"), ALONE, LISTEN, "for somebody else"),
    line("she asks with a title", says("지은님, 이거 봐 주세요"), ALONE, LISTEN, "for somebody else"),
    line("she names herself", says(mentions=frozenset({KIM})), ALONE, ANSWER, "the bot and one person talk"),
    line("she tells the channel", says(broadcast=True), ALONE, LISTEN, "for the whole channel"),
    line("only a picture", says(" \n"), ALONE, LISTEN, "says nothing"),
    line("a second delivery", says(), STALE, LISTEN, "not new"),
    line("an outage is over", says(recovered=True), ALONE, ANSWER, "the bot and one person talk"),
    line("it came late", says(), replace(ALONE, overtaken=True), LISTEN, "others have spoken since"),
    # several people
    line("lee joins in", says(by=LEE), TOGETHER, LISTEN, "people talk with each other"),
    line("lee joins in with a question", says("is that so?", by=LEE), TOGETHER, LISTEN, "people talk with each other"),
    line("kim after the answer", says("is that so?"), TOGETHER, LISTEN, "people talk with each other"),
    line("kim answers its question", says("us-east"), ASKED_BACK, ANSWER, "answers the bot's question"),
    line("lee answers its question", says("us-east", by=LEE), ASKED_BACK, LISTEN, "people talk with each other"),
    line("kim answers, to lee", says("lee, us-east?"), ASKED_BACK, LISTEN, "for somebody else"),
    line("민호 is called", says("민호야 어디였지?"), ASKED_BACK, LISTEN, "for somebody else"),
    line(
        "kim answers after lee did",
        says("us-east"),
        replace(ASKED_BACK, last_word=False),
        LISTEN,
        "people talk with each other",
    ),
    line("two answers to kim alone", says(), LATELY_ALONE, ANSWER, "the bot and one person have been talking"),
    line("lee comes back", says(by=LEE), LATELY_ALONE, LISTEN, "people talk with each other"),
    line("kim turns to lee", says(mentions=frozenset({LEE})), LATELY_ALONE, LISTEN, "for somebody else"),
    line("its name", says("threadbot, why?", calls_bot=True), TALKING, ANSWER, "calls the bot by its name"),
    line("its name by lee", says(by=LEE, calls_bot=True), TOGETHER, ANSWER, "calls the bot by its name"),
    line("its name and lee's", says(calls_bot=True, mentions=frozenset({LEE})), TALKING, LISTEN, "for somebody else"),
    line("its name, late", says(calls_bot=True), replace(TALKING, overtaken=True), LISTEN, "others have spoken since"),
    # modes
    line("quiet: she goes on", says(), QUIET, LISTEN, "told to be quiet"),
    line("quiet: a mention", mentions(), QUIET, LISTEN, "told to be quiet"),
    line("quiet: a mention elsewhere", mentions(top=True), mode(Mode.QUIET), LISTEN, "told to be quiet"),
    line("quiet: a direct message", directly(), QUIET, LISTEN, "told to be quiet"),
    line("quiet: its name", says(calls_bot=True), QUIET, LISTEN, "told to be quiet"),
    line("mention: she goes on", says(), ONLY_MENTIONED, LISTEN, "told to answer mentions only"),
    line("mention: its name", says(calls_bot=True), ONLY_MENTIONED, LISTEN, "told to answer mentions only"),
    line("mention: a mention", mentions(), ONLY_MENTIONED, ANSWER, "mentions the bot"),
    line("mention: a direct message", directly(), ONLY_MENTIONED, ANSWER, "a direct message"),
    line("quiet then", mentions(), replace(ALONE, judged=True), LISTEN, "heard under another mode"),
    # commands
    line("a command", mentions("quiet"), ALONE, OBEY, "a command"),
    line("명령", mentions("조용히 해 줘"), TALKING, OBEY, "a command"),
    line("a command at the top level", mentions("quiet", top=True), ELSEWHERE, OBEY, "a command"),
    line("a command in a direct message", directly("quiet"), ALONE, OBEY, "a command"),
    line("a quiet bot is told to listen", mentions("listen"), QUIET, OBEY, "a command"),
    line("a question that begins like one", mentions("quiet cafés in Seoul?"), ALONE, ANSWER, "mentions the bot"),
    line("without a mention", says("quiet"), ALONE, ANSWER, "the bot and one person talk"),
    line("among people, without a mention", says("조용히 해"), TALKING, LISTEN, "people talk with each other"),
    line("a command delivered again", mentions("quiet"), STALE, LISTEN, "a command that is not new"),
    line("a command read back", mentions("quiet", recovered=True), ALONE, LISTEN, "a command that is not new"),
    # other bots
    line("a bot", says(by=ROBOT), ALONE, LISTEN, "another bot's message"),
    line("a bot that mentions us", mentions(by=ROBOT), ALONE, LISTEN, "another bot's message"),
    line("a bot in a direct message", directly(by=ROBOT), ELSEWHERE, LISTEN, "another bot's message"),
    line("an allowed bot", mentions(by=ROBOT), ELSEWHERE, ANSWER, "mentions the bot", {"U9"}),
    line(
        "by another of its ids",
        mentions(by=ROBOT, aliases=frozenset({"U9", "B9", "A9"})),
        ELSEWHERE,
        ANSWER,
        "mentions the bot",
        {"A9"},
    ),
    line("an allowed bot, not to us", says(by=ROBOT), ALONE, LISTEN, "another bot's message", {"U9"}),
    line(
        "its third question",
        mentions(by=ROBOT),
        replace(TALKING, bots_in_row=2),
        ANSWER,
        "mentions the bot",
        {"U9"},
    ),
    line(
        "its fourth question",
        mentions(by=ROBOT),
        replace(TALKING, bots_in_row=3),
        LISTEN,
        "too many bots in a row",
        {"U9"},
    ),
    line("a person after the bots", mentions(), replace(TALKING, bots_in_row=3), ANSWER, "mentions the bot"),
    line("an allowed bot in a quiet place", mentions(by=ROBOT), QUIET, LISTEN, "told to be quiet", {"U9"}),
    line(
        "a bot of that id on another platform",
        replace(mentions(by=ROBOT), thread=ThreadRef("web", "T1", "C1", "1.0")),
        ALONE,
        LISTEN,
        "another bot's message",
        {"U9"},
    ),
    line("an allowed bot's command", mentions("quiet", by=ROBOT), ALONE, ANSWER, "mentions the bot", {"U9"}),
    # what only admins may set
    of_admins("one of them", mentions("quiet", by=ADMIN), OBEY, "a command"),
    of_admins("somebody else", mentions("quiet"), LISTEN, "a command of admins"),
    of_admins("somebody else, directly", directly("quiet"), LISTEN, "a command of admins"),
    of_admins("somebody else, what all may set", mentions("long answers as a file"), OBEY, "a command"),
    of_admins(
        "one of that id on another platform",
        replace(mentions("quiet", by=ADMIN), thread=ThreadRef("web", "T1", "C1", "1.0")),
        LISTEN,
        "a command of admins",
    ),
]


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.what)
def test_the_bot_answers_when_it_is_meant(line: Line) -> None:
    allowed = [("slack", each) for each in line.allowed]
    decision = apply_rules(line.posted, line.situation, allowed, [("slack", ADMIN)], line.settings)
    assert (decision.action, decision.reason) == (line.action, line.reason)


def test_every_rule_has_a_line_and_a_reason() -> None:
    assert {rule.name for rule in RULES} == {line.reason for line in TABLE}
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.why for rule in RULES)


def test_where_nothing_is_known_of_the_thread_only_mentions_and_direct_messages_are_answered() -> None:
    assert apply_rules(says()).action is LISTEN
    assert apply_rules(mentions()).action is ANSWER
    assert apply_rules(directly()).action is ANSWER


def test_a_command_comes_with_what_it_says() -> None:
    assert apply_rules(mentions("quiet in this channel"), ALONE).command == Command(MODE, Mode.QUIET, Scope.CHANNEL)
    assert apply_rules(mentions("quiet"), STALE).command == Command(MODE, Mode.QUIET), (
        "so that no model is asked what it means"
    )
    assert apply_rules(mentions("quiet cafés"), ALONE).command is None
