"""
A connection to the gateway: kept by discord.py, watched here, and closed without leaving anything behind.

discord.py beats, notices dead sockets, resumes and compresses; of its objects nothing is used: the payloads are read
as they came. What becomes of them is decided by the function that serve() is given.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import Route

from bot.core.errors import PlatformError
from bot.core.retry import Backoff
from bot.network import certificates
from bot.network.proxies import proxy_of
from bot.platforms.common.leases import OwnLeases
from bot.platforms.discord.calls.api import DiscordApi
from bot.platforms.discord.calls.errors import CONNECTION_LOST, INVALID_TOKEN, lost
from bot.platforms.discord.calls.requests import Json
from bot.platforms.discord.gateway.shards import ONLY, Shard
from bot.platforms.discord.gateway.starts import Starts

logger = logging.getLogger(__name__)

DISALLOWED_INTENTS, SHARDING_REQUIRED = "disallowed_intents", "sharding_required"
CLOSED: dict[int, str] = {
    4004: INVALID_TOKEN,
    4010: "invalid_shard",
    4011: SHARDING_REQUIRED,
    4012: "invalid_gateway_version",
    4013: DISALLOWED_INTENTS,
    4014: DISALLOWED_INTENTS,
}
"""Discord, "Gateway Close Event Codes": those after which a client should not try again."""

DISPATCH, INVALID_SESSION, HELLO, ACKNOWLEDGED = 0, 9, 10, 11  # Discord, "Gateway Opcodes"
WATCH_SECONDS = 0.5
BEATS, BEAT_MARGIN = 2, 1.0  # heartbeats without an acknowledgement, and seconds, after which a socket is a zombie
ZOMBIE = 4000  # closed with 1000 or 1001 the session would end as well
LOGIN_SECONDS, CLOSE_SECONDS = 30.0, 5.0

Heard = Callable[[str, Json], None]
"""Told the type and the data of each dispatch, in their order."""


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds."""

    dead: float = 60.0  # without a word, though Discord answers a heartbeat every 41.25: the socket is dead
    lost: float = 45.0  # without a session, until the library is started again: its own pauses grow to 17 minutes
    guilds: float = 10.0  # that the guilds of a new session are waited for
    late: float = 2.0  # from a guild that comes later to what is done about it: another one may follow
    between: float = 5.0  # two IDENTIFYs; Discord, "Session Start Limit": max_concurrency in so many
    lease: float = 12.0  # from the death of a process to the end of what it holds
    renew: float = 2.0
    give_up: float = 90.0  # without a session, until another process may try, for as long
    backoff: Backoff = field(default_factory=lambda: Backoff(first=0.5, longest=15.0))


class Connection:
    """One connection, from serve() until it is cancelled. *starts*: what all connections share."""

    def __init__(
        self,
        api: DiscordApi,
        token: str,
        api_url: str,
        patience: Patience | None = None,
        shard: Shard = ONLY,
        starts: Starts | None = None,
    ) -> None:
        self._token, self._api_url = token, api_url.rstrip("/")
        self._patience, self.shard = patience or Patience(), shard
        self._starts = starts or Starts(api, OwnLeases(), self._patience.between)
        self._called = f"discord, {shard}" if shard.count > 1 else "discord"
        self._alive = False
        self._session: object | None = None
        self._why: PlatformError | None = None  # there was no connection
        self._heard_by: Heard | None = None
        self._on_new_session: Callable[[], None] = lambda: None
        self._awaited: set[str] = set()  # guilds of a new session that have not come yet
        self._beat: float | None = None  # seconds between two heartbeats
        self._acknowledged_at = 0.0  # the last one
        self._waiting: asyncio.TimerHandle | None = None
        self._late: asyncio.TimerHandle | None = None

    @property
    def connected(self) -> bool:
        return self.session is not None

    @property
    def session(self) -> object | None:
        """Another one for every session of the gateway's, the same again once it is resumed; None between."""
        return self._session if self._alive else None

    async def serve(
        self, heard: Heard, on_new_session: Callable[[], None] = lambda: None, *, content: bool = False
    ) -> None:
        """
        Hand dispatches to *heard* until cancelled. Raises PlatformError when to try on is pointless.

        *on_new_session* is called when there is a session that resumes none, and its guilds are there: what was said
        until then was told to nobody. The same for a guild that comes later. *content*: ask for the content of all
        messages, which the application may have.
        """
        self._heard_by, self._on_new_session = heard, on_new_session
        logging.getLogger("discord").setLevel(logging.CRITICAL)  # we say ourselves how the connection is
        failures = 0
        while True:
            try:
                await self._live(_intents(content=content))
            except PlatformError as error:
                if not error.passing:
                    raise
                failures = 0 if self._session is not None else failures + 1
                logger.warning("%s: not connected (%s), trying again", self._called, error)
                wait = error.retry_after
                await asyncio.sleep(self._patience.backoff.wait(max(1, failures)) if wait is None else wait)
            finally:
                self._end()

    def _end(self) -> None:
        self._alive, self._session = False, None
        self._stop_waiting()

    # One client of the library

    async def _live(self, intents: discord.Intents) -> None:
        """Raises PlatformError, always: how the connection ended."""
        address = await self._starts.address(self.shard)
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = self._api_url, address  # where discord.py looks for Discord
        client = _Client(self, intents, self._patience.dead, proxy_of(self._api_url))
        self._why = None
        connecting: asyncio.Task[None] | None = None
        try:
            await self._log_in(client)
            connecting = asyncio.create_task(client.connect())
            await self._watch(client, connecting)
        finally:
            await asyncio.shield(asyncio.ensure_future(_close(client, connecting)))

    async def _log_in(self, client: _Client) -> None:
        login = asyncio.create_task(client.login(self._token))
        try:
            await asyncio.wait([login], timeout=LOGIN_SECONDS)  # the library sets no limit
        finally:
            login.cancel()
        [error] = await asyncio.gather(login, return_exceptions=True)
        if error is not None:
            raise _translated(error, self._api_url) from error

    async def _watch(self, client: _Client, connecting: asyncio.Task[None]) -> None:
        """Until the library gives up, or has no session for long."""
        clock, said = time.monotonic, False
        gone = looked = clock()  # since when there is no session
        while not connecting.done():
            await asyncio.wait([connecting], timeout=WATCH_SECONDS)
            # Where we were late ourselves, what has come may not have been read yet.
            if clock() - looked < BEAT_MARGIN and self._is_zombie():
                logger.info("%s: heartbeats are not acknowledged, connecting again", self._called)
                self._beat = None
                client.drop_sockets()
            looked = clock()
            if self._alive:
                if said:
                    logger.info("%s: connected", self._called)
                gone, said = clock(), False
            elif not said:
                said = True
                logger.info("%s: connecting", self._called)
            elif clock() - gone > self._patience.lost:
                raise self._why or PlatformError(CONNECTION_LOST, passing=True)
        # Whatever it is: where the first try fails, discord.py 2.7 raises an AttributeError.
        error = connecting.exception()
        translated = _translated(error)
        raise (self._why if self._why and translated.code == CONNECTION_LOST else translated) from error

    def _is_zombie(self) -> bool:
        """Whether heartbeats are not acknowledged: such a connection is to be closed; Discord, "Sending Heartbeats"."""
        silent = time.monotonic() - self._acknowledged_at
        return self._beat is not None and silent > BEATS * self._beat + BEAT_MARGIN

    # Callbacks of the client

    def heard(self, text: str) -> None:
        """One payload of the gateway's."""
        payload = json.loads(text)  # the library reads the same right after, and ends the connection if it cannot
        name, data = payload.get("t"), payload.get("d")
        if payload.get("op") in (HELLO, ACKNOWLEDGED):
            self._acknowledged_at = time.monotonic()
        if payload.get("op") == HELLO and isinstance(data, dict):
            interval = data.get("heartbeat_interval")
            self._beat = interval / 1000 if isinstance(interval, int | float) else None
        if payload.get("op") == INVALID_SESSION and data is not True:
            self._end()
        if payload.get("op") != DISPATCH or not isinstance(data, dict):
            return
        if name == "READY":
            self._begin(data)
        elif name == "RESUMED":
            self._alive = True
        if self._heard_by is not None:
            self._heard_by(str(name), data)
        if name in ("READY", "GUILD_CREATE", "GUILD_DELETE"):  # one that is not available comes as deleted
            self._check_guilds(name, str(data.get("id")))

    def failed(self, error: Exception, address: str) -> None:
        """The gateway could not be reached."""
        found = lost(error, address)
        if self._why is None or self._why.detail != found.detail:
            logger.warning("%s: the gateway cannot be reached: %s", self._called, found.detail or type(error).__name__)
        self._why = found

    def dropped(self) -> None:
        self._alive = False

    async def may_identify(self, *, initial: bool) -> None:
        """Return when a new session may be asked for. Raises PlatformError where none may for long."""
        if not initial:
            await asyncio.sleep(
                random.uniform(0.2, 1.0) * self._patience.between  # noqa: S311 - "a random amount of time between 1 and 5"
            )
        await self._starts.turn(self.shard)

    def _begin(self, ready: Json) -> None:
        self._stop_waiting()
        self._alive, self._session = True, object()
        self._awaited = {str(each.get("id")) for each in ready.get("guilds") or () if isinstance(each, dict)}
        self._waiting = asyncio.get_running_loop().call_later(self._patience.guilds, self._greet)

    def _check_guilds(self, name: str, guild: str) -> None:
        self._awaited.discard(guild)
        if self._waiting is not None and not self._awaited:
            self._greet()
        elif self._waiting is None and self._late is None and name == "GUILD_CREATE":
            # It was not there for us, or not available.
            self._late = asyncio.get_running_loop().call_later(self._patience.late, self._greet)

    def _greet(self) -> None:
        self._stop_waiting()
        self._on_new_session()

    def _stop_waiting(self) -> None:
        for handle in (self._waiting, self._late):
            if handle is not None:
                handle.cancel()
        self._waiting = self._late = None
        self._awaited.clear()


class _Client(discord.Client):
    """
    Keeps nothing of what it hears, and makes nothing of it: a channel or a guild that lacks a field which the library
    expects would end the connection, again and again.
    """

    def __init__(
        self, connection: Connection, intents: discord.Intents, dead_seconds: float, proxy: str | None
    ) -> None:
        super().__init__(
            intents=intents,
            enable_debug_events=True,  # on_socket_raw_receive
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.0,  # else a task of its own waits for guilds, even when all is closed
            heartbeat_timeout=dead_seconds,
            proxy=proxy,
            shard_id=connection.shard.number if connection.shard.count > 1 else None,
            shard_count=connection.shard.count if connection.shard.count > 1 else None,
        )
        self._told = connection
        self._connection.parsers = {}
        self._connect_socket = self.http.ws_connect
        self.http.ws_connect = self._remembered  # type: ignore[method-assign]
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []
        self._dropped: list[asyncio.Task[bool]] = []

    async def login(self, token: str) -> None:
        """Ready for connect(). The library would also read what our application is, and expect more than we do."""
        await self._async_setup_hook()
        self.http.connector = aiohttp.TCPConnector(limit=0, ssl=certificates.context())
        await self.http.static_login(token)

    async def _remembered(self, url: str, **options: Any) -> aiohttp.ClientWebSocketResponse:
        """The library forgets a socket that has not said hello yet when it is told to end."""
        try:
            self.http.proxy = proxy_of(url)  # not always that of the API
            socket = await self._connect_socket(url, **options)
        except (aiohttp.ClientError, OSError) as error:
            self._told.failed(error, url.partition("?")[0])
            raise
        self._sockets = [*(each for each in self._sockets if not each.closed), socket]
        return socket

    def drop_sockets(self) -> None:
        """So that the library resumes the session over another one; nobody waits for a peer that may be dead."""
        self._dropped = [asyncio.ensure_future(socket.close(code=ZOMBIE)) for socket in self._sockets]

    async def close_sockets(self) -> None:
        for task in self._dropped:
            task.cancel()
        await asyncio.gather(*self._dropped, return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in self._sockets))

    async def on_socket_raw_receive(self, text: str) -> None:
        self._told.heard(text)

    async def on_disconnect(self) -> None:
        self._told.dropped()

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 - the library's
        # The library calls this where it handles the exception.
        logger.error("discord: %s has failed by a defect of ours", event_method, exc_info=True)  # noqa: LOG014 - above

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002 - as above
        await self._told.may_identify(initial=initial)


def _intents(*, content: bool) -> discord.Intents:
    """Our intents: no members, no presences, and the content of messages only where we may have it."""
    intents = discord.Intents.none()
    intents.guilds = intents.guild_messages = intents.dm_messages = True
    intents.guild_reactions = intents.dm_reactions = True
    intents.message_content = content
    return intents


async def _close(client: _Client, connecting: asyncio.Task[None] | None) -> None:
    if connecting is not None:
        connecting.cancel()
        await asyncio.wait([connecting])
    try:
        async with asyncio.timeout(CLOSE_SECONDS):  # a socket that is dead does not answer
            await client.close()
            await client.close_sockets()
    except (TimeoutError, OSError, aiohttp.ClientError):
        await client.http.close()
    for thread in threading.enumerate():
        # Of a socket that was not yet, or no longer, the client's.
        if isinstance(thread, KeepAliveHandler) and thread.shard_id == client.shard_id:
            thread.stop()


def _translated(error: BaseException | None, address: str = "") -> PlatformError:
    if isinstance(error, PlatformError):
        return error
    code = 4014 if isinstance(error, discord.PrivilegedIntentsRequired) else getattr(error, "code", None)
    if isinstance(error, discord.LoginFailure):
        return PlatformError(INVALID_TOKEN, passing=False)
    if isinstance(error, discord.ConnectionClosed | discord.PrivilegedIntentsRequired) and code in CLOSED:
        return PlatformError(CLOSED[code], passing=False)
    logger.info("discord: the library has ended: %s", type(error).__name__)
    return lost(error, address) if error is not None else PlatformError(CONNECTION_LOST, passing=True)
