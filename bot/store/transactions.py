"""
How writes reach the database: one transaction an operation, except that on SQLite the operations which wait at the same
moment share one. A commit there costs more than the statements in it, and there is one writer anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.errors import BotError, LedgerError
from bot.store.engine import Engines

T = TypeVar("T")
Operation = Callable[[AsyncConnection], Awaitable[T]]
"""Statements of one transaction. Whatever it refuses (LeaseLost), it refuses before its first write."""

SHARED = 64  # operations in one transaction, at most: the first of them should not wait long


@dataclass(slots=True)
class _Waiting:
    operation: Operation[Any]
    done: asyncio.Future[Any] = field(repr=False)


class Transactions:
    """Runs operations. Raises LedgerError when the database cannot be used just now: nothing has happened then."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._waiting: list[_Waiting] = []
        self._running: asyncio.Task[None] | None = None

    async def write(self, operation: Operation[T]) -> T:
        if not self._engines.sqlite:
            return await self._alone(operation)
        entry = _Waiting(operation, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._drain())
        result: T = await entry.done
        return result

    async def read(self, operation: Operation[T]) -> T:
        try:
            async with self._engines.reader.connect() as connection:
                return await operation(connection)
        except (SQLAlchemyError, OSError) as error:
            raise _unusable(error) from error

    async def close(self) -> None:
        """Finish what waits, then let go of the database."""
        if self._running is not None:
            await asyncio.wait([self._running])
        await self._engines.dispose()

    async def _alone(self, operation: Operation[T]) -> T:
        try:
            async with self._engines.writer.begin() as connection:
                return await operation(connection)
        except (SQLAlchemyError, OSError) as error:
            raise _unusable(error) from error

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:SHARED], self._waiting[SHARED:]
            if not await self._together(batch):
                for entry in batch:
                    await self._settle(entry)

    async def _together(self, batch: list[_Waiting]) -> bool:
        """One transaction for all; False when it failed, and none of them has happened."""
        outcomes: list[tuple[_Waiting, Any, BotError | None]] = []
        try:
            async with self._engines.writer.begin() as connection:
                for entry in batch:
                    try:
                        outcomes.append((entry, await entry.operation(connection), None))
                    except BotError as refused:  # before its first write
                        outcomes.append((entry, None, refused))
        except (SQLAlchemyError, OSError):
            return False
        for entry, result, refusal in outcomes:
            _deliver(entry, result, refusal)
        return True

    async def _settle(self, entry: _Waiting) -> None:
        try:
            _deliver(entry, await self._alone(entry.operation), None)
        except BotError as error:
            _deliver(entry, None, error)


def _deliver(entry: _Waiting, result: Any, error: BotError | None) -> None:
    if entry.done.done():  # whoever waited was cancelled
        return
    if error is not None:
        entry.done.set_exception(error)
    else:
        entry.done.set_result(result)


def _unusable(error: Exception) -> LedgerError:
    # str() of SQLAlchemy's errors shows the statement's parameters, which hold messages.
    if isinstance(error, DBAPIError):
        return LedgerError(f"{type(error.orig).__name__}: {error.orig}")
    if isinstance(error, PoolTimeoutError):
        return LedgerError("no connection to the database became free in time")
    return LedgerError(type(error).__name__ if isinstance(error, SQLAlchemyError) else str(error))
