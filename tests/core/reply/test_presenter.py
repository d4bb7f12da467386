"""What the presenter makes of the words that come, before it shows them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from bot.core.controls import NO_CONTROLS, Controls
from bot.core.ports import PaceSettings
from bot.core.reply.presenter import Presenter
from tests.hostile import run
from tests.watchdog import Watchdog, watching


class Board:
    """A reply that keeps what it is shown."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.shown = asyncio.Event()
        self.pause = 0.0

    async def show(self, text: str) -> None:
        self.texts.append(text)
        self.shown.set()

    async def finish(self, text: str, notes: Sequence[str] = (), controls: Controls = NO_CONTROLS) -> None: ...

    def halt(self) -> None: ...

    async def kept(self, text: str) -> str:
        return text

    async def remove(self) -> None: ...


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    with watching() as watchdog:
        yield watchdog


async def test_a_long_answer_that_is_gone_on_with_is_joined_while_others_run(watchdog: Watchdog) -> None:
    board = Board()

    async def opened() -> Board:
        return board

    presenter = Presenter(opened, PaceSettings(first=0.0, second=0.0, later=0.0, growth=1.0, longest=0.0))
    presenter.continued = run("#\n", 300_000)
    presenter.add("And more.")
    await board.shown.wait()
    await presenter.stop()
    assert board.texts[0].startswith("#\n#\n")
    assert watchdog.held == []
