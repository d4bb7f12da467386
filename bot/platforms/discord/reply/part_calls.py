"""
What Discord does for one part of a reply: it is posted, edited, deleted, and found again.

Each call waits here until Discord admits it. What a part looks like is in message.py, where it goes in where.py, how a
lost one is found in lost_parts.py; which parts there are is common/parts.py's business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from bot.core.errors import PlatformError, ThreadClosed
from bot.core.ports import ReplyRequest
from bot.platforms.common.parts import Check, Noted, PartCalls, WantedPart
from bot.platforms.discord.calls.errors import (
    MISSING_PERMISSIONS,
    THREAD_ARCHIVED,
    THREAD_LOCKED,
    TOO_MANY_EDITS,
    UNKNOWN_MESSAGE,
)
from bot.platforms.discord.calls.limits import DELETE, EDIT, EDIT_CHANNEL, POST
from bot.platforms.discord.calls.nonce import once
from bot.platforms.discord.calls.requests import Upload
from bot.platforms.discord.markup.message import Piece, content
from bot.platforms.discord.reply.lost_parts import find
from bot.platforms.discord.reply.services import ReplyServices
from bot.platforms.discord.reply.where import GONE, Spot, Where

Json = Mapping[str, Any]
Result = TypeVar("Result")

CANNOT_REPLY = "cannot_reply"  # without the permission to read the history
IN_DOUBT = "in_doubt"
"""Of a PlatformError: the part may stand there, and can neither be looked up nor be posted once more safely."""
MOST_GENERATIONS = 8  # of a nonce: how often a message with the one before it was deleted
FILE_NAME = "answer.md"  # of the file that stands in the same message as its beginning


class DiscordPartCalls(PartCalls[Piece]):
    """Of the reply that *request* asks for. *us*: our id, as a user."""

    def __init__(self, shared: ReplyServices, us: str, request: ReplyRequest) -> None:
        self._shared, self._us, self._request = shared, us, request
        self._api, self._limits, self._log = shared.api, shared.api.limits, request.log
        self._thread, self._turn = request.thread, request.turn
        self._generations = defaultdict[str, int](int)  # of nonces, by part
        self._fixed = set[str]()  # messages of ours that take no more edits
        self.where = Where(shared, us, request, self.admitted)
        self.count = 0  # calls so far
        self.in_doubt = False  # whether a part is
        self.may_have_file = False  # a message that shows text

    def ready(self, wanted: Sequence[Piece]) -> Sequence[Piece]:
        """What of *wanted*, an answer that is still being written, may be shown by now."""
        return wanted

    # As PartCalls

    async def post(self, part: WantedPart[Piece], noted: Noted) -> bool:
        wanted = content(part.content)
        made: list[Json] = []

        async def make(check: Check) -> str:
            made.append(await self.create(spot, str(part.number), wanted, check, uploads(part.content)))
            return self.note(made[-1], part.number, spot)

        spot = await self.where.spot(final=part.final)
        try:
            await self.admitted(POST, lambda: noted(make), final=part.final, channel=spot.channel)
        except PlatformError as error:
            instead = self.where.instead() if error.code == MISSING_PERMISSIONS else None
            if instead is None:
                raise
            spot = instead
            await self.admitted(POST, lambda: noted(make), final=part.final, channel=spot.channel)
        self._shared.status.posted(self._thread)
        shown, id_ = str(made[-1].get("content") or ""), str(made[-1]["id"])
        # The same nonce before: what an earlier attempt has posted was given back, and shows what it had then.
        return shown.strip() == wanted["content"].strip() or await self.edit(part, id_)

    async def edit(self, part: WantedPart[Piece], id: str) -> bool:  # noqa: A002 - the port's word
        if id in self._fixed:
            raise PlatformError(TOO_MANY_EDITS, passing=False)
        wanted, files = self.changed(part.content), uploads(part.content)

        async def change(channel: str) -> None:
            edit = lambda: self._api.edit_message(channel, id, wanted, files)  # noqa: E731
            await self._awake(channel, lambda: self.admitted(EDIT, edit, final=part.final, channel=channel))

        try:
            await self.where.finding(id, change)
        except PlatformError as error:
            if error.code == TOO_MANY_EDITS:
                self._fixed.add(id)
            raise
        return True

    async def delete(self, id: str, *, final: bool) -> None:  # noqa: A002, ARG002 - as above; each is deleted alike
        async def change(channel: str) -> None:
            delete = lambda: self._api.delete_message(channel, id)  # noqa: E731
            await self._awake(channel, lambda: self.admitted(DELETE, delete, final=True, channel=channel))

        await self.where.finding(id, change)

    async def find(self, missing: Mapping[int, datetime], known: Collection[str]) -> Mapping[int, str]:
        return await find(self._shared, self._us, self._request, self.where, missing, known)

    def is_gone(self, error: PlatformError) -> bool:
        return error.code in GONE

    def is_fixed(self, error: PlatformError) -> bool:
        return error.code == TOO_MANY_EDITS

    def changed(self, piece: Piece) -> Json:
        """The fields of an edit, which leaves a file where it is unless it says otherwise."""
        gone: Json = {"attachments": []} if self.may_have_file and not piece.file else {}
        return {**content(piece), **gone}

    # Calls

    async def admitted(
        self, method: str, change: Callable[[], Awaitable[Result]], *, final: bool, channel: str
    ) -> Result:
        """
        Make one change when Discord admits it; a final one sits out what Discord asks for, within limits.

        Raises ThreadClosed where the thread is locked.
        """

        async def make() -> Result:
            await self._log.check()
            await self.where.check_open()
            self.count += 1
            try:
                return await change()
            except PlatformError as error:
                if error.code == THREAD_LOCKED:
                    raise ThreadClosed(THREAD_LOCKED) from error
                raise

        return await self._limits.call(method, make, final=final, channel=channel)

    async def create(self, spot: Spot, part: str, wanted: Json, check: Check, files: Sequence[Upload] = ()) -> Json:
        """
        Post *part*, or get it back where it was posted within the last minutes. Call it admitted, and noted.

        Where that one was deleted, Discord knows no message of this nonce: then it is posted under another one.
        """
        reply_to = spot.reply_to
        while True:
            named = once(self._thread.opaque, self._turn, part, self._generations[part])
            try:
                posted = {**wanted, **named, **_reply(reply_to)}
                return await self._api.create_message(spot.channel, posted, files, check=check)
            except PlatformError as error:
                if error.code == UNKNOWN_MESSAGE and self._generations[part] < MOST_GENERATIONS:
                    self._generations[part] += 1
                elif error.code == CANNOT_REPLY and reply_to is not None:
                    reply_to = None
                else:
                    raise

    def note(self, message: Json, number: int, spot: Spot) -> str:
        """*message* is part *number*. Returns its id."""
        id_ = str(message["id"])
        self._shared.posted.note(id_, self._turn, number)
        self.where.note(id_, spot.channel)
        return id_

    async def _awake(self, channel: str, call: Callable[[], Awaitable[object]]) -> None:
        """Make a call in *channel*; a thread that was archived meanwhile is woken up first. A post would wake it."""
        try:
            await call()
        except PlatformError as error:
            if error.code != THREAD_ARCHIVED:
                raise
        else:
            return
        await self.where.check_open(ask=True)
        wake = lambda: self._api.edit_channel(channel, {"archived": False})  # noqa: E731
        await self.admitted(EDIT_CHANNEL, wake, final=True, channel=channel)
        await call()


def uploads(piece: Piece) -> Sequence[Upload]:
    return [(FILE_NAME, piece.file.encode())] if piece.file else []


def _reply(to: str | None) -> Json:
    return {} if to is None else {"message_reference": {"message_id": to, "fail_if_not_exists": False}}
