"""Messages of the API: create, read, edit, delete, and the nonce that makes creating them safe to repeat."""

from __future__ import annotations

from collections.abc import Sequence

from tests.standins.discord.gateway.events import Events
from tests.standins.discord.resources.access import Access, demand_basic
from tests.standins.discord.resources.composing import Composer, checked
from tests.standins.discord.resources.message_forms import CREATE, EDIT
from tests.standins.discord.rest.errors import ApiError, invalid
from tests.standins.discord.rest.forms import Form, is_true, many, number, snowflake
from tests.standins.discord.rest.routes import Asked, Route
from tests.standins.discord.state.ids import seconds_of
from tests.standins.discord.state.objects import FORUMS, WITHOUT_MESSAGES, Channel, Json, Message, MessageFlag
from tests.standins.discord.state.wire import Messages
from tests.standins.discord.state.world import World

NONCE_SECONDS = 300.0  # "in the past few minutes"
BULK_DAYS = 14
LIST = Form({"around": snowflake, "before": snowflake, "after": snowflake, "limit": number(1, 100)})
BULK = Form({"messages": many(snowflake, 100)}, ("messages",))


class MessageRoutes:
    def __init__(self, world: World, access: Access, composer: Composer, messages: Messages, events: Events) -> None:
        self._world, self._access, self._composer = world, access, composer
        self._messages, self._events = messages, events
        self._nonces: dict[str, tuple[float, Message]] = {}  # of the bot, the only author that has any
        self.nonce_seconds = NONCE_SECONDS

    def routes(self) -> Sequence[Route]:
        one, all_ = "/channels/{channel}/messages/{message}", "/channels/{channel}/messages"
        return (
            Route("create message", "POST", all_, self._create, CREATE, limit=(5, 5.0), files=True),
            Route("get channel messages", "GET", all_, self._list, query=LIST, limit=(5, 5.0)),
            Route("get channel message", "GET", one, self._get, limit=(30, 10.0)),
            Route("edit message", "PATCH", one, self._edit, EDIT, limit=(5, 5.0), files=True),
            Route("delete message", "DELETE", one, self._delete, limit=(5, 1.0)),
            Route("bulk delete messages", "POST", f"{all_}/bulk-delete", self._bulk_delete, BULK, limit=(1, 1.0)),
        )

    # create

    def _create(self, asked: Asked) -> object:
        channel = self._access.channel(asked.parameters["channel"])
        self._demand_place(channel)
        body = checked(asked.body)
        self._demand_permissions(channel, asked)
        before = self._made_before(body)
        if before is not None:
            return before
        if body.get("sticker_ids"):
            raise invalid("sticker_ids", "STICKER_INVALID", "This guild has no such sticker.")
        message = self._composer.new(channel, self._world.bot, body, asked.files)
        message.nonce = body.get("nonce")
        if message.nonce is not None:
            self._nonces[str(message.nonce)] = (message.created, message)
        self._composer.post(message)
        return self._with_nonce(message)

    def _demand_place(self, channel: Channel) -> None:
        if channel.type in FORUMS:
            raise ApiError(40058)
        if channel.type in WITHOUT_MESSAGES:
            raise ApiError(50008)
        self._access.demand_sending(channel)

    def _demand_permissions(self, channel: Channel, asked: Asked) -> None:
        body = asked.body
        reference = body.get("message_reference")
        if reference and not reference.get("type") and not self._access.may(channel, "READ_MESSAGE_HISTORY"):
            raise ApiError(160002)
        flags = int(body.get("flags") or 0)
        needs = {
            "EMBED_LINKS": body.get("embeds"),
            "ATTACH_FILES": asked.files,
            "SEND_TTS_MESSAGES": is_true(body.get("tts")),
            "SEND_POLLS": body.get("poll"),
            "SEND_VOICE_MESSAGES": flags & MessageFlag.IS_VOICE_MESSAGE,
        }
        self._access.demand(channel, *(name for name, wanted in needs.items() if wanted))

    def _made_before(self, body: Json) -> Json | None:
        """The message that the same nonce made within a few minutes, where `enforce_nonce` asks for it."""
        nonce = body.get("nonce")
        if nonce is None or not is_true(body.get("enforce_nonce")):
            return None
        made = self._nonces.get(str(nonce))
        if made is None or self._world.clock() - made[0] > self.nonce_seconds:
            return None
        if made[1].id in self._world.deleted:
            raise ApiError(10008)  # reported of Discord; its page does not say
        return self._with_nonce(made[1])

    def _with_nonce(self, message: Message) -> Json:
        return self._composer.shown(message) | ({} if message.nonce is None else {"nonce": message.nonce})

    # read

    def _get(self, asked: Asked) -> object:
        channel, message = self._access.message(asked.parameters["channel"], asked.parameters["message"])
        self._access.demand(channel, "READ_MESSAGE_HISTORY")
        return self._composer.shown(message)

    def _list(self, asked: Asked) -> object:
        channel = self._access.channel(asked.parameters["channel"])
        places = [name for name in ("around", "before", "after") if name in asked.query]
        if len(places) > 1:
            raise invalid("", "MUTUALLY_EXCLUSIVE", f"Only one of {', '.join(places)} may be passed.")
        if not self._access.may(channel, "READ_MESSAGE_HISTORY"):
            return []
        limit = int(asked.query.get("limit", 50))
        page = _page(channel.shown, places[0] if places else "", int(asked.query[places[0]]) if places else 0, limit)
        return [self._composer.shown(message) for message in page]

    # edit

    def _edit(self, asked: Asked) -> object:
        channel, message = self._access.message(asked.parameters["channel"], asked.parameters["message"])
        body = checked(asked.body, MessageFlag(-1))  # "unsupported flag changes are currently ignored without error"
        if message.author != self._world.bot:
            self._demand_flags_only(channel, body)
        demand_basic(message)
        self._access.active(channel)
        self._access.unlocked(channel)
        if message.poll or message.flags & MessageFlag.IS_VOICE_MESSAGE:
            raise ApiError(50021)
        return self._composer.shown(self._composer.change(message, body, asked.files))

    def _demand_flags_only(self, channel: Channel, body: Json) -> None:
        if set(body) - {"flags"}:
            raise ApiError(50005)
        self._access.demand(channel, "MANAGE_MESSAGES")

    # delete

    def _delete(self, asked: Asked) -> None:
        channel, message = self._access.message(asked.parameters["channel"], asked.parameters["message"])
        if message.author != self._world.bot:
            if channel.guild is None:
                raise ApiError(50003)
            self._access.demand(channel, "MANAGE_MESSAGES")
        self._composer.remove(message)

    def _bulk_delete(self, asked: Asked) -> None:
        channel = self._access.channel(asked.parameters["channel"])
        if channel.guild is None:
            raise ApiError(50003)
        self._access.demand(channel, "MANAGE_MESSAGES")
        ids = [str(each) for each in asked.body["messages"]]
        if not 2 <= len(ids) <= 100:
            raise ApiError(50016)
        oldest = self._world.clock() - BULK_DAYS * 86_400
        if len(set(ids)) < len(ids) or any(seconds_of(each) < oldest for each in ids):
            raise ApiError(50034)
        there = [channel.messages[each] for each in ids if each in channel.messages]
        for message in there:
            self._world.drop(message)
        self._events.deleted_bulk(channel, [message.id for message in there])


def _page(messages: Sequence[Message], place: str, at: int, limit: int) -> list[Message]:
    """At most *limit* of them, newest first. `after` takes the oldest ones after it, as it goes forward."""
    older = [each for each in messages if int(each.id) < at]
    newer = [each for each in messages if int(each.id) > at]
    if place == "before":
        page = older[-limit:]
    elif place == "after":
        page = newer[:limit]
    elif place == "around":
        half = limit // 2
        page = (
            older[-half:] * bool(half) + [each for each in messages if int(each.id) == at] + newer[: limit - half - 1]
        )
    else:
        page = list(messages)[-limit:]
    return page[::-1]
