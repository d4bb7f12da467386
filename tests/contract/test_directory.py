"""Names of people and channels, and locales, on every platform that has a directory."""

from __future__ import annotations

from bot.core.ports import Directory
from tests.contract.doors import Heard, needs, running
from tests.contract.world import Capability, CapableWorld

pytestmark = needs(Capability.DIRECTORY)
NOBODY = "99"


async def test_those_whom_a_text_refers_to_are_found_by_their_names(world: CapableWorld) -> None:
    heard = Heard()
    async with running(world, heard) as platform:
        assert isinstance(platform, Directory)
        asked = await world.refer()
        await world.wait_for(lambda: heard.said)
        text, thread = heard.said[0].text, asked.thread
        found = platform.references(text)
        assert set(found.people) - {platform.own_id} == {world.person.id}
        assert list(found.channels) == [thread.channel]
        names = await platform.names(thread.workspace, found.people)
        assert names[world.person.id] == world.person.name
        channels = await platform.channel_names(thread, found.channels)
        assert channels == {thread.channel: world.channel_name}
        readable = platform.readable(text, {**names, **channels})
    assert f"@{world.person.name}" in readable
    assert f"#{world.channel_name}" in readable
    assert world.person.id not in readable


async def test_a_text_without_references_refers_to_nobody_but_us(world: CapableWorld) -> None:
    heard = Heard()
    async with running(world, heard) as platform:
        assert isinstance(platform, Directory)
        await world.ask("<@U0123> and #general")
        await world.wait_for(lambda: heard.said)
        found = platform.references(heard.said[0].text)
        assert set(found.people) <= {platform.own_id}
        assert not found.channels


async def test_we_know_ourselves_once_events_come(world: CapableWorld) -> None:
    heard = Heard()
    async with running(world, heard) as platform:
        assert isinstance(platform, Directory)
        await world.ask("hello")
        await world.wait_for(lambda: heard.said)
        assert platform.own_id
        assert platform.own_id != heard.said[0].author.id


async def test_authors_are_found_in_the_directory_with_their_locales(world: CapableWorld) -> None:
    heard = Heard()
    async with running(world, heard) as platform:
        assert isinstance(platform, Directory)
        asked = await world.ask("hello")
        await world.wait_for(lambda: heard.said)
        author = heard.said[0].author.id
        assert author == world.person.id
        assert await platform.names(asked.thread.workspace, [author]) == {author: world.person.name}
        told = {author: world.person.locale} if world.person.locale else {}
        assert await platform.locales(asked.thread.workspace, [author]) == told


async def test_who_is_not_known_is_left_out(world: CapableWorld) -> None:
    async with running(world, Heard()) as platform:
        assert isinstance(platform, Directory)
        asked = await world.ask("hello")
        workspace, person = asked.thread.workspace, world.person
        assert await platform.names(workspace, [NOBODY, person.id]) == {person.id: person.name}
        assert await platform.channel_names(asked.thread, [NOBODY]) == {}
        assert await platform.names(workspace, []) == {}


async def test_a_platform_that_tells_no_names_is_no_error(world: CapableWorld) -> None:
    async with running(world, Heard()) as platform:
        assert isinstance(platform, Directory)
        asked = await world.ask("hello")
        world.fail_lookups()
        assert await platform.names(asked.thread.workspace, [world.person.id]) == {}
        assert await platform.locales(asked.thread.workspace, [world.person.id]) == {}
        known = await platform.channel_names(asked.thread, [asked.thread.channel])  # where no call is needed for it
        assert known in ({}, {asked.thread.channel: world.channel_name})
