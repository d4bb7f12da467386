"""The time and the ids of the Discord stand-in. A snowflake carries the time: "Snowflakes" in Discord's reference."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.standins.slack.workspace import Clock

EPOCH = 1_420_070_400_000  # ms, the first second of 2015
LARGEST = (1 << 63) - 1


class Snowflakes:
    """Ids that grow: two made in the same millisecond differ in their increment."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._last = clock, 0

    def new(self) -> str:
        self._last = max(snowflake_at(self._clock()), self._last + 1)
        return str(self._last)

    def new_apart(self) -> str:
        """In a millisecond of its own: guilds go to shards by the time in their ids."""
        self._last = max(snowflake_at(self._clock()), (self._last >> 22) + 1 << 22)
        return str(self._last)


def snowflake_at(seconds: float) -> int:
    """The smallest id of that moment, for `before`, `after` and `min_id`."""
    return (int(seconds * 1000) - EPOCH) << 22


def seconds_of(snowflake: str | int) -> float:
    return ((int(snowflake) >> 22) + EPOCH) / 1000


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def is_snowflake(value: object) -> bool:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return isinstance(text, str) and text.isascii() and text.isdigit() and int(text) <= LARGEST
