"""How many messages to ask for at a time: as many as Slack gives, unless they come to more than may be read. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LESS, MORE = 4, 2


@dataclass(slots=True)
class PageSize:
    """
    Of one reading. *limit* is what the next page is asked for with; it grows from page to page, up to *most*.

    Most threads are read in one call, and a long one in few. A message may have 40,000 characters, each of which
    Slack writes as up to 12 bytes, twice (`text` and `blocks`): a thread of those comes in small pages.
    """

    limit: int
    most: int

    def shrink(self) -> bool:
        """After an answer that was too long. False where no smaller page is left."""
        if self.limit == 1:
            return False
        self.limit = max(1, self.limit // LESS)
        return True

    def grow(self) -> None:
        """After one that was not."""
        self.limit = min(self.most, self.limit * MORE)
