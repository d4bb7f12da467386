"""We type while there are no words, where they will stand."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.conversation import ThreadRef
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.places import DIRECT, Places
from bot.platforms.discord.status import titles as titles_module
from bot.platforms.discord.status.titles import Titles
from bot.platforms.discord.status.typing import DiscordTyping
from tests.standins.discord.faults import Hung, RateLimited, Refused, ServerError
from tests.standins.discord.standin import Discord
from tests.standins.discord.state import wire
from tests.standins.discord.state.objects import Channel

TYPING = "trigger typing indicator"


class Stage:
    def __init__(self, discord: Discord, api: DiscordApi) -> None:
        self.discord, self.titles = discord, Titles()
        self.general = discord.add_channel("general")
        self.places = Places(api, discord.bot)
        self.places.note("GUILD_CREATE", wire.created_guild(discord.world, discord.guild))
        self.typing = DiscordTyping(api, self.places, self.titles, shown_seconds=0.05)

    def thread(self, root: str = "12", channel: Channel | None = None) -> ThreadRef:
        return ThreadRef("discord", self.discord.guild.id, (channel or self.general).id, root)

    async def still(self) -> None:
        """Nobody types any more: for three times as long as it would take."""
        count = len(self.typed_in())
        await asyncio.sleep(0.15)
        assert len(self.typed_in()) == count

    def typed_in(self) -> list[str]:
        return [call.path.split("/")[-2] for call in self.discord.calls(TYPING)]


@pytest.fixture
def stage(discord: Discord, api: DiscordApi) -> Stage:
    return Stage(discord, api)


async def test_it_is_shown_at_once_and_again_until_it_is_taken_away(stage: Stage) -> None:
    await stage.typing.show_status(stage.thread(), "12", "is writing…")
    assert stage.typed_in() == [stage.general.id]
    await stage.discord.wait_for(lambda: len(stage.typed_in()) > 2)
    await stage.typing.clear_status(stage.thread(), "12")
    await stage.still()


async def test_it_is_shown_in_the_thread_where_there_is_one(stage: Stage) -> None:
    lee = stage.discord.add_user("lee")
    opened = await stage.discord.open_thread(lee, stage.general, "bread")
    stage.places.note("THREAD_CREATE", wire.channel(stage.discord.world, opened))
    direct = ThreadRef("discord", DIRECT, stage.discord.direct(lee).id, "77")
    await stage.typing.show_status(stage.thread(opened.id), "1", "")
    await stage.typing.show_status(direct, "2", "")
    assert set(stage.typed_in()) == {opened.id, direct.channel}
    await stage.typing.close()
    assert stage.discord.violations == []


async def test_where_another_process_is_connected_the_thread_is_asked_for(stage: Stage) -> None:
    lee = stage.discord.add_user("lee")
    opened = await stage.discord.open_thread(lee, stage.general, "bread")
    stage.places.forget(lambda _guild: True)
    for root in (opened.id, "12"):
        await stage.typing.show_status(stage.thread(root), root, "is writing…")
        await stage.typing.clear_status(stage.thread(root), root)
    assert list(dict.fromkeys(stage.typed_in())) == [opened.id, stage.general.id]


async def test_words_end_it(stage: Stage) -> None:
    await stage.typing.show_status(stage.thread(), "12", "")
    await stage.typing.show_status(stage.thread("13"), "13", "")
    stage.typing.posted(stage.thread())
    stage.typing.posted(stage.thread("13"))
    await stage.still()


@pytest.mark.parametrize(("fault", "goes_on"), [(Refused(), False), (ServerError(), True), (RateLimited(0.01), True)])
async def test_a_refusal_ends_it_and_trouble_does_not(
    stage: Stage, fault: Refused | ServerError | RateLimited, goes_on: bool
) -> None:
    stage.discord.fail(TYPING, fault)
    await stage.typing.show_status(stage.thread(), "12", "")
    if goes_on:
        await stage.discord.wait_for(lambda: len(stage.typed_in()) > 1)
    else:
        await stage.still()
    await stage.typing.close()


async def test_an_answer_does_not_wait_long_for_it(stage: Stage) -> None:
    stage.discord.fail(TYPING, Hung())
    async with asyncio.timeout(2):
        await stage.typing.show_status(stage.thread(), "12", "")
        await stage.typing.close()


async def test_cut_off_it_goes_on(stage: Stage) -> None:
    gate = stage.discord.hold(TYPING)
    showing = asyncio.create_task(stage.typing.show_status(stage.thread(), "12", ""))
    await gate.reached.wait()
    showing.cancel()
    await asyncio.wait([showing])
    gate.open()
    await stage.discord.wait_for(lambda: len(stage.typed_in()) > 1)
    await stage.typing.close()


async def test_the_title_is_what_the_thread_will_be_called(stage: Stage) -> None:
    await stage.typing.show_status(stage.thread(), "12", "", "How do I **bake** bread?")
    assert stage.titles.of("12") == "How do I bake bread?"
    await stage.typing.close()


def test_titles_are_forgotten() -> None:
    titles = Titles()
    for number in range(titles_module.MOST + 5):
        titles.note(str(number), f"question {number}")
    assert titles.of("4") is None
    assert titles.of("5") == "question 5"
    titles.note("5", "🎉")
    titles.forget("6")
    assert titles.of("5") is titles.of("6") is None
