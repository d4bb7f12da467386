"""One Discord with one application in it: what is there, and how it gets there. gateway/events.py tells of it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.standins.discord.state import permissions
from tests.standins.discord.state.ids import Snowflakes
from tests.standins.discord.state.objects import (
    THREADS,
    Channel,
    ChannelType,
    Guild,
    Member,
    Message,
    MessageType,
    Overwrite,
    Role,
    ThreadState,
    User,
)
from tests.standins.slack.workspace import Clock

TOKEN = "MTE0NTE0MTkxOTgxMDkzMTg5Mw.GxStand.in-has-no-secret-to-keep-0000000000000"
ARCHIVE_MINUTES = (60, 1440, 4320, 10080)
KINDS = {
    "text": ChannelType.GUILD_TEXT,
    "announcement": ChannelType.GUILD_ANNOUNCEMENT,
    "forum": ChannelType.GUILD_FORUM,
    "media": ChannelType.GUILD_MEDIA,
    "voice": ChannelType.GUILD_VOICE,
    "category": ChannelType.GUILD_CATEGORY,
}


class World:
    """*content*: the application has the message content intent, for the API and for its gateway sessions."""

    def __init__(self, clock: Clock, *, content: bool = True) -> None:
        self.clock = clock
        self._ids = Snowflakes(clock)
        self.token = TOKEN
        self.content = content
        self.members_intent = self.presences_intent = False
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, Message] = {}
        self.deleted: set[str] = set()
        self.application = self.new_id()
        self.bot = self.application  # of today's applications both have the same id
        self.users[self.bot] = User(self.bot, "threadbot", bot=True)

    def new_id(self) -> str:
        return self._ids.new()

    # how things come into it

    def add_user(self, name: str, *, locale: str = "en-US", bot: bool = False) -> User:
        user = User(self.new_id(), name, bot, locale)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, owner: str) -> Guild:
        guild_id = self._ids.new_apart()
        everyone = Role(guild_id, "@everyone", permissions.EVERYONE)
        guild = Guild(guild_id, name, owner, {guild_id: everyone})
        self.guilds[guild_id] = guild
        self.join(guild, owner)
        role = self.add_role(guild, self.users[self.bot].name, 0)
        role.bot = self.bot
        self.join(guild, self.bot)
        guild.members[self.bot].roles.add(role.id)
        return guild

    def add_role(self, guild: Guild, name: str, bits: int, *, mentionable: bool = False) -> Role:
        role = Role(self.new_id(), name, bits, len(guild.roles), mentionable)
        guild.roles[role.id] = role
        return role

    def join(self, guild: Guild, user: str) -> None:
        guild.members[user] = Member(user, self.clock())

    def add_channel(self, guild: Guild, name: str, kind: str) -> Channel:
        channel = Channel(self.new_id(), KINDS[kind], name, guild.id)
        self.channels[channel.id] = channel
        return channel

    def direct(self, user: str) -> Channel:
        """The direct message of the bot and a person, which is the same one each time."""
        for channel in self.channels.values():
            if channel.type == ChannelType.DM and user in channel.recipients:
                return channel
        channel = Channel(self.new_id(), ChannelType.DM, recipients=[user, self.bot])
        self.channels[channel.id] = channel
        return channel

    def add_thread(self, parent: Channel, kind: ChannelType, name: str, owner: str, thread_id: str) -> Channel:
        now = self.clock()
        state = ThreadState(owner, now, now, parent.default_auto_archive_minutes or 1440, active_at=now)
        thread = Channel(thread_id, kind, name, parent.guild, parent.id, thread=state)
        self.channels[thread.id] = thread
        return thread

    # who may do what

    def may(self, channel: Channel, user: str, *names: str) -> bool:
        wanted = permissions.named(*names)
        return self.bits(channel, user) & wanted == wanted

    def bits(self, channel: Channel, user: str) -> int:
        guild = self.guilds.get(channel.guild) if channel.guild else None
        if channel.guild and guild is None:
            return 0
        return permissions.in_channel(guild, self.channels, channel, user, self.clock())

    def overwrite(self, channel: Channel, target: str, *, allow: int = 0, deny: int = 0) -> None:
        """The target gets these allowed and those denied, on top of what was said before."""
        member = target in self.users
        before = channel.overwrites.get(target, Overwrite(member))
        allowed, denied = before.allow & ~deny | allow, before.deny & ~allow | deny
        channel.overwrites[target] = Overwrite(member, allowed, denied)

    # what is there

    def guild_of(self, channel: Channel) -> Guild | None:
        return self.guilds.get(channel.guild) if channel.guild else None

    def channels_of(self, guild: Guild) -> Iterator[Channel]:
        return (each for each in self.channels.values() if each.guild == guild.id and each.type not in THREADS)

    def threads_of(self, guild: Guild) -> Iterator[Channel]:
        return (each for each in self.channels.values() if each.guild == guild.id and each.type in THREADS)

    def active_threads(self, guild: Guild) -> list[Channel]:
        return [each for each in self.threads_of(guild) if each.thread and not each.thread.archived]

    def threads_in(self, parent: Channel) -> list[Channel]:
        return [each for each in self.channels.values() if each.parent == parent.id and each.thread]

    def bot_guilds(self) -> list[Guild]:
        return [guild for guild in self.guilds.values() if guild.has_bot]

    # messages

    def keep(self, message: Message) -> None:
        channel = self.channels[message.channel]
        channel.messages[message.id] = message
        self.messages[message.id] = message
        if message.ephemeral:
            return
        channel.last_message = message.id
        if channel.thread and message.id != channel.id:
            counted = message.type != MessageType.THREAD_STARTER_MESSAGE
            channel.thread.message_count += counted
            channel.thread.sent += counted

    def drop(self, message: Message) -> None:
        channel = self.channels[message.channel]
        del channel.messages[message.id], self.messages[message.id]
        channel.pins.pop(message.id, None)
        self.deleted.add(message.id)
        if channel.thread and message.id != channel.id and not message.ephemeral:
            channel.thread.message_count = max(0, channel.thread.message_count - 1)
