"""The worlds in which each test of the contract runs. The summary says what was left out where, and why."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.world import WORLDS, World, lacked, open_world


@pytest.fixture(params=sorted(WORLDS))
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A mark *needs* names the capabilities without which a test says nothing: in a world with these it has them."""
    lacks = lacked(request.param)
    for mark in request.node.iter_markers("needs"):
        for capability in mark.args:
            if capability in lacks:
                pytest.skip(f"{request.param} lacks {capability}: {lacks[capability]}")
    async with open_world(request.param) as opened:
        yield opened
