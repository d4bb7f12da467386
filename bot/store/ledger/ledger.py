"""
The ledger on SQLite and PostgreSQL: the four parts of it, behind one name, on one database.

Each method is one transaction.
"""

from __future__ import annotations

from bot.store.ledger.completion_store import SqlCompletionStore
from bot.store.ledger.conversation_store import SqlConversationStore
from bot.store.ledger.files import SqlFiles
from bot.store.ledger.part_store import SqlPartStore
from bot.store.ledger.turn_queue import SqlTurnQueue


class SqlLedger(SqlConversationStore, SqlTurnQueue, SqlCompletionStore, SqlPartStore):
    @property
    def files(self) -> SqlFiles:
        return SqlFiles(self._database)
