"""How long to wait after a failure, and whether to try a turn again at all. Pure, except for randomness."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.errors import LedgerError, ModelError, PlatformError

MOST_IN_VAIN = 4  # calls of the model for a question that brought something, and no answer: they are paid for
HIGHEST_EXPONENT = 100  # far beyond every longest wait; 2.0 ** 1024 would raise OverflowError


@dataclass(frozen=True, slots=True)
class Backoff:
    """How waits grow with failures in a row: first, first * factor, first * factor**2, …, longest."""

    first: float  # seconds
    longest: float  # seconds
    factor: float = 2.0
    jitter: float = 0.5  # the random share of each wait, so that many clients do not retry together

    def wait(self, failures: int, random: Callable[[], float] = random.random) -> float:
        """Seconds until the next attempt after *failures* (from 1); *random* gives numbers in [0, 1)."""
        exponent = min(failures - 1, HIGHEST_EXPONENT)
        return min(self.longest, self.first * self.factor**exponent) * (1.0 - self.jitter * random())


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    Backoff, limited by a number of attempts and a time.

    Chat users wait for the answer: after some minutes, reporting the failure is better than trying again.
    """

    attempts: int = 6
    within: timedelta = timedelta(minutes=5)  # since the first attempt
    backoff: Backoff = Backoff(first=1.0, longest=30.0)

    def wait_for(
        self, error: Exception, *, attempt: int, first_attempt_at: datetime, now: datetime, random: Callable[[], float]
    ) -> float | None:
        """
        Seconds until the next attempt, or None if there should be none.

        *attempt* counts from 1 and has just failed; *random* gives numbers in [0, 1). The wait is never shorter than
        the server's Retry-After; one that leads beyond *within* ends the attempts.
        """
        if not is_passing(error) or attempt >= self.attempts:
            return None
        wait = self.backoff.wait(attempt, random)
        asked = error.retry_after if isinstance(error, ModelError | PlatformError) else None
        if asked is not None:
            wait = asked + wait * 0.1
        if now + timedelta(seconds=wait) > first_attempt_at + self.within:
            return None
        return wait


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the bot, and the people who ask it, wait."""

    asking: RetryPolicy = field(default_factory=RetryPolicy)  # the model, before it counts as down
    outage_backoff: Backoff = Backoff(first=3.0, longest=60.0, factor=1.15)  # after that, by all failures of a turn
    outage: timedelta = timedelta(hours=6)  # how long a question is kept while the model is down
    showing: RetryPolicy = field(default_factory=lambda: RetryPolicy(attempts=1000, within=timedelta(hours=6)))
    overlooked_after: timedelta = timedelta(minutes=2)  # people overlook an answer that replaces an older notice


def is_passing(error: Exception) -> bool:
    """Whether the same attempt may succeed later."""
    if isinstance(error, ModelError):
        return error.problem.passing and not error.spent
    if isinstance(error, PlatformError):
        return error.passing
    return isinstance(error, LedgerError)
