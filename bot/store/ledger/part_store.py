"""The PartStore port: the parts of replies, and whether a claim still holds before one is changed on the platform."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from bot.core.errors import LeaseLost
from bot.core.turn import Claim, ReplyPart
from bot.store import statements as sql
from bot.store.ledger.transactions import Transactions, change


class SqlPartStore(Transactions):
    async def intend_part(self, claim: Claim, number: int) -> None:
        def write(connection: Connection) -> None:
            change(connection, claim)
            row = {"turn_id": claim.turn, "number": number, "intended_at": self._now(connection)}
            connection.execute(self._sql.part, row)

        await self._write(write)

    async def note_part(self, claim: Claim, number: int, id: str) -> None:  # noqa: A002 - the platform's word
        def write(connection: Connection) -> None:
            change(connection, claim)
            connection.execute(sql.NOTED, {"of_turn": claim.turn, "with_number": number, "external_id": id})

        await self._write(write)

    async def forget_part(self, claim: Claim, number: int) -> None:
        def write(connection: Connection) -> None:
            change(connection, claim)
            connection.execute(sql.FORGOTTEN, {"of_turn": claim.turn, "with_number": number})

        await self._write(write)

    async def parts(self, claim: Claim) -> Sequence[ReplyPart]:
        return await self._database.read(lambda connection: parts(connection, [claim.turn]).get(claim.turn, []))

    async def check(self, claim: Claim) -> None:
        if self._database.dialect == "sqlite":  # the lock beside the file makes us the one worker
            return

        def look(connection: Connection) -> None:
            fence = connection.execute(sql.FENCE, {"id": claim.turn}).scalar()
            if fence != claim.fence:
                raise LeaseLost

        await self._database.read(look)


def parts(connection: Connection, ids: Sequence[int]) -> dict[int, list[ReplyPart]]:
    """Of the replies to these turns, by turn, in their order."""
    found: dict[int, list[ReplyPart]] = {}
    if ids:
        for row in connection.execute(sql.PARTS, {"ids": ids}).all():
            found.setdefault(row.turn_id, []).append(ReplyPart(row.number, row.external_id, row.intended_at))
    return found
