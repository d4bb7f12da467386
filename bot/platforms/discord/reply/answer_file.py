"""
A long answer as a Markdown file, in a message of its own below the one that shows its beginning.

That message is a part of the reply like others, under a number of its own; the file's name says of which turn it is and
what it holds. When there is to be one is decided in reply.py.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.core.errors import PlatformError, UncertainError
from bot.core.ports import CLOCK_SKEW, ReplyRequest
from bot.platforms.common.parts import Check
from bot.platforms.discord.calls.errors import MISSING_PERMISSIONS, NO_UPLOADS
from bot.platforms.discord.calls.limits import MESSAGE, POST
from bot.platforms.discord.incoming.events import position_of
from bot.platforms.discord.markup.message import SUPPRESS_EMBEDS
from bot.platforms.discord.reply.lost_parts import own_posts
from bot.platforms.discord.reply.missing import FILES
from bot.platforms.discord.reply.part_calls import DiscordPartCalls
from bot.platforms.discord.reply.services import ReplyServices
from bot.platforms.discord.reply.where import GONE, Spot

logger = logging.getLogger(__name__)

FILE_PART = 1_000_000  # the number of the part; parts that show text count from 1
TOO_LARGE = "too_large"
NO_FILES = frozenset({MISSING_PERMISSIONS, NO_UPLOADS, TOO_LARGE, "http_413", "invalid_form"})
"""Discord's errors for a file that it does not take there; the permissions of channels differ."""


class AnswerFile:
    """The file of one reply. Raises PlatformError for what passes; what does not makes post() say False."""

    def __init__(
        self, shared: ReplyServices, us: str, request: ReplyRequest, calls: DiscordPartCalls, check: Check
    ) -> None:
        self._shared, self._us, self._calls, self._check = shared, us, calls, check
        self._turn, self._log = request.turn, request.log
        part = next((part for part in request.parts if part.number == FILE_PART), None)
        self._id = part.id if part else None
        self._intended_at = part.intended_at if part else None
        self._name: str | None = None  # of the file, where it is known to be there

    async def possible(self) -> bool:
        """Whether there can be one, as far as is known. Opens the thread that it would stand in."""
        return (await self._calls.where.spot(final=True)).channel not in self._shared.fileless

    async def post(self, text: str) -> bool:
        """Whether a file that holds *text* stands below the other parts."""
        name, spot = file_name(self._turn, text), await self._calls.where.spot(final=True)
        await self._locate(name)
        if self._id is not None and self._name == name:
            return True
        await self.remove()
        try:
            await self._post(name, text.encode(), spot)
        except PlatformError as error:
            if error.passing or error.code not in NO_FILES:
                raise
            logger.info("discord: an answer cannot be sent as a file: %s", error.code)
            if error.code == MISSING_PERMISSIONS:
                self._shared.fileless.note(spot.channel)
                self._calls.where.lacks.append(FILES)
            await self._forget()
            return False
        return True

    async def remove(self) -> None:
        """Take the file away, if there is one."""
        await self._locate()
        if self._id is not None:
            try:
                await self._calls.delete(self._id, final=True)
            except PlatformError as error:
                if error.passing:
                    raise
                logger.info("discord: a file of ours cannot be deleted: %s", error.code)  # gone already, mostly
        if self._intended_at is not None:
            await self._forget()

    async def _forget(self) -> None:
        await self._log.removed(FILE_PART)
        self._id, self._intended_at, self._name = None, None, None

    async def _post(self, name: str, content: bytes, spot: Spot) -> None:
        async def make() -> Mapping[str, Any]:
            self._check()
            if self._intended_at is None:
                await self._log.intend(FILE_PART)
                self._intended_at = datetime.now(UTC)
            wanted = {"flags": SUPPRESS_EMBEDS}
            return await self._calls.create(spot, f"{FILE_PART} {name}", wanted, self._check, [(name, content)])

        message = await self._calls.admitted(POST, make, final=True, channel=spot.channel)
        self._id, self._name = self._calls.note(message, FILE_PART, spot), name
        await self._log.posted(FILE_PART, self._id)

    # The file that an earlier attempt, or an earlier variant of the answer, has left

    async def _locate(self, name: str | None = None) -> None:
        """Find out which message it is; with *name* also what its file is called, where that is not known."""
        if self._id is None and self._intended_at is not None:
            await self._find(self._intended_at)
        elif self._id is not None and self._name is None and name is not None:
            await self._read(self._id)

    async def _find(self, intended_at: datetime) -> None:
        since = position_of(intended_at - CLOCK_SKEW)
        for channel in self._calls.where.candidates():
            for message in await own_posts(self._shared, self._us, channel, since):
                if (name := _named(message)).startswith(_beginning(self._turn)):
                    self._id, self._name = str(message["id"]), name
                    self._calls.where.note(self._id, channel)
                    await self._log.posted(FILE_PART, self._id)

    async def _read(self, id_: str) -> None:
        limits = self._shared.api.limits

        async def read(channel: str) -> Mapping[str, Any]:
            get = lambda: self._shared.api.message(channel, id_)  # noqa: E731
            return await limits.call(MESSAGE, get, final=True, channel=channel)

        try:
            self._name = _named(await self._calls.where.finding(id_, read))
        except UncertainError:
            raise
        except PlatformError as error:
            if error.passing or error.code not in GONE:
                raise
            await self._forget()


def file_name(turn: int, text: str) -> str:
    """Names the turn and what the file holds: that of another variant has another name."""
    return f"{_beginning(turn)}{hashlib.sha256(text.encode()).hexdigest()[:8]}.md"


def _beginning(turn: int) -> str:
    return f"answer-{turn}-"


def _named(message: Mapping[str, Any]) -> str:
    """The name of a message's file; empty if it has none."""
    attachments = message.get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else None
    return str(first.get("filename") or "") if isinstance(first, Mapping) else ""
