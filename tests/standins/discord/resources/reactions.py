"""Reactions of the API and of people."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote

from tests.standins.discord.gateway.events import Events
from tests.standins.discord.resources.access import Access
from tests.standins.discord.rest.errors import ApiError
from tests.standins.discord.rest.forms import Form, number, one_of, snowflake
from tests.standins.discord.rest.routes import Asked, Route
from tests.standins.discord.state import wire
from tests.standins.discord.state.objects import Channel, Message
from tests.standins.discord.state.world import World

DIFFERENT = 20  # emojis on one message
USERS = Form({"type": one_of(0, 1), "after": snowflake, "limit": number(1, 100)})
LIMIT = (1, 0.25)  # one bucket for all that changes reactions
BUCKET = "reactions"


class Reactions:
    def __init__(self, world: World, access: Access, events: Events) -> None:
        self._world, self._access, self._events = world, access, events

    def routes(self) -> Sequence[Route]:
        all_ = "/channels/{channel}/messages/{message}/reactions"
        one = f"{all_}/{{emoji}}"
        return (
            Route("create reaction", "PUT", f"{one}/@me", self._create, limit=LIMIT, bucket=BUCKET),
            Route("delete own reaction", "DELETE", f"{one}/@me", self._delete_own, limit=LIMIT, bucket=BUCKET),
            Route("delete user reaction", "DELETE", f"{one}/{{user}}", self._delete_users, limit=LIMIT, bucket=BUCKET),
            Route("get reactions", "GET", one, self._users, query=USERS),
            Route("delete all reactions", "DELETE", all_, self._delete_all, limit=LIMIT, bucket=BUCKET),
            Route("delete all reactions for emoji", "DELETE", one, self._delete_emoji, limit=LIMIT, bucket=BUCKET),
        )

    def _found(self, asked: Asked) -> tuple[Channel, Message, str]:
        channel, message = self._access.message(asked.parameters["channel"], asked.parameters["message"])
        return channel, message, _emoji(asked.parameters["emoji"]) if "emoji" in asked.parameters else ""

    def _create(self, asked: Asked) -> None:
        channel, message, emoji = self._found(asked)
        self._access.demand(channel, "READ_MESSAGE_HISTORY")
        self._access.active(channel)
        if emoji not in message.reactions:
            self._access.demand(channel, "ADD_REACTIONS")
            if len(message.reactions) >= DIFFERENT:
                raise ApiError(30010)
        self.add(message, emoji, self._world.bot)

    def add(self, message: Message, emoji: str, user: str) -> None:
        users = message.reactions.setdefault(emoji, [])
        if user not in users:
            users.append(user)
            self._events.reaction("MESSAGE_REACTION_ADD", message, emoji, user)

    def _delete_own(self, asked: Asked) -> None:
        channel, message, emoji = self._found(asked)
        self._access.active(channel)
        self.remove(message, emoji, self._world.bot)

    def _delete_users(self, asked: Asked) -> None:
        channel, message, emoji = self._found(asked)
        if asked.parameters["user"] != self._world.bot:
            self._access.demand(channel, "MANAGE_MESSAGES")
        self._access.active(channel)
        self.remove(message, emoji, asked.parameters["user"])

    def remove(self, message: Message, emoji: str, user: str) -> None:
        users = message.reactions.get(emoji, [])
        if user not in users:
            return
        users.remove(user)
        if not users:
            del message.reactions[emoji]
        self._events.reaction("MESSAGE_REACTION_REMOVE", message, emoji, user)

    def _delete_all(self, asked: Asked) -> None:
        channel, message, _ = self._found(asked)
        self._access.demand(channel, "MANAGE_MESSAGES")
        self._access.active(channel)
        self.clear(message)

    def _delete_emoji(self, asked: Asked) -> None:
        channel, message, emoji = self._found(asked)
        self._access.demand(channel, "MANAGE_MESSAGES")
        self._access.active(channel)
        self.clear(message, emoji)

    def clear(self, message: Message, emoji: str | None = None) -> None:
        """All reactions, or those of one emoji."""
        if emoji is None:
            message.reactions.clear()
            return self._events.reaction("MESSAGE_REACTION_REMOVE_ALL", message, None, None)
        message.reactions.pop(emoji, None)
        return self._events.reaction("MESSAGE_REACTION_REMOVE_EMOJI", message, emoji, None)

    def _users(self, asked: Asked) -> object:
        channel, message, emoji = self._found(asked)
        self._access.demand(channel, "READ_MESSAGE_HISTORY")
        after, limit = int(asked.query.get("after", 0)), int(asked.query.get("limit", 25))
        users = sorted((each for each in message.reactions.get(emoji, []) if int(each) > after), key=int)
        return [wire.user(self._world.users[each]) for each in users[:limit]]


def _emoji(encoded: str) -> str:
    """A character that is written percent-encoded, or `name:id`; else it is unknown."""
    name = unquote(encoded)
    text, colon, number = name.partition(":")
    custom = bool(colon) and text.replace("_", "").isalnum() and number.isdigit()
    if custom or (name != encoded and _is_standard(name)):
        return name
    raise ApiError(10014)


def _is_standard(name: str) -> bool:
    """Pictures and what joins and colours them. Letters, as in `eyes` or `:eyes:`, are none."""
    keycap = "\u20e3" in name
    kinds = {unicodedata.category(each) for each in name}
    return keycap or (bool(kinds & {"So", "Sm"}) and not kinds & {"Ll", "Lu", "Nd", "Zs"})
