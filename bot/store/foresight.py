"""The decision that a message would get, without recording it: the Foresight port. Read only."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection

from bot.core.conversation import Posted
from bot.core.decide.policy import Action, decide
from bot.store import statements as sql
from bot.store.database.base import Database
from bot.store.ledger import thread_facts


class SqlForesight:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def would_answer(self, posted: Posted) -> bool:
        def read(connection: Connection) -> bool:
            conversation = connection.execute(sql.CONVERSATION, asdict(posted.thread)).scalar()
            return decide(posted, thread_facts.read(connection, posted, conversation)).action is Action.ANSWER

        return await self._database.read(read)
