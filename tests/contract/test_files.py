"""Files that people send, on every platform that has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.core.files import FileOutcome, FileRef
from bot.core.ports import FileError, FileReader
from tests.contract.doors import Heard, needs, running
from tests.contract.world import Capability, CapableWorld

pytestmark = needs(Capability.FILES)
CONTENT = bytes(range(256)) * 40


@asynccontextmanager
async def sent(world: CapableWorld) -> AsyncIterator[tuple[FileReader, FileRef]]:
    """A file that somebody sent, as its event names it, and the door that can fetch it."""
    heard = Heard()
    async with running(world, heard) as platform:
        assert isinstance(platform, FileReader)
        await world.send_file("자료.csv", CONTENT, "text/csv")
        await world.wait_for(lambda: heard.said)
        [file] = heard.said[0].files
        yield platform, file


async def test_a_file_is_named_as_it_was_sent_and_fetched_whole(world: CapableWorld) -> None:
    async with sent(world) as (platform, file):
        assert (file.name, file.media_type) == ("자료.csv", "text/csv")
        assert file.size in (None, len(CONTENT))
        assert await platform.fetch(file, len(CONTENT)) == CONTENT


async def test_a_file_that_is_larger_than_wanted_is_not_fetched(world: CapableWorld) -> None:
    async with sent(world) as (platform, file):
        with pytest.raises(FileError) as error:
            await platform.fetch(file, len(CONTENT) - 1)
    assert (error.value.outcome, error.value.passing) == (FileOutcome.TOO_BIG, False)


async def test_a_file_that_is_no_longer_there_is_gone(world: CapableWorld) -> None:
    async with sent(world) as (platform, file):
        world.remove_files()
        with pytest.raises(FileError) as error:
            await platform.fetch(file, len(CONTENT))
    assert (error.value.outcome, error.value.passing) == (FileOutcome.GONE, False)


async def test_a_file_that_cannot_be_had_just_now_may_be_had_later(world: CapableWorld) -> None:
    async with sent(world) as (platform, file):
        world.fail_files()
        with pytest.raises(FileError) as error:
            await platform.fetch(file, len(CONTENT))
    assert error.value.passing
