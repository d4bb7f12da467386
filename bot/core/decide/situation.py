"""
The situation of a thread when a message arrives: everything that the policy uses besides the message itself. Pure.

It is derived from the ledger's facts (thread_facts.py); policy.py decides on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.conversation import Edited, ParticipantKind, Posted, Said, posted_of
from bot.core.decide.addressing import asks
from bot.core.decide.thread_facts import (
    BOTS_IN_ROW,
    LAST_MESSAGES,
    LastMessage,
    StoredCopy,
    ThreadEnd,
    ThreadFacts,
)
from bot.core.preferences.registry import MODE
from bot.core.preferences.setting import DEFAULTS, Preferences
from bot.core.turn import TurnState

OVER = (TurnState.ANSWERED, TurnState.SHOWN)  # states of a turn that has its answer


@dataclass(frozen=True, slots=True)
class Situation:
    """
    One thread, before the message becomes part of it.

    The defaults describe a thread in which the bot was never asked. *The author* is the message's. Only people count
    as speakers, unless a comment says otherwise.
    """

    preferences: Preferences = DEFAULTS
    fresh: bool = False  # the first copy of a message in its first version: no redelivery, no edit
    judged: bool = False  # it was heard before the mode was last set: the decision made then stands
    takes_part: bool = False  # the bot was asked here, not only given commands
    alone: bool = False  # only the author and the bot have spoken; other bots count, too
    asker: str | None = None  # who asked last
    last_word: bool = False  # the bot has answered, and nobody has said anything since the question
    asked_back: bool = False  # its last answer ended in a question
    exchanges: int = 0  # the bot's last answers in a row during and after which only the author has spoken
    overtaken: bool = False  # somebody else has said something later than this
    others: frozenset[str] = frozenset()  # names of other people who spoke lately, as far as they are known
    bots_in_row: int = 0  # messages of other bots that were answered since a person spoke


UNKNOWN = Situation()


def situation_of(said: Said, facts: ThreadFacts) -> Situation:
    """The situation of the thread of *said*, by the ledger's facts."""
    posted = posted_of(said)
    if facts.preferences is None:  # the thread is unknown, and the message is not for the bot
        return Situation(fresh=True)
    fresh = is_first_heard(said, facts.stored)
    if facts.end is None:
        judged = facts.stored is not None and is_older_than_mode(posted, facts.preferences)
        return Situation(preferences=facts.preferences, fresh=fresh, judged=judged)
    if not facts.end.turns:
        return Situation(preferences=facts.preferences, fresh=fresh)
    return _situation_in_thread(posted, facts.preferences, facts.end, fresh=fresh)


def is_first_heard(said: Said, stored: StoredCopy | None) -> bool:
    """Whether *said* is the first copy of a message in its first version."""
    if stored is not None:
        return isinstance(said, Posted) and _is_unheard(said, stored)
    # Reading back a thread or a channel shows only the newest text, so its edit counts as heard for the first time.
    return posted_of(said).recovered or not isinstance(said, Edited)


def is_older_than_mode(posted: Posted, preferences: Preferences) -> bool:
    since = preferences[MODE].since
    return since is not None and posted.posted_at < since


def _is_unheard(posted: Posted, stored: StoredCopy) -> bool:
    """Whether so far only an edit, which overtook *posted*, was received, and no turn has taken it."""
    if stored.taken or stored.addressed or stored.erased or stored.first_said_at is None:
        return False
    return stored.first_said_at > posted.posted_at


def _situation_in_thread(posted: Posted, preferences: Preferences, end: ThreadEnd, *, fresh: bool) -> Situation:
    asked = [message for message in end.messages if message.addressed]
    others = [message for message in end.messages if message.author.id != posted.author.id and _by_person(message)]
    answered = end.turns[0].state in OVER
    return Situation(
        preferences=preferences,
        fresh=fresh,
        takes_part=True,
        alone=end.speakers <= {posted.author.id},
        asker=asked[-1].author.id if asked else None,
        last_word=answered and all(message.turn is not None for message in end.messages),
        asked_back=answered and asks(end.turns[0].ending),
        exchanges=_exchanges(posted, end),
        overtaken=any(message.position > posted.position for message in others),
        others=_names(others),
        bots_in_row=_bots_in_row(end.messages),
    )


def _by_person(message: LastMessage) -> bool:
    return message.author.kind is ParticipantKind.PERSON


def _exchanges(posted: Posted, end: ThreadEnd) -> int:
    count = 0
    for turn in end.turns:
        people = {message.author.id for message in end.since(turn) if _by_person(message)}
        if turn.state not in OVER or people != {posted.author.id}:
            break
        count += 1
    return count


def _names(others: Sequence[LastMessage]) -> frozenset[str]:
    """Full names and each word of them: people call Lee Minho Minho."""
    names = {message.author.name.strip() for message in others if message.author.name}
    return frozenset(names.union(*(name.split() for name in names)))


def _bots_in_row(messages: Sequence[LastMessage]) -> int:
    """Bot messages answered since a person spoke. If too much bot talk hides the number, it counts as too many."""
    people = [number for number, message in enumerate(messages) if _by_person(message)]
    since = messages[people[-1] + 1 :] if people else messages
    count = len([each for each in since if each.addressed and each.author.kind is ParticipantKind.BOT])
    return count if len(since) < LAST_MESSAGES else max(count, BOTS_IN_ROW)
