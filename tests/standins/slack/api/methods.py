"""
The Web API of the Slack stand-in: who may call, what comes back, and what goes wrong between.

The methods themselves are in chat.py, streams.py, reading.py and others; what goes wrong on purpose
is in faults.py. Knows nothing of bot/.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from tests.standins.slack.api.tiers import Tiers
from tests.standins.slack.faults import Faults, Leaner, Lost, RateLimited, Refused, ServerError, Stranger, now
from tests.standins.slack.workspace import Json, Method, SlackError, Workspace

STRINGS = ("channel", "text", "ts", "thread_ts", "markdown_text", "cursor", "user", "users", "bot", "parse", "types")
JSON_FORMS = ("blocks", "chunks", "metadata", "view")  # arguments that a form carries as JSON


class WebApi:
    """Answers `POST|GET /api/{method}`. Performs first, answers then: faults may come between the two."""

    def __init__(self, workspace: Workspace, faults: Faults, tiers: Tiers, *methods: Mapping[str, Method]) -> None:
        self._workspace, self._faults, self._tiers = workspace, faults, tiers
        self._methods = {name: method for room in methods for name, method in room.items()}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method, at = request.match_info["method"], now()
        arguments = await _arguments(request)
        await self._faults.gate(method)
        fault = self._faults.next(method) or self._limit(method, arguments)
        status, answer = 200, self._perform(method, arguments, request) if _performs(fault) else {}
        if isinstance(fault, RateLimited):
            status, answer = 429, {"ok": False, "error": "ratelimited"}
        elif isinstance(fault, Refused):
            answer = {"ok": False, "error": fault.code}
        elif isinstance(fault, ServerError | Stranger):
            status, answer = fault.status, {}
        elif isinstance(fault, Leaner):
            answer = {key: value for key, value in answer.items() if key not in fault.without}
        self._faults.note(method, arguments, status, {} if isinstance(fault, Lost) else answer, at)
        return await _response(request, fault, status, answer, self._workspace)

    def _limit(self, method: str, arguments: Json) -> RateLimited | None:
        seconds = self._tiers.retry_after(method, arguments)
        return None if seconds is None else RateLimited(seconds)

    def _perform(self, method: str, arguments: Json, request: web.Request) -> Json:
        try:
            self._authorize(method, arguments.pop("token", None) or _bearer(request))
            return {"ok": True, **self._method(method, arguments)(arguments)}
        except SlackError as error:
            return {"ok": False, "error": error.code}

    def _method(self, method: str, arguments: Json) -> Method:
        for argument in (None, *arguments):
            if (method, argument) in self._workspace.switched_off:
                raise SlackError(self._workspace.switched_off[method, argument])
        if method not in self._methods:
            raise SlackError("unknown_method")
        if any(not isinstance(arguments[name], str) for name in STRINGS if name in arguments):
            raise SlackError("invalid_arguments")
        return self._methods[method]

    def _authorize(self, method: str, token: str | None) -> None:
        if not token:
            raise SlackError("not_authed")
        if token not in (self._workspace.bot_token, self._workspace.app_token):
            raise SlackError("invalid_auth")
        if (token == self._workspace.app_token) != (method == "apps.connections.open"):
            raise SlackError("not_allowed_token_type")


def _performs(fault: object) -> bool:
    if isinstance(fault, Lost | ServerError):
        return fault.performed
    return fault is None or isinstance(fault, Leaner)


async def _response(
    request: web.Request, fault: object, status: int, answer: Json, workspace: Workspace
) -> web.StreamResponse:
    if isinstance(fault, Lost):
        if request.transport is not None:
            request.transport.abort()
        return web.Response()  # nobody reads it
    if isinstance(fault, Stranger):
        return web.Response(status=fault.status, text=fault.body, content_type=fault.content_type)
    if isinstance(fault, ServerError):
        page = "<html><body>Bad gateway</body></html>"
        return web.Response(status=status, text=page if fault.html else "", content_type="text/html")
    headers = {"x-oauth-scopes": ",".join(workspace.scopes)}
    if isinstance(fault, RateLimited) and fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if "messages" not in answer:
        return web.json_response(answer, status=status, headers=headers)
    # Some are as long as what a test is about, and it runs in our event loop.
    body = await asyncio.to_thread(lambda: json.dumps(answer).encode())
    return web.Response(body=_pieces(body), content_type="application/json", status=status, headers=headers)


async def _pieces(body: bytes, size: int = 2**18) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def _arguments(request: web.Request) -> Json:
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json()
        return arguments | (body if isinstance(body, dict) else {})
    form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    return arguments | {key: _decoded(value) if key in JSON_FORMS else value for key, value in form.items()}


def _decoded(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else None
