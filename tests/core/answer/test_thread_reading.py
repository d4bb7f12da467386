"""What is kept of a thread that was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from bot.core.answer.thread_reading import has_gap
from bot.core.conversation import Participant, Posted, ThreadRef
from bot.core.ports import ThreadRead

THREAD = ThreadRef("slack", "T1", "C1", "1.0")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def said(*positions: int) -> Sequence[Posted]:
    return [Posted(THREAD, f"{n}.0", n, Participant("U1"), "안녕", NOW) for n in positions]


@pytest.mark.parametrize(
    ("truncated", "oldest", "since", "hole"),
    [(False, 5, 0, False), (True, 5, 0, True), (True, 5, 4, True), (True, 5, 5, False), (True, 5, 9, False)],
)
def test_a_long_thread_has_a_hole_if_what_was_read_does_not_reach_back_to_what_was_known(
    truncated: bool, oldest: int, since: int, hole: bool
) -> None:
    assert has_gap(ThreadRead(said(oldest, 10), truncated=truncated), since) is hole
