"""How the stand-in's own tests speak with it: bare HTTP, a bare gateway socket, and discord.py."""

from __future__ import annotations

import asyncio
import json
import warnings
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from tests.standins.discord import Discord

USER_AGENT = "DiscordBot (https://example.com, 1.0)"
ALL_INTENTS = 53608447 & ~(1 << 1) & ~(1 << 8)  # without those for members and presences
CONTENT = 1 << 15


@dataclass(frozen=True, slots=True)
class Told:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> int:
        return int(self.body["code"])


class Client:
    """An application's HTTP, with the headers that Discord asks for."""

    def __init__(self, discord: Discord, session: aiohttp.ClientSession) -> None:
        self._discord, self._session = discord, session

    async def __call__(self, method: str, path: str, body: object = None, **more: Any) -> Told:
        """*more*: what aiohttp takes; *headers* replace the usual ones of their names."""
        usual = {"User-Agent": USER_AGENT, "Authorization": f"Bot {self._discord.token}"}
        headers = usual | more.pop("headers", {})
        address = path if path.startswith("http") else self._discord.api_url + path
        if body is not None:
            more["json"] = body
        async with self._session.request(method, address, headers=headers, **more) as answer:
            content = await answer.read()
            is_json = answer.headers.get("Content-Type") == "application/json"
            return Told(answer.status, json.loads(content) if is_json else content, answer.headers)

    async def create(self, channel: str, content: str = "hello", **more: Any) -> Told:
        return await self("POST", f"/channels/{channel}/messages", {"content": content, **more})

    async def react(self, channel: str, message: str, emoji: str) -> Told:
        path = f"/channels/{channel}/messages/{message}/reactions/{quote(emoji)}/@me"
        return await self("PUT", str(URL(self._discord.api_url + path, encoded=True)))


@asynccontextmanager
async def client(discord: Discord) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(discord, session)


@dataclass
class Socket:
    """A gateway connection. *events*: the dispatches that came, in their order; *others*: the other payloads."""

    raw: aiohttp.ClientWebSocketResponse
    token: str
    hello: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)
    inflate: Any = None

    async def next(self) -> dict[str, Any]:
        """The next payload of any kind; ConnectionError with the close code where the socket ends instead."""
        async with asyncio.timeout(100):
            message = await self.raw.receive()
        if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            raise ConnectionError(self.raw.close_code)
        content = message.data
        if isinstance(content, bytes):
            content = self.inflate(content) if self.inflate else zlib.decompress(content)
        payload: dict[str, Any] = json.loads(content)
        (self.events if payload["op"] == 0 else self.others).append(payload)
        return payload

    async def until(self, event: str) -> dict[str, Any]:
        """The body of the next event of that name."""
        while True:
            payload = await self.next()
            if payload.get("t") == event:
                body: dict[str, Any] = payload["d"]
                return body

    async def op(self, wanted: int) -> dict[str, Any]:
        while True:
            payload = await self.next()
            if payload["op"] == wanted:
                return payload

    async def closed(self) -> int | None:
        """The code that the gateway closes with."""
        try:
            while True:
                await self.next()
        except ConnectionError as ended:
            code: int | None = ended.args[0]
            return code

    async def send(self, op: int, body: object) -> None:
        await self.raw.send_json({"op": op, "d": body})

    async def identify(self, intents: int = ALL_INTENTS, **more: object) -> None:
        properties = {"os": "linux", "browser": "test", "device": "test"}
        await self.send(2, {"token": self.token, "intents": intents, "properties": properties, **more})

    async def resume(self, session: str, seq: int, token: str | None = None) -> None:
        await self.send(6, {"token": token or self.token, "session_id": session, "seq": seq})

    async def ready(self, intents: int = ALL_INTENTS, **more: object) -> dict[str, Any]:
        """Identify, and return READY's body when the guilds have come, too."""
        await self.identify(intents, **more)
        ready = await self.until("READY")
        if intents & 1:
            for _ in ready["guilds"]:
                await self.next()
        return ready

    @property
    def seq(self) -> int:
        return int(self.events[-1]["s"])

    def names(self) -> list[str]:
        return [each["t"] for each in self.events]

    async def seen(self) -> list[str]:
        """The names of all events so far, also of those that are still on their way: a heartbeat comes after them."""
        await self.send(1, None)
        await self.op(11)
        return self.names()


@asynccontextmanager
async def socket(discord: Discord, query: str = "v=10&encoding=json", inflate: Any = None) -> AsyncIterator[Socket]:
    """A connection that has been greeted."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{discord.gateway.url}?{query}") as raw:
        connected = Socket(raw, discord.token, inflate=inflate)
        connected.hello = await connected.next()
        yield connected


def library() -> Any:
    """discord.py, which warns of a module of Python's at its import; tests are skipped where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return pytest.importorskip("discord")


@asynccontextmanager
async def running(discord: Discord, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A client of discord.py that answers each mention with "pong", and keeps what it hears."""
    dpy = library()
    monkeypatch.setattr(dpy.http.Route, "BASE", discord.api_url)
    monkeypatch.setattr(dpy.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", URL(discord.gateway.url))
    intents = dpy.Intents.default()
    intents.message_content = True
    bot = dpy.Client(intents=intents, allowed_mentions=dpy.AllowedMentions.none())
    bot.heard = []

    async def on_message(message: Any) -> None:
        bot.heard.append(message)
        if bot.user in message.mentions and message.author != bot.user:
            await message.reply("pong")

    bot.event(on_message)
    task = asyncio.create_task(bot.start(discord.token))
    try:
        await discord.wait_for(lambda: discord.gateway.connected or task.done())
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)
