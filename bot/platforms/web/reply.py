"""
One answer in a thread of the playground: its parts are posted in order, edited while it grows, found after a crash.

When to show something is the core's business, where to cut a long text is bot/markdown's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.controls import NO_CONTROLS, Controls
from bot.core.errors import PlatformError
from bot.core.off_loop import off_loop
from bot.core.ports import PaceSettings, ReplyRequest
from bot.markdown import close_open, fitting, split
from bot.platforms.web.api import MESSAGE_NOT_FOUND, THREAD_NOT_FOUND, WorkspaceApi
from bot.platforms.web.events import NOTES_APART

PACE = PaceSettings(first=0.3, second=1.0, later=1.15, growth=1.15, longest=6.0)
PART_LIMIT = 20_000  # characters; the playground takes 40,000, but long messages are slow to read and to redraw


@dataclass(frozen=True, slots=True)
class Part:
    """What one message of the reply shows."""

    text: str
    notes: tuple[str, ...] = ()


class WebReply:
    """The Reply port. Open it with `open_reply`, which looks for what an earlier attempt left behind."""

    def __init__(self, api: WorkspaceApi, request: ReplyRequest) -> None:
        self._api = api
        self._thread, self._turn, self._log = request.thread, request.turn, request.log
        self._ids = {part.number: part.id for part in request.parts if part.id is not None}
        self._missing = {part.number for part in request.parts if part.id is None}
        self._intended = {part.number for part in request.parts}
        self._shown: dict[int, Part] = {}  # as far as this attempt knows
        self._halted = False

    @property
    def pause(self) -> float:
        return 0.0

    async def show(self, text: str) -> None:
        if text.strip():
            await self._bring(await off_loop(len(text), lambda: parts_of(close_open(text), ())))

    async def finish(self, text: str, notes: Sequence[str] = (), controls: Controls = NO_CONTROLS) -> None:  # noqa: ARG002 - drawn later
        self._halted = False
        parts = await off_loop(len(text), lambda: parts_of(text, notes))
        if await self._bring(parts):
            await self._take_away(beyond=len(parts))

    def halt(self) -> None:
        self._halted = True

    async def kept(self, text: str) -> str:
        await self.locate()
        count = lambda each: len(parts_of(each, ()))  # noqa: E731
        return await off_loop(len(text), lambda: fitting(text, len(self._ids), PART_LIMIT, count))

    async def remove(self) -> None:
        await self.locate()
        await self._take_away(beyond=0)

    async def locate(self) -> None:
        """Look for the parts of which nobody knows whether they were posted, and note those that were."""
        if not self._missing:
            return
        for number, message in (await self._find()).items():
            self._ids[number] = message
            await self._log.posted(number, message)
        self._missing.clear()

    async def _find(self) -> dict[int, str]:
        """Number → id. A thread that is no longer there holds none."""
        found: dict[int, str] = {}
        try:
            async for message in self._api.replies(self._thread.channel, self._thread.thread):
                number = part_number(message["metadata"], self._turn)
                if number in self._missing:
                    found.setdefault(number, str(message["id"]))
        except PlatformError as error:
            if error.code not in (THREAD_NOT_FOUND, MESSAGE_NOT_FOUND):
                raise
        return found

    async def _bring(self, parts: Sequence[Part]) -> bool:
        """Make the messages of the reply show *parts*, and leave alone what shows them already. Whether all do then."""
        await self.locate()
        for number, part in enumerate(parts, 1):
            if self._shown.get(number) == part:
                continue
            if number in self._ids:
                await self._log.check()
                await self._api.edit(self._ids[number], part.text, part.notes)
            elif self._halted:
                return False
            else:
                await self._post(number, part)
            self._shown[number] = part
        return True

    async def _post(self, number: int, part: Part) -> None:
        await self._log.check()
        if number not in self._intended:
            await self._log.intend(number)
            self._intended.add(number)
        # In doubt from here on: a cancellation or a lost response leaves a post that nobody noted.
        self._missing.add(number)
        try:
            message = await self._api.post(
                self._thread.channel, self._thread.thread, part.text, part.notes, metadata(self._turn, number)
            )
        except PlatformError as error:
            if not error.passing:
                self._missing.discard(number)  # refused: it was surely not posted
            raise
        self._ids[number] = message
        self._missing.discard(number)
        await self._log.posted(number, message)

    async def _take_away(self, *, beyond: int) -> None:
        for number in sorted((number for number in self._ids if number > beyond), reverse=True):
            await self._log.check()
            await self._delete(self._ids.pop(number))
            self._shown.pop(number, None)
            self._intended.discard(number)  # posted again, it is another post
            await self._log.removed(number)

    async def _delete(self, message: str) -> None:
        try:
            await self._api.delete(message)
        except PlatformError as error:
            if error.code != MESSAGE_NOT_FOUND:
                raise


async def open_reply(api: WorkspaceApi, request: ReplyRequest) -> WebReply:
    """Raises PlatformError; posts nothing."""
    reply = WebReply(api, request)
    await reply.locate()
    return reply


def parts_of(text: str, notes: Sequence[str]) -> list[Part]:
    """What the messages of a reply show; the notes stand below the last one, or alone. Pure."""
    texts = split(text, PART_LIMIT) if text.strip() else []
    if not texts:
        return [Part("", tuple(notes))] if notes else []
    return [*(Part(piece) for piece in texts[:-1]), Part(texts[-1], tuple(notes))]


def metadata(turn: int, number: int) -> dict[str, int | bool]:
    """
    Travels with every part, so that one whose id was never noted can be found.

    It says, too, that sentences of ours are in the notes only, not in the text.
    """
    return {"turn": turn, "part": number, NOTES_APART: True}


def part_number(found: Mapping[str, Any], turn: int) -> int | None:
    """Which part of *turn* a message with this metadata is; None for any other message. Pure."""
    number = found.get("part")
    return number if found.get("turn") == turn and isinstance(number, int) else None
