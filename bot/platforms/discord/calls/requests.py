"""
One request to Discord's REST API: sent once, within a time, its limits noted and its errors translated.

Nothing is repeated here: a post whose answer was lost may be there. When to call is decided by the callers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.core.errors import PlatformError, UncertainError
from bot.core.shortage import is_shortage
from bot.network.proxies import proxy_of
from bot.network.ways import way_to
from bot.platforms.common.limiter import RATE_LIMITED
from bot.platforms.discord.calls.errors import (
    INVALID_RESPONSE,
    INVALID_TOKEN,
    NOT_DISCORD,
    PROXY_LOGIN,
    CallFailure,
    by_proxy,
    lost,
    refused,
    retry_after,
)
from bot.platforms.discord.calls.limits import DiscordLimiter

SECONDS, CONNECT_SECONDS = 30.0, 10.0
PROJECT = "https://threadbot.invalid"  # Discord wants an address in each User-Agent; this one is nobody's

INVALID_REQUESTS = frozenset({401, 403, 429})  # Discord, "Invalid Request Limit"

Json = Mapping[str, Any]
Upload = tuple[str, bytes]
"""A file to send: its name and its content."""


class Requests:
    """
    Raises PlatformError, and UncertainError when a request may have been carried out all the same. Until one has
    succeeded, an answer that is not of Discord's form means that the address is wrong: NOT_DISCORD, which does not
    pass.

    *session* is shared by all requests while it is open; without one each has its own.
    """

    def __init__(self, token: str, api_url: str, limits: DiscordLimiter, seconds: float = SECONDS) -> None:
        self._token, self._base, self._limits = token, api_url.rstrip("/"), limits
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        self._agent = user_agent()
        self.session: aiohttp.ClientSession | None = None
        self._answered = False  # Discord has, once
        self.unusable = asyncio.Event()  # the token: no request is made with it any more

    async def send(
        self,
        name: str,
        verb: str,
        *path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        files: Sequence[Upload] = (),
        major: str = "",
        open_to_all: bool = False,
        check: Callable[[], None] | None = None,
    ) -> Any:
        """
        Send the request *name* (see limits.py) and return its JSON; None where there is none.

        *path*: its steps, which need not be quoted. *major*: the channel or guild whose bucket it is.
        *open_to_all*: it answers an interaction, needs no token and does not count. *check* is called after the wait
        for its turn, and raises where the request is no longer wanted.
        """
        if not open_to_all:
            await self._limits.turn(name)
            if self.unusable.is_set() and self._answered:
                raise PlatformError(INVALID_TOKEN, passing=True)
        if check is not None:
            check()
        url = _url(self._base, path)
        headers = {"User-Agent": self._agent}
        if not open_to_all:
            headers["Authorization"] = f"Bot {self._token}"
        more = _sent(body, files) | {"params": query, "headers": headers}
        try:
            status, answer_headers, data = await self._answer(verb, url, more)
        except Exception as error:
            if not isinstance(error, CallFailure) and not is_shortage(error):
                raise
            raise lost(error, self._base) from error
        if status == PROXY_LOGIN and proxy_of(self._base):  # where it opens no tunnel, as to http://
            raise by_proxy(status, self._base)
        self._limits.tell(name, answer_headers, major)
        return self._read(name, status, answer_headers, data, major, open_to_all=open_to_all)

    async def _answer(self, verb: str, url: URL, more: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        if self.session is not None and not self.session.closed:
            return await _exchanged(self.session, verb, url, more | {"timeout": self._timeout})
        async with aiohttp.ClientSession(timeout=self._timeout) as session:
            return await _exchanged(session, verb, url, more)

    def _read(
        self, name: str, status: int, headers: Mapping[str, str], data: bytes, major: str, *, open_to_all: bool
    ) -> Any:
        body = _json(data)
        if _is_success(status, body, data):
            self._answered = True
            return body
        if not self._answered and body is None and status < 500 and status != 429:
            raise PlatformError(NOT_DISCORD, passing=False)
        if status < 400 and body is None:
            raise UncertainError(INVALID_RESPONSE)
        error = refused(status, body, headers)
        shared = headers.get("X-RateLimit-Scope") == "shared"
        if status in INVALID_REQUESTS and not shared:
            self._limits.invalid()
        if error.code == INVALID_TOKEN and not open_to_all:
            self._note_token(error)
        if error.code == RATE_LIMITED:
            # Without JSON it is the wall before Discord that refuses, and it refuses everything.
            everything = body is None or bool(isinstance(body, Mapping) and body.get("global"))
            everything = everything or headers.get("X-RateLimit-Global") == "true"
            seconds = retry_after(body, headers)
            self._limits.refused(name, seconds, major, everything=everything, shared=shared)
        raise error

    def _note_token(self, error: PlatformError) -> None:
        """Was it good before, it was reset, or Discord errs: a new start finds out, and what waits is not lost."""
        self.unusable.set()
        error.passing = self._answered


def user_agent() -> str:
    """Discord, "User Agent": `DiscordBot ($url, $versionNumber)`; without it requests are turned away."""
    try:
        number = version("threadbot")
    except PackageNotFoundError:  # run from its folder, without an installation
        number = "0"
    return f"DiscordBot ({PROJECT}, {number})"


def _url(base: str, path: Sequence[str]) -> URL:
    try:
        return URL("/".join((base, *(quote(step, safe="@") for step in path))), encoded=True)
    except ValueError as error:
        raise PlatformError(NOT_DISCORD, passing=False) from error


def _is_success(status: int, body: object, data: bytes) -> bool:
    """A search whose guild is not indexed yet is answered with 202, and with the code of an error."""
    is_error = status == 202 and isinstance(body, Mapping) and "code" in body
    return 200 <= status < 300 and not is_error and (body is not None or not data)


async def _exchanged(
    session: aiohttp.ClientSession, verb: str, url: URL, more: dict[str, Any]
) -> tuple[int, Mapping[str, str], bytes]:
    async with session.request(verb, url, allow_redirects=False, **way_to(str(url)), **more) as response:
        return response.status, response.headers, await response.read()


def _sent(body: object, files: Sequence[Upload]) -> dict[str, Any]:
    """The arguments of aiohttp for a body, which goes beside *files* as a form."""
    if not files:
        return {} if body is None else {"json": body}
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps(body or {}), content_type="application/json")
    for number, (name, content) in enumerate(files):
        form.add_field(f"files[{number}]", content, filename=name, content_type="application/octet-stream")
    return {"data": form}


def _json(data: bytes) -> Any:
    """None for what is none, and for a bare null."""
    try:
        return json.loads(data) if data else None
    except ValueError:  # also where it is no text
        return None
