"""The core's port to the record of replies: our messages on the platform for a turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.core.turn import Claim, ReplyPart


class PartStore(Protocol):
    """
    The parts of claimed turns' replies. One method, one transaction.

    All that write raise LeaseLost when the claim is no longer the newest one, and all raise LedgerError.
    """

    async def intend_part(self, claim: Claim, number: int) -> None: ...

    async def note_part(self, claim: Claim, number: int, id: str) -> None: ...  # noqa: A002 - the platform's word

    async def forget_part(self, claim: Claim, number: int) -> None:
        """It is no part of the reply any more."""

    async def parts(self, claim: Claim) -> Sequence[ReplyPart]:
        """The parts of the turn's reply, as they are noted now."""

    async def check(self, claim: Claim) -> None:
        """Raise LeaseLost when the claim is not the newest one."""
