"""One connection to the gateway: it greets, checks what it is sent, and carries the events of its session."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from aiohttp import WSMsgType, web

from tests.standins.discord.gateway.encoding import Encoder, Plain, ZlibPayload
from tests.standins.discord.gateway.sessions import Session
from tests.standins.discord.state.objects import Json

PAYLOAD_LIMIT = 4096  # bytes that a client may send
SENT_LIMIT, SENT_SECONDS = 120, 60.0
TOLERANCE = 1.25  # of the heartbeat's interval, "tolerance … that will cover network latency"


class Rules(Protocol):
    """The gateway, as one connection knows it."""

    heartbeat_seconds: float
    acknowledges: bool

    def identify(self, connection: Connection, body: object) -> None: ...

    def resume(self, connection: Connection, body: object) -> None: ...

    def ask(self, connection: Connection, op: int, body: object) -> bool:
        """A request of another kind; False when there is no such opcode."""

    def violation(self, what: str) -> None: ...


class Connection:
    """
    *session* is None until it identified or resumed. *frozen*: the connection is half open: nothing comes out of it
    and nothing that goes in is read, but nobody closes it.
    """

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, rules: Rules, encoder: Encoder
    ) -> None:
        self._socket, self._transport = socket, transport
        self._rules, self._encoder = rules, encoder
        self._plain = isinstance(encoder, Plain)
        self._out: asyncio.Queue[Json | int] = asyncio.Queue()
        self._beat = asyncio.Event()
        self._received: deque[float] = deque(maxlen=SENT_LIMIT)
        self.session: Session | None = None
        self.frozen = False
        self.heartbeats = 0
        self.closed_with: int | None = None

    # out

    def send(self, payload: Json) -> None:
        self._out.put_nowait(payload)

    def close_soon(self, code: int) -> None:
        """Close after what was sent before; it is the last thing that goes out."""
        self._out.put_nowait(code)

    def compress_payloads(self) -> None:
        """`compress` of IDENTIFY counts only where the transport is not compressed."""
        if self._plain:
            self._encoder = ZlibPayload()

    def abort(self) -> None:
        """End the TCP connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    # its life

    async def live(self) -> None:
        """Until either side ends it."""
        self.send(
            {"op": 10, "t": None, "s": None, "d": {"heartbeat_interval": int(self._rules.heartbeat_seconds * 1000)}}
        )
        writing, watching = asyncio.create_task(self._write()), asyncio.create_task(self._watch())
        try:
            await self._read()
        finally:
            for task in (writing, watching):
                task.cancel()
            await asyncio.gather(writing, watching, return_exceptions=True)

    async def _write(self) -> None:
        with suppress(ConnectionError):
            while True:
                payload = await self._out.get()
                if self.frozen:
                    continue
                if isinstance(payload, int):
                    self.closed_with = payload
                    await self._socket.close(code=payload)
                    return
                encoded = self._encoder.encode(payload)
                await (self._socket.send_str(encoded) if isinstance(encoded, str) else self._socket.send_bytes(encoded))

    async def _watch(self) -> None:
        """Close a connection that does not send its heartbeats; its session can be resumed."""
        while True:
            try:
                async with asyncio.timeout(self._rules.heartbeat_seconds * TOLERANCE):
                    await self._beat.wait()
            except TimeoutError:
                if not self.frozen:
                    self._rules.violation("no heartbeat in time")
                    self.close_soon(4000)
                    return
            self._beat.clear()

    async def _read(self) -> None:
        async for message in self._socket:
            if self.frozen:
                continue
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            code = self._take(message.data)
            if code is not None:
                self._rules.violation(f"closed with {code}")
                self.close_soon(code)
        self.closed_with = self.closed_with or self._socket.close_code

    # in

    def _take(self, content: str | bytes) -> int | None:
        """Answer one message of the client, or say with which code the connection is closed."""
        raw = content.encode() if isinstance(content, str) else content
        if len(raw) > PAYLOAD_LIMIT:
            return 4002
        now = asyncio.get_running_loop().time()
        if len(self._received) == SENT_LIMIT and now - self._received[0] < SENT_SECONDS:
            return 4008
        self._received.append(now)
        try:
            payload = json.loads(raw)
        except ValueError:
            return 4002
        if not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
            return 4002
        return self._answer(payload["op"], payload.get("d"))

    def _answer(self, op: int, body: object) -> int | None:
        known: Mapping[int, Callable[[object], int | None]] = {1: self._heartbeat, 2: self._identify, 6: self._resume}
        if op in known:
            return known[op](body)
        if self.session is None:
            return 4003
        return None if self._rules.ask(self, op, body) else 4001

    def _heartbeat(self, body: object) -> int | None:
        """d is the last sequence number that was received, or null."""
        if body is not None and not isinstance(body, int):
            return 4001
        self._beat.set()
        self.heartbeats += 1
        if self._rules.acknowledges:
            self.send({"op": 11, "t": None, "s": None, "d": None})
        return None

    def _identify(self, body: object) -> int | None:
        if self.session is not None:
            return 4005
        self._rules.identify(self, body)
        return None

    def _resume(self, body: object) -> int | None:
        if self.session is not None:
            return 4005
        self._rules.resume(self, body)
        return None
