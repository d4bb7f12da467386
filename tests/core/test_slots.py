"""Slots that people share: who is given one, and when."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.slots import FairSlots


class Room:
    """People with files: each file is held until the test lets it go. *inside* names their owners."""

    def __init__(self, total: int, each: int) -> None:
        self._slots = FairSlots(total, each)
        self._doors: dict[str, asyncio.Event] = {}
        self.inside: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def enter(self, *files: str) -> None:
        """A file is named by its owner, and a number behind it."""
        for file in files:
            self._doors[file] = asyncio.Event()
            self.tasks[file] = asyncio.create_task(self._stay(file))
        await self._settle()

    async def leave(self, file: str) -> None:
        self._doors[file].set()
        await self.tasks[file]
        await self._settle()

    async def give_up(self, file: str) -> None:
        self.tasks[file].cancel()
        await self._settle()

    async def close(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.wait(self.tasks.values())

    async def _stay(self, file: str) -> None:
        async with self._slots.slot(file[0]):
            self.inside.append(file)
            try:
                await self._doors[file].wait()
            finally:
                self.inside.remove(file)

    async def _settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_one_owner_leaves_a_slot_for_the_others() -> None:
    room = Room(total=3, each=2)
    await room.enter(*(f"a{number}" for number in range(20)))
    assert room.inside == ["a0", "a1"]

    await room.enter("b0")
    assert room.inside == ["a0", "a1", "b0"]
    await room.close()


async def test_a_free_slot_goes_to_who_has_the_fewest_and_these_take_turns() -> None:
    room = Room(total=2, each=2)
    await room.enter("a0", "a1", "a2", "a3", "b0", "b1", "c0")

    order = []
    for file in ("a0", "a1", "b0", "a2", "c0"):
        await room.leave(file)
        order.append(room.inside[-1])

    assert order == ["b0", "a2", "c0", "b1", "a3"]
    await room.close()


async def test_who_gives_up_waiting_takes_no_slot_and_holds_up_nobody() -> None:
    room = Room(total=1, each=1)
    await room.enter("a0", "b0", "b1", "c0")

    await room.give_up("b0")
    await room.leave("a0")
    await room.give_up("c0")
    await room.leave("b1")
    await room.enter("c1")

    assert room.inside == ["c1"]
    await room.close()


async def test_who_gives_up_in_the_moment_of_being_served_gives_the_slot_back() -> None:
    slots = FairSlots(1, 1)

    async def wait() -> None:
        async with slots.slot("a"):
            raise AssertionError("it was cancelled before")

    async with slots.slot("a"):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
    waiting.cancel()  # it was given the slot by the line before, and has not run since
    with pytest.raises(asyncio.CancelledError):
        await waiting

    async with asyncio.timeout(100), slots.slot("b"):
        pass
