"""Slack, Discord and the playground as stages of a dialogue."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, cast

from bot.commands.platforms import PlatformSetup, discord, slack
from bot.core.conversation import Operation
from bot.core.ports import Platform
from bot.platforms.discord.incoming.reactions import DEFAULT_SIGNS
from bot.platforms.slack.incoming.reactions import DEFAULT_NAMES
from bot.platforms.web.adapter import WebPlatform
from bot.platforms.web.workspace.live import Live
from bot.platforms.web.workspace.places import BOT, YOU, Draft
from bot.platforms.web.workspace.server import serving
from bot.platforms.web.workspace.store import Store
from bot.settings import Settings
from bot.store.database.base import Database
from tests.contract.web_world import HOST, LACKS, SECRET
from tests.contract.world import Capability
from tests.faults import lives
from tests.faults.lives import Life
from tests.standins.discord.standin import Discord
from tests.standins.discord.state.objects import BASIC_MESSAGES, Channel, Message
from tests.standins.model import ModelServer
from tests.standins.slack import Slack
from tests.whole.dialogues.stage import ALONE, PEOPLE, LackingError, Stage, Told, Upload

NAMES = {operation: name for name, operation in DEFAULT_NAMES.items()}
SIGNS = {operation: sign for sign, operation in DEFAULT_SIGNS.items()}


class SlackStage(Stage):
    setup = cast("PlatformSetup", slack)

    def __init__(self, model: ModelServer, directory: Path, standin: Slack, *, alone: bool = False) -> None:
        super().__init__(model, directory, alone=alone)
        self._slack = standin
        only = standin.add_user(ALONE) if alone else None
        self.people = {name: only or standin.add_user(name.title()) for name in PEOPLE}
        self._channel = standin.add_channel("general")
        self._places: dict[str, str] = {}  # the channel of a root

    def settings(self) -> dict[str, Any]:
        return {
            "slack_bot_token": self._slack.bot_token,
            "slack_app_token": self._slack.app_token,
            "slack_api_url": self._slack.api_url,
        }

    async def connected(self) -> None:
        await self._slack.wait_connected()

    async def write(
        self, who: str, text: str, after: Told | None = None, *, mention: bool = False, files: tuple[Upload, ...] = ()
    ) -> Told:
        described = tuple(self._slack.files.add(each.name, each.content, each.media_type) for each in files)
        wire, place = self._wire(text, mention=mention), self._place(after)
        ts = await self._slack.post(self.people[who], place, wire, after.root if after else None, files=described)
        root = after.root if after else ts
        self._places[root] = place
        return Told(root, ts)

    async def write_direct(self, who: str, text: str) -> Told:
        place = self._slack.direct(self.people[who])
        ts = await self._slack.post(self.people[who], place, self._wire(text, mention=False))
        self._places[ts] = place
        return Told(ts, ts)

    def _wire(self, text: str, *, mention: bool) -> str:
        """As Slack takes what is typed, with mentions picked from its menu."""
        typed = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for who in PEOPLE:
            typed = typed.replace(self.called(who).replace("<", "&lt;").replace(">", "&gt;"), self.called(who))
        return f"{self._slack.mention} {typed}" if mention else typed

    def _place(self, told: Told | None) -> str:
        return self._places[told.root] if told else self._channel

    def called(self, who: str) -> str:
        return f"<@{self.people[who]}>"

    async def edit(self, told: Told, text: str, *, mention: bool = False) -> None:
        await self._slack.edit(self._place(told), told.id, self._wire(text, mention=mention))

    async def delete(self, told: Told) -> None:
        await self._slack.remove(self._place(told), told.id)

    async def delete_channel(self) -> None:
        await self._slack.emit({"type": "channel_deleted", "channel": self._channel})

    async def react(self, who: str, told: Told, operation: Operation, *, added: bool = True) -> None:
        change = self._slack.react if added else self._slack.unreact
        await change(self.people[who], self._place(told), told.id, NAMES[operation])

    def answers(self, root: str) -> list[Told]:
        found = self._slack.thread(self._places[root], root)
        return [Told(root, each.ts) for each in found if each.user == self._slack.bot_user]

    def shown(self, told: Told) -> str:
        replies = self._slack.replies(self._place(told), told.root)
        return replies[[each.id for each in self.answers(told.root)].index(told.id)]


class DiscordStage(Stage):
    setup = cast("PlatformSetup", discord)

    def __init__(self, model: ModelServer, directory: Path, standin: Discord) -> None:
        super().__init__(model, directory)
        self._discord = standin
        self._users = {name: standin.add_user(name) for name in PEOPLE}
        self.people = {name: user.id for name, user in self._users.items()}
        self._channel = standin.add_channel("general")
        self._places: dict[str, Channel] = {}

    def settings(self) -> dict[str, Any]:
        return {"discord_token": self._discord.token, "discord_api_url": self._discord.api_url}

    async def connected(self) -> None:
        await self._discord.wait_connected()

    async def write(
        self, who: str, text: str, after: Told | None = None, *, mention: bool = False, files: tuple[Upload, ...] = ()
    ) -> Told:
        sent = [(each.name, each.content, each.media_type) for each in files]
        place = await self._place(after) if after else self._channel
        message = await self._discord.post(self._users[who], place, self._wire(text, mention=mention), files=sent)
        root = after.root if after else message.id
        self._places.setdefault(root, place)
        return Told(root, message.id)

    async def write_direct(self, who: str, text: str) -> Told:
        """As the first message of a topic."""
        place = self._discord.direct(self._users[who])
        message = await self._discord.post(self._users[who], place, text)
        self._places[message.id] = place
        return Told(message.id, message.id)

    def _wire(self, text: str, *, mention: bool) -> str:
        return f"{self._discord.mention} {text}" if mention else text

    async def _place(self, told: Told) -> Channel:
        """The thread of a root, which somebody opens where the bot has not."""
        place = self._places[told.root]
        if place.guild is None:
            return place
        if told.root not in self._discord.world.channels:
            await self._discord.start_thread(self._users["kim"], self._message(Told(told.root, told.root)), "a talk")
        return self._discord.world.channels[told.root]

    def called(self, who: str) -> str:
        return self._users[who].mention

    async def edit(self, told: Told, text: str, *, mention: bool = False) -> None:
        await self._discord.edit(self._message(told), self._wire(text, mention=mention))

    async def delete(self, told: Told) -> None:
        await self._discord.delete(self._message(told))

    async def delete_channel(self) -> None:
        await self._discord.delete_channel(self._channel)

    async def react(self, who: str, told: Told, operation: Operation, *, added: bool = True) -> None:
        change = self._discord.react if added else self._discord.unreact
        await change(self._users[who], self._message(told), SIGNS[operation])

    def answers(self, root: str) -> list[Told]:
        place = self._discord.world.channels.get(root) or self._places[root]
        return [
            Told(root, each.id)
            for each in place.shown
            if each.author == self._discord.bot and each.type in BASIC_MESSAGES
        ]

    def shown(self, told: Told) -> str:
        return self._message(told).content

    def _message(self, told: Told) -> Message:
        return self._discord.world.messages[told.id]


class PlaygroundSetup:
    """The playground's bot is no platform that somebody sets up: it is told where its parent is."""

    NAME = "web"

    def __init__(self) -> None:
        self.url = ""

    def build(self, _settings: Settings, _store: Database) -> Platform:
        return WebPlatform(self.url, SECRET)


class PlaygroundStage(Stage):
    def __init__(self, model: ModelServer, directory: Path, store: Store, live: Live) -> None:
        self._setup = PlaygroundSetup()
        self.setup = cast("PlatformSetup", self._setup)
        super().__init__(model, directory, alone=True)
        self._store, self._live = store, live
        self.people = dict.fromkeys(PEOPLE, YOU.id)

    def settings(self) -> dict[str, Any]:
        return {}

    async def connected(self) -> None:
        """What is said is kept until the bot has it."""

    async def write(
        self, who: str, text: str, after: Told | None = None, *, mention: bool = False, files: tuple[Upload, ...] = ()
    ) -> Told:
        if files:
            raise _lacking(Capability.FILES)
        channel = self._store.message(int(after.root)).channel if after else "general"
        return self._post(channel, f"@threadbot {text}" if mention else text, after)

    async def write_direct(self, who: str, text: str) -> Told:
        return self._post("dm", text)

    def _post(self, channel: str, text: str, after: Told | None = None) -> Told:
        message = self._live.post(Draft(channel, YOU.id, text, int(after.root) if after else None))
        return Told(str(message.thread), str(message.id))

    def called(self, who: str) -> str:
        raise _lacking(Capability.PINGS)

    async def edit(self, told: Told, text: str, *, mention: bool = False) -> None:
        raise _lacking(Capability.EDITS)

    async def delete(self, told: Told) -> None:
        raise _lacking(Capability.DELETIONS)

    async def delete_channel(self) -> None:
        raise _lacking(Capability.DELETIONS)

    async def react(self, who: str, told: Told, operation: Operation, *, added: bool = True) -> None:
        raise _lacking(Capability.REACTIONS)

    def answers(self, root: str) -> list[Told]:
        replies = self._store.replies(int(root), limit=100, newest=True)
        return [Told(root, str(each.id)) for each in replies if each.author == BOT.id]

    def shown(self, told: Told) -> str:
        return self._store.message(int(told.id)).text

    @asynccontextmanager
    async def bot(self, *, burst: float = 0.0, **settings: Any) -> AsyncIterator[Platform]:
        async with super().bot(burst=burst, **settings) as platform:
            yield platform
        assert isinstance(platform, WebPlatform)
        await platform.close()

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Life]:
        greeting = json.dumps({"url": self._setup.url, "secret": SECRET}).encode() + b"\n"
        told = ("-m", "bot", "playground-bot")
        async with lives.bot(self.directory, self.environment(), *told, greeting=greeting) as life:
            yield life

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with serving(self._live, host=HOST, port=0, secret=SECRET, redeliver_seconds=5.0) as port:
            self._setup.url = f"http://{HOST}:{port}"
            yield


def _lacking(capability: Capability) -> LackingError:
    return LackingError(f"web lacks {capability}: {LACKS[capability]}")


@asynccontextmanager
async def open_stage(name: str, model: ModelServer, directory: Path, *, alone: bool = False) -> AsyncIterator[Stage]:
    """*alone*: see Stage; the playground is so, and Slack can be."""
    if name == "slack":
        async with Slack() as standin:
            yield SlackStage(model, directory, standin, alone=alone)
    elif name == "discord":
        async with Discord() as standin_of_discord:
            yield DiscordStage(model, directory, standin_of_discord)
    else:
        with closing(Store.open(directory / "playground.db")) as store:
            live = Live(store)
            stage = PlaygroundStage(model, directory, store, live)
            async with stage.listening():
                yield stage
                live.close()
