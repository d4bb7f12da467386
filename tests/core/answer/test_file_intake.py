"""Reading the files of a prompt: for whose the answer waits, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from bot.core.answer.file_intake import FileIntake, unread
from bot.core.conversation import Message, Participant, Version
from bot.core.files import File, FileOutcome, FileRef, Reading
from bot.core.ports import Platform
from bot.core.turn import History

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Shelf:
    """A platform and a store of files. What is held back is fetched when the gate opens."""

    name = "slack"

    def __init__(self, *held: str) -> None:
        self.held, self.gate = held, asyncio.Event()
        self.fetching: set[str] = set()
        self.noted: list[int] = []

    async def fetch(self, file: FileRef, limit: int) -> bytes:
        if file.id in self.held:
            self.fetching.add(file.id)
            try:
                await self.gate.wait()
            finally:
                self.fetching.discard(file.id)
        return file.id.encode()

    async def read(self, content: bytes, media_type: str, sender: str) -> Reading:
        return Reading(FileOutcome.READ, content.decode())

    async def note(self, files: Sequence[File]) -> None:
        self.noted += [file.id for file in files]


def said(number: int, who: str, *files: str, addressed: bool = False) -> Message:
    kept = [File(number * 100 + n, FileRef(id_, id_, ""), Reading(FileOutcome.PENDING)) for n, id_ in enumerate(files)]
    version = Version(number, "here", "here", 1)
    return Message(number, f"{number}.0", number, Participant(who), version, addressed, NOW, kept)


async def read(history: History, shelf: Shelf) -> History:
    """Without any time for the files of others."""
    keys = {f"f{file.id}:pending" for message in history.said for file in message.files}
    now = asyncio.get_running_loop().time()
    return await FileIntake(shelf, shelf).read(history, keys, cast("Platform", shelf), 10_000, len, now)


def outcomes(history: History) -> dict[str, FileOutcome]:
    return {file.ref.id: file.reading.outcome for message in history.said for file in message.files}


SLOW = [f"S{number}" for number in range(20)]


async def test_an_answer_does_not_wait_for_the_slow_files_of_another() -> None:
    """They stay unread, and the next prompt tries them again."""
    shelf = Shelf(*SLOW)
    asked = [said(3, "lee", "F1", addressed=True)]
    history = History([], [said(1, "lee", "F0"), said(2, "kim", *SLOW), *asked], alone=False)

    once = await read(history, shelf)

    assert outcomes(once) == {
        "F0": FileOutcome.READ,
        **dict.fromkeys(SLOW, FileOutcome.PENDING),
        "F1": FileOutcome.READ,
    }
    assert sorted(shelf.noted) == [100, 300]
    assert shelf.fetching == set()
    assert unread(once, {f"f{200 + number}:pending" for number in range(20)}) == {200 + number for number in range(20)}


async def test_it_waits_for_those_of_whoever_asks() -> None:
    shelf = Shelf("S0")
    history = History([], [said(1, "kim", "S0"), said(2, "kim", "F1", addressed=True)], alone=False)
    reading = asyncio.create_task(read(history, shelf))
    while "S0" not in shelf.fetching:  # noqa: ASYNC110 - the task goes on at each turn of the loop
        await asyncio.sleep(0)
    shelf.gate.set()

    assert set(outcomes(await reading).values()) == {FileOutcome.READ}
