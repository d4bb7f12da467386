"""`threadbot retry`: a failed turn is due again, for the bot that runs or for its next start."""

from __future__ import annotations

from bot.commands import ledger
from bot.core.turn import TurnState
from bot.settings import Settings
from bot.store.receipt import turn_retry


async def retry(settings: Settings, turn: int) -> str:
    """The result for the turn, in a sentence. Raises BotError, also when the turn is not a failed one."""
    async with ledger.opened(settings) as database:
        return sentence(await turn_retry.retry(database, turn))


def sentence(retried: turn_retry.Retried) -> str:
    if retried.state is TurnState.ANSWERED:
        return f"Turn {retried.turn} has its answer already: the bot will show it, without asking the model again."
    return f"Turn {retried.turn} is pending: the bot that runs, or its next start, will answer it in the same reply."
