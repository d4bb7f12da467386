"""
Deliveries of one message that arrive at the same time, or again soon after: Slack sends a mention twice, as two events.

What is remembered here spares the database; that nothing is stored twice is the ledger's to hold.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

REMEMBERED = 4096  # messages


class Deliveries:
    """Runs one store operation for all deliveries with the same key."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._stored: OrderedDict[Hashable, None] = OrderedDict()
        self._storing: dict[Hashable, asyncio.Future[None]] = {}

    async def once(self, key: Hashable, store: Callable[[], Awaitable[None]]) -> None:
        """
        Return when *store* has succeeded for *key*, now or a short while ago.

        An error reaches every delivery that waited for it; the next one tries again.
        """
        if key in self._stored:
            return
        if key in self._storing:
            await asyncio.shield(self._storing[key])
            return
        storing = self._storing[key] = asyncio.ensure_future(store())
        try:
            await asyncio.shield(storing)
        finally:
            del self._storing[key]
        self._stored[key] = None
        if len(self._stored) > self._remembered:
            self._stored.popitem(last=False)
