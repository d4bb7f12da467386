"""
The API's door: who may come in, what comes back, and what goes wrong between. Resources are in the other modules.

The order is Discord's: Cloudflare, the version, the token, the limits, the form, then the resource itself.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from tests.standins.discord.faults import (
    Call,
    Delayed,
    Fault,
    Faults,
    Hung,
    Lost,
    RateLimited,
    Refused,
    ServerError,
    Stranger,
)
from tests.standins.discord.rest import bodies, errors
from tests.standins.discord.rest.errors import ApiError
from tests.standins.discord.rest.limits import Bucket, Excess, Limits
from tests.standins.discord.rest.routes import Answer, Asked, Route, Table, major
from tests.standins.discord.state.objects import Json
from tests.standins.discord.state.world import World

USER_AGENT = re.compile(r"DiscordBot \(\S+,? \S+\)")  # Discord also lets libraries in that leave out the comma
BANNED_PAGE = "<!doctype html><html><body><h1>Error 1015</h1><p>You are being rate limited.</p></body></html>"
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"
USUAL = (10, 5.0)


@dataclass(slots=True)
class Reply:
    """An answer before it is sent."""

    status: int
    body: object = None
    headers: dict[str, str] | None = None
    page: str | None = None  # HTML instead of JSON
    shared: bool = False  # a shared limit, which is not counted as an invalid request


class Api:
    """Answers `/api/v10/…`. *violation* is told of each request that is not as documented."""

    def __init__(
        self, world: World, table: Table, faults: Faults, limits: Limits, violation: Callable[[str], None]
    ) -> None:
        self._world, self._table, self._faults, self._limits = world, table, faults, limits
        self._violation = violation

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        version, _, rest = path.removeprefix("/api/").partition("/")
        found = self._table.find(request.method, "/" + rest)
        name = found[0].name if found else "unknown"
        call = Call(name, request.method, path, self._world.clock(), query=list(request.query.items()))
        self._faults.calls.append(call)
        await self._faults.gate(name)
        fault = self._faults.next(name)
        reply = await self._reply(request, call, version, found, fault)
        call.status, call.answer = reply.status, reply.body
        call.code = int(reply.body.get("code", 0)) if isinstance(reply.body, dict) and reply.status >= 400 else 0
        self._limits.note(reply.status, shared=reply.shared)
        if isinstance(fault, Delayed):
            await asyncio.sleep(fault.seconds)
        if isinstance(fault, Lost | Hung):
            return await _silence(request, fault)
        return _response(reply)

    async def _reply(
        self,
        request: web.Request,
        call: Call,
        version: str,
        found: tuple[Route, dict[str, str]] | None,
        fault: Fault | None,
    ) -> Reply:
        """Cloudflare first, then a fault that performs nothing, then Discord."""
        banned = self._limits.banned()
        if banned:
            return Reply(429, page=BANNED_PAGE, headers={"Retry-After": str(int(banned) + 1)}, shared=True)
        if not _says_who(request.headers.get("User-Agent", ""), found[0] if found else None):
            self._violation(f"{call.name}: no valid User-Agent")
            return Reply(403, {"message": "Cloudflare is blocking your request.", "code": 40333})
        refused = _refused(fault, self._world.clock(), self._bucket(*found) if found else None)
        if refused:
            return refused
        if version not in ("v9", "v10"):
            self._violation(f"API version {version!r}")
            return Reply(400, ApiError(50041).body())
        if found is None:
            return self._unknown(request, call, version)
        reply = await self._limited(request, call, *found)
        return _broken(fault) or reply

    def _unknown(self, request: web.Request, call: Call, version: str) -> Reply:
        path = call.path.removeprefix(f"/api/{version}")
        self._violation(f"{request.method} {path}: no such route")
        wrong_method = self._table.knows(path)
        return Reply(405, errors.WRONG_METHOD) if wrong_method else Reply(404, errors.NOT_FOUND)

    async def _limited(self, request: web.Request, call: Call, route: Route, parameters: dict[str, str]) -> Reply:
        call.parameters = parameters
        if not route.open and request.headers.get("Authorization") != f"Bot {self._world.token}":
            self._violation(f"{call.name}: no valid token")
            return Reply(401, errors.UNAUTHORIZED)
        bucket = self._bucket(route, parameters)
        excess = self._limits.exceeded(bucket, counts_globally=not route.open)
        if excess:
            self._limits.refused[call.name] = self._limits.refused.get(call.name, 0) + 1
            return _too_many(excess, self._world.clock())
        reply = await self._performed(request, call, route, parameters)
        reply.headers = self._headers(bucket)
        return reply

    def _bucket(self, route: Route, parameters: Mapping[str, str]) -> Bucket:
        return self._limits.bucket(route.bucket or route.name, major(parameters), route.limit)

    def _headers(self, bucket: Bucket) -> dict[str, str]:
        return bucket.headers(self._world.clock()) if self._limits.enforced else {}

    async def _performed(self, request: web.Request, call: Call, route: Route, parameters: dict[str, str]) -> Reply:
        try:
            asked = await _asked(request, call, route, parameters)
            result = route.act(asked)
        except ApiError as error:
            if error.errors is not None or error.code == 50109:
                self._violation(f"{call.name}: {error.body()}")
            return Reply(error.status, error.body())
        if isinstance(result, Answer):
            return Reply(result.status, result.body)
        return Reply(204) if result is None else Reply(200, result)


async def _asked(request: web.Request, call: Call, route: Route, parameters: dict[str, str]) -> Asked:
    query = dict(request.query)
    route.query.demand(query)
    body, files = await bodies.read(request)
    call.files = [file.name for file in files]
    call.body = body if isinstance(body, dict) else {"": body}
    rows: list[Json] = []
    if route.rows is not None:
        rows = _rows(route.rows, body)
        body = {}
    else:
        route.body.demand(body)
    if files and not route.files:
        raise errors.invalid("files", "UNKNOWN_FIELD", "This request takes no files.")
    assert isinstance(body, dict)
    locale = request.headers.get("X-Discord-Locale")
    return Asked(parameters, query, list(request.query.items()), body, files, rows, locale)


def _says_who(agent: str, route: Route | None) -> bool:
    """
    Requests without a valid User-Agent "may be blocked". Those to interactions and webhooks are not, as long as they
    have any: libraries send another one there.
    """
    return bool(USER_AGENT.match(agent)) or (bool(agent) and route is not None and route.open)


def _rows(form: Callable[[object], Json | None], body: object) -> list[Json]:
    if not isinstance(body, list):
        raise errors.invalid("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    wrong = {str(number): found for number, row in enumerate(body) if (found := form(row))}
    if wrong:
        raise ApiError(50035, errors=wrong)
    return body


def _refused(fault: Fault | None, now: float, bucket: Bucket | None) -> Reply | None:
    """The answer of a fault that performs nothing."""
    if isinstance(fault, RateLimited):
        if bucket and fault.scope == "user":
            bucket = replace(bucket, used=bucket.limit, resets=now + fault.retry_after)
        reply = _too_many(Excess(fault.retry_after, fault.scope, bucket), now)
        if fault.code and isinstance(reply.body, dict):
            reply.body["code"] = fault.code
        if not fault.via and reply.headers:
            del reply.headers["Via"]
        return reply
    if isinstance(fault, Refused):
        return Reply(fault.status, {"message": fault.message, "code": fault.code})
    if isinstance(fault, Stranger):
        return Reply(fault.status, page=fault.body, headers={"Content-Type": fault.content_type})
    if isinstance(fault, ServerError | Lost | Hung) and not fault.performed:
        return _broken(fault) or Reply(0)
    return None


def _broken(fault: Fault | None) -> Reply | None:
    """The answer that takes the place of the one to a request that was performed."""
    if isinstance(fault, ServerError):
        page = BAD_GATEWAY if fault.html else None
        return Reply(fault.status, {"message": f"{fault.status}: Server Error", "code": 0}, page=page)
    return Reply(0) if isinstance(fault, Lost | Hung) else None


def _too_many(excess: Excess, now: float) -> Reply:
    shared, all_over = excess.scope == "shared", excess.scope == "global"
    message = "The resource is being rate limited." if shared else "You are being rate limited."
    body: Json = {"message": message, "retry_after": round(excess.retry_after, 3), "global": all_over}
    return Reply(429, body, excess.headers(now), shared=shared)


async def _silence(request: web.Request, fault: Lost | Hung) -> web.StreamResponse:
    if isinstance(fault, Hung):
        await asyncio.Event().wait()
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # nobody reads it


def _response(reply: Reply) -> web.StreamResponse:
    headers = dict(reply.headers or {})
    if reply.page is not None:
        return web.Response(
            status=reply.status, body=reply.page.encode(), headers={"Content-Type": "text/html"} | headers
        )
    if reply.status == 204:
        return web.Response(status=204, headers=headers)
    body = json.dumps(reply.body).encode()
    return web.Response(status=reply.status, body=body, headers=headers | {"Content-Type": "application/json"})
