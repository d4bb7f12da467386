"""
Decides whether a message is answered, listened to or ignored, and why. Pure.

The first rule that applies decides. The order reflects what annoys people most: a bot that does not keep quiet, then
one that interrupts people, then one that needs another mention in its own thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.core.conversation import ParticipantKind, Posted, Said, posted_of
from bot.core.decide import addressing, commands
from bot.core.decide.commands import Command
from bot.core.decide.situation import UNKNOWN, Situation, situation_of
from bot.core.decide.thread_facts import BOTS_IN_ROW, EXCHANGES, NOTHING_KNOWN, ThreadFacts
from bot.core.preferences.registry import MODE, SETTINGS, Mode
from bot.core.preferences.setting import Setting

QUIET = "told to be quiet"  # a rule's name
OURS = "our own message"  # the same


class Action(StrEnum):
    ANSWER = "answer"
    OBEY = "obey"  # a command: done, confirmed, and no model asked
    LISTEN = "listen"  # recorded as context, if its thread has a conversation
    IGNORE = "ignore"  # not stored


@dataclass(frozen=True, slots=True)
class Decision:
    action: Action
    reason: str  # the rule's name
    command: Command[Any] | None = None  # obeyed or not; the model is never asked it


Decide = Callable[[Said, ThreadFacts], Decision]
"""decide() with the operator's settings bound."""


@dataclass(frozen=True, slots=True)
class Case:
    """A message in its situation. *allowed_bots* may ask, *admins* are people; both as (platform, id)."""

    posted: Posted
    situation: Situation
    allowed_bots: Collection[tuple[str, str]] = ()
    admins: Collection[tuple[str, str]] = ()
    settings: Sequence[Setting[Any]] = SETTINGS

    @property
    def person(self) -> bool:
        return self.posted.author.kind is ParticipantKind.PERSON

    @property
    def spoken_to(self) -> bool:
        """Whether the message is certainly for the bot."""
        return self.posted.addressed or self.posted.direct

    @property
    def mode(self) -> Mode:
        return self.situation.preferences[MODE].value

    @property
    def command(self) -> Command[Any] | None:
        """None for a message with a file: it is more than a command."""
        told = self.person and self.spoken_to and not self.posted.files and not self.posted.asks
        return commands.parse(self.posted.words, self.settings) if told else None

    @property
    def may_command(self) -> bool:
        author = (self.posted.thread.platform, self.posted.author.id)
        return self.command is not None and (not self.command.setting.admins_only or author in self.admins)

    @property
    def bot_is_allowed(self) -> bool:
        platform = self.posted.thread.platform
        return any((platform, each) in self.allowed_bots for each in (self.posted.author.id, *self.posted.aliases))

    @property
    def for_somebody_else(self) -> bool:
        posted = self.posted
        return bool(posted.mentions - {posted.author.id}) or (
            not posted.calls_bot and addressing.calls_another(posted.words, self.situation.others)
        )

    @property
    def alone(self) -> bool:
        root = self.posted.root_author
        return self.situation.alone and root in (None, self.posted.author.id)


@dataclass(frozen=True, slots=True)
class Rule:
    """*name* appears in the log; *why* explains the rule to its readers."""

    name: str
    action: Action
    applies: Callable[[Case], bool]
    why: str


RULES = (
    Rule(
        OURS,
        Action.IGNORE,
        lambda case: is_ours(case.posted),
        "The ledger already holds our own messages.",
    ),
    Rule(
        "in a thread that was closed",
        Action.LISTEN,
        lambda case: case.posted.closed,
        "The people who closed the thread want no more messages there. The bot could not confirm a command, either.",
    ),
    # other bots
    Rule(
        "another bot's message",
        Action.LISTEN,
        lambda case: not case.person and not (case.bot_is_allowed and case.posted.addressed),
        "Two bots that answer each other never stop, and somebody pays for it. So we answer only bots that an "
        "operator allows, and only if they mention us.",
    ),
    Rule(
        "too many bots in a row",
        Action.LISTEN,
        lambda case: not case.person and case.situation.bots_in_row >= BOTS_IN_ROW,
        "Allowed bots can talk in circles, too.",
    ),
    # commands
    Rule(
        "a command of admins",
        Action.LISTEN,
        lambda case: case.command is not None and not case.may_command,
        "Some settings are for admins only, and a command is not a question.",
    ),
    Rule(
        "a command",
        Action.OBEY,
        lambda case: case.situation.fresh and not case.posted.recovered and case.command is not None,
        "Comes before the modes, because a command ends the quiet mode.",
    ),
    Rule(
        "a command that is not new",
        Action.LISTEN,
        lambda case: case.command is not None,
        "A redelivered, read-back or edited command could undo a newer one, and a command is not a question.",
    ),
    # modes
    Rule(
        QUIET,
        Action.LISTEN,
        lambda case: case.mode is Mode.QUIET,
        "Quiet includes mentions; the confirmation said how to undo it.",
    ),
    Rule(
        "heard under another mode",
        Action.LISTEN,
        lambda case: case.situation.judged,
        "The decision under the old mode stands, even if the message is delivered again under the new one.",
    ),
    Rule(
        "mentions the bot",
        Action.ANSWER,
        lambda case: case.posted.addressed,
        "The author wants an answer, even if the message mentions others, too.",
    ),
    Rule(
        "a direct message",
        Action.ANSWER,
        lambda case: case.posted.direct,
        "There is nobody else to talk to.",
    ),
    Rule(
        "told to answer mentions only",
        Action.LISTEN,
        lambda case: case.mode is Mode.MENTION,
        "That is what the mode says.",
    ),
    # without a mention
    Rule(
        "not new",
        Action.LISTEN,
        lambda case: not case.situation.fresh,
        "The situation has changed since it was said: a second copy or an edit is no reason to answer.",
    ),
    Rule(
        "not in a thread of the bot's",
        Action.LISTEN,
        lambda case: not case.situation.takes_part or case.posted.opens_thread,
        "In a thread where nobody has asked the bot, people talk about it, not to it.",
    ),
    Rule(
        "says nothing",
        Action.LISTEN,
        lambda case: not case.posted.words.strip(),
        "A picture or a file without a word is not a question.",
    ),
    Rule(
        "for somebody else",
        Action.LISTEN,
        lambda case: case.for_somebody_else,
        "It mentions another person, a group or everybody, or begins with somebody's name.",
    ),
    Rule(
        "for the whole channel",
        Action.LISTEN,
        lambda case: case.posted.broadcast,
        "A reply that is also shown in the channel speaks to the people there.",
    ),
    Rule(
        "others have spoken since",
        Action.LISTEN,
        lambda case: case.situation.overtaken,
        "It arrives late and the conversation has moved on; it becomes context.",
    ),
    Rule(
        "calls the bot by its name",
        Action.ANSWER,
        lambda case: case.posted.calls_bot,
        "A name at the beginning or the end works like a mention.",
    ),
    Rule(
        "the bot and one person talk",
        Action.ANSWER,
        lambda case: case.alone,
        "It can be for nobody else.",
    ),
    Rule(
        "answers the bot's question",
        Action.ANSWER,
        lambda case: case.situation.last_word and case.situation.asked_back and _asked_last(case),
        "The bot asked back, and the asker replies. A remark by somebody else may be for the asker.",
    ),
    Rule(
        "the bot and one person have been talking",
        Action.ANSWER,
        lambda case: case.situation.exchanges >= EXCHANGES and _asked_last(case),
        "Others spoke earlier, but nobody has during the last two answers: the message is for the bot.",
    ),
    Rule(
        "people talk with each other",
        Action.LISTEN,
        lambda _: True,
        "If it is unclear whom the message is for, an interruption is worse than a missing answer.",
    ),
)


def is_ours(posted: Posted) -> bool:
    """Whether we posted it. Such a message is ignored in every situation."""
    return posted.author.kind is ParticipantKind.SELF


def decide(
    said: Said,
    facts: ThreadFacts = NOTHING_KNOWN,
    allowed_bots: Collection[tuple[str, str]] = (),
    admins: Collection[tuple[str, str]] = (),
    settings: Sequence[Setting[Any]] = SETTINGS,
) -> Decision:
    """Decide on *said* by the ledger's facts about its thread. The other arguments are as in Case."""
    return apply_rules(posted_of(said), situation_of(said, facts), allowed_bots, admins, settings)


def apply_rules(
    posted: Posted,
    situation: Situation = UNKNOWN,
    allowed_bots: Collection[tuple[str, str]] = (),
    admins: Collection[tuple[str, str]] = (),
    settings: Sequence[Setting[Any]] = SETTINGS,
) -> Decision:
    """Decide on *posted* in its thread's *situation*; the default is that of an unknown thread."""
    case = Case(posted, situation, allowed_bots, admins, settings)
    rule = next(rule for rule in RULES if rule.applies(case))
    return Decision(rule.action, rule.name, case.command)


def _asked_last(case: Case) -> bool:
    return case.situation.asker == case.posted.author.id
