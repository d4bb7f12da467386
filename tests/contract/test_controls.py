"""What can be pressed below an answer, and what a press says, on every platform that draws controls."""

from __future__ import annotations

import pytest

from bot.core.controls import Control, Controls
from bot.core.conversation import Acted, Operation
from tests.contract.doors import Heard, ignore, long_text, needs, opened, running, words
from tests.contract.world import Asked, Capability, CapableWorld, Log, World

TURN, COMPLETION = 7, 3
OFFERED = (Control.CONTINUE, Control.REPEAT, Control.FEEDBACK)
ALL = Controls(OFFERED, COMPLETION)
PRESSED = [Operation.CONTINUE, Operation.REPEAT, Operation.LIKE, Operation.DISLIKE]


async def test_an_answer_with_controls_is_shown_on_every_platform(world: World) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        await (await opened(platform, asked, Log())).finish("An answer.", ["A note."], ALL)
        [shown] = world.replies(asked.thread)
    assert words([shown]) == words(["An answer.", "A note."])


@needs(Capability.CONTROLS)
async def test_controls_stand_below_the_last_part_of_an_answer(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        await (await opened(platform, asked, Log())).finish(long_text(world), (), ALL)
        *others, last = world.controls(asked.thread)
    assert others
    assert not any(others)
    assert last == set(OFFERED)


@needs(Capability.CONTROLS)
@pytest.mark.parametrize("offered", [(), (Control.REPEAT,), (Control.FEEDBACK,)])
async def test_only_what_is_offered_is_drawn(world: CapableWorld, offered: tuple[Control, ...]) -> None:
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        await (await opened(platform, asked, Log())).finish("An answer.", (), Controls(offered, COMPLETION))
        assert world.controls(asked.thread) == [set(offered)]


@needs(Capability.CONTROLS)
async def test_controls_that_are_no_longer_offered_are_taken_away(world: CapableWorld) -> None:
    async with running(world, ignore) as platform:
        asked, log = await world.ask("hello"), Log()
        await (await opened(platform, asked, log)).finish("An answer.", (), ALL)
        await (await opened(platform, asked, log)).finish("Another answer.")
        assert world.controls(asked.thread) == [set()]


async def answered(world: CapableWorld) -> Asked:
    """A question whose answer has controls; the door that answered it runs no longer."""
    async with running(world, ignore) as platform:
        asked = await world.ask("hello")
        await (await opened(platform, asked, Log(), TURN)).finish("An answer.", (), ALL)
    return asked


@needs(Capability.CONTROLS)
@pytest.mark.parametrize("operation", PRESSED)
async def test_a_press_says_who_wants_what_of_which_answer_also_after_a_restart(
    world: CapableWorld, operation: Operation
) -> None:
    asked = await answered(world)
    heard = Heard()
    async with running(world, heard):
        await world.press(asked.thread, operation)
        await world.wait_for(lambda: heard.of(Acted))
    [acted] = heard.of(Acted)
    assert (acted.thread, acted.operation, acted.by.id) == (asked.thread, operation, world.person.id)
    assert (acted.turn, acted.completion) == (TURN, COMPLETION)
    assert acted.at.tzinfo is not None


@needs(Capability.CONTROLS)
async def test_the_controls_of_a_notice_without_an_answer_name_its_turn(world: CapableWorld) -> None:
    heard = Heard()
    async with running(world, heard) as platform:
        asked = await world.ask("hello")
        again = Controls((Control.REPEAT,), None)
        await (await opened(platform, asked, Log(), TURN)).finish("", ["Sorry, try again."], again)
        await world.press(asked.thread, Operation.REPEAT)
        await world.wait_for(lambda: heard.of(Acted))
    [acted] = heard.of(Acted)
    assert (acted.operation, acted.turn, acted.completion) == (Operation.REPEAT, TURN, None)
