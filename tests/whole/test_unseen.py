"""Without the message content intent, whoever writes to the bot without a mention is told once why it says nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.standins.discord import Discord
from tests.standins.discord.faults import Lost
from tests.standins.discord.state.objects import Channel, User
from tests.standins.model import ModelServer
from tests.standins.model.script import Answer
from tests.whole.dialogues.stages import DiscordStage

SAID = "-# Discord shows me only messages that mention me, so I could not read this one: "


class Blind:
    """A bot without the intent, and a thread in which it has answered kim."""

    def __init__(self, discord: Discord, stage: DiscordStage) -> None:
        self.discord, self.stage = discord, stage
        self.kim, self.lee = discord.add_user("kim"), discord.add_user("lee")
        self.channel = discord.add_channel("questions")

    async def asked(self) -> Channel:
        question = await self.discord.post(self.kim, self.channel, f"{self.discord.mention} How do I bake bread?")
        await self.discord.wait_for(lambda: self.discord.thread_of(question))
        thread = self.discord.thread_of(question)
        assert thread is not None
        await self.discord.wait_for(lambda: self.discord.replies(thread))
        await self.stage.settled(1)
        return thread

    async def said_nothing_to(self, who: User, channel: Channel, text: str) -> None:
        """What comes after it is answered, and it got no word."""
        before = self.said(channel)
        await self.discord.post(who, channel, text)
        await self.discord.post(who, channel, f"{self.discord.mention} go on")
        answers = len(self.discord.replies(channel)) - len(before)
        await self.discord.wait_for(lambda: len(self.discord.replies(channel)) - len(self.said(channel)) > answers)
        assert self.said(channel) == before

    def said(self, channel: Channel) -> list[str]:
        return [each for each in self.discord.replies(channel) if each.startswith(SAID)]


@pytest.fixture
async def blind(tmp_path: Path) -> AsyncIterator[Blind]:
    async with Discord(content=False) as discord, ModelServer() as model:
        model.default, discord.gateway.limit.enforced = Answer("With flour."), False
        yield Blind(discord, DiscordStage(model, tmp_path, discord))
        assert not discord.violations
        assert not any(each.pinged for each in discord.world.messages.values() if each.author == discord.bot)


@pytest.mark.parametrize("fault", [None, Lost(), Lost(performed=False)])
async def test_who_goes_on_without_a_mention_is_told_once(blind: Blind, fault: Lost | None) -> None:
    async with blind.stage.bot():
        thread = await blind.asked()
        if fault is not None:
            blind.discord.fail("create message", fault)
        await blind.discord.post(blind.kim, thread, "And rolls?")
        await blind.discord.wait_for(lambda: blind.said(thread))
        await blind.said_nothing_to(blind.kim, thread, "Hello?")


async def test_after_a_restart_it_is_not_said_again(blind: Blind) -> None:
    async with blind.stage.bot():
        thread = await blind.asked()
        await blind.discord.post(blind.kim, thread, "And rolls?")
        await blind.discord.wait_for(lambda: blind.said(thread))
    async with blind.stage.bot():
        await blind.said_nothing_to(blind.kim, thread, "Hello?")


async def test_people_who_talk_with_each_other_are_left_alone(blind: Blind) -> None:
    async with blind.stage.bot():
        thread = await blind.asked()
        await blind.said_nothing_to(blind.kim, thread, f"{blind.lee.mention} what do you think?")
        elsewhere = await blind.discord.open_thread(blind.kim, blind.channel, "our own")
        await blind.discord.post(blind.kim, elsewhere, "just us")
        await blind.said_nothing_to(blind.lee, thread, f"{blind.kim.mention} nothing")
        assert blind.discord.replies(elsewhere) == []


async def test_told_to_be_quiet_it_says_nothing(blind: Blind) -> None:
    async with blind.stage.bot():
        thread = await blind.asked()
        await blind.discord.post(blind.kim, thread, f"{blind.discord.mention} quiet")
        await blind.stage.settled(2)
        await blind.discord.post(blind.kim, thread, "And rolls?")
        await blind.discord.post(blind.kim, thread, f"{blind.discord.mention} listen")
        await blind.stage.settled(3)
        assert blind.said(thread) == []
