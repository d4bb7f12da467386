"""
What is known of a thread when something is said in it: all that the policy looks at beside the message itself.

How the ledger reads it is in store/ledger/situation.py; what follows from it, in policy.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.decide.preferences import DEFAULTS, Preferences


@dataclass(frozen=True, slots=True)
class Situation:
    """
    One thread, before the message in question is part of it.

    The defaults are those of a thread in which the bot was never asked. *The author* is the message's. Only people
    count as having spoken, unless it says otherwise.
    """

    preferences: Preferences = DEFAULTS
    fresh: bool = False  # a message that is heard for the first time and in its first words: no redelivery, no edit
    judged: bool = False  # it was heard before the mode was last set: what was decided then stands
    takes_part: bool = False  # the bot was asked here, and not only told something
    alone: bool = False  # nobody but the author and the bot has spoken, other bots included
    asker: str | None = None  # who asked last
    last_word: bool = False  # the bot has answered, and nobody has said anything since the question
    asked_back: bool = False  # its last answer ended in a question
    exchanges: int = 0  # the last answers of the bot between which only the author has spoken, and since
    overtaken: bool = False  # somebody else has said something later than this
    others: frozenset[str] = frozenset()  # names of other people who spoke lately, as far as they are known
    bots_in_row: int = 0  # messages of other bots that were answered since a person spoke


UNKNOWN = Situation()
