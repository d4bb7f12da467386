"""
The Socket Mode connection: kept open, watched, and closed without leaving anything behind.

What becomes of an event is decided by the app that it is given; who that is, in adapter.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.core.errors import PlatformError
from bot.network.json_bound import takes_too_long
from bot.network.proxies import proxy_of
from bot.platforms.slack.calls.api import OPEN, SlackApi
from bot.platforms.slack.calls.errors import CONNECTION_LOST, lost
from bot.platforms.slack.calls.logs import sdk_logger
from bot.platforms.slack.transport.dispatch import App

logger = logging.getLogger(__name__)

WATCH_SECONDS = 0.5
TRY_SECONDS = 4.0  # for asking for an address, and for the handshake: a Slack that is back should be noticed soon
SUSPICIOUS_TRIES = 4  # to connect, until we ask Slack whether our token still holds
DRAIN_SECONDS = 10.0  # for events that are being handled when we stop


class _Client(SocketModeClient):
    """
    Keeps hold of the tasks it starts for what it receives: the SDK forgets them, so nobody could end them.

    *address* is asked for each connection's address; *greeted* is called when Slack has said hello on a new one.
    """

    tasks: set[asyncio.Task[Any]]
    address: Callable[[], Awaitable[str]]
    greeted: Callable[[], None]
    said = ""  # why the last try failed, as it was logged

    async def issue_new_wss_url(self) -> str:
        try:
            address = await self.address()
            self.proxy = proxy_of(address)
        except (PlatformError, OSError) as error:
            self.note_failure(str(error))
            raise
        return address

    def note_failure(self, why: str) -> None:
        if why != self.said:
            logger.warning("slack: the connection cannot be opened: %s", why)
        self.said = why

    async def enqueue_message(self, message: str) -> None:
        """Slack sends again what is not acknowledged, three times: then it is left, too."""
        if takes_too_long(message):
            logger.warning("slack: an event was not read: it has more objects and arrays than any of Slack's")
            return
        await super().enqueue_message(message)

    async def run_message_listeners(self, message: dict[str, object], raw_message: str) -> None:
        if message.get("type") == "hello":
            self.greeted()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - the SDK runs this as a task of its own
        self.tasks.add(task)
        try:
            if "envelope_id" in message and not ("type" in message and isinstance(message.get("payload"), dict)):
                await self._refuse(message)
            else:
                await super().run_message_listeners(message, raw_message)
        finally:
            self.tasks.discard(task)

    async def _refuse(self, message: dict[str, object]) -> None:
        """Acknowledge what is no envelope: the SDK drops it or raises ValueError, and Slack would send it again."""
        logger.warning("slack: an envelope without a type or a payload is left")
        with contextlib.suppress(OSError, AttributeError):  # the connection has just broken; the SDK asks None
            await self.send_socket_mode_response({"envelope_id": message["envelope_id"]})

    def own_tasks(self) -> list[asyncio.Future[Any]]:
        running = [self.message_processor, self.message_receiver, self.current_session_monitor]
        return [*(task for task in running if task is not None), *self.tasks]


class _Handler:
    """Counts the events that are being handled, and takes no more of them once it is draining."""

    def __init__(self, app: App, client: _Client) -> None:
        self.app, self.client = app, client
        self.client.socket_mode_request_listeners.append(self.handle)
        self.handled: set[asyncio.Task[Any]] = set()
        self.draining = False

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        if self.draining:
            return  # not acknowledged: Slack delivers it again
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - called from run_message_listeners
        self.handled.add(task)
        try:
            answer = await self.app.dispatch_payload(req.payload)
            if answer.status == 400:  # it will not make more sense when Slack sends it again
                answer = BoltResponse(status=200)
            if answer.status == 200:  # what is not acknowledged Slack delivers again
                await client.send_socket_mode_response(SocketModeResponse(req.envelope_id, _payload(answer)))
        finally:
            self.handled.discard(task)

    async def drain(self) -> None:
        """Let the events that are being handled be stored and acknowledged; bounded by DRAIN_SECONDS."""
        self.draining = True
        if self.handled:
            await asyncio.wait(self.handled, timeout=DRAIN_SECONDS)


def _payload(answer: BoltResponse) -> dict[str, Any] | None:
    """The payload of an acknowledgement, if it has one (Slack, "Using Socket Mode", responding with a payload)."""
    if not answer.body:
        return None
    is_json = answer.first_headers()["content-type"].startswith("application/json")
    return json.loads(answer.body) if is_json else {"text": answer.body}


class Connection:
    """One Socket Mode connection, from serve() until it is cancelled."""

    def __init__(self, api: SlackApi, app_token: str, ping_seconds: float) -> None:
        self._api, self._app_token, self._ping_seconds = api, app_token, ping_seconds
        self._client: _Client | None = None

    @property
    def connected(self) -> bool:
        return self.session is not None

    @property
    def session(self) -> object | None:
        """Another one for every connection; None while there is none."""
        client = self._client
        if client is None or client.closed or client.stale or client.current_session is None:
            return None
        return None if client.current_session.closed else client.current_session

    async def probe(self) -> None:
        """Raises PlatformError when Slack does not take our app token, or cannot be reached."""
        await self._api.open_connection(self._app_token)

    async def serve(self, app: App, greeted: Callable[[], None] = lambda: None) -> None:
        """
        Hand events to *app* until cancelled. Raises PlatformError when Slack no longer takes our app token.

        *greeted* is called at the beginning of every connection, once events can come in over it.
        """
        handler = _Handler(app, await self._new_client(app, greeted))
        self._client = handler.client
        connecting = asyncio.create_task(_connect(handler.client))
        try:
            await self._watch(handler.client)
        finally:
            connecting.cancel()
            await asyncio.shield(asyncio.ensure_future(_close(handler, connecting)))
            self._client = None

    async def _new_client(self, app: App, greeted: Callable[[], None]) -> _Client:
        client = _Client(self._app_token, logger=sdk_logger(), web_client=app.client, ping_interval=self._ping_seconds)
        client.tasks, client.address, client.greeted = set(), self._address, greeted
        # The SDK's own session waits five minutes for a handshake. This limit does not end sockets that are open.
        await client.aiohttp_client_session.close()
        timeout = aiohttp.ClientTimeout(total=TRY_SECONDS)
        client.aiohttp_client_session = aiohttp.ClientSession(timeout=timeout, trace_configs=[_tracing(client)])
        return client

    async def _address(self) -> str:
        """A fresh address for one try to connect. Raises PlatformError."""
        await self._api.limits.sit_out(OPEN)
        try:
            async with asyncio.timeout(TRY_SECONDS):
                return await self._api.open_connection(self._app_token)
        except TimeoutError:
            raise PlatformError(CONNECTION_LOST, passing=True) from None

    async def _watch(self, client: _Client) -> None:
        """
        Keep the SDK from trying one address for ever, and ourselves from trying a dead token for ever.

        slack_sdk 3.47: after a failed handshake connect() tries the same address again, though it is single-use.
        """
        gone = _Stopwatch(time.monotonic)
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self.connected:
                if gone.seconds() >= WATCH_SECONDS:
                    logger.info("slack: connected")
                gone.reset()
                client.said = ""
                continue
            client.wss_uri = None
            if gone.start():
                logger.warning("slack: not connected, trying")
            elif gone.seconds() > SUSPICIOUS_TRIES * self._ping_seconds and not self._api.limits.remaining(OPEN):
                await self._check_token()
                gone.reset()

    async def _check_token(self) -> None:
        try:
            await self.probe()
        except PlatformError as error:
            if not error.passing:
                raise


class _Stopwatch:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: float | None = None

    def start(self) -> bool:
        """Start unless it runs already; whether it was started now."""
        if self._since is not None:
            return False
        self._since = self._clock()
        return True

    def seconds(self) -> float:
        return 0.0 if self._since is None else self._clock() - self._since

    def reset(self) -> None:
        self._since = None


def _tracing(client: _Client) -> aiohttp.TraceConfig:
    """The SDK says why a handshake failed in words of its own only."""

    async def failed(_session: object, _context: object, request: aiohttp.TraceRequestExceptionParams) -> None:
        client.note_failure(str(lost(request.exception, str(request.url.with_query(None)))))

    tracing = aiohttp.TraceConfig()
    tracing.on_request_exception.append(failed)
    return tracing


async def _connect(client: _Client) -> None:
    await client.connect()  # type: ignore[no-untyped-call]  # the SDK's


async def _close(handler: _Handler, connecting: asyncio.Task[None]) -> None:
    await handler.drain()
    client = handler.client
    with contextlib.suppress(OSError):  # a connection that is already broken
        await client.close()  # type: ignore[no-untyped-call]  # the SDK's
    left: list[asyncio.Future[Any]] = [connecting, *client.own_tasks()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
