"""How every platform hands in what people post: nothing lost, nothing twice, each copy alike."""

from __future__ import annotations

import asyncio
import gc

import pytest

from bot.core.conversation import Incoming, ParticipantKind, Posted
from bot.core.errors import LedgerError
from tests.contract.doors import Heard, ignore, needs, running
from tests.contract.world import Capability, World, left_behind


@needs(Capability.ACKNOWLEDGEMENTS)
async def test_an_event_reaches_receive_before_it_is_acknowledged(world: World) -> None:
    reached, release = asyncio.Event(), asyncio.Event()

    async def receive(incoming: Incoming) -> None:
        if isinstance(incoming, Posted) and incoming.author.kind is ParticipantKind.PERSON:
            reached.set()
            await release.wait()

    async with running(world, receive):
        asked = await world.ask("hello")
        await reached.wait()
        assert not world.acknowledged(asked)
        release.set()
        await world.wait_for(lambda: world.acknowledged(asked))


class Broken(Heard):
    """A receive that remembers what it could not store, until it is mended."""

    broken = True

    async def __call__(self, incoming: Incoming) -> None:
        self.append(incoming)
        if self.broken:
            raise LedgerError("the disk is full")


@needs(Capability.ACKNOWLEDGEMENTS)
async def test_an_event_that_could_not_be_stored_is_not_acknowledged(world: World) -> None:
    heard = Broken()
    async with running(world, heard):
        asked = await world.ask("안녕")
        await world.wait_for(lambda: heard.said)
        assert not world.acknowledged(asked)


async def test_an_event_that_could_not_be_stored_is_delivered_again(world: World) -> None:
    heard = Broken()
    async with running(world, heard):
        asked = await world.ask("안녕")
        await world.wait_for(lambda: heard.said)
        heard.broken = False
        before = len(heard)
        await world.redeliver()
        await world.wait_for(lambda: heard[before:] and world.acknowledged(asked))
        assert {said.id for said in heard.said} == {asked.id}


async def test_every_copy_of_a_message_is_the_same_message_and_decided_alike(world: World) -> None:
    heard = Heard()
    async with running(world, heard):
        asked = await world.ask("hello")
        await world.wait_for(lambda: heard.said and world.acknowledged(asked))
        once = len(heard.said)
        await world.deliver_again()
        await world.wait_for(lambda: len(heard.said) == 2 * once)
    assert {(each.thread, each.id) for each in heard.said} == {(asked.thread, asked.id)}
    assert len({(each.position, each.author, each.text, each.addressed, each.direct) for each in heard.said}) == 1
    assert heard.said[0].addressed


async def test_a_message_without_a_mention_is_handed_in_and_not_addressed(world: World) -> None:
    heard = Heard()
    async with running(world, heard) as platform:
        said = await world.say("Lunch? 1 < 2")
        await world.wait_for(lambda: heard.said)
    assert (heard.said[0].thread, heard.said[0].id) == (said.thread, said.id)
    assert not heard.said[0].addressed
    assert platform.readable(heard.said[0].text) == "Lunch? 1 < 2"


async def test_messages_of_a_thread_are_ordered_by_position(world: World) -> None:
    heard = Heard()
    async with running(world, heard):
        first = await world.ask("하나")
        second = await world.ask("둘", after=first)
        await world.wait_for(lambda: {first.id, second.id} <= {said.id for said in heard.said})
    said = {each.id: each for each in heard.said}
    assert said[second.id].thread == said[first.id].thread
    assert said[second.id].position > said[first.id].position


async def test_a_reader_does_not_see_the_mention(world: World) -> None:
    heard = Heard()
    async with running(world, heard) as platform:
        await world.ask("1 < 2 && 3 > 2?")
        await world.wait_for(lambda: heard.said)
        assert platform.readable(heard.said[0].text) == "1 < 2 && 3 > 2?"


async def test_a_door_that_runs_is_ready_and_connected_and_names_its_platform(world: World) -> None:
    assert not world.platform().connected
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        assert platform.ready
        assert platform.connected
        assert platform.name == asked.thread.platform
    assert not platform.connected


async def test_cancelling_run_leaves_nothing_behind(world: World) -> None:
    before = asyncio.all_tasks()
    heard = Heard()
    async with running(world, heard):
        asked = await world.ask("hello")
        await world.wait_for(lambda: heard.said and world.acknowledged(asked))
        assert left_behind(before) != []  # else this would not see the door's tasks
    assert left_behind(before) == []
    gc.collect()  # an unclosed session or socket warns here, and warnings are errors


async def test_cancelling_run_lets_an_event_in_flight_be_stored_and_acknowledged(world: World) -> None:
    reached, release, stored = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def receive(_said: Incoming) -> None:
        reached.set()
        await release.wait()
        stored.set()

    platform = world.platform()
    task = asyncio.create_task(platform.run(receive))
    await world.connected(platform)
    asked = await world.ask("hello")
    await reached.wait()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=0.1)
    assert not done  # it waits for the event
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stored.is_set()
    await world.wait_for(lambda: world.acknowledged(asked))
