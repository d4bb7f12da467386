"""The playground's HTTP server: which path leads where. It listens on one address and serves one workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bot.platforms.web.workspace import guard
from bot.platforms.web.workspace.browser import BrowserRoutes
from bot.platforms.web.workspace.delivery import BotRoutes
from bot.platforms.web.workspace.live import Live

PAGE = Path(__file__).parent / "page"
SHUTDOWN_SECONDS = 1.0  # for requests that are under way; the streams end by themselves


@asynccontextmanager
async def serving(live: Live, *, host: str, port: int, secret: str, redeliver_seconds: float) -> AsyncIterator[int]:
    """Serve *live* and yield the port (for *port* 0 a free one was chosen). Raises OSError."""
    runner = web.AppRunner(
        application(live, host=host, secret=secret, redeliver_seconds=redeliver_seconds),
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        live.close()
        await runner.cleanup()


def application(live: Live, *, host: str, secret: str, redeliver_seconds: float) -> web.Application:
    app = web.Application(middlewares=[guard.gate(host, secret)], client_max_size=guard.BODY_LIMIT)
    app.on_response_prepare.append(guard.add_headers)
    app.router.add_get("/", _index)
    app.router.add_static("/page/", PAGE)
    app.router.add_routes(BrowserRoutes(live).routes())
    app.router.add_routes(BotRoutes(live, redeliver_seconds=redeliver_seconds).routes())
    return app


async def _index(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")
