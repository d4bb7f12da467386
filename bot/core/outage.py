"""Whether the database was away for so long that leases of living owners ended. Pure: the caller brings the clock."""

from __future__ import annotations

LONG_SECONDS = 10.0  # half a lease: what was renewed just before it has as much left


class Outage:
    """As far as claims and renewals tell. A long one is not over before those who came through it could renew."""

    def __init__(self) -> None:
        self._since: float | None = None

    def failed(self, began: float) -> None:
        """A call that began at *began* found no database: it may have waited for one since."""
        if self._since is None:
            self._since = began

    def reached(self, now: float) -> None:
        """A call went through."""
        if not self.long(now):
            self._since = None

    def long(self, now: float) -> bool:
        return self._since is not None and now - self._since > LONG_SECONDS

    def over(self) -> None:
        self._since = None
