"""
What a setting is, and what holds in a thread: defaults < workspace < channel < thread. Pure.

Which settings there are is listed in registry.py. Where preferences are kept is the ledger's; how a message is read as
a command that sets one, in decide/commands.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Scope(IntEnum):
    """Where a preference holds. What is set for a smaller place wins."""

    WORKSPACE = 1
    CHANNEL = 2
    THREAD = 3


EVERYWHERE = frozenset(Scope)


def _no_values(_: Any) -> Mapping[str, int | str]:
    return {}


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One thing that people can set in chat, with all that is particular to it."""

    key: str  # in the database, the log and the keys of its sentences
    default: T
    read: Callable[[str], T]  # of a value as it is stored; raises ValueError for what is none
    said: Callable[[str], T | None]  # of a message in small letters, without courtesies or a place; None: other words
    written: Callable[[T], str] = str  # as it is stored
    scopes: frozenset[Scope] = EVERYWHERE  # where it can be set
    admins_only: bool = False  # whether nobody else may set it
    sentence: str = "{key}_{value}_{place}"  # the key in texts/ of what confirms it
    sentence_values: Callable[[T], Mapping[str, int | str]] = _no_values  # what that sentence names

    def nearest(self, scope: Scope) -> Scope:
        """Of those where it can be set: *scope*, or the one next to it; of two the smaller."""
        return min(self.scopes, key=lambda each: (abs(each - scope), -each))


@dataclass(frozen=True, slots=True)
class Preference:
    """One value that somebody set: *value* as its setting writes it."""

    scope: Scope
    key: str
    value: str
    since: datetime | None = None  # when that was said; aware, UTC


@dataclass(frozen=True, slots=True)
class Resolved(Generic[T]):
    """A value that holds, and where it comes from: *scope* is None where nobody set one, *since* with it."""

    value: T
    scope: Scope | None = None
    since: datetime | None = None


def resolve(stored: Iterable[Preference], setting: Setting[T]) -> Resolved[T]:
    """
    What holds of *setting* where all of *stored* apply, in any order.

    A value or a scope that this version does not know counts as not set: what was set for the wider place holds.
    """
    found = [each for each in stored if each.key == setting.key and each.scope in setting.scopes]
    for each in sorted(found, key=lambda each: each.scope, reverse=True):
        try:
            return Resolved(setting.read(each.value), each.scope, each.since)
        except (ValueError, TypeError):  # TypeError: JSON that is no string
            continue
    return Resolved(setting.default)


@dataclass(frozen=True, slots=True)
class Preferences:
    """All that people have set which applies in one thread; ``preferences[MODE]`` is what holds of it."""

    stored: tuple[Preference, ...] = ()

    def __getitem__(self, setting: Setting[T]) -> Resolved[T]:
        return resolve(self.stored, setting)


DEFAULTS = Preferences()
"""Where nobody has set anything."""
