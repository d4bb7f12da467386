"""Channels of the API: read, changed, deleted, their typing indicator and their pins. A thread is a channel, too."""

from __future__ import annotations

from collections.abc import Sequence

from tests.standins.discord.gateway.events import Events
from tests.standins.discord.resources.access import Access, demand_basic
from tests.standins.discord.resources.composing import Composer
from tests.standins.discord.rest.errors import ApiError
from tests.standins.discord.rest.forms import Form, anything, flag, many, nullable, number, one_of, snowflake, text
from tests.standins.discord.rest.routes import Asked, Route
from tests.standins.discord.state import wire
from tests.standins.discord.state.ids import iso
from tests.standins.discord.state.objects import Channel, Json, Message, MessageType
from tests.standins.discord.state.world import ARCHIVE_MINUTES, World

PINS_ALLOWED = 250
OF_THREADS = Form(
    {
        "name": text(100, 1),
        "archived": flag,
        "auto_archive_duration": one_of(*ARCHIVE_MINUTES),
        "locked": flag,
        "invitable": flag,
        "rate_limit_per_user": nullable(number(0, 21_600)),
        "flags": number(0),
        "applied_tags": many(snowflake, 5),
    }
)
OF_CHANNELS = Form(
    {
        "name": text(100, 1),
        "type": one_of(0, 5),
        "position": nullable(number(0)),
        "topic": nullable(text(4096)),
        "nsfw": nullable(flag),
        "rate_limit_per_user": nullable(number(0, 21_600)),
        "permission_overwrites": nullable(many(anything, 1000)),
        "parent_id": nullable(snowflake),
        "default_auto_archive_duration": nullable(one_of(*ARCHIVE_MINUTES)),
        "flags": number(0),
        "default_thread_rate_limit_per_user": number(0, 21_600),
    }
)
EITHER = Form({**OF_THREADS.fields, **OF_CHANNELS.fields})  # until the channel is known
PINS = Form({"before": text(64), "limit": number(1, 50)})
BY_OWNER = {"name", "archived", "auto_archive_duration"}


class Channels:
    def __init__(self, world: World, access: Access, composer: Composer, events: Events) -> None:
        self._world, self._access, self._composer, self._events = world, access, composer, events

    def routes(self) -> Sequence[Route]:
        one = "/channels/{channel}"
        pins, old = f"{one}/messages/pins", f"{one}/pins"
        return (
            Route("get channel", "GET", one, self._get),
            Route("modify channel", "PATCH", one, self._modify, EITHER),
            Route("delete channel", "DELETE", one, self._delete),
            Route("trigger typing indicator", "POST", f"{one}/typing", self._type, limit=(5, 5.0)),
            Route("get channel pins", "GET", pins, self._pins, query=PINS),
            Route("pin message", "PUT", f"{pins}/{{message}}", self._pin),
            Route("unpin message", "DELETE", f"{pins}/{{message}}", self._unpin),
            Route("get pinned messages", "GET", old, self._old_pins),
            Route("pin message (deprecated)", "PUT", f"{old}/{{message}}", self._pin),
            Route("unpin message (deprecated)", "DELETE", f"{old}/{{message}}", self._unpin),
        )

    def _get(self, asked: Asked) -> object:
        channel = self._access.channel(asked.parameters["channel"])
        return wire.channel(self._world, channel, for_user=self._world.bot)

    def _type(self, asked: Asked) -> None:
        channel = self._access.channel(asked.parameters["channel"])
        self._access.demand_sending(channel)
        self._access.active(channel)
        self._events.typing(channel, self._world.bot)

    # changed

    def _modify(self, asked: Asked) -> object:
        channel = self._access.channel(asked.parameters["channel"])
        if channel.thread:
            OF_THREADS.demand(asked.body)
            self._demand_thread(channel, asked.body)
            self.change_thread(channel, asked.body)
        else:
            OF_CHANNELS.demand(asked.body)
            self._access.demand(channel, "MANAGE_CHANNELS")
            self._change_channel(channel, asked.body)
        return wire.channel(self._world, channel, for_user=self._world.bot)

    def _demand_thread(self, thread: Channel, body: Json) -> None:
        """ "Modify Channel" and "Editing & Deleting Threads" say who may change what."""
        state, bot = thread.thread, self._world.bot
        assert state is not None
        if state.archived and body.get("archived") is not False:
            raise ApiError(50083)
        if self._access.may(thread, "MANAGE_THREADS"):
            return None
        if state.locked:
            raise ApiError(160005)
        if set(body) <= {"archived"} and body.get("archived") is False:
            return self._access.demand(thread, "SEND_MESSAGES_IN_THREADS")
        if not set(body) <= BY_OWNER or state.owner != bot:
            raise ApiError(50013)
        return None

    def change_thread(self, thread: Channel, body: Json) -> None:
        """Also what a moderator does."""
        state = thread.thread
        assert state is not None
        thread.name = body.get("name", thread.name)
        state.locked = body.get("locked", state.locked)
        state.invitable = body.get("invitable", state.invitable)
        state.tags = [str(each) for each in body.get("applied_tags", state.tags)]
        thread.rate_limit_per_user = int(body.get("rate_limit_per_user", thread.rate_limit_per_user) or 0)
        minutes = int(body.get("auto_archive_duration", state.auto_archive_minutes))
        archived = body.get("archived", state.archived)
        if (minutes, archived) != (state.auto_archive_minutes, state.archived):
            state.archived_changed = state.active_at = self._world.clock()
        woken = state.archived and not archived
        state.auto_archive_minutes, state.archived = minutes, archived
        self._events.thread_updated(thread)
        if woken:
            self._events.thread_member(thread)

    def _change_channel(self, channel: Channel, body: Json) -> None:
        channel.name, channel.topic = body.get("name", channel.name), body.get("topic", channel.topic)
        channel.nsfw = bool(body.get("nsfw", channel.nsfw))
        channel.rate_limit_per_user = int(body.get("rate_limit_per_user", channel.rate_limit_per_user) or 0)
        self._events.channel("CHANNEL_UPDATE", channel)

    def _delete(self, asked: Asked) -> object:
        channel = self._access.channel(asked.parameters["channel"])
        if channel.guild:
            self._access.demand(channel, "MANAGE_THREADS" if channel.thread else "MANAGE_CHANNELS")
            self.remove(channel)
        return wire.channel(self._world, channel)

    def remove(self, channel: Channel) -> None:
        """Also what a moderator does. Threads go with their channel; the event of the channel alone tells of it."""
        if channel.thread:
            self._events.thread_deleted(channel)
        else:
            self._events.channel("CHANNEL_DELETE", channel)
        for each in [channel, *self._world.threads_in(channel)]:
            del self._world.channels[each.id]
            for message in each.messages:
                self._world.messages.pop(message, None)
                self._world.deleted.add(message)

    # pins

    def _pins(self, asked: Asked) -> object:
        channel = self._access.channel(asked.parameters["channel"])
        if not self._access.may(channel, "READ_MESSAGE_HISTORY"):
            return {"items": [], "has_more": False}
        before = asked.query.get("before", "9").replace("Z", "+00:00")
        pins = [(each, at) for each, at in channel.pins.items() if iso(at) < before]
        pins.sort(key=lambda pin: -pin[1])
        limit = int(asked.query.get("limit", 50))
        items = [{"pinned_at": iso(at), "message": self._shown(channel, each)} for each, at in pins[:limit]]
        return {"items": items, "has_more": len(pins) > limit}

    def _shown(self, channel: Channel, message_id: str) -> Json:
        return self._composer.shown(channel.messages[message_id])

    def _old_pins(self, asked: Asked) -> object:
        channel = self._access.channel(asked.parameters["channel"])
        newest_first = sorted(channel.pins, key=lambda each: -channel.pins[each])
        return [self._shown(channel, each) for each in newest_first[:50]]

    def _pin(self, asked: Asked) -> None:
        channel, message = self._access.message(asked.parameters["channel"], asked.parameters["message"])
        self._access.demand(channel, "PIN_MESSAGES")
        self._access.active(channel)
        demand_basic(message)
        if len(channel.pins) >= PINS_ALLOWED:
            raise ApiError(30003)
        self.pin(channel, message, self._world.bot)

    def pin(self, channel: Channel, message: Message, who: str) -> None:
        """Pinned by the bot or by somebody: the message changes, and a system message tells of it."""
        if message.id in channel.pins:
            return
        channel.pins[message.id] = self._world.clock()
        self._told(channel, message)
        told = Message(
            self._world.new_id(), channel.id, who, "", self._world.clock(), MessageType.CHANNEL_PINNED_MESSAGE
        )
        place = {"channel_id": channel.id} | ({"guild_id": channel.guild} if channel.guild else {})
        told.reference = {"type": 0, "message_id": message.id} | place
        self._composer.post(told)

    def _unpin(self, asked: Asked) -> None:
        channel, message = self._access.message(asked.parameters["channel"], asked.parameters["message"])
        self._access.demand(channel, "PIN_MESSAGES")
        if channel.pins.pop(message.id, None) is not None:
            self._told(channel, message)

    def _told(self, channel: Channel, message: Message) -> None:
        last = max(channel.pins.values(), default=None)
        self._events.in_channel("CHANNEL_PINS_UPDATE", channel, {"last_pin_timestamp": iso(last) if last else None})
        self._events.message("MESSAGE_UPDATE", message)
