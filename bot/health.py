"""The internal listener: /healthz, for the container's health check and for operators. Not for the world."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from bot.listening import Bounds, listening

log = logging.getLogger(__name__)

BOUNDS = Bounds(connections=32, drain_seconds=1.0)

Health = Callable[[], Mapping[str, bool | str]]
"""The conditions for the process to do its work, by name; words are facts that an operator may want to know."""


@asynccontextmanager
async def internal_listener(host: str, port: int, health: Health) -> AsyncIterator[None]:
    """
    Serve GET /healthz: 200 when all is well, else 503, with each part as JSON. *port* 0: not at all.

    A port that is taken is no reason not to answer people: it is logged, and the listener stays off.
    """
    if port == 0:
        yield
        return

    async def healthz(request: web.BaseRequest) -> web.Response:
        if request.path != "/healthz":
            return web.Response(status=404)
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        parts = health()
        return web.json_response(dict(parts), status=503 if False in parts.values() else 200)

    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(healthz, host, port, _note, BOUNDS))
        except OSError as error:
            log.warning("no /healthz on %s:%d (%s); set INTERNAL_PORT to a free port", host, port, error.strerror)
        yield


def _note(status: int, reason: str) -> None:
    log.debug("/healthz: refused (%d: %s)", status, reason)
