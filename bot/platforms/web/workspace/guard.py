"""
Who may ask for what: hosts, origins, the bot's secret; and every refusal as JSON.

A page of another site may reach a server on this machine through the browser of the person who sits at it. It is
kept out by its name (Host, against DNS rebinding) and by where it comes from (Origin, Sec-Fetch-Site).
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import logging
import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.platforms.web.workspace.places import RefusedError

log = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024  # bytes; a message of 40,000 characters is at most 480,000 when JSON escapes all of it
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
BOT_PATHS = "/bot/"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none';"
        " require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def refuse_strangers(bound: str, path: str, headers: Mapping[str, str]) -> None:
    """Raise RefusedError unless the request is meant for us and comes from our own page, or from no page. Pure."""
    host = headers.get("Host", "")
    if not host_allowed(bound, host):
        raise RefusedError(403, "host_not_allowed")
    origin = headers.get("Origin")
    if origin is not None and (path.startswith(BOT_PATHS) or origin != f"http://{host}"):
        raise RefusedError(403, "origin_not_allowed")
    # The address of the page itself may be a link on another site; nothing else of ours is asked for from there.
    if path != "/" and headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise RefusedError(403, "origin_not_allowed")


def host_allowed(bound: str, header: str) -> bool:
    """
    Whether a Host header names us. *bound* is the address that we listen on.

    A name that somebody else may point at us is refused. Behind a wildcard (0.0.0.0, ::) we cannot know our own
    addresses, but an address that was typed as numbers was not looked up in anybody's DNS.
    """
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    if name in LOOPBACK_NAMES or name == bound:
        return True
    return is_address(bound) and ipaddress.ip_address(bound).is_unspecified and is_address(name)


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def gate(bound: str, secret: str) -> Middleware:
    """The middleware around all routes. *secret* is what the bot shows."""

    @web.middleware
    async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            refuse_strangers(bound, request.path, request.headers)
            if request.path.startswith(BOT_PATHS):
                _authenticate(request, secret)
            return await handler(request)
        except RefusedError as refusal:
            return _refused(refusal)
        except web.HTTPException as error:
            return error if error.status < 400 else _refused(RefusedError(error.status, _code(error)))
        except sqlite3.Error as error:
            log.error("The playground's file cannot be used: %s", error)  # noqa: TRY400 - the sentence says it all
            return _refused(RefusedError(503, "workspace_unavailable"))

    return admit


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """A signal handler for every response that is about to be sent, streams and files too."""
    response.headers.update(HEADERS)


async def body(request: web.Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises RefusedError."""
    if request.content_type != "application/json":  # what a form of another site cannot send without being asked
        raise RefusedError(415, "json_expected")
    try:
        value = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "json_expected") from error
    if not isinstance(value, dict):
        raise RefusedError(400, "json_expected")
    return value


def number(text: str | None, default: int) -> int:
    """A number of a query string or a path. Raises RefusedError."""
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise RefusedError(400, "bad_number")
    return int(text)


def _authenticate(request: web.Request, secret: str) -> None:
    shown = request.headers.get("Authorization", "")
    if not hmac.compare_digest(shown.encode(), f"Bearer {secret}".encode()):
        raise RefusedError(401, "unauthorized")


def _refused(refusal: RefusedError) -> web.Response:
    return web.json_response({"error": refusal.code, **refusal.facts}, status=refusal.status)


def _code(error: web.HTTPException) -> str:
    return "body_too_large" if error.status == 413 else error.reason.lower().replace(" ", "_")
