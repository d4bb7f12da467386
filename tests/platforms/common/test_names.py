"""Names that are asked for: once, within a moment, and not again for a while. More is in each platform's tests."""

from __future__ import annotations

import asyncio

from bot.core.errors import PlatformError
from bot.platforms.common.names import KEPT, KEPT_WITHOUT, FoundName, Names


class Directory:
    """Whoever is asked for is called by the id, in capitals, but for those who are nobody."""

    def __init__(self) -> None:
        self.now, self.asked, self.gate = 0.0, list[str](), asyncio.Event()
        self.gate.set()
        self.names = Names("test", self._ask, lambda: self.now, patience=0.1)

    async def _ask(self, id_: str) -> FoundName:
        self.asked.append(id_)
        await self.gate.wait()
        if id_ == "nobody":
            raise PlatformError("unknown", passing=False)
        return FoundName(id_.upper())

    async def found(self, *ids: str) -> dict[str, str | None]:
        return {each: found.name for each, found in (await self.names.asked(ids)).items()}


async def test_a_name_is_asked_for_once_in_a_while() -> None:
    directory = Directory()
    for _ in range(2):
        assert await directory.found("kim", "nobody", "kim") == {"kim": "KIM", "nobody": None}
    directory.now += KEPT_WITHOUT
    await directory.found("kim", "nobody")
    assert directory.asked == ["kim", "nobody", "nobody"]
    directory.now += KEPT
    await directory.found("kim")
    assert directory.asked[-1] == "kim"


async def test_what_was_told_is_not_asked_for() -> None:
    directory = Directory()
    directory.names.note("kim", FoundName("Kimmy"))
    assert await directory.found("kim") == {"kim": "Kimmy"}
    assert directory.asked == []


async def test_names_that_do_not_come_in_time_are_absent() -> None:
    directory = Directory()
    directory.gate.clear()
    assert await directory.found("kim") == {"kim": None}
    directory.gate.set()
    assert await directory.found("kim") == {"kim": None}
    assert directory.asked == ["kim"]
