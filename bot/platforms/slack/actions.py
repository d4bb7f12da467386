"""
A press of one of our controls becomes an Acted. Pure; how controls look is in buttons.py.

Sources: the payload `block_actions`, the event `agent_session_stopped` (Slack's own stop button).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from bot.core.conversation import Acted, Operation, Participant, ThreadRef
from bot.platforms.slack import buttons
from bot.platforms.slack.events import PLATFORM, Identity, Json, moment, workspace

STOPPED_EVENT = "agent_session_stopped"

_OPERATIONS = {
    buttons.STOP: Operation.STOP,
    buttons.CONTINUE: Operation.CONTINUE,
    buttons.REPEAT: Operation.REPEAT,
    buttons.LIKE: Operation.LIKE,
    buttons.DISLIKE: Operation.DISLIKE,
}
_OPINIONS = {buttons.GOOD: Operation.LIKE, buttons.BAD: Operation.DISLIKE}
_VALUE = re.compile(r"(\d{1,18}):(\d{0,18})(?::(\w+))?", re.ASCII)


def acted(body: Json, us: Identity) -> Acted | None:
    """None for whatever is not one of ours. Never raises."""
    if body.get("type") == "block_actions":
        return _pressed(body, us)
    event = body.get("event")
    if isinstance(event, Mapping) and event.get("type") == STOPPED_EVENT:
        return _stopped(event, workspace(body, us))
    return None


def _pressed(body: Json, us: Identity) -> Acted | None:
    """The place is the payload's: what a button's value claims is for the ledger to compare with it."""
    found, user, thread = body.get("actions"), _mapping(body, "user").get("id"), _thread(body, us)
    action = found[0] if isinstance(found, list) and found and isinstance(found[0], Mapping) else {}
    value, at = _VALUE.fullmatch(str(action.get("value"))), moment(action.get("action_ts"))
    if value is None or at is None or thread is None or not isinstance(user, str):
        return None
    operation = _operation(action, value[3])
    if operation is None:
        return None
    completion = int(value[2]) if value[2] else None
    return Acted(thread, operation, Participant(user), at, turn=int(value[1]), completion=completion)


def _operation(action: Json, opinion: str | None) -> Operation | None:
    name = str(action.get("action_id"))
    return _OPINIONS.get(opinion or "") if name == buttons.FEEDBACK else _OPERATIONS.get(name)


def _thread(body: Json, us: Identity) -> ThreadRef | None:
    """
    Ours is the one workspace whose presses reach us; the payload names that of whoever pressed (Slack Connect).

    The message that carries the button is in the payload, unless it is ephemeral, which none of ours is.
    """
    container, message = _mapping(body, "container"), _mapping(body, "message")
    channel = _mapping(body, "channel").get("id") or container.get("channel_id")
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


def _mapping(body: Json, key: str) -> Json:
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}
