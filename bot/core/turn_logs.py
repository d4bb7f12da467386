"""Logs one line for each decision on a message and each change of a turn. Never logs a message's text or a token."""

from __future__ import annotations

import logging

from bot.core.conversation import Said, posted_of
from bot.core.decide.policy import Action, Decision
from bot.core.turn import Turn, TurnChange, TurnState

log = logging.getLogger("bot.turns")


messages = logging.getLogger("bot.messages")


def heard(said: Said, decision: Decision, *, known: bool) -> None:
    """Log the decision and its rule. Messages that do not concern the bot, in threads not *known* to it, get DEBUG."""
    posted = posted_of(said)
    spoken_to = posted.addressed or posted.direct
    quietly = decision.action is Action.LISTEN and not spoken_to and not known
    messages.log(
        logging.DEBUG if quietly else logging.INFO,
        "message=%s platform=%s channel=%s action=%s rule=%s",
        posted.id,
        posted.thread.platform,
        posted.thread.channel,
        decision.action.value,
        decision.reason,
    )


def turn_changed(change: TurnChange) -> None:
    log.info(
        "turn=%d conversation=%d platform=%s state=%s attempt=%d reason=%s",
        change.turn,
        change.conversation,
        change.platform,
        change.state.value,
        change.attempts,
        change.reason or "-",
    )


def turn_ended(turn: Turn, state: TurnState, reason: str = "") -> None:
    """*state* is the ledger's. If an ended turn is pending again, the code that reopened it logs that."""
    if state is not TurnState.PENDING:
        turn_changed(TurnChange.of(turn, state, reason))
