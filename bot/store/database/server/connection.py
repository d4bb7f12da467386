"""
Connections through which a pooler can hand out another server connection for each transaction.

PgBouncer in its transaction mode refuses startup parameters that it does not know. What is set or prepared outside a
transaction belongs to a connection that somebody else may have next (pgbouncer.org, "SQL feature map for pooling
modes"). So each limit is set with the transaction that it is for, and no statement is kept.
"""

from __future__ import annotations

from typing import Any

import asyncpg  # type: ignore[import-untyped]

STALLED_SECONDS = 10  # half a lease
"""
How long a transaction may stand still. A process that does (stopped, cut off) keeps its turn's row locked meanwhile:
nobody could take the turn over.
"""

UNKEPT = {
    "statement_cache_size": 0,  # of asyncpg's
    "prepared_statement_cache_size": 0,  # of SQLAlchemy's
    "prepared_statement_name_func": str,  # gives "": asyncpg sends a statement without a name again with its parameters
}
"""For connect(): nothing that is prepared outlives its transaction."""


def transaction_limit(seconds: int) -> str:
    """
    Limits the transaction on servers that can, PostgreSQL 17 and newer; elsewhere nothing happens. 0: no limit.

    Until the first statement of its kind is prepared, to stand still within it does not count as being idle.
    """
    return (
        f"SELECT set_config('transaction_timeout', '{seconds * 1000}', true)"
        " WHERE current_setting('transaction_timeout', true) IS NOT NULL"
    )


_LIMITS = (
    f"SET LOCAL idle_in_transaction_session_timeout = {STALLED_SECONDS * 1000}; "  # milliseconds
    f"{transaction_limit(STALLED_SECONDS)};"
)


class LimitedConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg is untyped
    """Sends the limits together with the statement that begins a transaction: they cost no trip to the server."""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        if query.startswith("BEGIN"):
            query = f"{query} {_LIMITS}"
        return str(await super().execute(query, *args, timeout=timeout))
