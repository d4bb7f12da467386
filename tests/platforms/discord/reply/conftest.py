"""A question in a Discord stand-in that waits for its answer, and what answers it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from bot.core.conversation import MessageRef, ThreadRef
from bot.core.ports import ReplyRequest
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import DiscordLimiter
from bot.platforms.discord.incoming.events import Identity
from bot.platforms.discord.places import DIRECT, Places
from bot.platforms.discord.reply.reply import DiscordReply
from bot.platforms.discord.reply.services import ReplyServices
from bot.platforms.discord.status.titles import Titles
from bot.platforms.discord.status.typing import DiscordTyping
from tests.contract.world import Log
from tests.standins.discord.standin import Discord
from tests.standins.discord.state import wire
from tests.standins.discord.state.objects import Channel, Message, MessageType, User

POST, EDIT, DELETE = "create message", "edit message", "delete message"
START, READ, GET = "start thread from message", "get channel messages", "get channel message"
READING = (READ, GET, "get channel")


@dataclass
class Index:
    """The ThreadIndex port: what the ledger knows."""

    known: dict[str, ThreadRef] = field(default_factory=dict)

    async def thread_of(self, message: MessageRef) -> ThreadRef | None:
        return self.known.get(message.id)

    async def newest_thread(self, platform: str, workspace: str, channel: str, before: int) -> ThreadRef | None:
        return None


class Process:
    """One process of ours: what it knows ends with it."""

    def __init__(
        self,
        discord: Discord,
        index: Index,
        session: aiohttp.ClientSession | None = None,
        limits: DiscordLimiter | None = None,
    ) -> None:
        self.api = DiscordApi(discord.token, discord.api_url, limits or DiscordLimiter())
        self.api.use(session)
        self.places = Places(self.api, discord.bot)
        self.places.note("GUILD_CREATE", wire.created_guild(discord.world, discord.guild))
        self.titles = Titles()
        self.typing = DiscordTyping(self.api, self.places, self.titles)
        self.services = ReplyServices(self.api, self.places, index, self.typing, self.titles)


@dataclass
class Asked:
    """*thread*: that of the question; *channel*: where the question stands."""

    discord: Discord
    process: Process
    index: Index
    kim: User
    channel: Channel
    question: Message
    thread: ThreadRef
    log: Log = field(default_factory=Log)

    async def reply(self, turn: int = 7, *, as_file: bool = False, language: str = "en") -> DiscordReply:
        request = ReplyRequest(
            self.thread, turn, self.log.parts(), self.log, self.kim.id, language, as_file, question=self.question.id
        )
        reply = DiscordReply(self.process.services, self.us, request)
        await reply.locate()
        return reply

    def restart(self) -> None:
        self.process = Process(self.discord, self.index)

    @property
    def us(self) -> Identity:
        return Identity(self.discord.application, self.discord.bot, "threadbot")

    @property
    def opened(self) -> Channel | None:
        return self.discord.thread_of(self.question)

    @property
    def shown(self) -> list[str]:
        """In the thread of the question, or where it stands."""
        return [message.content for message in self.posts]

    @property
    def posts(self) -> list[Message]:
        """Ours, in the thread of the question, or where it stands."""
        place = self.opened or self.channel
        own = [message for message in place.shown if message.author == self.discord.bot]
        return [message for message in own if message.type != MessageType.THREAD_STARTER_MESSAGE]

    def calls(self) -> list[str]:
        return [call.name for call in self.discord.faults.calls]


def thread_in(discord: Discord, channel: Channel, root: str) -> ThreadRef:
    return ThreadRef("discord", channel.guild or DIRECT, channel.parent or channel.id, root)


async def asked_in(discord: Discord, channel: Channel, *, root: str | None = None) -> Asked:
    """A question in *channel*; *root*: of a conversation that it goes on with."""
    kim = discord.add_user("kim")
    question = await discord.post(kim, channel, f"{discord.mention} How do I **bake** bread?")
    index = Index()
    process = Process(discord, index)
    process.titles.note(question.id, "How do I **bake** bread?")
    thread = thread_in(discord, channel, root or question.id)
    return Asked(discord, process, index, kim, channel, question, thread)


@pytest.fixture
async def asked(discord: Discord) -> AsyncIterator[Asked]:
    """In a text channel, to be answered in a thread of its own."""
    yield await asked_in(discord, discord.add_channel("general"))
    assert discord.violations == []
    assert not discord.limits.refused
    assert not any(message.pinged for message in discord.world.messages.values() if message.author == discord.bot)
