"""Slack and Discord as stages of a dialogue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from bot.commands.platforms import PlatformSetup, discord, slack
from bot.core.conversation import Operation
from bot.platforms.discord.incoming.reactions import DEFAULT_SIGNS
from bot.platforms.slack.incoming.reactions import DEFAULT_NAMES
from tests.standins.discord.standin import Discord
from tests.standins.discord.state.objects import BASIC_MESSAGES, Channel, Message
from tests.standins.model import ModelServer
from tests.standins.slack import Slack
from tests.whole.dialogues.stage import PEOPLE, Stage, Told, Upload

NAMES = {operation: name for name, operation in DEFAULT_NAMES.items()}
SIGNS = {operation: sign for sign, operation in DEFAULT_SIGNS.items()}


class SlackStage(Stage):
    setup = cast("PlatformSetup", slack)

    def __init__(self, model: ModelServer, directory: Path, standin: Slack) -> None:
        super().__init__(model, directory)
        self._slack = standin
        self.people = {name: standin.add_user(name.title()) for name in PEOPLE}
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


@asynccontextmanager
async def open_stage(name: str, model: ModelServer, directory: Path) -> AsyncIterator[Stage]:
    if name == "slack":
        async with Slack() as standin:
            yield SlackStage(model, directory, standin)
    else:
        async with Discord() as standin_of_discord:
            yield DiscordStage(model, directory, standin_of_discord)
