"""Payloads become events in their order, and each is handed in until it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.core.conversation import Deleted, Edited, Incoming, MessageRef, Posted, Reacted, ThreadRef
from bot.core.errors import LedgerError
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.requests import Json
from bot.platforms.discord.gateway.dispatch import Dispatch, Ears, Listening
from bot.platforms.discord.incoming.identity import Identity
from bot.platforms.discord.incoming.reactions import DEFAULT_SIGNS
from bot.platforms.discord.places import Places
from tests.platforms.discord.gateway.listening import listening
from tests.standins.discord import Discord
from tests.standins.discord.faults import ServerError


class Nothing:
    """An index of a ledger that has nothing yet."""

    async def thread_of(self, ref: MessageRef) -> ThreadRef | None:
        return None

    async def newest_thread(self, platform: str, workspace: str, channel: str, before: int) -> ThreadRef | None:
        return None


@dataclass
class Store:
    """Where events go. *failures*: so many are refused; *defects*: those are, by a defect."""

    events: list[Incoming] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    interactions: list[Json] = field(default_factory=list)
    failures: int = 0
    defects: int = 0
    gate: asyncio.Event | None = None

    async def receive(self, incoming: Incoming) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise LedgerError("locked")
        if self.defects:
            self.defects -= 1
            raise ZeroDivisionError
        self.events.append(incoming)

    async def miss(self, channel: str) -> None:
        self.missed.append(channel)

    async def press(self, data: Json) -> None:
        self.interactions.append(data)

    @property
    def said(self) -> list[str]:
        return [each.text for each in self.events if isinstance(each, Posted)]


@asynccontextmanager
async def hearing(
    discord: Discord, api: DiscordApi, where: Listening | None = None
) -> AsyncIterator[tuple[Store, Dispatch]]:
    store, us = Store(), Identity(discord.application, discord.bot, "threadbot")
    ears = Ears(store.receive, store.miss, store.press)
    dispatch = Dispatch(ears, us, Places(api, discord.bot), Nothing(), DEFAULT_SIGNS, where or Listening())
    async with listening(discord, content=True) as us_there:
        us_there.connection._heard_by = dispatch.heard  # noqa: SLF001 - one session for both
        for name, data in us_there.heard:
            dispatch.heard(name, data)
        yield store, dispatch
    await dispatch.drain()


async def test_what_people_do_comes_in_as_events_in_its_order(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    async with hearing(discord, api) as (store, _):
        message = await discord.post(kim, channel, "a text")
        await discord.edit(message, "another text")
        await discord.react(kim, message, "📌")
        await discord.unreact(kim, message, "📌")
        await discord.delete(message)
        await discord.wait_for(lambda: len(store.events) == 5)
    posted, edited, added, removed, gone = store.events
    assert isinstance(posted, Posted)
    assert posted.thread == ThreadRef("discord", discord.guild.id, channel.id, message.id)
    assert isinstance(edited, Edited)
    assert edited.message.text == "another text"
    assert isinstance(added, Reacted)
    assert isinstance(removed, Reacted)
    assert (added.added, removed.added) == (True, False)
    assert isinstance(gone, Deleted)
    assert gone.ref == posted.ref


async def test_an_event_that_cannot_be_stored_is_handed_in_again_before_what_came_after_it(
    discord: Discord, api: DiscordApi
) -> None:
    kim, channel, other = discord.add_user("kim"), discord.add_channel("general"), discord.add_channel("other")
    async with hearing(discord, api) as (store, _):
        store.failures = 2
        for text in ("first", "second", "third"):
            await discord.post(kim, channel, text)
        await discord.wait_for(lambda: len(store.events) == 3)
        assert store.said == ["first", "second", "third"]
        store.failures = 1
        await discord.post(kim, channel, "waits")
        await discord.wait_for(lambda: not store.failures)
        await discord.post(kim, other, "elsewhere")
        await discord.wait_for(lambda: len(store.events) == 5)
        assert store.said[-2:] == ["elsewhere", "waits"], "another channel does not wait"


async def test_an_event_that_we_have_a_defect_for_does_not_keep_what_comes_after_it(
    discord: Discord, api: DiscordApi, caplog: pytest.LogCaptureFixture
) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    async with hearing(discord, api) as (store, _):
        store.defects = 1
        await discord.post(kim, channel, "breaks it")
        await discord.post(kim, channel, "goes on")
        await discord.wait_for(lambda: store.said == ["goes on"])
    assert "by a defect of ours" in caplog.text


async def test_a_place_that_cannot_be_asked_for_just_now_is_asked_for_again(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    question = await discord.post(kim, channel, "a question")
    thread = await discord.start_thread(kim, question, "a thread")
    async with hearing(discord, api) as (store, dispatch):
        dispatch.heard("THREAD_DELETE", {"id": thread.id, "guild_id": discord.guild.id, "parent_id": channel.id})
        discord.fail("get channel", ServerError(), times=2)
        await discord.post(kim, thread, "in it")
        await discord.wait_for(lambda: store.said)
    [posted] = store.events
    assert isinstance(posted, Posted)
    assert posted.thread == ThreadRef("discord", discord.guild.id, channel.id, thread.id)


async def test_marks_that_are_cleared_are_read_anew(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    async with hearing(discord, api) as (store, _):
        message = await discord.post(kim, channel, "a text")
        await discord.react(kim, message, "📌")
        await discord.clear_reactions(message)
        await discord.wait_for(lambda: store.missed)
    assert store.missed == [channel.id]


async def test_a_channel_that_we_see_again_may_have_been_missed(discord: Discord, api: DiscordApi) -> None:
    channel = discord.add_channel("general", hidden=True)
    async with hearing(discord, api) as (store, _):
        discord.allow(channel, "VIEW_CHANNEL")
        await discord.wait_for(lambda: store.missed)
    assert store.missed == [channel.id]


@pytest.mark.parametrize("direct", [True, False])
async def test_it_listens_only_where_it_is_meant_to(discord: Discord, api: DiscordApi, direct: bool) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    other = discord.add_guild("other")
    elsewhere = discord.add_channel("elsewhere", guild=other)
    lee = discord.add_user("lee", guild=other)
    async with hearing(discord, api, Listening(frozenset({discord.guild.id}), direct=direct)) as (store, _):
        await discord.post(lee, elsewhere, "not for us")
        await discord.post(kim, discord.direct(kim), "directly")
        await discord.post(kim, channel, "for us")
        await discord.wait_for(lambda: "for us" in store.said)
        await asyncio.sleep(0.05)
    assert store.said == (["directly", "for us"] if direct else ["for us"])


async def test_an_interaction_does_not_wait_for_what_is_stored(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    await api.put_commands([{"name": "ask", "type": 1, "description": "Ask"}])
    async with hearing(discord, api) as (store, _):
        store.gate = asyncio.Event()
        await discord.post(kim, channel, "waits")
        await discord.call(kim, channel, "ask")
        await discord.wait_for(lambda: store.interactions)
        store.gate.set()


async def test_what_has_come_is_stored_before_the_end_and_no_task_is_left(discord: Discord, api: DiscordApi) -> None:
    kim, channel = discord.add_user("kim"), discord.add_channel("general")
    async with hearing(discord, api) as (store, dispatch):
        store.gate = asyncio.Event()
        await discord.post(kim, channel, "the last words")
        await discord.wait_for(lambda: dispatch._waiting)  # noqa: SLF001 - nothing else tells that it waits
        asyncio.get_running_loop().call_later(0.1, store.gate.set)
    assert store.said == ["the last words"]
    assert not [task for task in asyncio.all_tasks() if "gateway/dispatch.py" in str(task)]
