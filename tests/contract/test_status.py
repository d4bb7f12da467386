"""The sign that we work, on every platform that can show one."""

from __future__ import annotations

import asyncio

from bot.core.ports import Status
from tests.contract.doors import ignore, needs, opened, running
from tests.contract.world import Capability, CapableWorld, Log

pytestmark = needs(Capability.STATUS)
WRITING = "is writing…"


async def test_a_status_is_there_until_it_is_cleared(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, Status)
        asked = await world.ask("hello")
        assert not world.working(asked)
        await platform.show_status(asked.thread, asked.id, WRITING, "hello")
        assert world.working(asked)
        await platform.clear_status(asked.thread, asked.id)
        await world.wait_for(lambda: not world.working(asked))


async def test_a_status_is_gone_once_the_answer_stands_there_and_it_is_cleared(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, Status)
        asked = await world.ask("hello")
        await platform.show_status(asked.thread, asked.id, WRITING)
        await (await opened(platform, asked, Log())).finish("An answer.")
        await platform.clear_status(asked.thread, asked.id)
        await world.wait_for(lambda: not world.working(asked))
        assert world.replies(asked.thread) == ["An answer."]


async def test_a_status_that_a_dead_process_left_is_taken_away(world: CapableWorld) -> None:
    async with running(world, ignore) as dead:
        assert isinstance(dead, Status)
        asked = await world.ask("hello")
        await dead.show_status(asked.thread, asked.id, WRITING)
        assert world.working(asked)
    async with running(world, ignore) as platform:
        assert isinstance(platform, Status)
        await platform.clear_status(asked.thread, asked.id, left_behind=True)
        await world.wait_for(lambda: not world.working(asked))


async def test_showing_it_again_and_clearing_what_is_not_there_are_no_errors(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, Status)
        asked = await world.ask("hello")
        await platform.clear_status(asked.thread, asked.id)
        await platform.show_status(asked.thread, asked.id, WRITING)
        await platform.show_status(asked.thread, asked.id, "is still writing…")
        assert world.working(asked)
        await platform.clear_status(asked.thread, asked.id)
        await platform.clear_status(asked.thread, asked.id)
        await world.wait_for(lambda: not world.working(asked))


async def test_a_platform_that_takes_no_status_is_no_error(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, Status)
        asked = await world.ask("hello")
        world.refuse_statuses()
        await platform.show_status(asked.thread, asked.id, WRITING)
        assert not world.working(asked)
        await platform.clear_status(asked.thread, asked.id)
        await (await opened(platform, asked, Log())).finish("An answer.")
        assert world.replies(asked.thread) == ["An answer."]


async def test_a_status_whose_call_is_cancelled_is_cleared_all_the_same(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        assert isinstance(platform, Status)
        asked = await world.ask("hello")
        shown = asyncio.create_task(platform.show_status(asked.thread, asked.id, WRITING))
        await asyncio.sleep(0)  # it has begun
        shown.cancel()
        await world.wait_for(lambda: world.working(asked))  # it goes on by itself
        await platform.clear_status(asked.thread, asked.id)
        await world.wait_for(lambda: not world.working(asked))
