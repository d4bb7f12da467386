"""How long a turn waits before it is tried again, or that it will not be. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.errors import LedgerError, ModelError, PlatformError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    Exponential backoff with full jitter, within a number of attempts and a time.

    Chat users wait for the answer: what has not come within some minutes is better said than tried on.
    """

    attempts: int = 6
    within: timedelta = timedelta(minutes=5)  # of the first attempt
    first_seconds: float = 0.5
    longest_seconds: float = 30.0

    def wait_for(
        self, error: Exception, *, attempt: int, first_attempt_at: datetime, now: datetime, random: Callable[[], float]
    ) -> float | None:
        """
        Seconds until the next attempt, or None when there should be none.

        *attempt* counts from 1 and is the one that just failed; *random* gives numbers in [0, 1). A server's own
        Retry-After is never undercut; one that leads beyond *within* ends the attempts.
        """
        if not is_passing(error) or attempt >= self.attempts:
            return None
        wait = self._backoff(attempt, random)
        asked = error.retry_after if isinstance(error, ModelError | PlatformError) else None
        if asked is not None:
            wait = asked + wait * 0.1
        if now + timedelta(seconds=wait) > first_attempt_at + self.within:
            return None
        return wait

    def _backoff(self, attempt: int, random: Callable[[], float]) -> float:
        ceiling = min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempt, 30))
        return ceiling * (0.5 + random() / 2)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long this bot, and those who asked it, wait."""

    asking: RetryPolicy = field(default_factory=RetryPolicy)  # the model, before it counts as down
    outage: timedelta = timedelta(hours=6)  # how long a question is kept while the model is down
    showing: RetryPolicy = field(default_factory=lambda: RetryPolicy(attempts=1000, within=timedelta(hours=6)))
    overlooked_after: timedelta = timedelta(minutes=2)  # an answer in place of an older notice is not noticed


def outage_wait(attempt: int, random: Callable[[], float]) -> float:
    """Seconds until a provider that is down is asked again; *attempt* counts all that failed, from 1."""
    return min(60.0, 2.0 * attempt) * (0.5 + random() / 2)


def is_passing(error: Exception) -> bool:
    """Whether the same attempt may succeed later."""
    if isinstance(error, ModelError):
        return error.problem.passing
    if isinstance(error, PlatformError):
        return error.passing
    return isinstance(error, LedgerError)


def reconnect_wait(failures: int, random: Callable[[], float]) -> float:
    """Seconds until a worker looks again at a database that failed *failures* times in a row (from 1)."""
    return min(5.0, 0.1 * 2.0 ** min(failures, 10)) * (0.5 + random() / 2)
