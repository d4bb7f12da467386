"""The Discord door in its stand-in, as the contract wants it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from bot.core.controls import Control
from bot.core.conversation import Operation, ThreadRef
from bot.core.ports import Platform
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.incoming.reactions import DEFAULT_SIGNS
from bot.platforms.discord.markup import buttons
from bot.platforms.discord.markup.message import PART_LIMIT
from tests.contract.world import Asked, Capability, CapableWorld, Person
from tests.standins.discord.faults import Lost, Refused, ServerError
from tests.standins.discord.standin import Discord
from tests.standins.discord.state.objects import BASIC_MESSAGES, Channel, Message

LACKS: Mapping[Capability, str] = {
    Capability.ACKNOWLEDGEMENTS: "Discord sends each event once, and is not told what became of it",
    Capability.DATES: "Discord does not say when something was deleted, or when a reaction was set",
}
TYPING_SECONDS = 0.5  # how long a sign of typing is seen here, instead of Discord's ten seconds
SIGN = {operation: sign for sign, operation in DEFAULT_SIGNS.items()}
CONTROLS = {
    buttons.CONTINUE: Control.CONTINUE,
    buttons.REPEAT: Control.REPEAT,
    buttons.LIKE: Control.FEEDBACK,
    buttons.DISLIKE: Control.FEEDBACK,
    buttons.RECEIPT: Control.RECEIPT,
}
ACTIONS = {
    Operation.CONTINUE: buttons.CONTINUE,
    Operation.REPEAT: buttons.REPEAT,
    Operation.LIKE: buttons.LIKE,
    Operation.DISLIKE: buttons.DISLIKE,
}
LOOKUPS = ("get user", "get guild member", "get channel")


class NoIndex:
    """The ThreadIndex port of a ledger that holds nothing."""

    async def thread_of(self, message: object) -> ThreadRef | None:
        return None

    async def newest_thread(self, platform: str, workspace: str, channel: str, before: int) -> ThreadRef | None:
        return None


class DiscordWorld:
    lacks = LACKS
    message_limit = PART_LIMIT
    ping = "@everyone"
    channel_name = "general"

    def __init__(self, discord: Discord) -> None:
        self._discord = discord
        self._kim, self._channel = discord.add_user("kim", locale="ko"), discord.add_channel(self.channel_name)
        self._told = 0  # events since the start, as far as they can be sent again
        self.person = Person(self._kim.id, "Kim")

    def platform(self) -> Platform:
        return DiscordPlatform(
            token=self._discord.token,
            api_url=self._discord.api_url,
            index=NoIndex(),
            typing_seconds=TYPING_SECONDS,
        )

    async def connected(self, platform: Platform) -> None:
        await self._discord.wait_connected()
        await self._discord.wait_for(lambda: platform.connected)

    async def ask(self, text: str, *, after: Asked | None = None) -> Asked:
        return await self._post(f"{self._discord.mention} {text}", after)

    async def say(self, text: str, *, after: Asked | None = None) -> Asked:
        return await self._post(text, after)

    async def _post(
        self, text: str, after: Asked | None = None, files: tuple[tuple[str, bytes, str], ...] = ()
    ) -> Asked:
        place = await self._thread(after.thread) if after else self._channel
        message = await self._discord.post(self._kim, place, text, files=files)
        self._told += 1
        root = after.thread.thread if after else message.id
        return Asked(ThreadRef("discord", self._discord.guild.id, self._channel.id, root), message.id)

    async def _thread(self, thread: ThreadRef) -> Channel:
        """That of a root; the person opens it where nobody has."""
        world = self._discord.world
        if thread.thread not in world.channels:
            await self._discord.start_thread(self._kim, world.messages[thread.thread], "a talk")
        return world.channels[thread.thread]

    async def deliver_again(self) -> None:
        self._discord.gateway.repeat(self._told)

    async def redeliver(self) -> None:
        """Nobody brings anything again: what was not stored the door hands in again by itself."""

    def acknowledged(self, asked: Asked) -> bool:
        return asked.id in self._discord.world.messages

    def replies(self, thread: ThreadRef) -> list[str]:
        return [re.sub(r"^-# ", "", message.content, flags=re.MULTILINE) for message in self._messages(thread)]

    def lose_next_post(self) -> None:
        self._discord.fail("create message", Lost())

    async def wait_for(self, condition: Callable[[], object]) -> None:
        await self._discord.wait_for(condition)

    # pings

    def pings(self, shown: str) -> bool:
        return "@everyone" in shown or "@here" in shown or "<@" in shown

    def pinged(self, thread: ThreadRef) -> bool:
        return any(message.pinged or message.highlighted for message in self._messages(thread))

    # edits, deletions, reactions

    async def edit(self, asked: Asked, text: str, *, mention: bool = True) -> None:
        wire = f"{self._discord.mention} {text}" if mention else text
        await self._discord.edit(self._message(asked.id), wire)

    async def delete(self, asked: Asked) -> None:
        await self._discord.delete(self._message(asked.id))

    async def react(self, thread: ThreadRef, message: str, operation: Operation, *, added: bool = True) -> None:
        change = self._discord.react if added else self._discord.unreact
        await change(self._kim, self._message(message), SIGN[operation])

    # controls

    def controls(self, thread: ThreadRef) -> list[frozenset[Control]]:
        return [frozenset(CONTROLS[action_of(each)] for each in custom_ids(one)) for one in self._messages(thread)]

    async def press(self, thread: ThreadRef, operation: Operation) -> None:
        *_, last = self._messages(thread)
        [custom_id] = [each for each in custom_ids(last) if action_of(each) == ACTIONS[operation]]
        await self._discord.press(self._kim, last, custom_id)

    def _message(self, id_: str) -> Message:
        return self._discord.world.messages[id_]

    def _messages(self, thread: ThreadRef) -> list[Message]:
        places = (self._discord.world.channels.get(each) for each in (thread.thread, thread.channel))
        shown = (message for place in places if place is not None for message in place.shown)
        return [message for message in shown if message.author == self._discord.bot and message.type in BASIC_MESSAGES]

    # directory

    async def refer(self) -> Asked:
        return await self._post(f"{self._discord.mention} {self._kim.mention} & {self._channel.mention}?")

    def fail_lookups(self) -> None:
        for name in LOOKUPS:
            self._discord.fail(name, ServerError(), times=1_000)

    # status

    def working(self, asked: Asked) -> bool:
        """Typing is seen for a while, and until the next message of whoever types."""
        seen = [call.at for call in self._discord.calls("trigger typing indicator") if call.ok]
        answered = any(message.created >= seen[-1] for message in self._messages(asked.thread)) if seen else True
        return not answered and self._discord.clock() - seen[-1] < TYPING_SECONDS

    def refuse_statuses(self) -> None:
        self._discord.fail("trigger typing indicator", Refused(), times=1_000)

    # files

    async def send_file(self, name: str, content: bytes, media_type: str) -> Asked:
        return await self._post(f"{self._discord.mention} a file", files=((name, content, media_type),))

    def remove_files(self) -> None:
        self._discord.cdn.missing |= {each.id for message in self._channel.shown for each in message.attachments}

    def fail_files(self) -> None:
        self._discord.cdn.failing = True


def custom_ids(message: Message) -> list[str]:
    """Of what can be pressed below a message."""
    return [each["custom_id"] for row in message.components for each in row.get("components", ())]


def action_of(custom_id: str) -> str:
    return custom_id.split(":")[1]


@asynccontextmanager
async def open_world() -> AsyncIterator[CapableWorld]:
    async with Discord() as discord:
        yield DiscordWorld(discord)
