"""
A press of one of our controls becomes an Acted. Pure; how controls look is in buttons.py, what opens a view in
view_opener.py.

Sources: the payload `block_actions`, the event `agent_session_stopped` (Slack's own stop button).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.conversation import Acted, Operation, Participant, ThreadRef
from bot.platforms.common.payloads import Json, mapping
from bot.platforms.slack.incoming.events import PLATFORM, Identity, moment, workspace
from bot.platforms.slack.markup import buttons

STOPPED_EVENT = "agent_session_stopped"

_OPERATIONS = {
    buttons.STOP: Operation.STOP,
    buttons.CONTINUE: Operation.CONTINUE,
    buttons.REPEAT: Operation.REPEAT,
    buttons.LIKE_ACTION: Operation.LIKE,
    buttons.DISLIKE_ACTION: Operation.DISLIKE,
}
_OPINIONS = {buttons.GOOD: Operation.LIKE, buttons.BAD: Operation.DISLIKE}
_VALUE = re.compile(r"(\d{1,18}):(\d{0,18})(?::(\w+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Press:
    """Of a button of ours. Its value may be forged."""

    action: str  # its action_id
    turn: int
    completion: int | None
    opinion: str  # which half of the feedback element; empty for any other
    at: datetime | None


def pressed(body: Json) -> Press | None:
    """None for whatever is no press, or carries no value as buttons.py writes them. Never raises."""
    found = body.get("actions")
    action = found[0] if isinstance(found, list) and found and isinstance(found[0], Mapping) else {}
    value = _VALUE.fullmatch(str(action.get("value")))
    if body.get("type") != "block_actions" or value is None:
        return None
    return Press(
        action=str(action.get("action_id")),
        turn=int(value[1]),
        completion=int(value[2]) if value[2] else None,
        opinion=value[3] or "",
        at=moment(action.get("action_ts")),
    )


def acted(body: Json, us: Identity) -> Acted | None:
    """None for whatever is not one of ours. Never raises."""
    if (press := pressed(body)) is not None:
        return _controlled(press, body, us)
    event = body.get("event")
    if isinstance(event, Mapping) and event.get("type") == STOPPED_EVENT:
        return _stopped(event, workspace(body, us))
    return None


def _controlled(press: Press, body: Json, us: Identity) -> Acted | None:
    """The place is the payload's: what a button's value claims is for the ledger to compare with it."""
    user, thread, operation = mapping(body, "user").get("id"), _thread(body, us), _operation(press)
    if operation is None or press.at is None or thread is None or not isinstance(user, str):
        return None
    return Acted(thread, operation, Participant(user), press.at, turn=press.turn, completion=press.completion)


def _operation(press: Press) -> Operation | None:
    return _OPINIONS.get(press.opinion) if press.action == buttons.FEEDBACK else _OPERATIONS.get(press.action)


def _thread(body: Json, us: Identity) -> ThreadRef | None:
    """
    Ours is the one workspace whose presses reach us; the payload names that of whoever pressed (Slack Connect).

    The message that carries the button is in the payload, unless it is ephemeral, which none of ours is.
    """
    container, message = mapping(body, "container"), mapping(body, "message")
    channel = mapping(body, "channel").get("id") or container.get("channel_id")
    thread = message.get("thread_ts") or container.get("thread_ts") or container.get("message_ts") or message.get("ts")
    if not isinstance(channel, str) or not isinstance(thread, str):
        return None
    return ThreadRef(PLATFORM, us.team_id, channel, thread)


def _stopped(event: Json, team: str) -> Acted | None:
    channel, thread, user = event.get("channel"), event.get("thread_ts"), event.get("user")
    at: datetime | None = moment(event.get("event_ts"))
    if not isinstance(channel, str) or not isinstance(thread, str) or not isinstance(user, str) or at is None:
        return None
    return Acted(ThreadRef(PLATFORM, team, channel, thread), Operation.STOP, Participant(user), at)
