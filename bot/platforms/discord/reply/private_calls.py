"""
The parts of a private answer: only the asker sees them, and none of them is ever posted for all.

They are shown with the token of the interaction, and with nothing else: when that is over, the answer ends. What comes
after the response is posted once: nobody can look it up, so one whose response was lost is not posted again, and the
whole answer goes into a file of the response instead, by an edit, which may be repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.core.errors import PlatformError
from bot.core.ports import Interaction, ReplyRequest
from bot.core.texts import sentence
from bot.core.turn import Notice
from bot.platforms.common.parts import Check, Noted, WantedPart
from bot.platforms.discord.calls.errors import UNKNOWN_MESSAGE
from bot.platforms.discord.calls.limits import DELETE_FOLLOW_UP, EDIT_FOLLOW_UP, EDIT_RESPONSE, FOLLOW_UP, RESPONSE
from bot.platforms.discord.markup.message import Piece, content
from bot.platforms.discord.places.payloads import Json, number, text
from bot.platforms.discord.reply.part_calls import IN_DOUBT, DiscordPartCalls, uploads
from bot.platforms.discord.reply.responses import LOADING, USELESS, once_acknowledged
from bot.platforms.discord.reply.services import ReplyServices

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

OVER = "private_over"  # of a PlatformError: there is no way any more to show anything
EPHEMERAL = 1 << 6  # "Message Flags"
LAST_WORDS = timedelta(seconds=20)  # before the end: what is not whole by then says so


class PrivatePartCalls(DiscordPartCalls):
    """Of the reply to *interaction*, which is private."""

    def __init__(self, shared: ReplyServices, us: str, request: ReplyRequest, interaction: Interaction) -> None:
        super().__init__(shared, us, request)
        self._interaction, self._language = interaction, request.language
        self._bucket = interaction.token or ""
        self._doubtful: set[int] = set()
        self.may_have_file = True

    def ready(self, wanted: Sequence[Piece]) -> Sequence[Piece]:
        """A further part that has only begun is not posted: in doubt, it could not be finished."""
        if len(wanted) < 2:
            return wanted
        *before, last = wanted[:-1]
        return [*before, replace(last, controls=wanted[-1].controls)]

    async def post(self, part: WantedPart[Piece], noted: Noted) -> bool:
        if part.number > 1 and part.number in self._doubtful:
            raise PlatformError(IN_DOUBT, passing=False)
        shown = self._piece(part)

        async def make(check: Check) -> str:
            return text(await self._shown(part.number, shown, check), "id")

        method = EDIT_RESPONSE if part.number == 1 else FOLLOW_UP
        await self.admitted(method, lambda: noted(make), final=part.final, channel=self._bucket)
        self._check_end(part)
        return True

    async def edit(self, part: WantedPart[Piece], id: str) -> bool:  # noqa: A002 - the port's word
        piece = self._piece(part)
        wanted, files = self.changed(piece), uploads(piece)
        change = lambda: self._with_token(lambda token: self._api.edit_follow_up(token, id, wanted, files))  # noqa: E731
        await self.admitted(EDIT_FOLLOW_UP, change, final=part.final, channel=self._bucket)
        self._check_end(part)
        return True

    async def delete(self, id: str, *, final: bool) -> None:  # noqa: A002 - as above
        delete = lambda: self._with_token(lambda token: self._api.delete_follow_up(token, id))  # noqa: E731
        await self.admitted(DELETE_FOLLOW_UP, delete, final=final, channel=self._bucket)

    async def find(self, missing: Mapping[int, datetime], known: Collection[str]) -> Mapping[int, str]:  # noqa: ARG002
        """Only the response can be looked up; that others see none of it holds for us as well."""
        self._doubt(each for each in missing if each > 1)
        if 1 not in missing or not self._is_usable():
            return {}
        read = lambda: self._with_token(self._api.response)  # noqa: E731
        try:
            found = await self._limits.call(RESPONSE, read, final=True, channel=self._bucket)
        except PlatformError as error:
            if error.passing or error.code not in (UNKNOWN_MESSAGE, OVER):
                raise
            self._doubt([1])  # it was taken away before: a further message may stand in its place
            return {}
        loading = (number(found.get("flags")) or 0) & LOADING
        return {} if loading or not text(found, "content") else {1: text(found, "id")}

    async def create(self, *_: Any, **__: Any) -> Json:
        """No part of it is posted where others see it."""
        raise PlatformError(OVER, passing=False)

    async def _shown(self, part: int, piece: Piece, check: Check) -> Json:
        if part == 1:
            wanted, files = self.changed(piece), uploads(piece)
            try:
                return await self._with_token(lambda token: self._api.edit_response(token, wanted, files), check)
            except PlatformError as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise  # else it was taken away, and is shown again
            if 1 in self._doubtful:
                raise PlatformError(OVER, passing=False)
        wanted = content(piece)
        more = {**wanted, "flags": int(wanted.get("flags") or 0) | EPHEMERAL}
        return await self._with_token(lambda token: self._api.follow_up(token, more), check)

    def _doubt(self, parts: Iterable[int]) -> None:
        self._doubtful.update(parts)
        self.in_doubt = bool(self._doubtful)

    # As long as the token lives

    def _is_usable(self) -> bool:
        return self._interaction.token is not None and self._left() > timedelta(0)

    def _left(self) -> timedelta:
        return self._interaction.ends_at - datetime.now(UTC)

    async def _with_token(self, call: Callable[[str], Awaitable[Result]], check: Check = lambda: None) -> Result:
        token = self._interaction.token
        if token is None or not self._is_usable():
            raise PlatformError(OVER, passing=False)
        try:
            return await once_acknowledged(self._interaction, lambda: call(token), check)
        except PlatformError as error:
            if error.code in USELESS - {UNKNOWN_MESSAGE}:
                raise PlatformError(OVER, passing=False) from error
            raise

    def _ends(self, part: WantedPart[Piece]) -> bool:
        return not part.final and self._left() < LAST_WORDS

    def _piece(self, part: WantedPart[Piece]) -> Piece:
        if not self._ends(part) or not part.last:
            return part.content
        return replace(part.content, notes=(sentence(Notice(OVER), self._language),), controls=())

    def _check_end(self, part: WantedPart[Piece]) -> None:
        """What was said last is that it ends: raises PlatformError then."""
        if self._ends(part) and part.last:
            raise PlatformError(OVER, passing=False)
