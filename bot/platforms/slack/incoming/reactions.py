"""
Reactions that steer a conversation: which of Slack's names stands for what, and the event that tells of one. Pure.

Source: the events `reaction_added` and `reaction_removed`. They name a message by channel and ts, never its thread.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.conversation import MessageRef, Operation, Participant, Reacted
from bot.platforms.common.payloads import Json
from bot.platforms.slack.incoming.events import PLATFORM, Identity, Place, moment, workspace

Names = Mapping[str, Operation]
"""Slack's name of a reaction, without colons → what it does."""

DEFAULT_NAMES: Names = {
    "pushpin": Operation.PIN,
    "see_no_evil": Operation.HIDE,
    "scissors": Operation.CUT,
    "repeat": Operation.REPEAT,
    "octagonal_sign": Operation.STOP,
}
EVENTS = ("reaction_added", "reaction_removed")


MARKS = (Operation.PIN, Operation.HIDE, Operation.CUT)
"""Operations that hold as long as the reaction stands; the others happen once, when it comes."""


def standing(message: Json, place: Place, us: Identity, names: Names) -> list[Reacted]:
    """The reactions on a message that is read back. When each was set is not said: surely not before the message."""
    found, ts = message.get("reactions"), message.get("ts")
    at = moment(ts)
    if not isinstance(found, list) or not isinstance(ts, str) or at is None:
        return []
    ref = MessageRef(PLATFORM, place.workspace, place.channel, ts)
    return [
        Reacted(ref, operation, Participant(user), added=True, at=at)
        for each in found
        if isinstance(each, Mapping) and (operation := _operation(each.get("name"), names)) in MARKS
        for user in each.get("users") or ()
        if isinstance(user, str) and user != us.bot_user_id
    ]


def _operation(name: object, names: Names) -> Operation | None:
    return names.get(name.partition("::")[0]) if isinstance(name, str) else None  # the rest is a skin tone


def reacted(body: Json, us: Identity, names: Names) -> Reacted | None:
    """None for a reaction that stands for nothing, is ours, or is not on a message. Never raises."""
    event = body.get("event")
    if body.get("type") != "event_callback" or not isinstance(event, Mapping) or event.get("type") not in EVENTS:
        return None
    item, user = event.get("item"), event.get("user")
    at, operation = moment(event.get("event_ts")), _operation(event.get("reaction"), names)
    if not isinstance(item, Mapping) or not isinstance(user, str) or at is None:
        return None
    channel, ts = item.get("channel"), item.get("ts")
    if operation is None or user == us.bot_user_id or item.get("type") != "message":
        return None
    if not isinstance(channel, str) or not isinstance(ts, str):
        return None
    return Reacted(
        ref=MessageRef(PLATFORM, workspace(body, us), channel, ts),
        operation=operation,
        by=Participant(user),
        added=event.get("type") == "reaction_added",
        at=at,
    )
