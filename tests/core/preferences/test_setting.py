"""What is set for a smaller place wins; what nobody set has its default."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.preferences.registry import LONG_ANSWERS, MODE, LongAnswers, Mode
from bot.core.preferences.setting import DEFAULTS, Preference, Preferences, Resolved, Scope, resolve

SINCE = {scope: datetime(2026, 11, scope, tzinfo=UTC) for scope in Scope}


def test_without_a_word_the_default_holds() -> None:
    assert DEFAULTS[MODE] == Resolved(Mode.AUTO, scope=None, since=None)
    assert DEFAULTS[LONG_ANSWERS] == Resolved(LongAnswers.MESSAGES)


@given(st.dictionaries(st.sampled_from(Scope), st.sampled_from(Mode), min_size=1), st.randoms())
def test_the_smallest_place_wins_in_whatever_order_they_are_read(set_for: dict[Scope, Mode], random: object) -> None:
    stored = [Preference(scope, MODE.key, mode.value, SINCE[scope]) for scope, mode in set_for.items()]
    random.shuffle(stored)  # type: ignore[attr-defined]  # a random.Random
    smallest = next(s for s in (Scope.THREAD, Scope.CHANNEL, Scope.WORKSPACE) if s in set_for)
    assert resolve(stored, MODE) == Resolved(set_for[smallest], smallest, SINCE[smallest])


def test_what_this_version_does_not_know_counts_as_not_set() -> None:
    stored = [
        Preference(Scope.CHANNEL, MODE.key, "quiet"),
        Preference(Scope.THREAD, MODE.key, "only on Sundays"),
        Preference(Scope.THREAD, "colour", "blue"),
    ]
    assert resolve(stored, MODE) == Resolved(Mode.QUIET, Scope.CHANNEL)


@pytest.mark.parametrize("value", ["", None, 1, 0.5, True, [], ["quiet"], {"mode": "quiet"}])
def test_json_that_is_no_value_counts_as_not_set(value: Any) -> None:
    assert resolve([Preference(Scope.THREAD, MODE.key, value)], MODE) == Resolved(Mode.AUTO)


def test_one_kind_of_preference_says_nothing_of_another() -> None:
    stored = (
        Preference(Scope.CHANNEL, MODE.key, "mention", SINCE[Scope.CHANNEL]),
        Preference(Scope.CHANNEL, LONG_ANSWERS.key, "file"),
        Preference(Scope.THREAD, LONG_ANSWERS.key, "messages"),
    )
    holding = Preferences(stored)
    assert holding[MODE] == Resolved(Mode.MENTION, Scope.CHANNEL, SINCE[Scope.CHANNEL])
    assert holding[LONG_ANSWERS] == Resolved(LongAnswers.MESSAGES, Scope.THREAD)
    assert Preferences(stored[1:2])[MODE] == Resolved(Mode.AUTO)
    assert resolve([Preference(Scope.THREAD, LONG_ANSWERS.key, "quiet")], LONG_ANSWERS) == Resolved(
        LongAnswers.MESSAGES
    )


def test_what_is_stored_for_a_place_where_a_setting_cannot_be_made_counts_as_not_set() -> None:
    stored = [Preference(Scope.CHANNEL, MODE.key, "mention"), Preference(Scope.THREAD, MODE.key, "quiet")]
    channels_only = replace(MODE, scopes=frozenset({Scope.CHANNEL}))
    assert resolve(stored, channels_only) == Resolved(Mode.MENTION, Scope.CHANNEL)


@pytest.mark.parametrize(
    ("scopes", "wanted", "nearest"),
    [
        (set(Scope), Scope.THREAD, Scope.THREAD),
        ({Scope.CHANNEL}, Scope.THREAD, Scope.CHANNEL),
        ({Scope.WORKSPACE}, Scope.THREAD, Scope.WORKSPACE),
        ({Scope.THREAD}, Scope.CHANNEL, Scope.THREAD),
        ({Scope.WORKSPACE, Scope.THREAD}, Scope.CHANNEL, Scope.THREAD),
    ],
)
def test_a_setting_that_cannot_be_made_for_a_place_is_made_for_the_one_next_to_it(
    scopes: set[Scope], wanted: Scope, nearest: Scope
) -> None:
    assert replace(MODE, scopes=frozenset(scopes)).nearest(wanted) is nearest
