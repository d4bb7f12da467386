"""The channels, threads and messages that the bot may reach, and the errors that it gets for the others."""

from __future__ import annotations

from collections.abc import Callable

from tests.standins.discord.rest.errors import ApiError
from tests.standins.discord.state.objects import BASIC_MESSAGES, Channel, Guild, Message
from tests.standins.discord.state.world import World


class Access:
    """*idle*: told of a thread that was not used for longer than its auto-archive duration, before it is looked at."""

    def __init__(self, world: World, idle: Callable[[Channel], None]) -> None:
        self._world, self._idle = world, idle

    def guild(self, guild_id: str) -> Guild:
        guild = self._world.guilds.get(guild_id)
        if guild is None or not guild.has_bot:
            raise ApiError(10004)
        return guild

    def channel(self, channel_id: str) -> Channel:
        """One that exists and that the bot can see."""
        channel = self._world.channels.get(channel_id)
        if channel is None:
            raise ApiError(10003)
        if not self._world.may(channel, self._world.bot, "VIEW_CHANNEL"):
            raise ApiError(50001)
        thread = channel.thread
        if thread and not thread.archived and self._world.clock() - thread.active_at > thread.auto_archive_minutes * 60:
            self._idle(channel)
        return channel

    def thread(self, channel_id: str, *, active: bool = False) -> Channel:
        channel = self.channel(channel_id)
        if channel.thread is None:
            raise ApiError(50024)
        if active:
            self.active(channel)
        return channel

    def message(self, channel_id: str, message_id: str) -> tuple[Channel, Message]:
        channel = self.channel(channel_id)
        message = channel.messages.get(message_id)
        if message is None or message.ephemeral:
            raise ApiError(10008)
        return channel, message

    def demand(self, channel: Channel, *permissions: str) -> None:
        if not self.may(channel, *permissions):
            raise ApiError(50013)

    def may(self, channel: Channel, *permissions: str) -> bool:
        return self._world.may(channel, self._world.bot, *permissions)

    def demand_sending(self, channel: Channel) -> None:
        if channel.guild is None:
            if any(self._world.users[each].refuses_direct for each in channel.recipients):
                raise ApiError(50007)
            return
        self.demand(channel, "SEND_MESSAGES_IN_THREADS" if channel.thread else "SEND_MESSAGES")
        self.unlocked(channel)

    def active(self, channel: Channel) -> None:
        """Only messages can be deleted, and sent, in an archived thread."""
        if channel.thread and channel.thread.archived:
            raise ApiError(50083)

    def unlocked(self, channel: Channel) -> None:
        if channel.thread and channel.thread.locked and not self.may(channel, "MANAGE_THREADS"):
            raise ApiError(160005)


def demand_basic(message: Message) -> None:
    if message.type not in BASIC_MESSAGES:
        raise ApiError(50021)
