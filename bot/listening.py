"""
A listener that nobody outside can exhaust: it bounds its connections and the time for a head, and outlives accept().

aiohttp 3.14 bounds how large a head may be (8,190 bytes a line, 128 lines) and how many requests wait in a connection.
It has one time limit for all that may pass between two requests, `keepalive_timeout`, and none for the number of
connections. asyncio's own servers write a stack trace for a failed accept(), uvloop's stop listening after some.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

Answer = Callable[[web.BaseRequest], Awaitable[web.Response]]
Note = Callable[[int, str], None]
"""Told the status that a client was, or would be, refused with, and why; as often as that happens."""

PAUSE_SECONDS = 0.2  # after accept() has failed: what is missing then is not back at once
LINGER_SECONDS = 1.0  # what comes of a refused request is thrown away for so long: else the refusal may not arrive
LINGERING = 64  # connections that are refused at a time; more are broken off
BUFFER = 2**14  # bytes of a body that wait in a connection, about

_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # a name has an IPv6 address, and this machine no IPv6
_REFUSAL = "HTTP/1.1 {} {}\r\nContent-Length: 0\r\nConnection: close\r\n{}\r\n"


@dataclass(frozen=True, slots=True)
class Bounds:
    connections: int = 256  # Slack sends some 8 events a second to an app, at most
    head_seconds: float = 10.0  # for a whole head, from its first byte; from the connection's beginning for the first
    idle_seconds: float = 75.0  # between two requests; more than a proxy keeps its connections open for
    drain_seconds: float = 10.0  # for requests that are under way at the end


@asynccontextmanager
async def listening(answer: Answer, host: str, port: int, note: Note, bounds: Bounds) -> AsyncIterator[int]:
    """
    Have requests answered until the end of the context. Yields the port: a free one for 0. Raises OSError.

    A new connection takes the place of the one that has waited longest for a request; it gets a 503 only while requests
    are being answered in all of them.
    """
    sockets = await _bound(host, port)
    server = _Server(answer, note, bounds)
    runner = web.ServerRunner(server, shutdown_timeout=bounds.drain_seconds)
    await runner.setup()
    accepting = [asyncio.create_task(_accept(each, server, note)) for each in sockets]
    try:
        yield int(sockets[0].getsockname()[1])
    finally:
        for task in accepting:
            task.cancel()
        await asyncio.shield(asyncio.ensure_future(_end(accepting, sockets, runner)))


async def _end(accepting: Sequence[asyncio.Task[None]], sockets: Sequence[socket.socket], runner: Any) -> None:
    await asyncio.wait(accepting)
    for each in sockets:
        each.close()
    await runner.cleanup()


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of *host*, as asyncio's create_server() has."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            try:
                sockets.append(socket.create_server((str(address[0]), port), family=family, backlog=128))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                absent = error
        if not sockets:
            raise absent or OSError(errno.EADDRNOTAVAIL, "no address")
    except OSError:
        for each in sockets:
            each.close()
        raise
    for each in sockets:
        each.setblocking(False)
    return sockets


async def _accept(listener: socket.socket, server: _Server, note: Note) -> None:
    """Connections that cannot be taken wait in the system's queue."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            connection, _ = await loop.sock_accept(listener)
            await loop.connect_accepted_socket(server, connection)
        except (OSError, MemoryError) as error:
            note(503, f"a connection could not be taken ({type(error).__name__}: {error})")
            await asyncio.sleep(PAUSE_SECONDS)


class _Server(web.Server):
    """Its connections: those at work, and those that wait for a request, the one that has waited longest first."""

    def __init__(self, answer: Answer, note: Note, bounds: Bounds) -> None:
        super().__init__(self._answered)
        self._answer, self.note, self.bounds = answer, note, bounds
        self._waiting: dict[_Connection, None] = {}
        self._at_work: set[_Connection] = set()
        self.lingering = 0

    def __call__(self) -> _Connection:
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,
            logger=_ServerLog(self.note),
            keepalive_timeout=self.bounds.idle_seconds,
            lingering_time=LINGER_SECONDS,
            read_bufsize=BUFFER,
            auto_decompress=False,  # a signature is of what was sent, and a small body may be a large one compressed
        )

    def enter(self, connection: _Connection) -> None:
        if len(self._waiting) + len(self._at_work) >= self.bounds.connections:
            self.note(503, "too many connections at a time")
            oldest = next(iter(self._waiting), None)
            if oldest is None:
                connection.refuse(503, "Service Unavailable", "Retry-After: 5\r\n")
                return
            self.leave(oldest)
            oldest.force_close()
        self._waiting[connection] = None

    def leave(self, connection: _Connection) -> None:
        self._waiting.pop(connection, None)
        self._at_work.discard(connection)

    async def _answered(self, request: web.BaseRequest) -> web.Response:
        connection = request.protocol
        assert isinstance(connection, _Connection)  # noqa: S101 - see __call__
        connection.head_is_whole()
        self._waiting.pop(connection, None)
        self._at_work.add(connection)
        try:
            return await self._answer(request)
        finally:
            if connection in self._at_work:  # else it was lost meanwhile
                self._at_work.remove(connection)
                self._waiting[connection] = None
            connection.at_work = False


class _Connection(web.RequestHandler):
    """aiohttp's, with a time for each head."""

    def __init__(self, server: _Server, **settings: Any) -> None:
        super().__init__(server, **settings)
        self._server = server
        self._timer: asyncio.TimerHandle | None = None
        self._refused = False
        self.at_work = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._start_timer()
        self._server.enter(self)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if not self.at_work and self._timer is None:
            self._start_timer()
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_timer()
        self._server.leave(self)
        self._server.lingering -= self._refused
        super().connection_lost(exc)

    def head_is_whole(self) -> None:
        self._stop_timer()
        self.at_work = True

    def refuse(self, status: int, phrase: str, headers: str = "") -> None:
        """Answer without waiting for a request; what comes of one is thrown away."""
        self._stop_timer()
        transport = self.transport
        if transport is None:
            return
        if self._refused or self._server.lingering >= LINGERING:
            transport.abort()
            return
        self._refused = True
        self._server.lingering += 1
        transport.write(_REFUSAL.format(status, phrase, headers).encode())
        if transport.can_write_eof():
            transport.write_eof()
        self._timer = asyncio.get_running_loop().call_later(LINGER_SECONDS, transport.abort)

    def _late(self) -> None:
        self._server.note(408, "slow head")
        self._server.leave(self)
        self.refuse(408, "Request Timeout")

    def _start_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._server.bounds.head_seconds, self._late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _ServerLog(logging.LoggerAdapter[logging.Logger]):
    """Filters aiohttp's log: it writes a stack trace, with the request in it, whenever a client speaks no HTTP."""

    def __init__(self, note: Note) -> None:
        super().__init__(logging.getLogger(__name__), {})
        self._note = note

    def exception(self, msg: object, *args: object, exc_info: Any = True, **more: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            self._note(400, "not HTTP")
        else:
            super().exception(msg, *args, exc_info=exc_info, **more)
