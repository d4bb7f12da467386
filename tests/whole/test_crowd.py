"""Many answers at once in one workspace that admits no more calls than Slack promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.crowd import Crowd, measure, report


@pytest.mark.parametrize("channels", [10, 1])
async def test_fifty_answers_at_once_arrive_whole_and_soon_with_hardly_a_429(tmp_path: Path, channels: int) -> None:
    crowd = Crowd(answers=50, seconds=0.5, channels=channels)
    seen = await measure(crowd, tmp_path)
    assert not seen.problems, report(crowd, seen)
