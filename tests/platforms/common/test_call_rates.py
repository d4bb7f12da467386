"""How much of a rate is left."""

from __future__ import annotations

import pytest

from bot.platforms.common.call_rates import LEAST_SHARE, RECOVERY_SECONDS, Rate, RateWindow

NOW = 1_000.0


def window(*times: float, calls: int = 4) -> RateWindow:
    made = RateWindow(Rate(calls, 10.0))
    for at in times:
        made.take(at)
    return made


def test_a_call_waits_until_the_oldest_has_left_a_full_window() -> None:
    full = window(NOW - 8, NOW - 6, NOW - 4, NOW)

    assert full.wait(NOW) == 2.0
    assert full.wait(NOW + 2) == 0.0
    assert window(NOW - 8, NOW - 6, NOW - 4).wait(NOW) == 0.0


def test_calls_that_are_still_to_come_are_counted_too() -> None:
    assert window(NOW, NOW + 1, NOW + 2, NOW + 3).wait(NOW) == 10.0


def test_what_is_kept_for_others_is_waited_for_and_never_comes_where_it_is_all() -> None:
    some = window(NOW - 8, NOW - 6)

    assert [some.wait(NOW, kept) for kept in (1, 2, 3, 4)] == [0.0, 2.0, 4.0, float("inf")]


def test_a_call_that_was_not_made_leaves_its_place() -> None:
    full = window(NOW, NOW, NOW, NOW)
    full.give_back(NOW)
    full.give_back(NOW - 50)

    assert (full.used(NOW), full.wait(NOW)) == (3, 0.0)


def test_refusals_lower_the_share_to_a_limit_and_time_brings_it_back() -> None:
    shared = window(calls=100)
    shares = []
    for _ in range(5):
        shared.learn(NOW)
        shares.append(shared.capacity(NOW))

    assert shares == [60, 36, 25, 25, 25]
    assert shared.share == LEAST_SHARE
    assert shared.capacity(NOW + RECOVERY_SECONDS / 2) == pytest.approx(75, abs=1)
    assert shared.capacity(NOW + RECOVERY_SECONDS) == 100


def test_of_the_smallest_rate_there_is_still_a_call() -> None:
    small = window(calls=1)
    small.learn(NOW)

    assert (small.capacity(NOW), small.wait(NOW)) == (1, 0.0)
