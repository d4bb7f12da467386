"""Whether a message is answered, listened to or ignored, and why. Pure; the rules are tried in their order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.core.conversation import ParticipantKind, Posted


class Action(StrEnum):
    ANSWER = "answer"
    LISTEN = "listen"  # recorded as context, if its thread has a conversation
    IGNORE = "ignore"  # not stored


@dataclass(frozen=True, slots=True)
class Decision:
    action: Action
    reason: str


def decide(posted: Posted) -> Decision:
    if posted.author.kind is ParticipantKind.SELF:
        return Decision(Action.IGNORE, "our own message")
    if posted.author.kind is ParticipantKind.BOT:
        return Decision(Action.LISTEN, "another bot's message")
    if posted.addressed:
        return Decision(Action.ANSWER, "mentions the bot")
    if posted.direct:
        return Decision(Action.ANSWER, "a direct message")
    return Decision(Action.LISTEN, "does not mention the bot")
