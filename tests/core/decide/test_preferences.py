"""What is set for a smaller place wins; what nobody set has its default."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.core.decide.preferences import LONG_ANSWERS, MODE, LongAnswers, Mode, Preference, Preferences, Scope, resolve

SINCE = {scope: datetime(2026, 11, scope, tzinfo=UTC) for scope in Scope}


def test_without_a_word_the_default_holds() -> None:
    assert resolve([]) == Preferences(Mode.AUTO, since=None, long_answers=LongAnswers.MESSAGES)


@given(st.dictionaries(st.sampled_from(Scope), st.sampled_from(Mode), min_size=1), st.randoms())
def test_the_smallest_place_wins_in_whatever_order_they_are_read(set_for: dict[Scope, Mode], random: object) -> None:
    stored = [Preference(scope, MODE, mode.value, SINCE[scope]) for scope, mode in set_for.items()]
    random.shuffle(stored)  # type: ignore[attr-defined]  # a random.Random
    smallest = next(s for s in (Scope.THREAD, Scope.CHANNEL, Scope.WORKSPACE) if s in set_for)
    assert resolve(stored) == Preferences(set_for[smallest], SINCE[smallest])


def test_what_this_version_does_not_know_counts_as_not_set() -> None:
    stored = [
        Preference(Scope.CHANNEL, MODE, "quiet"),
        Preference(Scope.THREAD, MODE, "only on Sundays"),
        Preference(Scope.THREAD, "colour", "blue"),
    ]
    assert resolve(stored) == Preferences(Mode.QUIET)


def test_one_kind_of_preference_says_nothing_of_another() -> None:
    stored = [
        Preference(Scope.CHANNEL, MODE, "mention", SINCE[Scope.CHANNEL]),
        Preference(Scope.CHANNEL, LONG_ANSWERS, "file"),
        Preference(Scope.THREAD, LONG_ANSWERS, "messages"),
    ]
    assert resolve(stored) == Preferences(Mode.MENTION, SINCE[Scope.CHANNEL], LongAnswers.MESSAGES)
    assert resolve(stored[1:2]) == Preferences(Mode.AUTO, None, LongAnswers.FILE)
    assert resolve([Preference(Scope.THREAD, LONG_ANSWERS, "quiet")]) == Preferences()
