"""A bot that takes interactions on the stand-in and has a real ledger; nobody answers what is asked but the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.core.conversation import Acted, Deleted, Incoming, MessageRef, Moved, Reacted
from bot.core.decide.policy import decide
from bot.core.errors import LedgerError
from bot.core.prompt.build import Counting
from bot.core.receipt.receipt import About, Receipts
from bot.core.turn import Turn
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.limits import DiscordLimiter
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.incoming.reactions import DEFAULT_SIGNS
from bot.platforms.discord.interactions.acknowledgement import Acknowledger
from bot.platforms.discord.interactions.interactions import Interactions, InteractionServices
from bot.platforms.discord.interactions.registration import register
from bot.platforms.discord.places import Places
from bot.store.database.base import Database
from bot.store.interactions import SqlInteractions
from bot.store.ledger.ledger import SqlLedger
from bot.store.receipt.receipts import SqlReceiptStore
from bot.store.thread_index import SqlThreadIndex
from tests.standins.discord import Discord
from tests.standins.discord.interactions.interactions import Interaction
from tests.standins.discord.state.objects import Channel, Message
from tests.standins.discord.tests.asking import Socket, socket
from tests.store.steps import RESULT, ask

ADMIN = "4711"


@dataclass
class Bot:
    """
    *heard*: what was handed in, in its order. *broken*: how often the ledger cannot be used. *held*: it hangs.
    *ahead*: how much later than Discord's our clock is; *later*: the same of the ledger's.
    """

    discord: Discord
    database: Database
    broken: int = 0
    held: asyncio.Event | None = None
    defect: Exception | None = None
    allowed: bool = True
    ahead: timedelta = timedelta(0)
    later: timedelta = timedelta(0)
    heard: list[Incoming] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = SqlLedger(self.database)
        self.store = SqlInteractions(self.database, lambda: datetime.now(UTC) + self.later)
        self.receipts = Receipts(
            SqlReceiptStore(self.database), Counting(len, 4, 3), About("gpt-6-luna"), [("discord", ADMIN)]
        )
        self.api = DiscordApi(self.discord.token, self.discord.api_url, DiscordLimiter())
        self.places = Places(self.api, self.discord.bot)
        self.index = SqlThreadIndex(self.database)
        self.us = Identity(self.discord.application, self.discord.bot, "threadbot")
        services = InteractionServices(
            self.api, self.places, self.index, self.store, self.receipts, DEFAULT_SIGNS, lambda _guild: self.allowed
        )
        clock = lambda: datetime.now(UTC) + self.ahead  # noqa: E731
        self.interactions = Interactions(services, self.us, self.receive, Acknowledger(self.api, clock))

    async def listen(self, connected: Socket) -> None:
        while True:
            payload = await connected.next()
            if payload.get("t") == "INTERACTION_CREATE":
                self.tasks.append(asyncio.create_task(self.interactions.heard(payload["d"])))
            elif payload.get("t"):
                self.places.note(payload["t"], payload["d"])

    async def receive(self, incoming: Incoming) -> None:
        if self.held is not None:
            await self.held.wait()
        if self.broken > 0:
            self.broken -= 1
            raise LedgerError("the disk is full")
        if self.defect is not None:
            raise self.defect
        self.heard.append(incoming)
        if isinstance(incoming, Acted):
            await self.ledger.act(incoming)
        elif isinstance(incoming, Reacted):
            await self.ledger.react(incoming)
        elif not isinstance(incoming, Deleted | Moved):
            await self.ledger.record(incoming, decide)

    async def done(self) -> None:
        """All that was pressed and called has been dealt with."""
        await self.discord.wait_for(lambda: len(self.tasks) >= len(self.discord.interactions.all))
        await asyncio.gather(*self.tasks)

    def ref(self, channel: Channel, message: str) -> MessageRef:
        return MessageRef("discord", channel.guild or "@me", channel.id, message)

    async def claimed(self) -> Turn:
        [turn] = await self.ledger.claim("me", ["discord"], 10)
        return turn

    async def answered(self, turn: Turn, message: str) -> int:
        """Its completion. *message*: the id of the part that shows it."""
        await self.ledger.intend_part(turn.claim, 1)
        await self.ledger.note_part(turn.claim, 1, message)
        completion = await ask(self.ledger, turn)
        await self.ledger.complete(turn.claim, completion, RESULT, [], "en")
        await self.ledger.shown(turn.claim)
        return completion


@asynccontextmanager
async def calling(discord: Discord, database: Database) -> AsyncIterator[Bot]:
    """With its commands registered, and connected."""
    discord.gateway.limit.enforced = False
    bot = Bot(discord, database)
    await register(bot.api)
    async with socket(discord) as connected:
        await connected.ready()
        for event in connected.events:
            bot.places.note(event["t"], event["d"])
        listening = asyncio.create_task(bot.listen(connected))
        try:
            yield bot
        finally:
            if bot.held is not None:
                bot.held.set()
            for task in (listening, *bot.tasks):
                task.cancel()
            await asyncio.gather(listening, *bot.tasks, return_exceptions=True)


def shown(interaction: Interaction) -> Message:
    """What answers it."""
    assert interaction.original is not None
    return interaction.original
