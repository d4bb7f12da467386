"""When to show streamed text. Pure: the caller brings the clock."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_SECONDS = 0.3  # after the first words: a short answer that is complete by then costs one call
SHORTEST_SECONDS = 1.0  # chat.update: 50 a minute (Slack, "Rate limits", tier 3)
LONGEST_SECONDS = 6.0
GROWTH = 1.15  # a longer answer is shown less often


@dataclass(slots=True)
class Pace:
    """Says when the next intermediate text is worth a call. All times in seconds of one monotonic clock."""

    started: float  # when the first words came
    last: float | None = None
    interval: float = SHORTEST_SECONDS

    def wait(self, now: float, pause: float = 0.0) -> float:
        """Seconds until the next text is due; 0 when it is. *pause*: what the platform asks for after the last one."""
        due = self.started + FIRST_SECONDS if self.last is None else self.last + max(self.interval, pause)
        return max(0.0, due - now)

    def shown(self, now: float) -> None:
        """Call when a text was shown, or its showing was tried."""
        if self.last is not None:
            self.interval = min(LONGEST_SECONDS, self.interval * GROWTH)
        self.last = now
