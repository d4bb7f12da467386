"""How the API and the gateway show things: the objects of Discord's pages "Resources"."""

from __future__ import annotations

from collections.abc import Callable

from tests.standins.discord.state.ids import iso
from tests.standins.discord.state.objects import (
    FORUMS,
    Attachment,
    Channel,
    ChannelType,
    Guild,
    Json,
    Member,
    Message,
    MessageFlag,
    MessageType,
    Role,
    User,
)
from tests.standins.discord.state.world import World

AttachmentUrl = Callable[[Attachment], str]
REPLIES = (MessageType.REPLY, MessageType.THREAD_STARTER_MESSAGE, MessageType.CONTEXT_MENU_COMMAND)
CONTENT = {"content": "", "embeds": [], "attachments": [], "components": []}  # without the intent


def user(of: User) -> Json:
    named: Json = {"id": of.id, "username": of.name, "discriminator": "0000" if of.bot else "0"}
    return named | {
        "global_name": None if of.bot else of.name.title(),
        "avatar": None,
        "bot": of.bot,
        "public_flags": 0,
    }


def member(world: World, of: Member, *, with_user: bool = True) -> Json:
    until = iso(of.timed_out_until) if of.timed_out_until else None
    shown: Json = {"nick": of.nick, "avatar": None, "banner": None, "roles": sorted(of.roles), "flags": 0}
    shown |= {"joined_at": iso(of.joined_at), "premium_since": None, "deaf": False, "mute": False, "pending": False}
    shown["communication_disabled_until"] = until
    return shown | ({"user": user(world.users[of.user])} if with_user else {})


def role(of: Role) -> Json:
    shown: Json = {"id": of.id, "name": of.name, "color": 0, "hoist": False, "position": of.position, "flags": 0}
    shown["colors"] = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
    shown |= {"permissions": str(int(of.permissions)), "managed": of.bot is not None, "mentionable": of.mentionable}
    return shown | ({"tags": {"bot_id": of.bot}} if of.bot else {})


def channel(world: World, of: Channel, *, for_user: str | None = None) -> Json:
    """*for_user*: a thread is shown with the membership of this user, who is the bot."""
    if of.type == ChannelType.DM:
        people = [user(world.users[each]) for each in of.recipients if each != world.bot]
        return {"id": of.id, "type": of.type, "last_message_id": of.last_message, "flags": 0, "recipients": people}
    shown: Json = {"id": of.id, "type": int(of.type), "guild_id": of.guild, "name": of.name, "flags": 0}
    shown |= {"last_message_id": of.last_message, "parent_id": of.parent, "rate_limit_per_user": of.rate_limit_per_user}
    return shown | (_thread(world, of, for_user) if of.thread else _guild_channel(of))


def _guild_channel(of: Channel) -> Json:
    overwrites = [
        {"id": target, "type": int(each.member), "allow": str(int(each.allow)), "deny": str(int(each.deny))}
        for target, each in of.overwrites.items()
    ]
    shown: Json = {"position": 0, "topic": of.topic, "nsfw": of.nsfw, "permission_overwrites": overwrites}
    if of.default_auto_archive_minutes:
        shown["default_auto_archive_duration"] = of.default_auto_archive_minutes
    return shown | ({"available_tags": [], "default_reaction_emoji": None} if of.type in FORUMS else {})


def _thread(world: World, of: Channel, for_user: str | None) -> Json:
    state = of.thread
    assert state is not None
    metadata: Json = {"archived": state.archived, "auto_archive_duration": state.auto_archive_minutes}
    metadata |= {"archive_timestamp": iso(state.archived_changed), "locked": state.locked}
    metadata["create_timestamp"] = iso(state.created)
    if of.type == ChannelType.PRIVATE_THREAD:
        metadata["invitable"] = state.invitable
    shown: Json = {"owner_id": state.owner, "thread_metadata": metadata, "member_count": min(50, len(state.members))}
    shown |= {"message_count": state.message_count, "total_message_sent": state.sent}
    if of.parent and world.channels[of.parent].type in FORUMS:
        shown["applied_tags"] = state.tags
    if for_user in state.members:
        shown["member"] = thread_member(of, for_user)
    return shown


def thread_member(of: Channel, who: str) -> Json:
    assert of.thread is not None
    return {"id": of.id, "user_id": who, "join_timestamp": iso(of.thread.members[who]), "flags": 0}


def guild(of: Guild) -> Json:
    """A guild as the API shows it; GUILD_CREATE has more."""
    shown: Json = {"id": of.id, "name": of.name, "owner_id": of.owner, "icon": None, "splash": None, "banner": None}
    shown |= {"discovery_splash": None, "afk_channel_id": None, "afk_timeout": 300, "verification_level": 0}
    shown |= {"default_message_notifications": 0, "explicit_content_filter": 0, "features": of.features, "emojis": []}
    shown |= {"mfa_level": 0, "application_id": None, "system_channel_id": None, "system_channel_flags": 0}
    shown |= {"rules_channel_id": None, "vanity_url_code": None, "description": None, "premium_tier": 0}
    shown |= {"preferred_locale": of.locale, "public_updates_channel_id": None, "nsfw_level": 0, "stickers": []}
    shown |= {"premium_progress_bar_enabled": False, "safety_alerts_channel_id": None}
    return shown | {"roles": [role(each) for each in of.roles.values()]}


def created_guild(world: World, of: Guild) -> Json:
    """GUILD_CREATE: without the presences' intent its members are the bot alone."""
    own = of.members[world.bot]
    threads = [each for each in world.active_threads(of) if world.may(each, world.bot, "VIEW_CHANNEL")]
    shown = guild(of) | {"joined_at": iso(own.joined_at), "large": False, "unavailable": False}
    shown |= {"member_count": len(of.members), "members": [member(world, own)], "voice_states": [], "presences": []}
    shown |= {"channels": [channel(world, each) for each in world.channels_of(of)]}
    shown |= {"threads": [channel(world, each, for_user=world.bot) for each in threads]}
    return shown | {"stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": []}


def attachment(of: Attachment, url: AttachmentUrl) -> Json:
    address = url(of)
    shown: Json = {"id": of.id, "filename": of.name, "size": len(of.content), "url": address, "proxy_url": address}
    more = {"content_type": of.content_type, "description": of.description, "title": of.title, "waveform": of.waveform}
    more["duration_secs"] = of.duration  # type: ignore[assignment]  # the one number among texts
    return shown | {name: value for name, value in more.items() if value is not None}


class Messages:
    """Messages as the API shows them. *url*: the CDN's, which signs an address each time it is shown."""

    def __init__(self, world: World, url: AttachmentUrl) -> None:
        self._world, self._url = world, url

    def shown(self, message: Message, *, content: bool, reactions: bool = True, resolved: bool = True) -> Json:
        """*content*: the application has the message content intent. *resolved*: with the message it replies to."""
        world = self._world
        shown = self._plain(message)
        shown |= {"id": message.id, "channel_id": message.channel, "author": user(world.users[message.author])}
        shown |= {"tts": message.tts, "pinned": message.id in world.channels[message.channel].pins}
        shown |= self._additions(message)
        if reactions and message.reactions:
            shown["reactions"] = [self._reaction(name, users) for name, users in message.reactions.items()]
        if message.reference and message.type in REPLIES and resolved:
            shown["referenced_message"] = self._referenced(message, content)
        if message.flags & MessageFlag.HAS_THREAD and message.id in world.channels:
            shown["thread"] = channel(world, world.channels[message.id], for_user=world.bot)
        return shown if content or self.is_open(message) else without_content(shown)

    def _plain(self, message: Message) -> Json:
        """The fields that a snapshot has as well."""
        world = self._world
        embeds = [] if message.flags & MessageFlag.SUPPRESS_EMBEDS else message.embeds
        shown: Json = {"type": int(message.type), "content": message.content, "timestamp": iso(message.created)}
        shown |= {"edited_timestamp": iso(message.edited) if message.edited else None, "flags": int(message.flags)}
        shown |= {"embeds": embeds, "components": message.components, "mention_everyone": message.mention_everyone}
        shown["attachments"] = [attachment(each, self._url) for each in message.attachments]
        shown["mentions"] = [user(world.users[each]) for each in message.mentions]
        shown["mention_roles"] = message.mention_roles
        return shown | ({"sticker_items": message.sticker_items} if message.sticker_items else {})

    def _additions(self, message: Message) -> Json:
        more: Json = {"poll": message.poll, "message_reference": message.reference, "message_snapshots": None}
        more["message_snapshots"] = message.snapshots or None
        if message.application:
            more |= {"application_id": message.application, "webhook_id": message.application}
            more["interaction_metadata"] = message.interaction
        return {name: value for name, value in more.items() if value is not None}

    def snapshot(self, message: Message) -> Json:
        """The fields that a forward captures: "The current subset of message fields" in "Message Snapshot Object"."""
        plain = self._plain(message)
        return {"message": {name: value for name, value in plain.items() if name != "mention_everyone"}}

    def _reaction(self, name: str, users: list[str]) -> Json:
        shown: Json = {"count": len(users), "count_details": {"burst": 0, "normal": len(users)}, "burst_colors": []}
        return shown | {"me": self._world.bot in users, "me_burst": False, "emoji": emoji(name)}

    def _referenced(self, message: Message, content: bool) -> Json | None:
        assert message.reference is not None
        referenced = self._world.messages.get(str(message.reference.get("message_id")))
        return self.shown(referenced, content=content, resolved=False) if referenced else None

    def is_open(self, message: Message) -> bool:
        """The bot's own, those that mention it and direct ones are shown to it also without the intent."""
        bot = self._world.bot
        direct = self._world.channels[message.channel].guild is None
        return direct or bot in (message.author, *message.mentions)


def without_content(shown: Json) -> Json:
    """Empty "content, embeds, attachments, components", and no poll; of snapshots as well, which are messages."""
    kept = {name: value for name, value in shown.items() if name != "poll"} | CONTENT
    if "message_snapshots" in kept:
        kept["message_snapshots"] = [
            {"message": without_content(each["message"])} for each in kept["message_snapshots"]
        ]
    return kept


def emoji(name: str) -> Json:
    """Of the form that a path has: the character, or `name:id`."""
    text, _, number = name.partition(":")
    return {"id": number or None, "name": text}
