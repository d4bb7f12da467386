"""Threads and forum posts of the API: started, joined, listed. Changing and deleting one is in channels.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tests.standins.discord.gateway.events import Events
from tests.standins.discord.resources.access import Access
from tests.standins.discord.resources.composing import Composer, checked
from tests.standins.discord.resources.message_forms import FORUM_MESSAGE, SETTABLE
from tests.standins.discord.rest.errors import ApiError, invalid
from tests.standins.discord.rest.forms import Check, Form, flag, many, nullable, number, one_of, snowflake, text
from tests.standins.discord.rest.routes import Asked, Route
from tests.standins.discord.state import wire
from tests.standins.discord.state.ids import iso
from tests.standins.discord.state.objects import (
    BASIC_MESSAGES,
    FORUMS,
    Channel,
    ChannelType,
    Json,
    Message,
    MessageFlag,
    MessageType,
)
from tests.standins.discord.state.world import ARCHIVE_MINUTES, World

STARTED: dict[str, Check] = {
    "name": text(100, 1),
    "auto_archive_duration": nullable(one_of(*ARCHIVE_MINUTES)),
    "rate_limit_per_user": nullable(number(0, 21_600)),
}
FROM_MESSAGE = Form(STARTED, ("name",))
ALONE = Form(
    STARTED
    | {"type": one_of(10, 11, 12), "invitable": flag, "message": FORUM_MESSAGE}
    | {"applied_tags": nullable(many(snowflake, 5))},
    ("name",),
)
OLD_WAY = Form({"use_nested_fields": flag})  # no longer on Discord's page; libraries still send it
ARCHIVED = Form({"before": text(64), "limit": number(2, 100)})
MEMBERS = Form({"with_member": flag, "after": snowflake, "limit": number(1, 100)})


class Threads:
    """*start* is also that of people, who start threads in their client."""

    def __init__(self, world: World, access: Access, composer: Composer, events: Events) -> None:
        self._world, self._access, self._composer, self._events = world, access, composer, events

    def routes(self) -> Sequence[Route]:
        one, member = "/channels/{channel}", "/channels/{channel}/thread-members"
        archived = f"{one}/threads/archived"
        joined = f"{one}/users/@me/threads/archived/private"
        return (
            Route(
                "start thread from message",
                "POST",
                f"{one}/messages/{{message}}/threads",
                self._from_message,
                FROM_MESSAGE,
            ),
            Route("start thread without message", "POST", f"{one}/threads", self._alone, ALONE, OLD_WAY, files=True),
            Route("join thread", "PUT", f"{member}/@me", lambda asked: self._add(asked, self._world.bot)),
            Route("leave thread", "DELETE", f"{member}/@me", lambda asked: self._leave(asked, self._world.bot)),
            Route(
                "add thread member",
                "PUT",
                f"{member}/{{user}}",
                lambda asked: self._add(asked, asked.parameters["user"]),
            ),
            Route("remove thread member", "DELETE", f"{member}/{{user}}", self._remove),
            Route("get thread member", "GET", f"{member}/{{user}}", self._member, query=Form({"with_member": flag})),
            Route("list thread members", "GET", member, self._members, query=MEMBERS),
            Route("list public archived threads", "GET", f"{archived}/public", self._public, query=ARCHIVED),
            Route("list private archived threads", "GET", f"{archived}/private", self._private, query=ARCHIVED),
            Route("list joined private archived threads", "GET", joined, self._joined, query=ARCHIVED),
            Route("list active guild threads", "GET", "/guilds/{guild}/threads/active", self._active),
        )

    # started

    def _from_message(self, asked: Asked) -> object:
        parent, message = self._access.message(asked.parameters["channel"], asked.parameters["message"])
        if parent.type not in (ChannelType.GUILD_TEXT, ChannelType.GUILD_ANNOUNCEMENT):
            raise ApiError(50024)
        self._access.demand(parent, "CREATE_PUBLIC_THREADS")
        if message.type not in BASIC_MESSAGES:
            raise ApiError(50068)
        thread = self.start(parent, message, self._world.bot, asked.body)
        return wire.channel(self._world, thread, for_user=self._world.bot)

    def start(self, parent: Channel, message: Message, who: str, body: Json) -> Channel:
        """A thread with the id of its message, of which there can be only one."""
        if message.id in self._world.channels:
            raise ApiError(160004)
        announces = parent.type == ChannelType.GUILD_ANNOUNCEMENT
        kind = ChannelType.ANNOUNCEMENT_THREAD if announces else ChannelType.PUBLIC_THREAD
        thread = self._make(parent, kind, who, body, message.id)
        message.flags |= MessageFlag.HAS_THREAD
        self._events.thread_created(thread)
        self._composer.join(thread, who)
        place = {"channel_id": parent.id, "guild_id": parent.guild}
        starter = self._system(thread, who, MessageType.THREAD_STARTER_MESSAGE, {"message_id": message.id} | place)
        self._events.message("MESSAGE_CREATE", starter)
        self._events.message("MESSAGE_UPDATE", message)
        return thread

    def _make(self, parent: Channel, kind: ChannelType, who: str, body: Json, thread_id: str) -> Channel:
        guild = self._world.guild_of(parent)
        if guild is None:
            raise ApiError(50024)
        if len(self._world.active_threads(guild)) >= guild.active_threads_allowed:
            raise ApiError(160006)
        thread = self._world.add_thread(parent, kind, body["name"], who, thread_id)
        assert thread.thread is not None
        if body.get("auto_archive_duration"):
            thread.thread.auto_archive_minutes = int(body["auto_archive_duration"])
        thread.rate_limit_per_user = int(body.get("rate_limit_per_user") or 0)
        thread.thread.invitable = body.get("invitable", True) is not False
        return thread

    def _system(self, channel: Channel, who: str, kind: MessageType, reference: Json, content: str = "") -> Message:
        message = Message(self._world.new_id(), channel.id, who, content, self._world.clock(), kind)
        message.reference = {"type": 0} | reference
        self._world.keep(message)
        return message

    def _alone(self, asked: Asked) -> object:
        parent = self._access.channel(asked.parameters["channel"])
        if parent.type in FORUMS:
            return self._post(parent, asked)
        if "message" in asked.body or "applied_tags" in asked.body:
            raise invalid("message", "UNKNOWN_FIELD", "Only a thread in a forum begins with a message.")
        kind = ChannelType(int(asked.body.get("type", ChannelType.PRIVATE_THREAD)))
        private = kind == ChannelType.PRIVATE_THREAD
        if parent.type not in (ChannelType.GUILD_TEXT, ChannelType.GUILD_ANNOUNCEMENT):
            raise ApiError(50024)
        self._access.demand(parent, "CREATE_PRIVATE_THREADS" if private else "CREATE_PUBLIC_THREADS")
        thread = self.start_alone(parent, kind, self._world.bot, asked.body)
        return wire.channel(self._world, thread, for_user=self._world.bot)

    def start_alone(self, parent: Channel, kind: ChannelType, who: str, body: Json) -> Channel:
        """A thread of no message. Of a public one a message in the parent tells, of type THREAD_CREATED."""
        thread = self._make(parent, kind, who, body, self._world.new_id())
        assert thread.thread is not None
        thread.thread.members[who] = self._world.clock()
        self._events.thread_created(thread)
        self._events.thread_members(thread, added=[who])
        if kind != ChannelType.PRIVATE_THREAD:
            place = {"channel_id": thread.id, "guild_id": thread.guild}
            told = self._system(parent, who, MessageType.THREAD_CREATED, place, thread.name or "")
            self._events.message("MESSAGE_CREATE", told)
        return thread

    def _post(self, forum: Channel, asked: Asked) -> object:
        self._access.demand(forum, "SEND_MESSAGES")
        if "message" not in asked.body:
            raise invalid("message", "BASE_TYPE_REQUIRED", "This field is required")
        body = checked(asked.body["message"], SETTABLE)
        thread, message = self.start_post(forum, self._world.bot, asked.body | {"message": body}, asked)
        shown = wire.channel(self._world, thread, for_user=self._world.bot)
        return shown | {"message": self._composer.shown(message)}

    def start_post(self, forum: Channel, who: str, body: Json, asked: Asked | None = None) -> tuple[Channel, Message]:
        """A post of a forum: a thread whose first message has its id."""
        thread = self._make(forum, ChannelType.PUBLIC_THREAD, who, body, self._world.new_id())
        assert thread.thread is not None
        thread.thread.tags = [str(each) for each in body.get("applied_tags") or ()]
        files = asked.files if asked else ()
        try:
            message = self._composer.new(thread, who, body["message"], files, message_id=thread.id)
        except ApiError:
            del self._world.channels[thread.id]
            raise
        forum.last_message = thread.id
        thread.thread.members[who] = self._world.clock()
        self._events.thread_created(thread)
        self._composer.post(message)
        return thread, message

    # members

    def _add(self, asked: Asked, user: str) -> None:
        thread = self._access.thread(asked.parameters["channel"], active=True)
        if user != self._world.bot:
            self._access.demand(thread, "SEND_MESSAGES_IN_THREADS")
        guild = self._world.guild_of(thread)
        if guild is None or user not in guild.members:
            raise ApiError(10007)
        if user == self._world.bot and thread.thread and user not in thread.thread.members:
            self._composer.join(thread, user)
            self._events.thread_created(thread, newly=False)
        else:
            self._composer.join(thread, user)

    def _remove(self, asked: Asked) -> None:
        thread = self._access.thread(asked.parameters["channel"])
        own = thread.type == ChannelType.PRIVATE_THREAD and thread.thread and thread.thread.owner == self._world.bot
        if not own:
            self._access.demand(thread, "MANAGE_THREADS")
        self._leave(asked, asked.parameters["user"])

    def _leave(self, asked: Asked, user: str) -> None:
        thread = self._access.thread(asked.parameters["channel"], active=True)
        assert thread.thread is not None
        if thread.thread.members.pop(user, None) is not None:
            self._events.thread_members(thread, removed=[user])

    def _member(self, asked: Asked) -> object:
        thread = self._access.thread(asked.parameters["channel"])
        user = self._world.bot if asked.parameters["user"] == "@me" else asked.parameters["user"]
        if thread.thread is None or user not in thread.thread.members:
            raise ApiError(10007)
        return wire.thread_member(thread, user)

    def _members(self, asked: Asked) -> object:
        thread = self._access.thread(asked.parameters["channel"])
        if not self._world.members_intent:
            raise ApiError(50001)
        assert thread.thread is not None
        return [wire.thread_member(thread, user) for user in thread.thread.members]

    # lists

    def _active(self, asked: Asked) -> object:
        guild = self._access.guild(asked.parameters["guild"])
        seen = [each for each in self._world.active_threads(guild) if self._access.may(each, "VIEW_CHANNEL")]
        return self._listed(sorted(seen, key=lambda each: -int(each.id)))

    def _public(self, asked: Asked) -> object:
        kinds = (ChannelType.PUBLIC_THREAD, ChannelType.ANNOUNCEMENT_THREAD)
        return self._archived(asked, lambda each: each.type in kinds)

    def _private(self, asked: Asked) -> object:
        self._access.demand(self._access.channel(asked.parameters["channel"]), "MANAGE_THREADS")
        return self._archived(asked, lambda each: each.type == ChannelType.PRIVATE_THREAD)

    def _joined(self, asked: Asked) -> object:
        parent = self._access.channel(asked.parameters["channel"])
        self._access.demand(parent, "READ_MESSAGE_HISTORY")
        found = [
            each
            for each in self._world.threads_in(parent)
            if each.type == ChannelType.PRIVATE_THREAD and each.thread and each.thread.archived
            and self._world.bot in each.thread.members
            and int(each.id) < int(asked.query.get("before", each.id + "0"))
        ]  # fmt: skip
        found.sort(key=lambda each: -int(each.id))
        return self._paged(found, asked)

    def _archived(self, asked: Asked, wanted: Callable[[Channel], bool]) -> object:
        """Those archived before a time, the last archived first."""
        parent = self._access.channel(asked.parameters["channel"])
        self._access.demand(parent, "READ_MESSAGE_HISTORY")
        before = asked.query.get("before", "9")  # times are compared as the texts that were given out
        found = [(each.thread.archived_changed, each) for each in self._world.threads_in(parent)
                 if each.thread and each.thread.archived and wanted(each)]  # fmt: skip
        found = [(at, each) for at, each in found if iso(at) < before.replace("Z", "+00:00")]
        found.sort(key=lambda each: (-each[0], -int(each[1].id)))
        return self._paged([each for _, each in found], asked)

    def _paged(self, threads: Sequence[Channel], asked: Asked) -> Json:
        limit = int(asked.query.get("limit", 50))
        return self._listed(threads[:limit]) | {"has_more": len(threads) > limit}

    def _listed(self, threads: Iterable[Channel]) -> Json:
        bot, shown, joined = self._world.bot, [], []
        for each in threads:
            shown.append(wire.channel(self._world, each))
            if each.thread and bot in each.thread.members:
                joined.append(wire.thread_member(each, bot))
        return {"threads": shown, "members": joined}
