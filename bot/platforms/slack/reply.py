"""
One answer in a thread: its parts are posted in order, edited while the answer grows, and found again after a crash.

What a part looks like is in message.py, how a lost one is found in lookup.py. When to show is the core's business.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.core.controls import NO_CONTROLS, Controls
from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.core.ports import ReplyRequest
from bot.platforms.slack import buttons
from bot.platforms.slack.api import SlackApi
from bot.platforms.slack.errors import (
    MESSAGE_NOT_FOUND,
    REFUSED_BLOCKS,
    TOO_LONG,
    TOO_MANY_BLOCKS,
    UncertainError,
    concerns_message,
)
from bot.platforms.slack.events import Identity
from bot.platforms.slack.limits import DELETE, PATIENCE, POST, RATE_LIMITED, UPDATE
from bot.platforms.slack.lookup import find
from bot.platforms.slack.message import BlockSupport, Piece, content, metadata, pieces

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

MOST_HALVINGS = 3  # of a part's length: an eighth is refused for another reason
SMALLEST = 6  # halvings after refused blocks, of which only those count that make more parts: 156 characters


class SlackReply:
    """
    The Reply port. Call locate() once it is made: it looks for what an earlier attempt left behind.

    *posted* is told the thread whenever a part was posted in it.
    """

    def __init__(
        self,
        api: SlackApi,
        us: Identity,
        blocks: BlockSupport,
        request: ReplyRequest,
        posted: Callable[[ThreadRef], None],
    ) -> None:
        self._api, self._us, self._blocks, self._posted = api, us, blocks, posted
        self._thread, self._turn, self._log = request.thread, request.turn, request.log
        self._ids = {part.number: part.id for part in request.parts if part.id is not None}
        self._missing = {part.number: part.intended_at for part in request.parts if part.id is None}
        self._intended = {part.number for part in request.parts}
        self._shown: dict[int, Piece] = {}  # what each part shows, where this attempt wrote it
        self._written: set[int] = set()  # parts that this attempt has posted or edited
        self._fixed = False  # a part cannot be edited: the finished answer is posted anew, a beginning is not
        self._controls, self._form = NO_CONTROLS, blocks.buttons.form
        self._plain = False
        self._halvings = 0  # of what a part may hold
        self._shortenings = 0  # those that made more parts, after blocks were refused

    async def show(self, text: str) -> None:
        if self._fixed:
            return
        try:
            await self._bring(text, final=False)
        except PlatformError as error:
            if error.code != RATE_LIMITED and not self._fixed:
                raise

    async def finish(self, text: str, notes: Sequence[str] = (), controls: Controls = NO_CONTROLS) -> None:
        self._controls = controls
        shown = await self._bring(text, notes, final=True)
        if controls.offered and not self._as_plain:
            self._blocks.buttons.taken(self._form)
        await self._take_away(beyond=shown)

    async def remove(self) -> None:
        await self.locate()
        await self._take_away(beyond=0)
        self._intended &= self._ids.keys()

    async def locate(self) -> None:
        """Look for the parts of which nobody knows whether they were posted, and note those that were."""
        if not self._missing:
            return
        found = await find(self._api, self._us, self._thread, self._turn, self._missing, list(self._ids.values()))
        for number, ts in found.items():
            self._ids[number] = ts
            await self._log.posted(number, ts)
        self._missing.clear()

    async def _bring(self, text: str, notes: Sequence[str] = (), *, final: bool) -> int:
        """Make the parts show *text* and *notes*. Returns how many it takes."""
        await self.locate()
        while True:
            try:
                return await self._bring_parts(self._pieces(text, notes, final=final), final=final)
            except PlatformError as error:
                if not self._gives_way(error, lambda: self._pieces(text, notes, final=final)):
                    raise

    def _pieces(self, text: str, notes: Sequence[str], *, final: bool) -> list[Piece]:
        below = buttons.blocks(self._controls, self._turn, self._form) if final else ()
        return pieces(text, notes, below, plain=self._as_plain, finished=final, halvings=self._halvings)

    def _gives_way(self, error: PlatformError, wanted: Callable[[], list[Piece]]) -> bool:
        """Whether there is another form to try, after Slack refused what is *wanted*; it is chosen then."""
        if error.code in REFUSED_BLOCKS and not self._as_plain:
            simpler = self._blocks.buttons.simpler(self._form) if self._controls.offered else None
            if simpler is not None:
                self._form = simpler
                return True
            if error.code != TOO_MANY_BLOCKS or not self._shortened(wanted):
                self._plain, self._halvings = True, 0
                self._blocks.note_refusal(self._turn)
            return True
        if error.code in TOO_LONG and self._halvings < MOST_HALVINGS:
            self._halvings += 1
            return True
        return False

    def _shortened(self, wanted: Callable[[], list[Piece]]) -> bool:
        """Halve the parts until there are more of them; whether that may still help."""
        before = len(wanted())
        while self._shortenings < MOST_HALVINGS and self._halvings < SMALLEST:
            self._halvings += 1
            if len(wanted()) > before:
                self._shortenings += 1
                return True
        return False

    @property
    def _as_plain(self) -> bool:
        return self._plain or self._blocks.refused

    async def _bring_parts(self, wanted: list[Piece], *, final: bool) -> int:
        for number, piece in enumerate(wanted, 1):
            if self._shown.get(number) == piece:
                continue
            self._shown.pop(number, None)  # a change whose answer is lost leaves either text
            if number not in self._ids or not await self._updated(number, piece, final=final):
                await self._post(number, piece, final=final)
            self._written.add(number)
            self._shown[number] = piece
            self._blocks.accepted |= not self._as_plain
        return len(wanted)

    async def _post(self, number: int, piece: Piece, *, final: bool) -> None:
        ts = await self._admitted(POST, lambda: self._post_once(number, piece), final=final)
        self._ids[number] = ts
        await self._log.posted(number, ts)

    async def _post_once(self, number: int, piece: Piece) -> str:
        if number not in self._intended:
            await self._log.intend(number)
            self._intended.add(number)
        # In doubt from here on: a cancellation or a lost response leaves a post that nobody noted.
        self._missing[number] = datetime.now(UTC) - timedelta(seconds=1)
        try:
            ts = await self._api.post(
                self._thread.channel,
                content(piece, plain=self._as_plain),
                thread=self._thread.thread,
                metadata=metadata(self._turn, number),
            )
        except UncertainError:
            raise
        except PlatformError:
            del self._missing[number]  # refused: it was surely not posted
            raise
        del self._missing[number]
        self._posted(self._thread)
        return ts

    async def _updated(self, number: int, piece: Piece, *, final: bool) -> bool:
        """
        Edit a part; False when that cannot be done and the part, no longer there, is to be posted anew.

        Raises for a part of this attempt that is gone: whoever deletes what they see us write does not want it again.
        """
        what, ts = content(piece, plain=self._as_plain), self._ids[number]
        try:
            await self._admitted(UPDATE, lambda: self._api.update(self._thread.channel, ts, what), final=final)
        except PlatformError as error:
            gone = error.code == MESSAGE_NOT_FOUND
            if not concerns_message(error) or (gone and number in self._written):
                raise
            if not gone:
                logger.info("slack: a part of a reply cannot be edited: %s", error.code)
                self._fixed = True
                if not final:
                    raise
            await self._take_away(beyond=number)  # else those would stand before it
            if not gone:
                await self._delete(ts)
            self._forget(number)
            return False
        return True

    async def _take_away(self, *, beyond: int) -> None:
        for number in sorted((number for number in self._ids if number > beyond), reverse=True):
            refusal = await self._delete(self._ids[number])
            if refusal is None:
                self._forget(number)
            else:  # an edit will tell whether it is there
                self._written.discard(number)
                self._shown.pop(number, None)
            if refusal in (None, MESSAGE_NOT_FOUND):
                await self._log.removed(number)

    def _forget(self, number: int) -> None:
        """Posted anew, a part must not be known under its old id."""
        del self._ids[number]
        self._intended.discard(number)
        self._written.discard(number)
        self._shown.pop(number, None)

    async def _delete(self, ts: str) -> str | None:
        """One that Slack does not let us delete stays: why it does not, None when it is gone by us."""
        try:
            await self._admitted(DELETE, lambda: self._api.delete(self._thread.channel, ts), final=True)
        except PlatformError as error:
            if error.passing:
                raise
            if error.code != MESSAGE_NOT_FOUND:
                logger.warning("slack: a part of a reply cannot be deleted: %s", error.code)
            return error.code
        return None

    async def _admitted(self, method: str, change: Callable[[], Awaitable[Result]], *, final: bool) -> Result:
        """Make one change when Slack admits it; a final one sits out what Slack asks for, within limits."""
        refusals = 0
        while True:
            async with self._api.limits.admitted(method, final=final, channel=self._thread.channel):
                await self._log.check()
                try:
                    return await change()
                except PlatformError as error:
                    refusals += 1
                    if error.code != RATE_LIMITED or not final or refusals == PATIENCE:
                        raise
