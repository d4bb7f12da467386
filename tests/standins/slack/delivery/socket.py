"""
Socket Mode of the Slack stand-in: connections, envelopes, acknowledgements.

Which events there are is decided in slack.py. Knows nothing of bot/.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import WSMsgType, web

from tests.standins.slack.delivery.deliveries import Carrier, Delivery
from tests.standins.slack.workspace import APP, Json, Method

MAX_CONNECTIONS = 10


class SocketMode(Carrier):
    """Sends each payload to exactly one connection, the next in turn; the rest is Carrier's."""

    def __init__(self, address: Callable[[], str], schedule: Sequence[float] = ()) -> None:
        super().__init__(schedule)
        self._address = address
        self._tickets: set[str] = set()
        self.methods: dict[str, Method] = {"apps.connections.open": self._open}
        self._sockets: list[web.WebSocketResponse] = []
        self._turn = itertools.count()
        self._by_envelope: dict[str, Delivery] = {}
        self.handshakes = 0
        self.refused_handshakes = 0
        self.refuse_handshakes = False
        self.mute = False  # new connections are not greeted
        self.deaf = False  # acknowledgements are lost on their way
        self.to_newest = False  # every payload goes to the connection that was made last
        self.acknowledged: list[Any] = []  # the id of every envelope that was

    @property
    def connections(self) -> int:
        return len(self._sockets)

    def expire_tickets(self) -> None:
        """Addresses that were given out can no longer be used."""
        self._tickets.clear()

    def _open(self, _arguments: Json) -> Json:
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return {"url": f"{self._address()}?ticket={ticket}&app_id=stand-in"}

    def _redeem(self, ticket: str) -> bool:
        """Whether an address may be used; each may be, once."""
        known = ticket in self._tickets
        self._tickets.discard(ticket)
        return known

    async def connect(self, request: web.Request) -> web.StreamResponse:
        self.handshakes += 1
        if self.refuse_handshakes or not self._redeem(request.query.get("ticket", "")):
            self.refused_handshakes += 1
            return web.Response(status=408, text="handshake refused")
        socket = web.WebSocketResponse(heartbeat=None, autoping=True)
        await socket.prepare(request)
        if len(self._sockets) >= MAX_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self._sockets.append(socket)
        try:
            if not self.mute:
                await socket.send_json(self._hello())
            await self._listen(socket)
        finally:
            self._forget(socket)
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._sockets),
            "connection_info": {"app_id": APP},
            "debug_info": {"host": "stand-in", "approximate_connection_time": 18060},
        }

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT and not self.deaf:
                said = json.loads(message.data)
                self.acknowledged.append(said.get("envelope_id"))
                delivery = self._by_envelope.get(said.get("envelope_id", ""))
                if delivery is not None:
                    delivery.acknowledge(time.time(), said.get("payload"))

    def _forget(self, socket: web.WebSocketResponse) -> None:
        if socket in self._sockets:
            self._sockets.remove(socket)

    async def _send(self, delivery: Delivery) -> None:
        attempt, delivery.attempts = delivery.attempts, delivery.attempts + 1
        envelope_id = str(uuid.uuid4())
        delivery.envelope_ids.append(envelope_id)
        self._by_envelope[envelope_id] = delivery
        envelope = {
            "envelope_id": envelope_id,
            "type": delivery.kind,
            "accepts_response_payload": delivery.kind != "events_api",
            "payload": delivery.payload,
        }
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": delivery.reason if attempt else ""}
        leaving = time.time()  # after the send, whoever receives it may have had the processor before us
        delivery.sent_at.append(leaving)
        delivery.reason = "timeout"
        if not await self._send_to_one(envelope):
            delivery.sent_at.remove(leaving)
            delivery.reason = "connection_failed"

    async def _send_to_one(self, envelope: Json) -> bool:
        if not self._sockets:
            return False
        socket = self._sockets[-1 if self.to_newest else next(self._turn) % len(self._sockets)]
        try:
            await socket.send_json(envelope)
        except ConnectionError:
            self._forget(socket)
            return False
        return True

    async def send(self, text: str) -> None:
        """What Slack would not send."""
        await self._sockets[-1].send_str(text)

    async def disconnect(self, reason: str = "refresh_requested", *, close: bool = False) -> None:
        """Ask every connection to be replaced (warning, refresh_requested, link_disabled, too_many_websockets)."""
        for socket in list(self._sockets):
            with contextlib.suppress(ConnectionError):
                await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "stand-in"}})
            if close:
                await socket.close()

    async def cut(self) -> None:
        """Break every connection without a word."""
        for socket in list(self._sockets):
            self._forget(socket)
            with contextlib.suppress(ConnectionError):
                await socket.close(code=1006, drain=False)

    async def stop(self) -> None:
        await super().stop()
        for socket in list(self._sockets):
            await socket.close()
