"""The internal listener: /healthz, for the container's health check and for operators. Not for the world."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

log = logging.getLogger(__name__)

Health = Callable[[], dict[str, bool]]
"""What must be true for the process to do its work, by name."""


@asynccontextmanager
async def internal_listener(host: str, port: int, health: Health) -> AsyncIterator[None]:
    """
    Serve GET /healthz: 200 when all is well, else 503, with each part as JSON. *port* 0: not at all.

    A port that is taken is no reason not to answer people: it is logged, and the listener stays off.
    """
    if port == 0:
        yield
        return

    async def healthz(_: web.Request) -> web.Response:
        parts = health()
        return web.json_response(parts, status=200 if all(parts.values()) else 503)

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            log.warning("no /healthz on %s:%d (%s); set INTERNAL_PORT to a free port", host, port, error.strerror)
        yield
    finally:
        await runner.cleanup()
