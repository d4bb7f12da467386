"""Whether we have been in touch with the database long enough to know who is gone. Pure: the caller has the clock."""

from __future__ import annotations

SILENCE_SECONDS = 5.0  # in which every living worker that can reach the database renews its leases, several times


class DatabaseContact:
    """
    As far as claims and renewals tell.

    After an outage, or a pause of the whole machine, of a lease's length every lease has ended, while the owners live:
    what was taken from them would be asked twice. So who comes back first leaves the others the time to be heard; and
    so does who starts just then, because nobody tells it what was before.
    """

    def __init__(self) -> None:
        self._since: float | None = None  # when it began to go through without a break
        self._last = 0.0

    def failed(self) -> None:
        """A call found no database."""
        self._since = None

    def reached(self, began: float, ended: float) -> None:
        """A call went through; when it began and ended, in seconds of one clock."""
        if self._since is None or ended - self._last > SILENCE_SECONDS or ended - began > SILENCE_SECONDS:
            self._since = ended
        self._last = ended

    def lasts(self, now: float) -> bool:
        """Whether a worker that has not renewed its lease by *now* is gone, or no longer able to."""
        return self._since is not None and now - self._since >= SILENCE_SECONDS and now - self._last <= SILENCE_SECONDS
