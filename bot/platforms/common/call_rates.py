"""
How often a platform lets a method be called, and how much of that is left. Pure: the caller brings the clock.

Who may take what is left is decided in limiter.py. The rates are each platform's own.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field

KEPT = 0.1  # of a rate, for what cannot be skipped
LEAST_SHARE = 0.25  # of a rate, after 429s
LEARNED = 0.6  # of what was our share before a 429 that we did not expect
RECOVERY_SECONDS = 300.0  # from nothing to the whole rate


@dataclass(frozen=True, slots=True)
class Rate:
    """At most *calls* in any *seconds*."""

    calls: int
    seconds: float
    per_channel: bool = False  # each channel has as many
    kept: float = KEPT  # the share that is left to final calls


@dataclass(slots=True)
class RateWindow:
    """
    The calls of one method, of the last *rate.seconds* and of the time to come.

    Other processes may use up the same rate, and only the platform's 429s tell of them: then our share of it is less
    for a while.
    """

    rate: Rate
    share: float = 1.0  # as it was at *learned_at*
    learned_at: float = 0.0
    _times: list[float] = field(default_factory=list)  # sorted; those in the future are promised to somebody

    def capacity(self, now: float) -> int:
        """Calls in one window, as far as the rate is ours."""
        return max(1, int(self.rate.calls * self._share(now)))

    def used(self, now: float) -> int:
        """How many of them are taken, by calls that were made or will be."""
        del self._times[: bisect_right(self._times, now - self.rate.seconds)]
        return len(self._times)

    def is_fresh(self, now: float) -> bool:
        """Whether it is as one that has counted nothing yet."""
        return not self.used(now) and self._share(now) >= 1.0

    def wait(self, now: float, kept: int = 0) -> float:
        """Seconds until a call can be made that leaves *kept* of the capacity to others; 0 when it can be made now."""
        over = self.used(now) + kept + 1 - self.capacity(now)
        if over <= 0:
            return 0.0
        # So many have to leave the window; more than there are never will, as long as so much is to be kept.
        return max(0.0, self._times[over - 1] + self.rate.seconds - now) if over <= len(self._times) else float("inf")

    def take(self, at: float) -> None:
        insort(self._times, at)

    def give_back(self, at: float) -> None:
        """The call of that time was not made."""
        if at in self._times:  # it may have left the window meanwhile
            self._times.remove(at)

    def learn(self, now: float) -> None:
        """The platform refused a call, although there was room for it by our count."""
        self.share, self.learned_at = max(LEAST_SHARE, self._share(now) * LEARNED), now

    def _share(self, now: float) -> float:
        return min(1.0, self.share + (now - self.learned_at) / RECOVERY_SECONDS)
