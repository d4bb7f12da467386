"""
The bot's API: its events over a WebSocket, and posting, editing, deleting and reading over HTTP.

An event is delivered until the bot acknowledges it: again after some seconds, and to every new connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import WSMsgType, web

from bot.platforms.web.workspace import guard
from bot.platforms.web.workspace.live import BotState, Live, message_json, wait_for
from bot.platforms.web.workspace.places import (
    BOT,
    CHANNELS,
    WORKSPACE,
    RefusedError,
    bot_draft,
    bot_text,
    checked_channel,
)
from bot.platforms.web.workspace.store import Event, Message

IN_FLIGHT = 100  # events that may wait for their acknowledgement at the same time
PAGE_LENGTH = 20  # messages of a thread that are read at once: json holds the bot's event loop for 15 ms at most
HEARTBEAT_SECONDS = 10.0


class BotRoutes:
    def __init__(self, live: Live, *, redeliver_seconds: float) -> None:
        self._live = live
        self._redeliver_seconds = redeliver_seconds
        self._socket: web.WebSocketResponse | None = None

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/bot/events", self.events),
            web.post("/bot/messages", self.post),
            web.patch("/bot/messages/{id}", self.edit),
            web.delete("/bot/messages/{id}", self.delete),
            web.get("/bot/channels/{channel}/threads/{root}", self.thread),
        ]

    async def events(self, request: web.Request) -> web.WebSocketResponse:
        """
        We send `{event, attempt, workspace, message}`, and read `{ack: event}` and `{model: whether it answers}`.

        A new connection ends the old.
        """
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)
        older, self._socket = self._socket, socket
        if older is not None:
            await older.close()
        self._live.connections += 1
        self._live.set_bot(BotState.RUNNING)
        delivering = asyncio.create_task(self._deliver(socket))
        try:
            await self._read(socket)
        finally:
            delivering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await delivering
            if self._socket is socket:
                self._socket = None
                self._live.set_bot(BotState.RESTARTING)
        return socket

    async def _read(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            value = _read_json(message.data)
            if (event := acknowledgement(value)) is not None:
                self._live.store.acknowledged(event)
                self._live.ring()  # there is room for another event
            elif isinstance(value.get("model"), bool):
                self._live.set_bot(BotState.RUNNING if value["model"] else BotState.SPEECHLESS)

    async def _deliver(self, socket: web.WebSocketResponse) -> None:
        clock = asyncio.get_running_loop().time
        sent: dict[int, float] = {}  # event: when it was last sent on this connection
        while not self._live.closing:
            change = self._live.next_change()
            pending = self._live.store.pending(IN_FLIGHT)
            sent = {event.id: sent[event.id] for event in pending if event.id in sent}
            for event in due(pending, sent, clock(), self._redeliver_seconds):
                self._live.store.attempted(event.id)
                sent[event.id] = clock()
                await socket.send_json(event_json(event))
            await wait_for(change, next_due_in(sent, clock(), self._redeliver_seconds))
        await socket.close()

    async def post(self, request: web.Request) -> web.Response:
        message = self._live.post(bot_draft(await guard.body(request)))
        return web.json_response(message_json(message), status=201)

    async def edit(self, request: web.Request) -> web.Response:
        text, notes = bot_text(await guard.body(request))
        message = self._live.edit(_id(request), BOT.id, text, notes)
        return web.json_response(message_json(message))

    async def delete(self, request: web.Request) -> web.Response:
        self._live.delete(_id(request), BOT.id)
        return web.json_response({"deleted": True})

    async def thread(self, request: web.Request) -> web.Response:
        """The root, and its replies with their metadata, oldest first; *next* is the next page's `?after=`, or null."""
        channel = checked_channel(request.match_info["channel"])
        root = self._live.store.message(guard.number(request.match_info["root"], 0))
        if root.channel != channel:
            raise RefusedError(404, "thread_not_found")
        after = guard.number(request.query.get("after"), 0)
        found = self._live.store.replies(root.id, after=after, limit=PAGE_LENGTH, newest=False)
        following = found[-1].id if len(found) == PAGE_LENGTH else None
        messages = [_with_metadata(message) for message in found]
        return web.json_response({"root": _with_place(root), "messages": messages, "next": following})


def due(pending: Sequence[Event], sent: Mapping[int, float], now: float, redeliver_seconds: float) -> list[Event]:
    """The events to send now: never sent on this connection, or too long ago. *sent* and *now* in seconds. Pure."""
    return [event for event in pending if event.id not in sent or now - sent[event.id] >= redeliver_seconds]


def next_due_in(sent: Mapping[int, float], now: float, redeliver_seconds: float) -> float | None:
    """Seconds until an event that was sent is due again; None when none waits for its acknowledgement. Pure."""
    return max(0.0, min(sent.values()) + redeliver_seconds - now) if sent else None


def _read_json(text: str) -> Mapping[str, Any]:
    """Empty for what is no JSON object. Pure."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def acknowledgement(value: Mapping[str, Any]) -> int | None:
    """The event that `{ack: event}` names; None for anything else. Pure."""
    event = value.get("ack")
    return event if isinstance(event, int) and 0 < event < 2**63 else None


def event_json(event: Event) -> dict[str, Any]:
    message = _with_place(event.message)
    return {"event": event.id, "attempt": event.attempts + 1, "workspace": WORKSPACE, "message": message}


def _with_place(message: Message) -> dict[str, Any]:
    return {**message_json(message), "direct": CHANNELS[message.channel].direct}


def _with_metadata(message: Message) -> dict[str, Any]:
    return {**_with_place(message), "metadata": dict(message.metadata)}


def _id(request: web.Request) -> int:
    return guard.number(request.match_info["id"], 0)
