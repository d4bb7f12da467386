"""
The files of the Slack stand-in, at `/files/{id}/{name}`: who may have one, and what goes wrong on purpose.

As Slack, it answers whoever may not read a file with a page to sign in at, and a 200. Knows nothing of bot/.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from tests.standins.slack.workspace import Json, SlackError, Workspace

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOGIN = "<!DOCTYPE html><html><title>Sign in | Slack</title></html>"


@dataclass(slots=True)
class StoredFile:
    described: Json
    content: bytes
    answer: Answer | None = None  # instead of the content


class FileHost:
    """*requests* holds the id and the headers of each request for a file."""

    def __init__(self, workspace: Workspace, base: Callable[[], str]) -> None:
        self._workspace, self._base = workspace, base
        self._numbers = itertools.count(1)
        self.stored: dict[str, StoredFile] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def add(self, name: str, content: bytes, media_type: str, **described: object) -> Json:
        """Upload a file. Returns its object, as it stands in messages. *described*: what it says otherwise."""
        return self.keep(f"F0FILE{next(self._numbers):05d}", name, content, media_type) | described

    def keep(self, file: str, name: str, content: bytes, media_type: str) -> Json:
        """The same under the id *file*. What changes of the object that it returns is changed everywhere."""
        address = f"{self._base()}/files/{file}/{quote(name)}"
        known = {"id": file, "name": name, "title": name, "mimetype": media_type, "size": len(content)}
        addresses = {"url_private": address, "url_private_download": address}
        self.stored[file] = StoredFile({**known, "mode": "hosted", "is_external": False, **addresses}, content)
        return self.stored[file].described

    def info(self, arguments: Json) -> Json:
        """A file object, as files.info tells it."""
        self._workspace.require("files:read")
        if arguments.get("file") not in self.stored:
            raise SlackError("file_not_found")
        return self.stored[arguments["file"]].described

    async def serve(self, request: web.Request) -> web.StreamResponse:
        file = request.match_info["file"]
        self.requests.append((file, dict(request.headers)))
        stored = self.stored.get(file)
        if not self._may_read(request):
            return web.Response(text=LOGIN, content_type="text/html")
        if stored is None:
            return web.Response(status=404, text=LOGIN, content_type="text/html")
        if stored.answer is not None:
            return await stored.answer(request)
        headers = {"Content-Disposition": f'attachment; filename="{file}"'}
        return web.Response(body=stored.content, content_type=stored.described["mimetype"], headers=headers)

    def _may_read(self, request: web.Request) -> bool:
        known = request.headers.get("Authorization") == f"Bearer {self._workspace.bot_token}"
        return known and "files:read" in self._workspace.scopes


def redirected(to: str) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": to})

    return answer


def failed(*statuses: int, then: bytes = b"") -> Answer:
    """One status after the other; then the content."""
    left = list(statuses)

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=left.pop(0)) if left else web.Response(body=then, content_type="text/plain")

    return answer


async def endless(request: web.Request) -> web.StreamResponse:
    """More and more of it, without a length."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65_536)


async def silent(request: web.Request) -> web.StreamResponse:
    """The beginning, and nothing after it."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"x")
    await asyncio.Event().wait()
    return response


async def broken_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"x")
    if request.transport is not None:
        request.transport.close()
    return response
