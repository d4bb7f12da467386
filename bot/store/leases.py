"""
Leases that processes share: the Leases of platforms/common on PostgreSQL.

Their time is the database's, as processes on several machines compare it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from sqlalchemy import Connection, delete, select, text

from bot.store import statements as sql
from bot.store.database.base import Database
from bot.store.database.dialects import upsert
from bot.store.tables import leases

Lease = tuple[str, float]  # its owner, and the seconds that are left of it
_ALONE = text("LOCK TABLE leases IN SHARE ROW EXCLUSIVE MODE")
"""A choice is made from what all hold: nobody takes anything meanwhile. Reading goes on."""


class SqlLeases:
    """For PostgreSQL: on a file of SQLite's there is one process, and what it holds is over with it."""

    shared = True

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hold(
        self, platform: str, owner: str, seconds: float, choose: Callable[[Mapping[str, Lease]], Collection[str]]
    ) -> frozenset[str]:
        def write(connection: Connection) -> frozenset[str]:
            there = _there(connection, platform)
            wanted = frozenset(choose(there))
            kept = frozenset(name for name in wanted if name not in there or there[name][0] == owner)
            _keep(connection, platform, owner, kept, seconds)
            return kept

        return await self._database.write(write)

    async def pass_by(self, platform: str, name: str, seconds: float) -> float:
        def write(connection: Connection) -> float:
            if (held := _there(connection, platform).get(name)) is not None:
                return max(0.001, held[1])
            _keep(connection, platform, "", [name], seconds)
            return 0.0

        return await self._database.write(write)


def _there(connection: Connection, platform: str) -> Mapping[str, Lease]:
    """Those that have not ended, of all owners, by their names; the others are gone then."""
    connection.execute(_ALONE)
    now = sql.now(connection)
    connection.execute(delete(leases).where(leases.c.platform == platform, leases.c.until <= now))
    held = select(leases.c.name, leases.c.owner, leases.c.until).where(leases.c.platform == platform)
    return {row.name: (row.owner, (row.until - now).total_seconds()) for row in connection.execute(held)}


def _keep(connection: Connection, platform: str, owner: str, names: Collection[str], seconds: float) -> None:
    """These, and of this *owner* no others; who is nobody keeps what has to pass."""
    if owner:
        connection.execute(
            delete(leases).where(
                leases.c.platform == platform, leases.c.owner == owner, leases.c.name.not_in(list(names))
            )
        )
    if not names:
        return
    until = sql.now(connection) + timedelta(seconds=seconds)
    made = upsert(connection.dialect.name)(leases).values(
        [{"platform": platform, "name": name, "owner": owner, "until": until} for name in sorted(names)]
    )
    again = made.on_conflict_do_update(index_elements=["platform", "name"], set_={"until": made.excluded.until})
    connection.execute(again)
