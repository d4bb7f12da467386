"""
Defines settings, and resolves which value holds in a thread: defaults < workspace < channel < thread. Pure.

registry.py lists the settings. The ledger stores preferences; decide/commands.py parses the commands that set them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Scope(IntEnum):
    """Where a preference holds. The smaller place wins."""

    WORKSPACE = 1
    CHANNEL = 2
    THREAD = 3


EVERYWHERE = frozenset(Scope)


def _no_values(_: Any) -> Mapping[str, int | str]:
    return {}


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One thing that people can set in chat, with all its particulars."""

    key: str  # in the database, the log and the keys of its sentences
    default: T
    read: Callable[[str], T]  # parses a stored value; raises ValueError
    said: Callable[[str], T | None]  # parses a lower-case message without courtesies or a place
    written: Callable[[T], str] = str  # the value as stored
    scopes: frozenset[Scope] = EVERYWHERE  # where it can be set
    admins_only: bool = False  # only admins may set it
    sentence: str = "{key}_{value}_{place}"  # the key in texts/ of the confirmation
    sentence_values: Callable[[T], Mapping[str, int | str]] = _no_values  # the values of that sentence

    def nearest(self, scope: Scope) -> Scope:
        """The nearest scope to *scope* in which it can be set; of two equally near ones the smaller."""
        return min(self.scopes, key=lambda each: (abs(each - scope), -each))


@dataclass(frozen=True, slots=True)
class Preference:
    """One value that somebody set: *value* as its setting writes it."""

    scope: Scope
    key: str
    value: str
    since: datetime | None = None  # when it was set; aware, UTC


@dataclass(frozen=True, slots=True)
class Resolved(Generic[T]):
    """The value that holds, and its origin. *scope* and *since* are None if nobody set one."""

    value: T
    scope: Scope | None = None
    since: datetime | None = None


def resolve(stored: Iterable[Preference], setting: Setting[T]) -> Resolved[T]:
    """
    The value of *setting* in a place where all of *stored* apply, in any order.

    A value or scope unknown to this version counts as not set, so the value of the wider place holds.
    """
    found = [each for each in stored if each.key == setting.key and each.scope in setting.scopes]
    for each in sorted(found, key=lambda each: each.scope, reverse=True):
        try:
            return Resolved(setting.read(each.value), each.scope, each.since)
        except (ValueError, TypeError):  # TypeError: JSON that is not a string
            continue
    return Resolved(setting.default)


@dataclass(frozen=True, slots=True)
class Preferences:
    """All preferences that apply in one thread. ``preferences[MODE]`` is the value that holds."""

    stored: tuple[Preference, ...] = ()

    def __getitem__(self, setting: Setting[T]) -> Resolved[T]:
        return resolve(self.stored, setting)


DEFAULTS = Preferences()
"""The preferences where nobody has set any."""
