"""Events are sent to the sessions that may have them, with the content that each may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.standins.discord.gateway.intents import Intent, needed
from tests.standins.discord.gateway.sessions import Session, Sessions
from tests.standins.discord.state import wire
from tests.standins.discord.state.objects import Channel, Guild, Json, Member, Message
from tests.standins.discord.state.wire import Messages
from tests.standins.discord.state.world import World

Shown = Callable[[Session], Json]


class Events:
    """*lost*: as long as it is set, nothing is told to anybody: an event may "never be sent to a client"."""

    def __init__(self, world: World, sessions: Sessions, messages: Messages) -> None:
        self._world, self._sessions, self._messages = world, sessions, messages
        self.lost = False

    # messages

    def message(self, event: str, message: Message) -> None:
        """MESSAGE_CREATE or MESSAGE_UPDATE; an ephemeral message comes as a direct one does."""
        channel = self._world.channels[message.channel]
        guild = None if message.ephemeral else self._world.guild_of(channel)
        self._tell(event, guild, channel, lambda session: self._seen(event, message, channel, guild, session))

    def _seen(self, event: str, message: Message, channel: Channel, guild: Guild | None, session: Session) -> Json:
        content = bool(session.intents & Intent.MESSAGE_CONTENT)
        shown = self._messages.shown(message, content=content, reactions=event == "MESSAGE_UPDATE")
        shown["channel_type"] = int(channel.type)
        if event == "MESSAGE_CREATE" and message.nonce is not None:
            shown["nonce"] = message.nonce
        if event == "MESSAGE_UPDATE":
            shown["tts"] = False
        if guild is None:
            return shown
        shown["guild_id"] = guild.id
        for mentioned in shown["mentions"]:
            if mentioned["id"] in guild.members:
                mentioned["member"] = wire.member(self._world, guild.members[mentioned["id"]], with_user=False)
        if message.author in guild.members and not message.application:
            shown["member"] = wire.member(self._world, guild.members[message.author], with_user=False)
        return shown

    def deleted(self, channel: Channel, message_id: str) -> None:
        self.in_channel("MESSAGE_DELETE", channel, {"id": message_id})

    def deleted_bulk(self, channel: Channel, ids: Sequence[str]) -> None:
        self.in_channel("MESSAGE_DELETE_BULK", channel, {"ids": list(ids)})

    def reaction(self, event: str, message: Message, emoji: str | None, user: str | None) -> None:
        """Of one user (…_ADD, …_REMOVE), of one emoji or of all; what is None is not said."""
        channel = self._world.channels[message.channel]
        guild = self._world.guild_of(channel)
        body: Json = {"message_id": message.id}
        if emoji is not None:
            body["emoji"] = wire.emoji(emoji)
        if user is not None:
            body |= {"user_id": user, "burst": False, "type": 0}
        if event == "MESSAGE_REACTION_ADD":
            body["message_author_id"] = message.author
            if guild and user in guild.members:
                body["member"] = wire.member(self._world, guild.members[user])
        self.in_channel(event, channel, body)

    # channels and threads

    def channel(self, event: str, channel: Channel, *, also: bool = False) -> None:
        """*also*: where the bot no longer sees it, as this is the event that took the sight away."""
        guild = self._world.guild_of(channel)
        self._tell(event, guild, channel, lambda _: wire.channel(self._world, channel), also=also)

    def thread_created(self, thread: Channel, *, newly: bool = True) -> None:
        guild = self._world.guild_of(thread)
        more = {"newly_created": True} if newly else {}
        bot = self._world.bot
        self._tell("THREAD_CREATE", guild, thread, lambda _: wire.channel(self._world, thread, for_user=bot) | more)

    def thread_updated(self, thread: Channel) -> None:
        self.channel("THREAD_UPDATE", thread)

    def thread_deleted(self, thread: Channel) -> None:
        body = {"id": thread.id, "guild_id": thread.guild, "parent_id": thread.parent, "type": int(thread.type)}
        self._tell("THREAD_DELETE", self._world.guild_of(thread), thread, lambda _: body)

    def thread_member(self, thread: Channel) -> None:
        """THREAD_MEMBER_UPDATE, which the bot is sent of an unarchived thread that it is in."""
        bot = self._world.bot
        if thread.thread and bot in thread.thread.members:
            body = wire.thread_member(thread, bot) | {"guild_id": thread.guild}
            self._tell("THREAD_MEMBER_UPDATE", self._world.guild_of(thread), thread, lambda _: body)

    def thread_members(self, thread: Channel, *, added: Sequence[str] = (), removed: Sequence[str] = ()) -> None:
        """Without the intent for members only what concerns the bot itself is told."""
        guild, state, world = self._world.guild_of(thread), thread.thread, self._world
        if guild is None or state is None:
            return
        body: Json = {"id": thread.id, "guild_id": guild.id, "member_count": min(50, len(state.members))}
        for session in self._of(guild, Intent.GUILDS):
            sees = bool(session.intents & Intent.GUILD_MEMBERS)
            new = [user for user in added if sees or user == world.bot]
            gone = [user for user in removed if sees or user == world.bot]
            people = [
                wire.thread_member(thread, user) | {"member": wire.member(world, guild.members[user]), "presence": None}
                for user in new
                if user in guild.members
            ]
            if people or gone:
                more = ({"added_members": people} if people else {}) | ({"removed_member_ids": gone} if gone else {})
                session.dispatch("THREAD_MEMBERS_UPDATE", body | more)

    def access_gained(self, channel: Channel) -> None:
        """THREAD_LIST_SYNC: the threads of a channel that the bot sees from now on."""
        bot, guild = self._world.bot, self._world.guild_of(channel)
        active = [each for each in self._world.threads_in(channel) if each.thread and not each.thread.archived]
        seen = [each for each in active if self._world.may(each, bot, "VIEW_CHANNEL")]
        joined = [wire.thread_member(each, bot) for each in seen if each.thread and bot in each.thread.members]
        threads = [wire.channel(self._world, each) for each in seen]
        body: Json = {"guild_id": channel.guild, "channel_ids": [channel.id], "threads": threads, "members": joined}
        self._tell("THREAD_LIST_SYNC", guild, channel, lambda _: body)

    def typing(self, channel: Channel, user: str) -> None:
        body: Json = {"user_id": user, "timestamp": int(self._world.clock())}
        guild = self._world.guild_of(channel)
        if guild and user in guild.members:
            body["member"] = wire.member(self._world, guild.members[user])
        self.in_channel("TYPING_START", channel, body)

    def in_channel(self, event: str, channel: Channel, body: Json) -> None:
        guild = self._world.guild_of(channel)
        place: Json = {"channel_id": channel.id} | ({"guild_id": guild.id} if guild else {})
        self._tell(event, guild, channel, lambda _: place | body)

    # guilds

    def guild_created(self, guild: Guild, only: Session | None = None) -> None:
        """*only*: one session, which is getting to know its guilds. A guild that is out comes as GUILD_DELETE."""
        for session in [only] if only else self._of(guild, Intent.GUILDS):
            if not session.intents & Intent.GUILDS or not session.serves(guild):
                continue
            if guild.available:
                session.dispatch("GUILD_CREATE", wire.created_guild(self._world, guild))
            else:
                session.dispatch("GUILD_DELETE", {"id": guild.id, "unavailable": True})

    def guild_deleted(self, guild: Guild, *, outage: bool) -> None:
        for session in self._of(guild, Intent.GUILDS):
            session.dispatch("GUILD_DELETE", {"id": guild.id} | ({"unavailable": True} if outage else {}))

    def member(self, guild: Guild, member: Member) -> None:
        """GUILD_MEMBER_UPDATE: of the bot itself without any intent."""
        body = wire.member(self._world, member) | {"guild_id": guild.id}
        intent = Intent(0) if member.user == self._world.bot else Intent.GUILD_MEMBERS
        for session in self._of(guild, intent):
            session.dispatch("GUILD_MEMBER_UPDATE", body)

    def role(self, event: str, guild: Guild, role_id: str) -> None:
        body: Json = {"guild_id": guild.id, "role": wire.role(guild.roles[role_id])}
        for session in self._of(guild, Intent.GUILDS):
            session.dispatch(event, body)

    # interactions need no intent

    def interaction(self, guild: Guild | None, body: Json) -> None:
        for session in self._of(guild, Intent(0)):
            session.dispatch("INTERACTION_CREATE", body)

    # to whom

    def _tell(self, event: str, guild: Guild | None, channel: Channel, shown: Shown, *, also: bool = False) -> None:
        if not also and not self._world.may(channel, self._world.bot, "VIEW_CHANNEL"):
            return
        for session in self._of(guild, needed(event, direct=guild is None)):
            session.dispatch(event, shown(session))

    def _of(self, guild: Guild | None, intent: int) -> list[Session]:
        if self.lost or (guild is not None and not (guild.has_bot and guild.available)):
            return []
        return [each for each in self._sessions.all() if each.serves(guild) and each.intents & intent == intent]
