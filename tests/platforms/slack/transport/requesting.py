"""Requests as Slack sends them over HTTP, and as others do."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.platforms.slack.transport.http import HttpSettings
from tests.standins.slack.workspace import APP, TEAM

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
HTTP = HttpSettings(SECRET, "127.0.0.1", 0)


@dataclass(frozen=True)
class Example:
    """The example of Slack's page "Verifying requests from Slack"."""

    secret = SECRET
    timestamp = "1531420618"
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


EXAMPLE = Example()


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: Mapping[str, str]


def signing(body: bytes, *, secret: str = SECRET, age: float = 0) -> dict[str, str]:
    """The headers of a request that was signed *age* seconds ago."""
    timestamp = str(int(time.time() - age))
    made = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={made}"}


async def send(
    port: int | None, path: str, body: Any, headers: Mapping[str, str] | None = None, *, method: str = "POST"
) -> Answer:
    """*headers*: else those of a request that is Slack's. *body*: bytes, or an asynchronous iterator of them."""
    sent = signing(body) if headers is None else headers
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://127.0.0.1:{port}{path}", data=body, headers=sent) as answer,
    ):
        return Answer(answer.status, await answer.text(), answer.headers)


async def raw(port: int | None, request: bytes, *, end: bool = False) -> bytes:
    """What comes back for *request* until the connection is closed; *end*: we send no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    if end:
        writer.write_eof()
    try:
        return await reader.read()
    finally:
        writer.close()


def head(path: str, headers: Mapping[str, str]) -> bytes:
    """The beginning of a POST request, up to its body."""
    lines = [f"POST {path} HTTP/1.1", "Host: bot.example.com", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def event(said: Mapping[str, Any]) -> bytes:
    """The body that Slack delivers an event in."""
    body = {"type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event_id": "Ev1", "event": said}
    return json.dumps(body).encode()


def message(user: str, channel: str, ts: str, text: str) -> dict[str, Any]:
    return {"type": "app_mention", "user": user, "channel": channel, "ts": ts, "text": text, "event_ts": ts}


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()
