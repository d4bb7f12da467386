"""
Counts calls against a platform's rate limits. Pure: the caller passes the time.

limiter.py decides who may use the remaining calls. Each platform sets its own rates.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field

KEPT = 0.1  # the share of a rate for calls that cannot be skipped
LEAST_SHARE = 0.25  # of a rate, after 429s
LEARNED = 0.6  # our share shrinks to this part of itself after an unexpected 429
RECOVERY_SECONDS = 300.0  # from zero to the whole rate


@dataclass(frozen=True, slots=True)
class Rate:
    """At most *calls* in any *seconds*."""

    calls: int
    seconds: float
    per_channel: bool = False  # each channel has its own limit
    kept: float = KEPT  # the share reserved for final calls


@dataclass(slots=True)
class RateWindow:
    """
    The calls of one method in the last *rate.seconds*, and the calls planned for the future.

    Other processes may use the same rate. We notice them only by the platform's 429s, and then lower our share for a
    while.
    """

    rate: Rate
    share: float = 1.0  # as it was at *learned_at*
    learned_at: float = 0.0
    _times: list[float] = field(default_factory=list)  # sorted; future ones are promised to a caller

    def capacity(self, now: float) -> int:
        """The calls of our share in one window."""
        return max(1, int(self.rate.calls * self._share(now)))

    def used(self, now: float) -> int:
        """How many of them are used by past or planned calls."""
        del self._times[: bisect_right(self._times, now - self.rate.seconds)]
        return len(self._times)

    def is_fresh(self, now: float) -> bool:
        """Whether it is in the same state as a new window."""
        return not self.used(now) and self._share(now) >= 1.0

    def wait(self, now: float, kept: int = 0) -> float:
        """Seconds until a call is possible that leaves *kept* of the capacity to others; 0 if it is possible now."""
        over = self.used(now) + kept + 1 - self.capacity(now)
        if over <= 0:
            return 0.0
        # So many calls have to leave the window. If there are fewer, no call is possible while so much is kept.
        return max(0.0, self._times[over - 1] + self.rate.seconds - now) if over <= len(self._times) else float("inf")

    def take(self, at: float) -> None:
        insort(self._times, at)

    def give_back(self, at: float) -> None:
        """Cancel the call planned for *at*."""
        if at in self._times:  # it may have left the window
            self._times.remove(at)

    def learn(self, now: float) -> None:
        """Call when the platform refused a call that our count allowed."""
        self.share, self.learned_at = max(LEAST_SHARE, self._share(now) * LEARNED), now

    def _share(self, now: float) -> float:
        return min(1.0, self.share + (now - self.learned_at) / RECOVERY_SECONDS)
