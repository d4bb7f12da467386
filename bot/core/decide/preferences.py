"""
What people set for a place, and what holds in a thread: defaults < workspace < channel < thread. Pure.

Where preferences are kept is the ledger's; the words by which people set them are in commands.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Mode(StrEnum):
    """When the bot answers in a place."""

    AUTO = "auto"  # when it is mentioned, and in its own threads when a message is plainly meant for it
    MENTION = "mention"  # only when it is mentioned; in direct messages always
    QUIET = "quiet"  # never, until told otherwise


class LongAnswers(StrEnum):
    """In what form an answer comes that one message cannot hold."""

    MESSAGES = "messages"  # in as many as it takes
    FILE = "file"  # whole in a file, below its beginning, where the platform takes files of ours


class Scope(IntEnum):
    """Where a preference holds. What is set for a smaller place wins."""

    WORKSPACE = 1
    CHANNEL = 2
    THREAD = 3


MODE = "mode"  # a key; its values are those of Mode
LONG_ANSWERS = "long_answers"  # the same; those of LongAnswers

Choice = Mode | LongAnswers
"""What can be set."""


def key_of(choice: Choice) -> str:
    return MODE if isinstance(choice, Mode) else LONG_ANSWERS


@dataclass(frozen=True, slots=True)
class Preference:
    """One stored setting: *value* is a plain string, as JSON holds it."""

    scope: Scope
    key: str
    value: str
    since: datetime | None = None  # when that was said; aware, UTC


@dataclass(frozen=True, slots=True)
class Preferences:
    """What holds in one thread; *since*: when its mode was set, None where nobody ever set one."""

    mode: Mode = Mode.AUTO
    since: datetime | None = None
    long_answers: LongAnswers = LongAnswers.MESSAGES


DEFAULTS = Preferences()


def resolve(stored: Iterable[Preference]) -> Preferences:
    """
    What holds where all of *stored* apply, in any order.

    A value that this version does not know counts as not set: what was set for the wider place holds.
    """
    known = list(stored)
    mode = _narrowest(known, MODE, list(Mode))
    long_answers = _narrowest(known, LONG_ANSWERS, list(LongAnswers))
    return Preferences(
        Mode(mode.value) if mode else DEFAULTS.mode,
        mode.since if mode else None,
        LongAnswers(long_answers.value) if long_answers else DEFAULTS.long_answers,
    )


def _narrowest(stored: Sequence[Preference], key: str, values: Collection[str]) -> Preference | None:
    found = [each for each in stored if each.key == key and each.value in values]
    return max(found, key=lambda each: each.scope, default=None)
