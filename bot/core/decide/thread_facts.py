"""
The ledger's facts about a thread when a message arrives: plain values, read before the message is stored.

situation.py interprets them; needs.py says which of them to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.conversation import Participant
from bot.core.preferences.setting import Preferences
from bot.core.turn import TurnState

BOTS_IN_ROW = 3  # messages of bots that are answered without a person in between
EXCHANGES = 2  # answers in a row to one person, after which that person needs no mention

LAST_TURNS = max(BOTS_IN_ROW, EXCHANGES)
LAST_MESSAGES = 24  # of the turns, and as many after them
ENDING = 200  # characters of an answer


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """The message itself, if another delivery, an edit or a read thread has already brought it."""

    first_said_at: datetime | None  # the date of the first stored text; None if only later ones are known
    addressed: bool = False
    taken: bool = False  # a turn has it
    erased: bool = False


@dataclass(frozen=True, slots=True)
class LastTurn:
    """A turn in which the bot was asked. *ending* is the end of its answer; empty if it has none."""

    id: int
    state: TurnState
    ending: str = ""


@dataclass(frozen=True, slots=True)
class LastMessage:
    """*turn* is None until one takes it."""

    turn: int | None
    position: int
    author: Participant
    addressed: bool = False


@dataclass(frozen=True, slots=True)
class ThreadEnd:
    """
    The last LAST_TURNS turns of a thread, newest first, and the messages in and after them, oldest first.

    There are at most LAST_MESSAGES messages of turns, and as many without a turn. *speakers* are the ids of everybody
    but the bot who has spoken in the whole thread, or of two of them.
    """

    turns: Sequence[LastTurn] = ()
    messages: Sequence[LastMessage] = ()
    speakers: frozenset[str] = frozenset()

    def since(self, turn: LastTurn) -> Sequence[LastMessage]:
        """The messages of *turn* and later ones."""
        return [message for message in self.messages if message.turn is None or message.turn >= turn.id]


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """*preferences* and *end* are None if they were not read; *stored* also if the message is not stored yet."""

    has_conversation: bool = False
    preferences: Preferences | None = None
    stored: StoredCopy | None = None
    end: ThreadEnd | None = None


NOTHING_KNOWN = ThreadFacts()
"""The facts of a thread in which nobody has spoken to the bot."""
