"""A forward proxy of HTTP over real sockets: tunnels (CONNECT), requests in absolute form, and a login where wanted."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import Self
from urllib.parse import quote, urlsplit


class ForwardProxy:
    """
    *login* is "user:password". *through* holds the method and the host with its port of every request that was let
    through; *refused* counts the others. Every name is found at 127.0.0.1, so clients have to leave that to the proxy.
    """

    def __init__(self, login: str = "", status: int = 200, *, upgrades: bool = True) -> None:
        self._login, self._status, self._upgrades = login, status, upgrades
        self.through: list[tuple[str, str]] = []
        self.refused = 0
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def place(self) -> str:
        assert self._server is not None
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def url(self, login: str = "") -> str:
        user, _, password = login.partition(":")
        return f"http://{quote(user, safe='')}:{quote(password, safe='')}@{self.place}" if login else self.place

    def hosts(self, method: str = "") -> set[str]:
        return {host for verb, host in self.through if method in ("", verb)}

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *headers = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        wanted = f"proxy-authorization: basic {base64.b64encode(self._login.encode()).decode()}".lower()
        is_known = not self._login or any(line.lower() == wanted for line in headers)
        if not is_known or self._status != 200:
            self.refused += 1
            status = "407 Proxy Authentication Required" if not is_known else f"{self._status} Refused"
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            return
        if not self._upgrades and any(line.lower().startswith("upgrade:") for line in headers):
            self.refused += 1
            return
        parts = urlsplit(target if "://" in target else f"//{target}")
        self.through.append((method, parts.netloc))
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", parts.port or 80)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            far_writer.write(_forwarded(method, target[target.index(parts.netloc) + len(parts.netloc) :], headers))
        try:
            await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer))
        finally:
            far_writer.close()


def _forwarded(method: str, path: str, headers: list[str]) -> bytes:
    """One request a connection: what follows on it may be for another host."""
    kept = [line for line in headers if not line.lower().startswith("proxy-")]
    if not any(line.lower().startswith("upgrade:") for line in kept):
        kept = [*(line for line in kept if not line.lower().startswith("connection:")), "Connection: close"]
    return "\r\n".join((f"{method} {path or '/'} HTTP/1.1", *kept, "", "")).encode("latin-1")


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError, NotImplementedError):
        writer.write_eof()
