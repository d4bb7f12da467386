"""The playground parent's HTTP API over loopback. The callers decide what is posted, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp

from bot.core.errors import PlatformError, UncertainError

TIMEOUT_SECONDS = 10.0  # for a call; the parent answers from its own file
HEARTBEAT_SECONDS = 10.0

MESSAGE_NOT_FOUND = "message_not_found"
THREAD_NOT_FOUND = "thread_not_found"
UNREACHABLE = "workspace_unreachable"


class WorkspaceApi:
    """
    All calls raise PlatformError, and UncertainError when a call may have been carried out all the same.

    The session is opened by the first call, because it belongs to the running event loop.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret
        self._opened: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """End the session. A later call opens another."""
        session, self._opened = self._opened, None
        if session is not None:
            await session.close()

    async def post(
        self, channel: str, thread: str, text: str, notes: Sequence[str], metadata: Mapping[str, Any]
    ) -> str:
        """Returns the id of the new message."""
        body = {"channel": channel, "thread": int(thread), "text": text, "notes": list(notes), "metadata": metadata}
        return str((await self._call("POST", "/bot/messages", body))["id"])

    async def edit(self, message: str, text: str, notes: Sequence[str]) -> None:
        await self._call("PATCH", f"/bot/messages/{message}", {"text": text, "notes": list(notes)})

    async def delete(self, message: str) -> None:
        await self._call("DELETE", f"/bot/messages/{message}")

    async def replies(self, channel: str, thread: str) -> AsyncIterator[Mapping[str, Any]]:
        """The messages of a thread without its root, oldest first, with their metadata."""
        async for page in self._pages(channel, thread):
            for message in page["messages"]:
                yield message

    async def thread(self, channel: str, thread: str) -> AsyncIterator[Mapping[str, Any]]:
        """As replies(), after the root."""
        root = True
        async for page in self._pages(channel, thread):
            if root:
                yield page["root"]
            root = False
            for message in page["messages"]:
                yield message

    async def _pages(self, channel: str, thread: str) -> AsyncIterator[Mapping[str, Any]]:
        after: int | None = 0
        while after is not None:
            page = await self._call("GET", f"/bot/channels/{channel}/threads/{thread}?after={after}")
            yield page
            after = page["next"]

    async def events(self) -> aiohttp.ClientWebSocketResponse:
        """A connection on which events come until it breaks."""
        try:
            return await self._session().ws_connect(f"{self._url}/bot/events", heartbeat=HEARTBEAT_SECONDS)
        except aiohttp.WSServerHandshakeError as error:
            raise PlatformError("unauthorized", passing=error.status not in (401, 403)) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PlatformError(UNREACHABLE, passing=True) from error

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            async with self._session().request(method, self._url + path, json=body) as response:
                value: dict[str, Any] = await response.json()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise UncertainError(UNREACHABLE) from error
        if status >= 500:
            raise UncertainError(str(value.get("error", status)))
        if status >= 400:
            raise PlatformError(str(value.get("error", status)), passing=False)
        return value

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {self._secret}"},
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
            )
        return self._opened
