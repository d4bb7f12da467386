"""Permissions, computed as Discord's page "Permissions" says, with its implicit rules and those of threads."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag

from tests.standins.discord.state.objects import Channel, ChannelType, Guild, Member


class Permission(IntFlag):
    CREATE_INSTANT_INVITE = 1 << 0
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    USE_EXTERNAL_STICKERS = 1 << 37
    SEND_MESSAGES_IN_THREADS = 1 << 38
    SEND_VOICE_MESSAGES = 1 << 46
    SEND_POLLS = 1 << 49
    PIN_MESSAGES = 1 << 51
    BYPASS_SLOWMODE = 1 << 52


ALL = (1 << 53) - 1
P = Permission
EVERYONE = (  # of a new guild's @everyone
    P.CREATE_INSTANT_INVITE | P.ADD_REACTIONS | P.VIEW_CHANNEL | P.SEND_MESSAGES | P.EMBED_LINKS | P.ATTACH_FILES
    | P.READ_MESSAGE_HISTORY | P.MENTION_EVERYONE | P.USE_EXTERNAL_EMOJIS | P.CONNECT | P.CHANGE_NICKNAME
    | P.USE_APPLICATION_COMMANDS | P.CREATE_PUBLIC_THREADS | P.CREATE_PRIVATE_THREADS | P.USE_EXTERNAL_STICKERS
    | P.SEND_MESSAGES_IN_THREADS | P.SEND_VOICE_MESSAGES | P.SEND_POLLS
)  # fmt: skip
IN_DIRECT = (  # there are no roles in a direct message
    P.ADD_REACTIONS | P.VIEW_CHANNEL | P.SEND_MESSAGES | P.EMBED_LINKS | P.ATTACH_FILES | P.READ_MESSAGE_HISTORY
    | P.MENTION_EVERYONE | P.USE_EXTERNAL_EMOJIS | P.SEND_VOICE_MESSAGES | P.SEND_POLLS | P.PIN_MESSAGES
)  # fmt: skip
OF_SENDING = P.MENTION_EVERYONE | P.SEND_TTS_MESSAGES | P.ATTACH_FILES | P.EMBED_LINKS
LEFT_TO_TIMED_OUT = P.VIEW_CHANNEL | P.READ_MESSAGE_HISTORY


def named(*names: str) -> int:
    bits = 0
    for name in names:
        bits |= Permission[name]
    return bits


def in_guild(guild: Guild, user: str, now: float) -> int:
    """The base permissions of a member; none of somebody who is no member."""
    member = guild.members.get(user)
    if member is None:
        return 0
    if guild.owner == user:
        return ALL
    bits = guild.roles[guild.id].permissions
    for role in member.roles:
        bits |= guild.roles[role].permissions
    if bits & Permission.ADMINISTRATOR:
        return ALL
    return bits & LEFT_TO_TIMED_OUT if member.timed_out_until > now else bits


def in_channel(guild: Guild | None, channels: Mapping[str, Channel], channel: Channel, user: str, now: float) -> int:
    """The permissions in a channel, after its overwrites and the implicit rules. A thread inherits from its parent."""
    if guild is None:
        return IN_DIRECT if user in channel.recipients else 0
    base = in_guild(guild, user, now)
    if not base:
        return 0
    if base & Permission.ADMINISTRATOR:
        return ALL
    home = channels[channel.parent] if channel.thread and channel.parent else channel
    member = guild.members[user]
    bits = _overwritten(base, home, guild, member)
    if member.timed_out_until > now:
        bits &= LEFT_TO_TIMED_OUT
    return _implied(bits, channel, user)


def _overwritten(bits: int, channel: Channel, guild: Guild, member: Member) -> int:
    everyone = channel.overwrites.get(guild.id)
    if everyone:
        bits = bits & ~everyone.deny | everyone.allow
    of_roles = [channel.overwrites[role] for role in member.roles if role in channel.overwrites]
    for each in of_roles:
        bits &= ~each.deny
    for each in of_roles:
        bits |= each.allow
    own = channel.overwrites.get(member.user)
    return bits & ~own.deny | own.allow if own else bits


def _implied(bits: int, channel: Channel, user: str) -> int:
    """Without VIEW_CHANNEL there is nothing; without the right to send, no files, no embeds and no @everyone."""
    if not bits & Permission.VIEW_CHANNEL:
        return 0
    if _is_closed_to(channel, user) and not bits & Permission.MANAGE_THREADS:
        return 0
    sends = Permission.SEND_MESSAGES_IN_THREADS if channel.thread else Permission.SEND_MESSAGES
    return bits if bits & sends else bits & ~OF_SENDING


def _is_closed_to(channel: Channel, user: str) -> bool:
    thread = channel.thread
    return channel.type == ChannelType.PRIVATE_THREAD and thread is not None and user not in thread.members
