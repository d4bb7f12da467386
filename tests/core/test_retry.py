"""How long to wait after a failure, and whether there is another attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.errors import LedgerError, ModelError, ModelProblem, PlatformError
from bot.core.retry import Backoff, Patience, RetryPolicy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_waits_grow_by_the_factor_up_to_the_longest() -> None:
    backoff = Backoff(first=0.25, longest=10.0, jitter=0.0)

    assert [backoff.wait(failures) for failures in (1, 2, 3, 6, 7, 5_000)] == [0.25, 0.5, 1.0, 8.0, 10.0, 10.0]


def test_another_factor_lets_waits_grow_more_slowly() -> None:
    backoff = Backoff(first=3.0, longest=60.0, factor=1.15, jitter=0.0)

    assert [round(backoff.wait(failures), 1) for failures in (1, 2, 10, 22, 23, 5_000)] == [3, 3.4, 10.6, 56.5, 60, 60]


def test_chance_shortens_a_wait_by_the_jitter_at_most() -> None:
    backoff = Backoff(first=0.2, longest=5.0, jitter=0.5)

    assert [backoff.wait(failures, lambda: 0.0) for failures in (1, 2, 50)] == [0.2, 0.4, 5.0]
    assert [backoff.wait(failures, lambda: 0.5) for failures in (1, 2, 50)] == pytest.approx([0.15, 0.3, 3.75])
    assert all(2.5 < backoff.wait(50) <= 5.0 for _ in range(100))


def test_a_question_is_kept_for_hours_while_the_model_is_down_without_asking_it_often() -> None:
    waits = [Patience().outage_backoff.wait(failures, lambda: 0.0) for failures in range(6, 500)]

    assert waits == sorted(waits)
    assert (round(waits[0]), waits[-1]) == (6, 60)


def wait(error: Exception, attempt: int = 1, *, minutes: float = 0) -> float | None:
    started = NOW - timedelta(minutes=minutes)
    return RetryPolicy().wait_for(error, attempt=attempt, first_attempt_at=started, now=NOW, random=lambda: 0.5)


def test_passing_errors_are_waited_for_longer_each_time() -> None:
    waits = [wait(ModelError(ModelProblem.UNAVAILABLE), attempt) for attempt in (1, 2, 3)]
    assert waits == [0.75, 1.5, 3.0]


@pytest.mark.parametrize(
    "error",
    [
        ModelError(ModelProblem.AUTH),
        ModelError(ModelProblem.QUOTA),
        ModelError(ModelProblem.CONTEXT_LENGTH),
        PlatformError("channel_not_found", passing=False),
        ValueError("a defect"),
    ],
)
def test_lasting_errors_are_not_waited_for(error: Exception) -> None:
    assert wait(error) is None


def test_a_servers_own_retry_after_is_never_undercut() -> None:
    waited = wait(ModelError(ModelProblem.RATE_LIMITED, retry_after=20))
    assert waited is not None
    assert waited >= 20


def test_attempts_end_by_number_and_by_time() -> None:
    assert wait(LedgerError("locked"), attempt=6) is None
    assert wait(LedgerError("locked"), minutes=5) is None
    assert wait(ModelError(ModelProblem.RATE_LIMITED, retry_after=600)) is None
    assert wait(LedgerError("locked"), attempt=5, minutes=1) is not None
