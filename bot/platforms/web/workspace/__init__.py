"""
The playground's parent process: it serves the page, owns the workspace's file and keeps the bot running.

It starts fast: nothing here imports a model's SDK, Slack's, or the bot's database.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bot.platforms.web.workspace.live import Live
from bot.platforms.web.workspace.server import serving
from bot.platforms.web.workspace.store import Store, StoreError
from bot.platforms.web.workspace.supervisor import Supervisor, Timing
from bot.stop_signals import StopRequest

__all__ = ["Timing", "serve"]

DEFAULT_TIMING = Timing()


async def serve(
    *,
    host: str,
    port: int,
    file: Path,
    child: Sequence[str],
    announce: Callable[[str], None],
    timing: Timing = DEFAULT_TIMING,
) -> int:
    """
    Serve the playground and run the bot (*child*, its argv) until SIGINT or SIGTERM. Returns the exit status.

    *port* 0 takes a free one. *file* is the workspace's own; it is created when missing. *announce* is called with
    lines for the operator: the address of the page first, and what went wrong.
    """
    try:
        store = Store.open(file)
    except StoreError as error:
        announce(str(error))
        return 1
    secret, live, stop = secrets.token_urlsafe(32), Live(store), StopRequest()
    server = serving(live, host=host, port=port, secret=secret, redeliver_seconds=timing.redeliver)
    async with AsyncExitStack() as stack:
        stack.callback(store.close)
        try:
            bound = await stack.enter_async_context(server)
        except OSError as error:
            announce(_cannot_listen(error, host, port))
            return 1
        stack.enter_context(stop.on_signals())
        announce(f"The playground is at {url_of(host, bound)}")
        url = url_of(_reachable(host), bound)
        supervisor = Supervisor(child, url=url, secret=secret, live=live, timing=timing, announce=announce)
        return await supervisor.run(stop)


def url_of(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _reachable(host: str) -> str:
    """An address for the child, which runs on this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _cannot_listen(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use by another program. Set PLAYGROUND_PORT to a free port."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} may not be used by this user. Set PLAYGROUND_PORT to a port above 1023."
    return f"The playground cannot listen on {host}:{port} (PLAYGROUND_PORT): {error.strerror or error}"
