"""People in the Discord stand-in: they write, react, start threads and change who may do what."""

from __future__ import annotations

from collections.abc import Sequence

from tests.standins.discord.gateway.events import Events
from tests.standins.discord.resources.channels import Channels
from tests.standins.discord.resources.composing import Composer
from tests.standins.discord.resources.reactions import Reactions
from tests.standins.discord.resources.threads import Threads
from tests.standins.discord.rest.routes import Upload
from tests.standins.discord.state.mentions import ALL_PARSED
from tests.standins.discord.state.objects import Channel, ChannelType, Guild, Json, Message, MessageFlag, Role, User
from tests.standins.discord.state.permissions import named
from tests.standins.discord.state.wire import Messages
from tests.standins.discord.state.world import World

File = tuple[str, bytes, str]  # its name, its content and its type


class People:
    """Each deed is told to the sessions before it returns; nobody waits until the bot has heard of it."""

    world: World
    events: Events
    composer: Composer
    wire_messages: Messages
    guild: Guild  # the one that there is from the beginning
    channels: Channels
    threads: Threads
    reactions: Reactions

    # who and what there is

    def add_user(self, name: str, *, locale: str = "en-US", bot: bool = False, guild: Guild | None = None) -> User:
        """Somebody new, who is a member of a guild."""
        user = self.world.add_user(name, locale=locale, bot=bot)
        self.world.join(guild or self.guild, user.id)
        return user

    def add_guild(self, name: str) -> Guild:
        """A guild of which the bot becomes a member."""
        guild = self.world.add_guild(name, self.guild.owner)
        self.events.guild_created(guild)
        return guild

    def add_channel(
        self, name: str, kind: str = "text", *, guild: Guild | None = None, hidden: bool = False
    ) -> Channel:
        """*kind*: text, announcement, forum, media, voice or category. *hidden*: only from the bot."""
        channel = self.world.add_channel(guild or self.guild, name, kind)
        if hidden:
            self.world.overwrite(channel, self.world.bot, deny=named("VIEW_CHANNEL"))
        self.events.channel("CHANNEL_CREATE", channel)
        return channel

    def add_role(self, name: str, *permissions: str, mentionable: bool = False, guild: Guild | None = None) -> Role:
        place = guild or self.guild
        role = self.world.add_role(place, name, named(*permissions), mentionable=mentionable)
        self.events.role("GUILD_ROLE_CREATE", place, role.id)
        return role

    def direct(self, user: User) -> Channel:
        return self.world.direct(user.id)

    # who may do what

    def give_role(self, user: str, role: Role, *, guild: Guild | None = None) -> None:
        """*user*: an id, that of the bot too."""
        member = (guild or self.guild).members[user]
        member.roles.add(role.id)
        self.events.member(guild or self.guild, member)

    def allow(self, channel: Channel, *permissions: str, target: str = "") -> None:
        """*target*: the id of a user or a role; without one it is the bot."""
        self._overwrite(channel, target, allow=named(*permissions))

    def forbid(self, channel: Channel, *permissions: str, target: str = "") -> None:
        self._overwrite(channel, target, deny=named(*permissions))

    def _overwrite(self, channel: Channel, target: str, *, allow: int = 0, deny: int = 0) -> None:
        saw = self.world.may(channel, self.world.bot, "VIEW_CHANNEL")
        self.world.overwrite(channel, target or self.world.bot, allow=allow, deny=deny)
        self.events.channel("CHANNEL_UPDATE", channel, also=saw)
        if not saw and self.world.may(channel, self.world.bot, "VIEW_CHANNEL"):
            self.events.access_gained(channel)

    def time_out(self, user: str, seconds: float) -> None:
        member = self.guild.members[user]
        member.timed_out_until = self.world.clock() + seconds
        self.events.member(self.guild, member)

    def rename(self, user: User, nick: str | None) -> None:
        member = self.guild.members[user.id]
        member.nick = nick
        self.events.member(self.guild, member)

    # messages

    async def post(
        self, user: User, channel: Channel, content: str = "", *, reply_to: Message | None = None, ping: bool = True,
        files: Sequence[File] = (), sticker: str | None = None, poll: Json | None = None, voice: bool = False,
        embeds: Sequence[Json] = (),
    ) -> Message:  # fmt: skip
        """Write. *ping*: a reply calls the one it replies to. *poll*: as "Poll Create Request" describes it."""
        body: Json = {"content": content, "embeds": list(embeds), "poll": poll}
        body["allowed_mentions"] = ALL_PARSED | {"replied_user": ping}
        if reply_to:
            body["message_reference"] = {"message_id": reply_to.id}
        if sticker:
            body["sticker_items"] = [{"id": self.world.new_id(), "name": sticker, "format_type": 1}]
        if voice:
            body |= {"flags": int(MessageFlag.IS_VOICE_MESSAGE)}
            body["attachments"] = [{"id": 0, "duration_secs": 1.5, "waveform": "AAAA"}]
        uploads = [Upload(str(number), name, kind, data) for number, (name, data, kind) in enumerate(files)]
        return self.composer.post(self.composer.new(channel, user.id, body, uploads))

    async def forward(self, user: User, message: Message, channel: Channel) -> Message:
        reference = {"type": 1, "message_id": message.id, "channel_id": message.channel}
        return self.composer.post(self.composer.new(channel, user.id, {"message_reference": reference}))

    async def edit(self, message: Message, content: str) -> None:
        self.composer.change(message, {"content": content})

    async def unfurl(self, message: Message) -> None:
        """A link gets its preview: MESSAGE_UPDATE, with the same content and no time of an edit."""
        message.embeds.append({"type": "link", "url": "https://example.com", "title": "Example"})
        self.events.message("MESSAGE_UPDATE", message)

    async def delete(self, *messages: Message) -> None:
        """One, or several of a channel at once as moderators' bots do."""
        if len(messages) == 1:
            return self.composer.remove(messages[0])
        for message in messages:
            self.world.drop(message)
        channel = self.world.channels[messages[0].channel]
        return self.events.deleted_bulk(channel, [message.id for message in messages])

    async def react(self, user: User, message: Message, emoji: str) -> None:
        self.reactions.add(message, emoji, user.id)

    async def unreact(self, user: User, message: Message, emoji: str) -> None:
        self.reactions.remove(message, emoji, user.id)

    async def clear_reactions(self, message: Message, emoji: str | None = None) -> None:
        self.reactions.clear(message, emoji)

    async def pin(self, user: User, message: Message) -> None:
        self.channels.pin(self.world.channels[message.channel], message, user.id)

    async def type(self, user: User, channel: Channel) -> None:
        self.events.typing(channel, user.id)

    # threads and channels

    async def start_thread(self, user: User, message: Message, name: str) -> Channel:
        return self.threads.start(self.world.channels[message.channel], message, user.id, {"name": name})

    async def open_thread(self, user: User, channel: Channel, name: str, *, private: bool = False) -> Channel:
        """A thread of no message."""
        kind = ChannelType.PRIVATE_THREAD if private else ChannelType.PUBLIC_THREAD
        return self.threads.start_alone(channel, kind, user.id, {"name": name})

    async def post_in_forum(self, user: User, forum: Channel, name: str, content: str) -> tuple[Channel, Message]:
        message = {"content": content, "allowed_mentions": ALL_PARSED}
        return self.threads.start_post(forum, user.id, {"name": name, "message": message})

    async def change_thread(self, thread: Channel, **changes: object) -> None:
        """Such as archived=True, locked=True, name="…"; a moderator does it."""
        self.channels.change_thread(thread, changes)

    async def invite(self, thread: Channel, user: str) -> None:
        """Somebody is added to a thread; the bot, which may not know a private one, is told of it first."""
        self.composer.join(thread, user)
        if user == self.world.bot:
            self.events.thread_created(thread, newly=False)

    async def expel(self, thread: Channel, user: str) -> None:
        assert thread.thread is not None
        del thread.thread.members[user]
        self.events.thread_members(thread, removed=[user])

    async def delete_channel(self, channel: Channel) -> None:
        """Of a thread too."""
        self.channels.remove(channel)

    # guilds

    async def break_down(self, guild: Guild) -> None:
        """An outage: GUILD_DELETE with `unavailable`; what happens until it comes back is not told."""
        self.events.guild_deleted(guild, outage=True)
        guild.available = False

    async def come_back(self, guild: Guild) -> None:
        guild.available = True
        self.events.guild_created(guild)

    async def remove_bot(self, guild: Guild) -> None:
        """GUILD_DELETE without `unavailable`; from then on the bot sees nothing of it."""
        self.events.guild_deleted(guild, outage=False)
        guild.has_bot = False
        del guild.members[self.world.bot]

    def shown(self, message: Message) -> Json:
        """As the API shows it to an application with the content intent."""
        return self.wire_messages.shown(message, content=True)
