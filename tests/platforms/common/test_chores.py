"""Chores in the background: a defect in one is logged, all end with the platform, and a start is repeated."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.errors import PlatformError
from bot.platforms.common.chores import beside, started


async def test_a_chore_ends_with_its_platform() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def chore() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with beside("slack", chore()):
        await begun.wait()
        assert not ended.is_set()
    assert ended.is_set()


async def test_a_defect_in_a_chore_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    failed = asyncio.Event()

    async def chore() -> None:
        failed.set()
        raise ValueError("of ours")

    async with beside("slack", chore()):
        await failed.wait()
        while not caplog.records:  # noqa: ASYNC110 - the log can be told of by no event
            await asyncio.sleep(0)
    assert "slack" in caplog.text
    assert "of ours" in caplog.text


async def test_a_start_is_repeated_as_soon_as_the_platform_asks_for_it(caplog: pytest.LogCaptureFixture) -> None:
    outcomes = [PlatformError("ratelimited", passing=True, retry_after=0.0)] * 3

    async def start() -> str:
        if outcomes:
            raise outcomes.pop()
        return "up"

    assert await started("slack", start) == "up"
    assert caplog.text.count("ratelimited") == 3


async def test_a_start_that_is_pointless_is_not_repeated() -> None:
    starts = 0

    async def start() -> None:
        nonlocal starts
        starts += 1
        raise PlatformError("invalid_auth", passing=False)

    with pytest.raises(PlatformError, match="invalid_auth"):
        await started("slack", start)
    assert starts == 1
