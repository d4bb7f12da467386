"""
What the ledger tells of a thread when something is said in it: plain values, read before the message is stored.

What they mean for the message is found out in situation.py, which of them are worth reading in needs.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.conversation import Participant
from bot.core.preferences.setting import Preferences
from bot.core.turn import TurnState

BOTS_IN_ROW = 3  # messages of bots that are answered without a person in between
EXCHANGES = 2  # answers in a row to one person alone, after which a thread with others in it is theirs

LAST_TURNS = max(BOTS_IN_ROW, EXCHANGES)
LAST_MESSAGES = 24  # of those turns, and as many of those that came after them
ENDING = 200  # characters of an answer


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """The message itself, where another delivery, an edit or a read thread has brought it already."""

    first_said_at: datetime | None  # since when it read as it was first stored; None where nobody told its text
    addressed: bool = False
    taken: bool = False  # a turn has it
    erased: bool = False


@dataclass(frozen=True, slots=True)
class LastTurn:
    """A turn in which the bot was asked; *ending* is that of its answer, empty where there is none."""

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
    The last LAST_TURNS turns of a thread, newest first, and what was said in them and since, oldest first.

    Of the messages at most LAST_MESSAGES that a turn has, and as many that none has. *speakers* are the ids of all who
    have spoken in the whole thread but the bot, or of two of them.
    """

    turns: Sequence[LastTurn] = ()
    messages: Sequence[LastMessage] = ()
    speakers: frozenset[str] = frozenset()

    def since(self, turn: LastTurn) -> Sequence[LastMessage]:
        """What was said in *turn* and later."""
        return [message for message in self.messages if message.turn is None or message.turn >= turn.id]


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """*preferences* and *end* are None where they were not read, *stored* also where the message is not there yet."""

    has_conversation: bool = False
    preferences: Preferences | None = None
    stored: StoredCopy | None = None
    end: ThreadEnd | None = None


NOTHING_KNOWN = ThreadFacts()
"""Of a thread in which the bot was never spoken to."""
