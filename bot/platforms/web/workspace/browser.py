"""The page's HTTP API: the workspace, its messages, their changes as they happen, and posting."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from bot.platforms.web.workspace import guard
from bot.platforms.web.workspace.live import BotState, Live, message_json, wait_for
from bot.platforms.web.workspace.places import (
    CHANNELS,
    TEXT_LIMIT,
    WORKSPACE,
    YOU,
    RefusedError,
    browser_draft,
    checked_channel,
)

PAGE_LENGTH = 50  # messages that are loaded at once
BATCH = 200  # changes that are read at once
KEEP_ALIVE_SECONDS = 15.0
NEWEST = 2**63 - 1


class BrowserRoutes:
    def __init__(self, live: Live) -> None:
        self._live = live

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/workspace", self.workspace),
            web.get("/api/channels/{channel}", self.channel),
            web.get("/api/threads/{root}", self.thread),
            web.post("/api/messages", self.post),
            web.get("/api/changes", self.changes),
        ]

    async def workspace(self, _request: web.Request) -> web.Response:
        """The data that the page needs once. Changes after *revision* come through /api/changes."""
        value = {
            "workspace": WORKSPACE,
            "file": self._live.store.workspace,
            "you": YOU.id,
            "channels": [{"id": channel.id, "direct": channel.direct} for channel in CHANNELS.values()],
            "text_limit": TEXT_LIMIT,
            "revision": self._live.store.revision(),
            "bot": self._live.bot,
        }
        return web.json_response(value)

    async def channel(self, request: web.Request) -> web.Response:
        """A page of the messages that open threads, oldest first; `?before=ID` the page before that message."""
        channel = checked_channel(request.match_info["channel"])
        before = guard.number(request.query.get("before"), NEWEST)
        found = self._live.store.roots(channel, before, PAGE_LENGTH + 1)
        return _page([message_json(message) for message in found])

    async def thread(self, request: web.Request) -> web.Response:
        """The root of a thread and a page of its replies, oldest first; `?before=ID` as above."""
        root = self._live.store.message(guard.number(request.match_info["root"], 0))
        if root.thread != root.id or root.deleted:
            raise RefusedError(404, "thread_not_found")
        before = guard.number(request.query.get("before"), NEWEST)
        found = self._live.store.replies(root.id, before=before, limit=PAGE_LENGTH + 1, newest=True)
        return _page([message_json(message) for message in found], root=message_json(root))

    async def post(self, request: web.Request) -> web.Response:
        message = self._live.post(browser_draft(await guard.body(request)))
        return web.json_response(message_json(message), status=201)

    async def changes(self, request: web.Request) -> web.StreamResponse:
        """
        Server-sent events: `hello` (which file this is), `bot` (its state), and `message` for each changed message.

        The id of an event is a revision: a browser that lost the connection names the last one by itself.
        Source: HTML standard, 9.2 Server-sent events.
        """
        since = guard.number(request.headers.get("Last-Event-ID", request.query.get("since")), 0)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        try:
            await response.write(_event("hello", {"file": self._live.store.workspace}))
            await self._follow(response, since)
        except ConnectionResetError:
            pass  # the browser is gone
        return response

    async def _follow(self, response: web.StreamResponse, since: int) -> None:
        told: BotState | None = None
        while not self._live.closing:
            change = self._live.next_change()
            if self._live.bot is not told:
                told = self._live.bot
                await response.write(_event("bot", {"state": told}))
            messages = self._live.store.changes(since, BATCH)
            for message in messages:
                since = message.revision
                await response.write(_event("message", message_json(message), since))
            if not messages and not await wait_for(change, KEEP_ALIVE_SECONDS):
                await response.write(b": still here\n\n")


def _page(messages: list[dict[str, Any]], **more: Any) -> web.Response:
    """One message more than a page was asked for, to know whether there is another page."""
    return web.json_response({**more, "messages": messages[-PAGE_LENGTH:], "earlier": len(messages) > PAGE_LENGTH})


def _event(name: str, data: Any, id_: int | None = None) -> bytes:
    head = f"event: {name}\n" if id_ is None else f"id: {id_}\nevent: {name}\n"
    return f"{head}data: {json.dumps(data)}\n\n".encode()  # json.dumps leaves no line break in it
