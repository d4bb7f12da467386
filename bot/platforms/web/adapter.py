"""
The bot's side of the playground: the Platform port over a connection to the parent process.

How the answer is laid out is in reply.py, what events mean in events.py. The page and its file are the parent's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.core.conversation import ParticipantKind, ThreadRef
from bot.core.errors import LedgerError, PlatformError
from bot.core.ports import Receive, Reply, ReplyRequest, ThreadRead
from bot.core.retry import Backoff
from bot.platforms.web import events
from bot.platforms.web.api import WorkspaceApi
from bot.platforms.web.reply import PACE, open_reply

log = logging.getLogger(__name__)

BACKOFF = Backoff(first=0.1, longest=2.0, jitter=0.0)  # the parent is on this machine: it is there, or it is gone


class WebPlatform:
    """*url* and *secret* are the parent's (life_line.py). Close it after its last reply."""

    name = events.PLATFORM
    pace = PACE

    def __init__(self, url: str, secret: str) -> None:
        self._api = WorkspaceApi(url, secret)
        self._connected = False
        self._model_answers = True
        self._told_model = asyncio.Event()

    @property
    def ready(self) -> bool:
        """The playground's bot has the same name everywhere."""
        return True

    @property
    def connected(self) -> bool:
        """Whether events can arrive just now."""
        return self._connected

    async def close(self) -> None:
        await self._api.close()

    def tell_model(self, trouble: str) -> None:
        """Have the page say whether the model answers: *trouble* is why it does not, or empty."""
        self._model_answers = not trouble
        self._told_model.set()

    async def run(self, receive: Receive) -> None:
        """
        Deliver events until cancelled; an event that was handed in by then is waited for and acknowledged.

        Raises PlatformError when the parent does not know our secret.
        """
        try:
            await self._stay_connected(receive)
        finally:
            await self._api.close()

    async def open_reply(self, request: ReplyRequest) -> Reply:
        return await open_reply(self._api, request)

    async def read_thread(self, thread: ThreadRef) -> ThreadRead:
        """The ThreadReader port. All of it: the parent reads from its own file."""
        try:
            found = [message async for message in self._api.thread(thread.channel, thread.thread)]
        except PlatformError as error:
            if error.passing:
                raise
            return ThreadRead(())
        said = [events.posted(thread.workspace, _without_notices(message)) for message in found]
        return ThreadRead([posted for posted in said if posted is not None])

    def readable(self, text: str, names: Mapping[str, str] | None = None) -> str:  # noqa: ARG002 - names are written out
        return events.readable(text)

    async def _stay_connected(self, receive: Receive) -> None:
        failures = 0
        while True:
            try:
                await self._listen(await self._api.events(), receive)
                failures = 0
            except PlatformError as error:
                if not error.passing:
                    raise
            failures += 1
            pause = BACKOFF.wait(failures)
            log.warning("no connection to the playground; trying again in %.1f s", pause)
            await asyncio.sleep(pause)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, receive: Receive) -> None:
        """Hand in every event that comes, side by side, until the connection breaks."""
        self._connected = True
        receiving: set[asyncio.Task[None]] = set()
        telling = asyncio.create_task(self._tell(socket))
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    task = asyncio.create_task(_take(socket, json.loads(message.data), receive))
                    receiving.add(task)
                    task.add_done_callback(receiving.discard)  # an unexpected error is logged by asyncio
        finally:
            self._connected = False
            telling.cancel()
            if receiving:
                await asyncio.wait(receiving)
            await socket.close()

    async def _tell(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Say whether the model answers, whenever that changes, and at once where it does not."""
        told = True
        with contextlib.suppress(ConnectionResetError):
            while True:
                self._told_model.clear()
                if self._model_answers is not told:
                    told = self._model_answers
                    await socket.send_json({"model": told})
                await self._told_model.wait()


def _without_notices(message: Mapping[str, Any]) -> Mapping[str, Any]:
    ours = message["author"]["kind"] == ParticipantKind.SELF
    return {**message, "text": events.answer_in(message)} if ours else message


async def _take(socket: aiohttp.ClientWebSocketResponse, event: dict[str, Any], receive: Receive) -> None:
    """Hand one event in, then acknowledge it. An event that is not acknowledged is delivered again."""
    posted = events.posted(event["workspace"], event["message"])
    try:
        if posted is not None:
            await receive(posted)
    except LedgerError as error:
        log.warning("event=%d attempt=%d was not stored: %s", event["event"], event["attempt"], error)
        return
    with contextlib.suppress(ConnectionResetError):
        await socket.send_json({"ack": event["event"]})
