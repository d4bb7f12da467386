"""
The public listener: Slack's requests over HTTP, where there is no Socket Mode connection.

It knows which requests are Slack's and whole. What becomes of them is decided by the app that it is given, the
same as for Socket Mode; who that is, in adapter.py. Signatures are in signature.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.response import BoltResponse

from bot.core.errors import BotError
from bot.listening import Bounds, listening
from bot.network.json_bound import takes_too_long
from bot.platforms.slack.setup.manifest import COMMANDS_PATH, EVENTS_PATH, INTERACTIONS_PATH
from bot.platforms.slack.transport.dispatch import App
from bot.platforms.slack.transport.signature import SIGNATURE, TIMESTAMP, fresh, signed

logger = logging.getLogger(__name__)

BODY_LIMIT = 1_000_000  # bytes
BODIES_LIMIT = 16 * BODY_LIMIT  # of all that are in memory; most of Slack's have some kilobytes
BODY_SECONDS = 3.0  # for a whole body to come in: Slack itself waits no longer than this for the answer

PROVEN_SECONDS = 120.0  # after a delivery; no more than catch_up.LOOK_BACK
SILENCE_SECONDS = 240.0  # less than Slack goes on bringing an event again: its last try comes 5 minutes after the first
READ_SECONDS = 3600.0

_NO_CODE = re.compile(rb"%(?![0-9A-Fa-f]{2})")  # a sign of a form that stands for itself; Slack writes %25

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Port 0: a free one is chosen."""

    secret: str
    host: str
    port: int


class _RefusedError(Exception):
    """Answered with *status* and without a word."""

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, headers or {}


class Listener:
    """
    The public listener, from serve() until it is cancelled.

    Whether Slack can reach it cannot be seen from here: what stands in front may be down. So how far all is stored is
    moved only while signed requests come in (`session`), and what may have been missed is read after the start, when a
    silence ends in which Slack may have given up, and every hour.
    """

    def __init__(
        self,
        settings: HttpSettings,
        *,
        bounds: Bounds | None = None,
        bodies_limit: int = BODIES_LIMIT,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._now, self._clock = settings, now, clock
        self._greeted: Callable[[], None] = lambda: None
        self._hearing = object()  # another one after every silence
        self._heard_at = 0.0
        self._bounds = bounds or Bounds()
        self._refusals, self._bodies = _Refusals(clock), _Bodies(bodies_limit)
        self.port: int | None = None  # while it listens

    @property
    def connected(self) -> bool:
        """Whether it listens."""
        return self.port is not None

    @property
    def session(self) -> object | None:
        """Another one after every silence; None when nothing has proved lately that Slack can reach us."""
        proven = self.connected and self._clock() - self._heard_at <= PROVEN_SECONDS
        return self._hearing if proven else None

    async def probe(self) -> None:
        """There is nothing at Slack's that could be tried beforehand."""

    async def serve(self, app: App, greeted: Callable[[], None] = lambda: None) -> None:
        """
        Hand requests to *app* until cancelled; those that are under way then are finished.

        *greeted* is called when what was said until now may have been missed. Raises BotError when the port is taken.
        """
        self._greeted = greeted
        async with self._listening(partial(self._answer, app)):
            while True:
                self._begin()
                await asyncio.sleep(READ_SECONDS)

    @contextlib.asynccontextmanager
    async def _listening(self, answer: Callable[[web.BaseRequest], Awaitable[web.Response]]) -> AsyncIterator[None]:
        host, port = self._settings.host, self._settings.port
        async with contextlib.AsyncExitStack() as stack:
            try:
                listener = listening(answer, host, port, self._note, self._bounds)
                self.port = await stack.enter_async_context(listener)
            except OSError as error:
                free = "Set HTTP_HOST and HTTP_PORT to what is free."
                raise BotError(f"Nothing can listen on {host}:{port} ({_reason(error)}). {free}") from error
            stack.callback(self._forget_port)
            logger.info("slack: listening on %s:%d", host, self.port)
            yield

    def _forget_port(self) -> None:
        self.port = None

    def _note(self, status: int, reason: str) -> None:
        self._refusals.note(_RefusedError(status, reason))

    def _begin(self) -> None:
        self._hearing, self._heard_at = object(), self._clock()
        self._greeted()

    def _heard(self) -> None:
        """A request of Slack's came in."""
        if self._clock() - self._heard_at > SILENCE_SECONDS:
            self._begin()
        self._heard_at = self._clock()

    async def _answer(self, app: App, request: web.BaseRequest) -> web.Response:
        with self._bodies.held() as take:
            try:
                body = await self._body(request, take)
                payload = _PARSERS[request.path](body)
            except _RefusedError as refused:
                self._refusals.note(refused)
                response = web.Response(status=refused.status, headers=refused.headers)
                response.force_close()  # who is refused has no business with this connection
                return response
            self._heard()
            return _response(await app.dispatch_payload(payload))

    async def _body(self, request: web.BaseRequest, take: Callable[[int], None]) -> bytes:
        """The body of a request that is Slack's and whole, and of nothing else. Raises _RefusedError."""
        if request.path not in _PARSERS:
            raise _RefusedError(404, "path")
        if request.method != "POST":
            raise _RefusedError(405, "method", {"Allow": "POST"})
        timestamp, signature = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
        if not (timestamp and signature):
            raise _RefusedError(401, "unsigned")
        if not fresh(timestamp, self._now()):
            raise _RefusedError(401, "stale, or this machine's clock is wrong")
        body = await _read(request, take)
        if not signed(self._settings.secret, timestamp, body, signature):
            raise _RefusedError(401, "signature; if all are refused, SLACK_SIGNING_SECRET is another app's")
        return body


class _Refusals:
    """Anybody can send us anything: one line a minute says that, and how often."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said_at: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def note(self, refused: _RefusedError) -> None:
        reason = refused.reason
        count = self._unsaid.get(reason, 0) + 1
        if self._clock() - self._said_at.get(reason, float("-inf")) < 60:
            self._unsaid[reason] = count
            return
        self._said_at[reason], self._unsaid[reason] = self._clock(), 0
        strangers = refused.status in (404, 405)  # who scans the whole world; the rest may be Slack's, and refused
        level = logging.INFO if strangers else logging.WARNING
        logger.log(level, "slack: requests refused: %d (%d: %s)", count, refused.status, reason)


class _Bodies:
    """The bytes of bodies that are in memory, of all requests together. Only what has come in counts."""

    def __init__(self, limit: int) -> None:
        self._limit, self._bytes = limit, 0

    @contextlib.contextmanager
    def held(self) -> Iterator[Callable[[int], None]]:
        """Gives what is to be told of the size of every piece: it raises _RefusedError when there is no room."""
        mine = 0

        def take(size: int) -> None:
            nonlocal mine
            if self._bytes + size > self._limit:
                raise _RefusedError(503, "too much in bodies at a time", {"Retry-After": "5"})
            self._bytes += size
            mine += size

        try:
            yield take
        finally:
            self._bytes -= mine


def _reason(error: OSError) -> object:
    """Without what asyncio says beside it."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error


async def _read(request: web.BaseRequest, take: Callable[[int], None]) -> bytes:
    """Never more than BODY_LIMIT, whatever the sender says of its length. Raises _RefusedError."""
    if (request.content_length or 0) > BODY_LIMIT:
        raise _RefusedError(413, "size")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                take(len(chunk))
                body += chunk
                if len(body) > BODY_LIMIT:
                    raise _RefusedError(413, "size")
    except TimeoutError:
        raise _RefusedError(408, "slow") from None
    except (web.RequestPayloadError, ConnectionError):
        raise _RefusedError(400, "cut") from None
    return bytes(body)


def _event(body: bytes) -> Payload:
    """
    What the Events API sends; also a form, for many apps have one address for all, such as Bolt's.

    Raises _RefusedError, like the others.
    """
    if not body.lstrip().startswith(b"{"):
        return _command(body)
    event = _typed(body)
    inner = event.get("event")
    if event["type"] == "event_callback" and not (isinstance(inner, dict) and isinstance(inner.get("type"), str)):
        raise _RefusedError(400, "event")
    if event["type"] == "url_verification" and not isinstance(event.get("challenge"), str):
        raise _RefusedError(400, "challenge")
    return event


def _interaction(body: bytes) -> Payload:
    """The `payload` of a form."""
    fields = _form(body)
    if "payload" in fields:
        return _typed(fields["payload"])
    if "ssl_check" not in fields:
        raise _RefusedError(400, "form")
    return fields


def _command(body: bytes) -> Payload:
    """A command's fields; a shortcut that came to its address is an interaction."""
    fields = _form(body)
    return fields if "command" in fields and "payload" not in fields else _interaction(body)


_PARSERS: Mapping[str, Callable[[bytes], Payload]] = {
    EVENTS_PATH: _event,
    INTERACTIONS_PATH: _interaction,
    COMMANDS_PATH: _command,
}


def _form(body: bytes) -> Payload:
    if _NO_CODE.search(body):  # urllib takes a time for each that holds the event loop
        raise _RefusedError(400, "form")
    try:
        return _unique(parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000))
    except ValueError:
        raise _RefusedError(400, "form") from None


def _typed(text: str | bytes) -> Payload:
    try:
        text = text if isinstance(text, str) else text.decode()  # json would take UTF-16, and halves of characters
        if takes_too_long(text):
            raise _RefusedError(400, "JSON of more objects and arrays than any of Slack's")
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise _RefusedError(400, "JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise _RefusedError(400, "JSON")
    return found


def _unique(pairs: Sequence[tuple[str, Any]]) -> Payload:
    """Of a name that is there twice nobody knows which one counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(name: str) -> None:
    """NaN and Infinity are no JSON (RFC 8259), though Python reads them."""
    raise ValueError(name)


def _finite(written: str) -> float:
    """Python reads 1e999 as infinity."""
    if math.isinf(number := float(written)):
        raise ValueError(written)
    return number


def _response(answer: BoltResponse) -> web.Response:
    """503 and 500 make Slack try again: X-Slack-No-Retry is never among our headers."""
    kind = answer.first_headers_without_set_cookie().get("content-type", "text/plain").split(";")[0]
    return web.Response(status=answer.status, text=answer.body or "", content_type=kind)
