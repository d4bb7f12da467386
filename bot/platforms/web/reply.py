"""
One answer in a thread of the playground: its parts are posted in order, edited while it grows, found after a crash.

The core decides when to show it, bot/markdown where to cut a long text, and common/parts.py which parts there are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.controls import NO_CONTROLS, Controls
from bot.core.errors import PlatformError
from bot.core.off_loop import off_loop
from bot.core.ports import PaceSettings, ReplyRequest
from bot.markdown import close_open, fitting, split
from bot.platforms.common.parts import HaltedError, Noted, PartCalls, Parts, WantedPart
from bot.platforms.web.api import MESSAGE_NOT_FOUND, THREAD_NOT_FOUND, WorkspaceApi
from bot.platforms.web.events import NOTES_APART

PACE = PaceSettings(first=0.3, second=1.0, later=1.15, growth=1.15, longest=6.0)
PART_LIMIT = 20_000  # characters; the playground takes 40,000, but long messages are slow to read and to redraw


@dataclass(frozen=True, slots=True)
class Part:
    """The content of one message of the reply."""

    text: str
    notes: tuple[str, ...] = ()


class WebPartCalls(PartCalls[Part]):
    def __init__(self, api: WorkspaceApi, request: ReplyRequest) -> None:
        self._api, self._thread, self._turn, self._log = api, request.thread, request.turn, request.log

    async def post(self, part: WantedPart[Part], noted: Noted) -> bool:
        shown, tag = part.content, metadata(self._turn, part.number)
        await self._log.check()
        await noted(lambda _: self._api.post(self._thread.channel, self._thread.thread, shown.text, shown.notes, tag))
        return True

    async def edit(self, part: WantedPart[Part], id: str) -> bool:  # noqa: A002 - the port's word
        await self._log.check()
        await self._api.edit(id, part.content.text, part.content.notes)
        return True

    async def delete(self, id: str, *, final: bool) -> None:  # noqa: A002, ARG002 - as above; each is deleted alike
        await self._log.check()
        await self._api.delete(id)

    async def find(self, missing: Mapping[int, datetime], known: Collection[str]) -> Mapping[int, str]:  # noqa: ARG002
        """By their metadata, which every part keeps."""
        found: dict[int, str] = {}
        try:
            async for message in self._api.replies(self._thread.channel, self._thread.thread):
                number = part_number(message["metadata"], self._turn)
                if number is not None and number in missing:
                    found.setdefault(number, str(message["id"]))
        except PlatformError as error:
            if error.code not in (THREAD_NOT_FOUND, MESSAGE_NOT_FOUND):
                raise
        return found

    def is_gone(self, error: PlatformError) -> bool:
        return error.code == MESSAGE_NOT_FOUND


class WebReply:
    """The Reply port. Open it with `open_reply`, which looks for what an earlier attempt left behind."""

    def __init__(self, api: WorkspaceApi, request: ReplyRequest) -> None:
        self._parts = Parts(WebPartCalls(api, request), request)

    @property
    def pause(self) -> float:
        return 0.0

    async def show(self, text: str) -> None:
        if text.strip():
            parts = await off_loop(len(text), lambda: parts_of(close_open(text), ()))
            with contextlib.suppress(HaltedError):
                await self._parts.bring(parts, final=False)

    async def finish(self, text: str, notes: Sequence[str] = (), controls: Controls = NO_CONTROLS) -> None:  # noqa: ARG002 - drawn later
        self._parts.halted = False
        parts = await off_loop(len(text), lambda: parts_of(text, notes))
        with contextlib.suppress(HaltedError):
            await self._parts.bring(parts, final=True)
            await self._parts.take_away(beyond=len(parts))

    def halt(self) -> None:
        self._parts.halted = True

    async def kept(self, text: str) -> str:
        await self.locate()
        count = lambda each: len(parts_of(each, ()))  # noqa: E731
        return await off_loop(len(text), lambda: fitting(text, len(self._parts.ids), PART_LIMIT, count))

    async def remove(self) -> None:
        await self._parts.remove()

    async def locate(self) -> None:
        """Look for what an earlier attempt may have posted."""
        await self._parts.locate()


async def open_reply(api: WorkspaceApi, request: ReplyRequest) -> WebReply:
    """Raises PlatformError; posts nothing."""
    reply = WebReply(api, request)
    await reply.locate()
    return reply


def parts_of(text: str, notes: Sequence[str]) -> list[Part]:
    """The contents of a reply's messages. The notes are below the last text, or alone. Pure."""
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
