"""One line for each change of a turn. Never a message's text, never a token."""

from __future__ import annotations

import logging

from bot.core.turn import Turn, TurnState

log = logging.getLogger("bot.turns")


def turn_changed(turn: Turn, state: TurnState, reason: str = "") -> None:
    log.info(
        "turn=%d conversation=%d platform=%s state=%s attempt=%d reason=%s",
        turn.claim.turn,
        turn.conversation.id,
        turn.conversation.thread.platform,
        state.value,
        turn.attempts,
        reason or "-",
    )
