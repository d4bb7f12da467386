"""
What people set for a place, and what holds in a thread: defaults < workspace < channel < thread. Pure.

Where preferences are kept is the ledger's; the words by which people set them are in commands.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Mode(StrEnum):
    """When the bot answers in a place."""

    AUTO = "auto"  # when it is mentioned, and in its own threads when a message is plainly meant for it
    MENTION = "mention"  # only when it is mentioned; in direct messages always
    QUIET = "quiet"  # never, until told otherwise


class Scope(IntEnum):
    """Where a preference holds. What is set for a smaller place wins."""

    WORKSPACE = 1
    CHANNEL = 2
    THREAD = 3


MODE = "mode"  # a key; its values are those of Mode


@dataclass(frozen=True, slots=True)
class Preference:
    """One stored setting: *value* is a plain string, as JSON holds it."""

    scope: Scope
    key: str
    value: str
    since: datetime | None = None  # when that was said; aware, UTC


@dataclass(frozen=True, slots=True)
class Preferences:
    """What holds in one thread, and since when; *since* is None where nobody ever set anything."""

    mode: Mode = Mode.AUTO
    since: datetime | None = None


DEFAULTS = Preferences()


def resolve(stored: Iterable[Preference]) -> Preferences:
    """
    What holds where all of *stored* apply, in any order.

    A value that this version does not know counts as not set: what was set for the wider place holds.
    """
    modes = [each for each in stored if each.key == MODE and each.value in list(Mode)]
    if not modes:
        return DEFAULTS
    narrowest = max(modes, key=lambda each: each.scope)
    return Preferences(Mode(narrowest.value), narrowest.since)
