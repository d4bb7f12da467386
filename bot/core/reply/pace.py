"""When to show streamed text. Pure: the caller brings the clock, the platform its settings."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.ports import PaceSettings

HIGHEST_EXPONENT = 100  # far beyond every longest interval; 1.15 ** 6000 would raise OverflowError


@dataclass(slots=True)
class Pace:
    """Says when the next intermediate text is worth a call. All times in seconds of one monotonic clock."""

    settings: PaceSettings
    since: float  # the time of the first words, then of the last shown text
    texts: int = 0  # shown so far

    def wait(self, now: float, pause: float = 0.0) -> float:
        """Seconds until the next text is due; 0 if it is due. *pause*: the platform's minimum since the last one."""
        interval = max(self._interval(), pause) if self.texts else self.settings.first
        return max(0.0, self.since + interval - now)

    def shown(self, now: float) -> None:
        """Call after showing a text, or after trying to."""
        self.texts += 1
        self.since = now

    def _interval(self) -> float:
        if self.texts == 1:
            return self.settings.second
        grown = self.settings.later * self.settings.growth ** min(self.texts - 2, HIGHEST_EXPONENT)
        return min(self.settings.longest, grown)
