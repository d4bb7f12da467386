"""
Reactions that steer a conversation: which signs stand for what, and the events that tell of one. Pure.

Of a message that is read back, who reacted has to be asked for: it only says with what, and how many.
Source: Discord, "Message Reaction Add", "Emoji Object".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.conversation import Operation, Participant, Reacted
from bot.platforms.discord.incoming.events import moment_of, ref_of
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.places import Place
from bot.platforms.discord.places.payloads import Json, mapping, mappings, number, snowflake, text

Signs = Mapping[str, Operation]
"""The sign of a reaction → what it does."""

DEFAULT_SIGNS: Signs = {
    "\N{PUSHPIN}": Operation.PIN,
    "\N{SEE-NO-EVIL MONKEY}": Operation.HIDE,
    "\N{BLACK SCISSORS}\N{VARIATION SELECTOR-16}": Operation.CUT,
    "\N{CLOCKWISE RIGHTWARDS AND LEFTWARDS OPEN CIRCLE ARROWS}": Operation.REPEAT,
    "\N{OCTAGONAL SIGN}": Operation.STOP,
}
EVENTS = ("MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE")
MARKS = (Operation.PIN, Operation.HIDE, Operation.CUT)
"""Operations that hold as long as the reaction stands; the others happen once, when it comes."""

MOST_HEARD = 2_000  # messages whose reactions are remembered

_FORMS = {*range(0x1F3FB, 0x1F400), 0xFE0E, 0xFE0F}  # skin tones, and whether it is shown as a picture
_LONGEST = 32  # characters of a sign


@dataclass(frozen=True, slots=True)
class Mark:
    """A reaction on a message that leaves a mark. *sign*: as the API is asked for it."""

    operation: Operation
    sign: str
    normal: bool  # somebody used an ordinary one
    burst: bool  # somebody used a super reaction


class ReactionTimes:
    """
    When each reaction was set or taken away. Discord does not say it, so it is when we heard of it first: a session
    that is resumed may tell an event twice, and what was asked for with a reaction is done once.
    """

    def __init__(self) -> None:
        self._heard: dict[str, dict[tuple[str, str], tuple[str, datetime]]] = {}  # by message: the last of each

    def of(self, payload_type: str, data: Json, came: datetime) -> datetime:
        message, emoji = text(data, "message_id"), mapping(data, "emoji")
        if _operation(emoji, DEFAULT_SIGNS) is None:
            return came
        on_message = self._heard.pop(message, {})
        while len(self._heard) >= MOST_HEARD:
            del self._heard[next(iter(self._heard))]
        self._heard[message] = on_message
        who = (text(data, "user_id"), _plain(text(emoji, "name")))
        before = on_message.get(who)
        if before is None or before[0] != payload_type:
            before = on_message[who] = (payload_type, came)
        return before[1]

    def forget(self, message: str | None = None) -> None:
        """Of a *message* all were taken away; without one: what happened since nobody told us."""
        if message is None:
            self._heard.clear()
        else:
            self._heard.pop(message, None)


def signs_of(operations: Collection[Operation]) -> Signs:
    """The signs of those *operations* that an operator left on."""
    return {sign: operation for sign, operation in DEFAULT_SIGNS.items() if operation in operations}


def reacted(payload_type: str, data: Json, place: Place, us: Identity, signs: Signs, at: datetime) -> Reacted | None:
    """
    None for a reaction that stands for nothing, or is ours. Never raises.

    The event does not say when: *at* is when it came.
    """
    message, user = text(data, "message_id"), text(data, "user_id")
    operation = _operation(mapping(data, "emoji"), signs)
    if payload_type not in EVENTS or operation is None or snowflake(message) is None or not user or user == us.user_id:
        return None
    return Reacted(ref_of(message, place), operation, Participant(user), added=payload_type == EVENTS[0], at=at)


def marks_on(message: Json, signs: Signs) -> Sequence[Mark]:
    """Those that stand on a message which is read back; in most cases none."""
    found = []
    for each in mappings(message, "reactions"):
        emoji = mapping(each, "emoji")
        operation = _operation(emoji, signs)
        if operation in MARKS:
            counts = mapping(each, "count_details")
            burst = (number(counts.get("burst")) or 0) > 0
            normal = not counts or (number(counts.get("normal")) or 0) > 0
            found.append(Mark(operation, text(emoji, "name"), normal, burst))
    return found


def standing(message: Json, place: Place, mark: Mark, users: Sequence[Json], us: Identity) -> list[Reacted]:
    """The same as events. When each was set is not said: surely not before the message."""
    id_ = text(message, "id")
    position = snowflake(id_)
    if position is None:
        return []
    return [
        Reacted(ref_of(id_, place), mark.operation, Participant(user), added=True, at=moment_of(position))
        for each in users
        if (user := text(each, "id")) and user != us.user_id
    ]


def _operation(emoji: Json, signs: Signs) -> Operation | None:
    """An emoji with an id is one of a guild's own, whatever it is called."""
    name = text(emoji, "name")
    if not name or len(name) > _LONGEST or emoji.get("id") is not None:
        return None
    plain = _plain(name)
    return next((operation for sign, operation in signs.items() if _plain(sign) == plain), None)


def _plain(sign: str) -> str:
    return "".join(character for character in sign if ord(character) not in _FORMS)
