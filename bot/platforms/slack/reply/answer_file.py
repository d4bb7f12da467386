"""
Sends a long answer as a Markdown file in its thread, below the message that shows its beginning.

The file's message is a part of the reply with a number of its own. Slack gives a file its id before anybody sees it,
but tells the ts of its message only some time after the file is shared. So the part is first noted under the file's id
(F…), which finds the message even after a crash, and then under the message's ts. A file that nobody can see is deleted
before another one is uploaded. reply.py decides when to send a file.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.core.conversation import ThreadRef
from bot.core.errors import PlatformError
from bot.core.ports import ReplyRequest
from bot.core.texts import label
from bot.platforms.common.features import Feature
from bot.platforms.common.parts import Check
from bot.platforms.slack.calls.api import COMPLETE_UPLOAD, DELETE_FILE, FILE, UPLOAD_URL, SlackApi
from bot.platforms.slack.calls.errors import NOT_HERE
from bot.platforms.slack.calls.limits import DELETE
from bot.platforms.slack.reply.streams import Admitted

logger = logging.getLogger(__name__)

ANSWER_FILE = "answer file"
FILE_PART = 1_000_000  # the number of the part; parts that show text count from 1
WAITS = (0.0, 0.3, 0.7, 1.5, 3.0, 5.0, 5.0, 5.0)  # seconds before each check that a file was shared; 20 in all
LOOKS = 4  # checks for a file that an earlier attempt left

NO_FILES = NOT_HERE | {
    *("no_permission", "file_uploads_disabled", "file_uploads_except_images_disabled"),
    *("file_type_not_allowed", "blocked_file_type"),
}
"""Refusals that hold for every such file in this workspace (Slack, the errors of files.getUploadURLExternal)."""


@dataclass(slots=True)
class FileSettings:
    """Shared by all replies of a workspace."""

    feature: Feature[str] = field(default_factory=lambda: Feature((ANSWER_FILE,), NO_FILES))
    waits: Sequence[float] = WAITS


@dataclass(frozen=True, slots=True)
class _Standing:
    """An existing file. *ts* is its message's; None while it has none."""

    file: str
    name: str = ""
    ts: str | None = None


class AnswerFile:
    """The file of one reply. Raises PlatformError for passing errors; after permanent ones, methods return False."""

    def __init__(
        self, api: SlackApi, settings: FileSettings, request: ReplyRequest, admitted: Admitted, check: Check
    ) -> None:
        self._api, self._admitted, self._check = api, admitted, check
        self._feature, self._waits = settings.feature, settings.waits
        self._thread, self._turn, self._log = request.thread, request.turn, request.log
        self._title = label("answer_file", request.language)
        self._intended = any(part.number == FILE_PART for part in request.parts)
        self._part = next((part.id for part in request.parts if part.number == FILE_PART), None)
        self._name: str | None = None  # of the file, where it is known to be there

    async def prepare(self, text: str) -> bool:
        """Upload a file with *text*, unless it is there already. Whether share() can share it."""
        name = file_name(self._turn, text)
        if self._part is not None and self._name == name:
            return True
        if not self._feature.here:
            return False
        if await self._adopted(name):
            return True
        await self.remove()
        try:
            await self._upload(name, text.encode())
        except PlatformError as error:
            return await self._refused(error)
        return True

    async def share(self) -> bool:
        """Share the prepared file. Whether it is in the thread."""
        file = self._part
        if file is None or _is_ts(file):
            return file is not None

        async def share() -> None:
            self._check()
            await self._api.complete_upload(file, self._title, self._thread)

        try:
            await self._admitted(COMPLETE_UPLOAD, share, final=True)
        except PlatformError as error:
            return await self._refused(error)
        standing = await self._described(file, self._waits)
        if standing.ts is None:  # Slack may say ok and never share it
            logger.warning("slack: a file was not shared in time, its text comes in messages")
            await self.remove()
            return False
        await self._note(standing.ts)
        return True

    async def remove(self) -> None:
        """Take the file and its message away, if there are any."""
        if not self._intended:
            return
        standing = await self._standing(looks=1)
        if standing is not None:
            await self._deleted(DELETE_FILE, standing)
            if standing.ts is not None:
                await self._deleted(DELETE, standing)
        await self._log.removed(FILE_PART)
        self._intended, self._part, self._name = False, None, None

    async def _upload(self, name: str, content: bytes) -> None:
        await self._log.intend(FILE_PART)
        self._intended = True
        url = lambda: self._api.upload_url(name, len(content))  # noqa: E731
        address, file = await self._admitted(UPLOAD_URL, url, final=True)
        await self._note(file)
        await self._api.upload(address, content)
        self._name = name

    async def _note(self, part: str) -> None:
        self._part = part
        await self._log.posted(FILE_PART, part)

    async def _refused(self, error: PlatformError) -> bool:
        if error.passing:
            raise error
        logger.info("slack: an answer cannot be sent as a file: %s", error.code)
        self._feature.refused(error.code)
        await self.remove()
        return False

    # Files of an earlier attempt, or of an earlier variant of the answer

    async def _adopted(self, name: str) -> bool:
        """Whether the file of this name is already in the thread; takes it over if so."""
        standing = await self._standing(looks=LOOKS)
        if standing is None or standing.ts is None or standing.name != name:
            return False
        if self._part != standing.ts:
            await self._note(standing.ts)
        self._name = name
        return True

    async def _standing(self, *, looks: int) -> _Standing | None:
        if self._part is None:
            return None
        if not _is_ts(self._part):
            return await self._described(self._part, self._waits[:looks])
        message = await self._api.reply(self._thread.channel, self._thread.thread, self._part)
        files = (message or {}).get("files") or ()
        return next((_Standing(str(each.get("id")), str(each.get("name")), self._part) for each in files), None)

    async def _described(self, file: str, waits: Sequence[float]) -> _Standing:
        """The file by files.info, after *waits* at most. Slack does not know a file that was never shared."""
        for seconds in waits:
            await asyncio.sleep(seconds)
            try:
                described = await self._admitted(FILE, lambda: self._api.file(file), final=True)
            except PlatformError as error:
                if error.passing:
                    raise
                if self._feature.refused(error.code):
                    logger.info("slack: a file of ours cannot be looked for: %s", error.code)
                break
            if (ts := shared_at(described, self._thread)) is not None:
                return _Standing(file, str(described.get("name")), ts)
        return _Standing(file)

    async def _deleted(self, method: str, standing: _Standing) -> None:
        ts = standing.ts or ""
        channel = self._thread.channel
        delete = lambda: (  # noqa: E731
            self._api.delete_file(standing.file) if method == DELETE_FILE else self._api.delete(channel, ts)
        )
        try:
            await self._admitted(method, delete, final=True)
        except PlatformError as error:
            if error.passing:
                raise
            logger.info("slack: %s of a file of ours: %s", method, error.code)  # gone already, mostly


def file_name(turn: int, text: str) -> str:
    """A name made of the turn and a hash of the content: another variant gets another name."""
    return f"answer-{turn}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.md"


def shared_at(described: Mapping[str, Any], thread: ThreadRef) -> str | None:
    """The ts of the message in *thread* that shares a file; None where there is none yet (Slack, "File object")."""
    shares = described.get("shares")
    kinds = shares.values() if isinstance(shares, Mapping) else ()
    found = [each for kind in kinds if isinstance(kind, Mapping) for each in kind.get(thread.channel) or ()]
    return next((str(each["ts"]) for each in found if each.get("thread_ts") == thread.thread and each.get("ts")), None)


def _is_ts(part: str) -> bool:
    return "." in part
