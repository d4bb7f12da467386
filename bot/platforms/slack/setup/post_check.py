"""
The part of `threadbot check --post` that tries real posts in a workspace, and deletes them again.

checks.py holds the checks without posts. Each step tries a call that answers use, even if other steps failed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.core.check_findings import Finding, Verdict
from bot.core.controls import Control, Controls
from bot.core.errors import PlatformError
from bot.platforms.slack.calls import sessions
from bot.platforms.slack.calls.api import DEFAULT_URL, HISTORY_PAGE, SESSION, STATUS, Recipient, SlackApi
from bot.platforms.slack.calls.errors import REFUSED_BLOCKS, TOO_LONG
from bot.platforms.slack.calls.limits import START
from bot.platforms.slack.calls.page_size import PageSize
from bot.platforms.slack.markup.buttons import Form, blocks
from bot.platforms.slack.markup.message import PART_LIMIT, Piece, content, metadata
from bot.platforms.slack.markup.own_message import part_of
from bot.platforms.slack.setup.checks import LACKING, absent, failed, opened

POSTED, STREAMED = (0, 1), (0, 2)  # turn and part that the trial is marked with; no turn has the number 0
BLOCK_MOST = 12_000  # characters; Slack, "Markdown block"
STREAM_LEAST, STREAM_MOST = 9_000, 12_000  # bytes of UTF-8: what answers rely on, and more than was ever seen
STEP = "가나다라 마바사아 자차카타 " * 77  # 3,003 bytes
SHRUNK = "It is what answers are cut to fit: please report this, with the line above."


async def check_post(*, bot_token: str, channel: str, api_url: str = DEFAULT_URL) -> list[Finding]:
    """Try in *channel* (an id) what answers are made of. Never raises for what Slack says."""
    async with sessions.opened() as session:
        trial = _Trial(opened(bot_token, api_url, session), channel)
        posted = await _tried("Slack: post a message", trial.post)
        if not trial.posted:
            return [posted]
        found = [
            posted,
            await _tried("Slack: read it back by its metadata", trial.read_back),
            await _tried("Slack: edit it", trial.edit),
            *([] if trial.plain else [await _tried("Slack: a long Markdown block", trial.lengthen)]),
            await _tried("Slack: feedback buttons", trial.add_buttons),
            await _tried("Slack: agent sessions", trial.session, SESSION),
            await _tried("Slack: status", trial.status, STATUS),
            *await trial.stream(),
        ]
        return [*found, await _tried("Slack: delete it", trial.delete)]


class _Trial:
    def __init__(self, api: SlackApi, channel: str) -> None:
        self._api, self._channel = api, channel
        self._ts = self._stream = ""
        self._streaming = False
        self.plain = False  # Markdown blocks are not taken

    @property
    def posted(self) -> bool:
        return bool(self._ts)

    async def post(self) -> str | Finding:
        try:
            await self._post()
        except PlatformError as error:
            if error.code not in REFUSED_BLOCKS:
                raise
            self.plain = True
            await self._post()
            detail = f"no Markdown blocks ({error.code}): answers are posted as plain text"
            return Finding("Slack: post a message", Verdict.ABSENT, detail)
        return f"posted as {self._ts}"

    async def _post(self) -> None:
        what = content(Piece("A trial of `threadbot check`. It **goes away** by itself."), plain=self.plain)
        self._ts = await self._api.post(self._channel, what, metadata=metadata(*POSTED))

    async def read_back(self) -> str:
        return await self._found(POSTED)

    async def _found(self, tag: tuple[int, int]) -> str:
        if tag not in [part_of(message) async for message in self._api.replies(self._channel, self._ts, self._ts)]:
            raise PlatformError("metadata_not_returned", passing=False)
        return "found by its tag"

    async def edit(self) -> str:
        await self._update(content(Piece("A trial, edited."), plain=self.plain))
        return "edited"

    async def lengthen(self) -> str:
        """Raises PlatformError when it is less than answers are cut to."""
        await self._update(content(Piece(_long(PART_LIMIT)), plain=False))
        try:
            await self._update(content(Piece(_long(BLOCK_MOST)), plain=False))
        except PlatformError as error:
            return f"it takes {PART_LIMIT:,} characters, and not {BLOCK_MOST:,} ({error.code})"
        return f"it takes {BLOCK_MOST:,} characters"

    async def add_buttons(self) -> str | Finding:
        offered = Controls((Control.FEEDBACK,))
        try:
            await self._update({"text": "A trial.", "blocks": blocks(offered, 0, Form.NATIVE)})
        except PlatformError as error:
            if error.code not in REFUSED_BLOCKS:
                raise
            await self._update({"text": "A trial.", "blocks": blocks(offered, 0, Form.PLAIN)})
            detail = f"not here ({error.code}): plain buttons are shown instead"
            return Finding("Slack: feedback buttons", Verdict.ABSENT, detail)
        return "taken"

    async def session(self) -> str:
        stoppable = await self._api.set_session(self._channel, self._ts, "processing")
        await self._api.set_session(self._channel, self._ts, "closed")
        return "shown, with a stop button of Slack's" if stoppable else "shown, without a stop button of Slack's"

    async def status(self) -> str:
        await self._api.set_status(self._channel, self._ts, "is trying…")
        await self._api.set_status(self._channel, self._ts, "")
        return "shown, and taken away"

    async def stream(self) -> list[Finding]:
        """Stream to the last author in the channel: without a recipient, Slack streams only in direct messages."""
        started = await _tried("Slack: begin a stream", self._start, START)
        if started.verdict is not Verdict.OK:
            return [started]
        return [
            started,
            await _tried("Slack: a long stream", self._append),
            await _tried("Slack: end a stream", self._stop),
            await _tried("Slack: read a stream back by its metadata", lambda: self._found(STREAMED)),
        ]

    async def _start(self) -> str | Finding:
        reader = None if self._channel.startswith("D") else await self._reader()
        if reader is None and not self._channel.startswith("D"):
            remedy = "Write something in the channel, and run the check again."
            return Finding("Slack: begin a stream", Verdict.UNKNOWN, "there is nobody to show it to", remedy)
        self._stream = await self._api.start_stream(self._channel, self._ts, "A trial.\n\n", reader)
        self._streaming = True
        return f"begun as {self._stream}"

    async def _reader(self) -> Recipient | None:
        team = str((await self._api.auth_test())["team_id"])
        size = PageSize(HISTORY_PAGE, HISTORY_PAGE)
        for message in (await self._api.history_page(self._channel, None, size)).items:
            if message.get("user") and not message.get("bot_id") and not message.get("subtype"):
                return Recipient(str(message["user"]), str(message.get("team") or team))
        return None

    async def _append(self) -> str:
        """Raises PlatformError when it holds less than answers rely on."""
        size = 0
        while size < STREAM_MOST:
            try:
                await self._api.append_stream(self._channel, self._stream, STEP)
            except PlatformError as error:
                if error.code not in TOO_LONG or size < STREAM_LEAST:
                    raise
                return f"it takes {size:,} bytes of UTF-8, and not {size + len(STEP.encode()):,} ({error.code})"
            size += len(STEP.encode())
        return f"it takes {size:,} bytes of UTF-8"

    async def _stop(self) -> str:
        await self._api.stop_stream(self._channel, self._stream, metadata=metadata(*STREAMED))
        self._streaming = False
        return "ended"

    async def delete(self) -> str:
        """Delete both messages, even if one deletion fails. An open stream cannot be deleted."""
        if self._streaming:
            with contextlib.suppress(PlatformError):
                await self._stop()
        refused: PlatformError | None = None
        for ts in filter(None, (self._stream, self._ts)):
            try:
                await self._api.delete(self._channel, ts)
            except PlatformError as error:
                refused = error
        if refused is not None:
            raise refused
        return "deleted"

    async def _update(self, what: Mapping[str, Any]) -> None:
        await self._api.update(self._channel, self._ts, what)


async def _tried(subject: str, step: Callable[[], Awaitable[str | Finding]], method: str = "") -> Finding:
    """*method* names an optional feature: the bot works without it."""
    try:
        found = await step()
    except PlatformError as error:
        if method and error.code in LACKING:
            return absent(subject, error, method)
        if error.code in TOO_LONG:
            return Finding(subject, Verdict.FAILED, error.code, SHRUNK)
        return failed(subject, error)
    return found if isinstance(found, Finding) else Finding(subject, Verdict.OK, found)


def _long(characters: int) -> str:
    words = "The trial grows word by word, and goes away by itself. "
    return (words * (characters // len(words) + 1))[:characters]
