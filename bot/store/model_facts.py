"""Facts learned about models: the ModelFactStore port on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, null, select

from bot.core.ports import LearnedFacts
from bot.store import statements as sql
from bot.store.database.base import Database
from bot.store.database.dialects import upsert
from bot.store.tables import models

# A server may be started again with a larger window, or with eyes: a refused call tells again what is still so.
TRUSTED = timedelta(days=1)

# Built once; see statements.py.
_SAID = ("window", "sees", "max_tokens", "knows_system")  # what servers say
_LEARNED = select(models.c.token_factor, *(models.c[each] for each in _SAID), models.c.learned_at).where(
    models.c.name == bindparam("model")
)
_LONGEST_NAME = 255  # characters, as the column has it


class SqlModelFacts:
    def __init__(self, database: Database, clock: Callable[[], datetime] | None = None) -> None:
        """*clock* replaces the time in tests."""
        self._database = database
        self._upsert = upsert(database.dialect)
        self._clock = clock

    def _now(self, connection: Connection) -> datetime:
        return self._clock() if self._clock is not None else sql.now(connection)

    async def learned(self, model: str) -> LearnedFacts:
        def read(connection: Connection) -> LearnedFacts:
            row = connection.execute(_LEARNED, {"model": model[:_LONGEST_NAME]}).first()
            if row is None:
                return LearnedFacts()
            lately = row.learned_at > self._now(connection) - TRUSTED
            said = {each: getattr(row, each) for each in _SAID} if lately else {}
            return LearnedFacts(row.token_factor, **said)

        return await self._database.read(read)

    async def note_factor(self, model: str, factor: float) -> None:
        def write(connection: Connection) -> None:
            row = {"name": model[:_LONGEST_NAME], "token_factor": factor, "learned_at": self._now(connection)}
            made = self._upsert(models).values(row)
            values = {"token_factor": made.excluded.token_factor}  # the time is the window's
            connection.execute(made.on_conflict_do_update(index_elements=["name"], set_=values))

        await self._database.write(write, synced=False)

    async def note_window(self, model: str, window: int) -> None:
        await self._note(model, window=window)

    async def note_sight(self, model: str, *, sees: bool) -> None:
        await self._note(model, sees=sees)

    async def note_max_tokens(self, model: str, max_tokens: int) -> None:
        await self._note(model, max_tokens=max_tokens)

    async def note_system(self, model: str, *, knows: bool) -> None:
        await self._note(model, knows_system=knows)

    async def _note(self, model: str, **said: int | bool) -> None:
        """The limits that its server has just stated."""

        def write(connection: Connection) -> None:
            now = self._now(connection)
            values: dict[str, Any] = {**said, "learned_at": now}
            made = self._upsert(models).values(name=model[:_LONGEST_NAME], **values)
            lately = models.c.learned_at > now - TRUSTED
            # An older statement does not hold for another day.
            old = {each: case((lately, models.c[each]), else_=null()) for each in _SAID if each not in said}
            connection.execute(made.on_conflict_do_update(index_elements=["name"], set_=values | old))

        await self._database.write(write, synced=False)
