"""The CompletionStore port: how turns are answered. The rows of completions are written in completions.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from bot.core.completion.endings import tells_of_window
from bot.core.ports import CompletionStart
from bot.core.turn import Claim, Completion, Notice, Outcome, TurnState
from bot.store.changes import reopened_turns
from bot.store.ledger import completions as completed
from bot.store.ledger.transactions import STOPPED, Transactions, change, notice_rows


class SqlCompletionStore(Transactions):
    async def begin(self, claim: Claim, start: CompletionStart) -> int:
        def write(connection: Connection) -> int:
            variant = completed.unchanged_variant(connection, claim)
            change(connection, claim, reason=None)
            return completed.start(connection, self._sql.system_prompt, claim, variant, start, self._now(connection))

        # Undone by a power failure, the call is made again: its answer has gone with the power, too.
        return await self._write(write, synced=False)

    async def abandon(
        self,
        claim: Claim,
        completion: int,
        error: str,
        cost: int | None = None,
        result: Completion | None = None,
        detail: str | None = None,
    ) -> None:
        def write(connection: Connection) -> None:
            change(connection, claim, reason=error)
            completed.abandon(connection, completion, error, cost, result, detail)

        await self._write(write)

    async def complete(
        self,
        claim: Claim,
        completion: int,
        result: Completion,
        notices: Sequence[Notice],
        language: str,
        *,
        stopped: bool = False,
    ) -> None:
        def write(connection: Connection) -> None:
            why_none = notices[0].key if notices and not result.text else None
            change(connection, claim, **_answered(STOPPED if stopped else why_none, notices, language))
            completed.finish(connection, claim.turn, completion, result, stopped=stopped)
            if tells_of_window(notices):
                completed.note_told(connection, claim.turn)

        await self._write(write)

    async def conclude(self, claim: Claim, reason: str, notices: Sequence[Notice], language: str) -> None:
        def write(connection: Connection) -> None:
            change(connection, claim, **_answered(reason, notices, language))
            reopened_turns.restore(connection, claim.turn)

        await self._write(write)

    async def shorten(self, claim: Claim, text: str, tokens: int, notices: Sequence[Notice], language: str) -> None:
        def write(connection: Connection) -> None:
            change(connection, claim, **_answered(STOPPED, notices, language))
            if text:
                completed.shorten(connection, claim.turn, text, tokens)
            else:
                completed.choose_none(connection, claim.turn)

        await self._write(write)

    async def outcome(self, claim: Claim) -> Outcome:
        return await self._database.read(lambda connection: completed.outcome(connection, claim))


def _answered(reason: str | None, notices: Sequence[Notice], language: str) -> dict[str, Any]:
    said = {"notices": notice_rows(notices), "language": language}
    return {"state": TurnState.ANSWERED.value, "reason": reason and reason[:64], "continues": None, **said}
