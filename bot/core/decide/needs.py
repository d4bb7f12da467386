"""
Which facts of a thread the decision on a message needs, in the order in which the ledger reads them. Pure.

A message that is not for the bot, in a thread unknown to it, needs none of them. A plain question needs only the
preferences. Nothing is decided here.
"""

from __future__ import annotations

from bot.core.conversation import Posted, Said, posted_of
from bot.core.decide.policy import Case
from bot.core.decide.situation import UNKNOWN, is_first_heard, is_older_than_mode
from bot.core.decide.thread_facts import ThreadFacts
from bot.core.preferences.registry import MODE, Mode
from bot.core.preferences.setting import Preferences


def needs_preferences(said: Said, facts: ThreadFacts) -> bool:
    posted = posted_of(said)
    return facts.has_conversation or posted.addressed or posted.direct


def needs_stored_copy(said: Said, facts: ThreadFacts) -> bool:
    posted = posted_of(said)
    if facts.preferences is None:
        return False
    return is_older_than_mode(posted, facts.preferences) or _needs_thread(posted, facts, facts.preferences)


def needs_end(said: Said, facts: ThreadFacts) -> bool:
    """A message that was heard before needs only the preferences: a second copy is no reason to answer."""
    if facts.preferences is None or not _needs_thread(posted_of(said), facts, facts.preferences):
        return False
    return facts.stored is None or is_first_heard(said, facts.stored)


def _needs_thread(posted: Posted, facts: ThreadFacts, preferences: Preferences) -> bool:
    """Whether a rule looks at more than the message and the preferences."""
    if not facts.has_conversation:
        return False
    case = Case(posted, UNKNOWN)
    if not case.person:
        return posted.addressed
    if case.command is not None:
        return True
    return preferences[MODE].value is Mode.AUTO and not case.spoken_to
