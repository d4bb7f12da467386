"""Overload, in small: what must hold on a slow machine, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.load import measure, most_at_once
from tests.faults.overload import QUICK, broken
from tests.standins.postgres import Postgres


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_everybody_is_answered_once_when_all_ask_at_the_same_time(
    database: str, postgres: Postgres, tmp_path: Path
) -> None:
    url = await postgres.new_database() if database == "postgresql" else f"sqlite+aiosqlite:///{tmp_path}/threadbot.db"
    measured = await measure(QUICK[0].load, tmp_path, url)
    assert broken(QUICK[0], measured) == []
    assert measured.at_once == QUICK[0].load.max_concurrent_turns  # it was a load


@pytest.mark.parametrize(
    ("intervals", "most"),
    [([], 0), ([(0, 1), (1, 2)], 1), ([(0, 2), (1, 3), (2, 4)], 2), ([(0, 9), (1, 2), (1, 3), (2, 4)], 3)],
)
def test_calls_at_a_time_are_counted(intervals: list[tuple[float, float]], most: int) -> None:
    assert most_at_once(intervals) == most
