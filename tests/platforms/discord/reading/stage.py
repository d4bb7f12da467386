"""A Discord, somebody who listens to its gateway, and all that reads from its API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.core.conversation import Edited, MessageRef, Posted, Said, ThreadRef
from bot.core.ports import ThreadRead
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import DiscordLimiter
from bot.platforms.discord.incoming.events import Identity, read
from bot.platforms.discord.incoming.reactions import DEFAULT_SIGNS
from bot.platforms.discord.incoming.threading import thread_of
from bot.platforms.discord.places import DIRECT, Places
from bot.platforms.discord.reading.thread import DiscordThreadReader
from tests.standins.discord import Discord
from tests.standins.discord.state.objects import Channel, Message
from tests.standins.discord.tests.asking import Socket, socket


@dataclass
class Index:
    """The ThreadIndex port: what was stored, by the ids of messages."""

    threads: dict[str, ThreadRef] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)

    async def thread_of(self, message: MessageRef) -> ThreadRef | None:
        return self.threads.get(message.id)

    async def newest_thread(self, platform: str, workspace: str, channel: str, before: int) -> ThreadRef | None:
        assert platform == "discord"
        ids = [
            int(each)
            for each, thread in self.threads.items()
            if (thread.workspace, thread.channel) == (workspace, channel)
        ]
        older = [each for each in ids if each < before and str(each) not in self.ours]
        return self.threads[str(max(older))] if older else None

    def store(self, message: Message, thread: ThreadRef, *, ours: bool = False) -> None:
        self.threads[message.id] = thread
        self.ours |= {message.id} if ours else set()


@dataclass
class Stage:
    """*heard*: what events told, by the ids of messages."""

    discord: Discord
    connected: Socket
    api: DiscordApi
    places: Places
    us: Identity
    index: Index = field(default_factory=Index)
    heard: dict[str, Said] = field(default_factory=dict)

    @property
    def threads(self) -> DiscordThreadReader:
        return DiscordThreadReader(self.api, self.places, self.index, DEFAULT_SIGNS)

    async def listen(self) -> None:
        """Take all events that there are so far."""
        await self.connected.seen()
        for event in self.connected.events:
            name, data = event["t"], event["d"]
            self.places.note(name, data)
            if name in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
                place = await self.places.find(data["channel_id"], data.get("guild_id"))
                assert place is not None
                thread = await thread_of(data, place, self.index, self.places)
                said = read(data, place, thread, self.us)
                if said is not None:
                    self.heard[data["id"]] = said
        self.connected.events.clear()

    async def told(self) -> list[Said]:
        """What events told so far, oldest first, in the form of what is read back."""
        await self.listen()
        return [recovered(self.heard[each]) for each in sorted(self.heard, key=int)]

    async def read(self, thread: ThreadRef) -> ThreadRead:
        await self.listen()
        return await self.threads.read(self.us, thread)

    async def texts(self, thread: ThreadRef) -> list[str]:
        return [posted(said).text for said in (await self.read(thread)).messages]

    async def answer(self, channel: Channel, content: str, reply_to: Message | None = None) -> Message:
        """A message of ours, as our replies make them."""
        payload: dict[str, object] = {"content": content}
        if reply_to is not None:
            payload["message_reference"] = {"message_id": reply_to.id, "fail_if_not_exists": False}
        made = await self.api.create_message(channel.id, payload)
        return self.discord.world.messages[str(made["id"])]

    def thread(self, root: Message | Channel, channel: Channel) -> ThreadRef:
        return ThreadRef("discord", channel.guild or DIRECT, channel.id, root.id)


def posted(said: Said) -> Posted:
    return said.message if isinstance(said, Edited) else said


def recovered(said: Said) -> Said:
    if isinstance(said, Edited):
        return replace(said, message=replace(said.message, recovered=True))
    return replace(said, recovered=True)


@asynccontextmanager
async def stage_of(discord: Discord) -> AsyncIterator[Stage]:
    api = DiscordApi(discord.token, discord.api_url, DiscordLimiter())
    async with socket(discord) as connected:
        await connected.ready()
        stage = Stage(discord, connected, api, Places(api), Identity(discord.application, discord.bot, "threadbot"))
        await stage.listen()
        yield stage
    assert not discord.violations
