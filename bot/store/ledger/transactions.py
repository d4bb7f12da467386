"""Transactions of the ledger: their time, and the check that a claim still holds before its turn is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.core.errors import LeaseLost
from bot.core.turn import Claim, Notice
from bot.store import statements as sql
from bot.store.changes import turn_log
from bot.store.database.base import Database, Operation, T

STOPPED = "stopped"  # as a turn's reason


class Transactions:
    """The base of the ledger's parts. *clock* replaces the time of the machine or of the database in tests."""

    def __init__(self, database: Database, clock: Callable[[], datetime] | None = None) -> None:
        self._database = database
        self._sql = sql.statements(database.dialect)
        self._clock = clock

    async def _write(self, operation: Operation[T], *, synced: bool = True, urgent: bool = False) -> T:
        return await turn_log.write(self._database, operation, synced=synced, urgent=urgent)

    def _now(self, connection: Connection) -> datetime:
        return self._clock() if self._clock is not None else sql.now(connection)


def change(connection: Connection, claim: Claim, **values: Any) -> None:
    """Check the claim and change its turn, in one statement. Raises LeaseLost before anything was written."""
    if not _held(connection, claim, **(values or {"fence": claim.fence})):
        raise LeaseLost


def _held(connection: Connection, claim: Claim, **values: Any) -> bool:
    """Change the turn, if the claim on it still holds, and say whether it does."""
    which = {"held": claim.turn, "held_fence": claim.fence}
    return connection.execute(sql.HELD, which | values).rowcount == 1


def notice_rows(notices: Sequence[Notice]) -> list[dict[str, Any]]:
    return [{"key": notice.key, "values": dict(notice.values)} for notice in notices]
