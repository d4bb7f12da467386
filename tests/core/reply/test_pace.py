"""When the texts of a growing answer are shown."""

from __future__ import annotations

import pytest

from bot.core.ports import PaceSettings
from bot.core.reply.pace import Pace

SETTINGS = PaceSettings(first=0.25, second=2.5, later=1.0, growth=1.5, longest=3.0)


def intervals(settings: PaceSettings, count: int) -> list[float]:
    pace, now = Pace(settings, 10.0), 10.0
    waits = []
    for _ in range(count):
        waits.append(pace.wait(now))
        now += waits[-1]
        pace.shown(now)
    return waits


def test_a_long_answer_is_shown_less_and_less_often() -> None:
    assert intervals(SETTINGS, 7) == pytest.approx([0.25, 2.5, 1.0, 1.5, 2.25, 3.0, 3.0])


def test_an_answer_may_go_on_for_ever() -> None:
    assert intervals(SETTINGS, 10_000)[-1] == 3.0


def test_what_is_overdue_is_shown_at_once() -> None:
    assert Pace(SETTINGS, 10.0).wait(99.0) == 0.0


def test_a_platform_may_ask_for_a_longer_pause_and_not_for_a_shorter_one() -> None:
    pace = Pace(SETTINGS, 10.0)
    assert pace.wait(10.0, pause=9.0) == pytest.approx(0.25), "the first words come at once"
    pace.shown(10.25)
    assert pace.wait(10.25, pause=9.0) == pytest.approx(9.0)
    assert pace.wait(10.25, pause=0.1) == pytest.approx(2.5)
