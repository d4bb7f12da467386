"""
Requests of the Slack stand-in to an app's request URLs: signed, within three seconds, and again if it is an event.

Sources: "Verifying requests from Slack", "The Events API" (errors and retries). Knows nothing of bot/.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.standins.slack.delivery.deliveries import IN_TIME, Carrier, Delivery, Kind

REDIRECTS = 2
FORM, JSON_TYPE = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, slots=True)
class RequestUrls:
    """Of an app. Several of a kind are processes behind a load balancer: each request goes to the next in turn."""

    events: Sequence[str]
    interactions: Sequence[str] = ()
    commands: Sequence[str] = ()

    def of(self, kind: Kind) -> Sequence[str]:
        return {"events_api": self.events, "interactive": self.interactions, "slash_commands": self.commands}[kind]


@dataclass(frozen=True, slots=True)
class Answered:
    status: int | None  # None: none came in time
    text: str = ""
    reason: str = ""  # as x-slack-retry-reason says it; empty: it was in order
    no_retry: bool = False


class HttpRequests(Carrier):
    """*clock* dates the signatures; an answer is waited for *limit* seconds."""

    def __init__(
        self, secret: str, urls: RequestUrls, clock: Callable[[], float], schedule: Sequence[float] = ()
    ) -> None:
        super().__init__(schedule)
        self._secret, self._urls, self._clock = secret, urls, clock
        self._turn = itertools.count()
        self.limit = IN_TIME
        self.answers: list[Answered] = []

    async def verify(self, url: str) -> bool:
        """The handshake that saving a request URL begins: whether the app gives back the challenge."""
        challenge = secrets.token_urlsafe(32)
        body = json.dumps({"token": "stand-in", "challenge": challenge, "type": "url_verification"})
        answered = await self.request(url, body.encode(), JSON_TYPE)
        said = _decoded(answered.text)
        return answered.status == 200 and challenge in (said.get("challenge"), answered.text)

    async def check_ssl(self, url: str) -> bool:
        """What Slack asks the URL of a command now and then."""
        answered = await self.request(url, urlencode({"ssl_check": "1", "token": "stand-in"}).encode(), FORM)
        return answered.status == 200

    async def request(self, url: str, body: bytes, content_type: str, **headers: str) -> Answered:
        """One signed request. *headers*: others than Slack's own, or in their place."""
        timestamp = str(int(self._clock()))
        own = {
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }
        return await self._exchange(url, body, own | headers)

    async def _send(self, delivery: Delivery) -> None:
        urls = self._urls.of(delivery.kind)
        if not urls:
            return
        attempt, delivery.attempts = delivery.attempts, delivery.attempts + 1
        reason = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": delivery.reason} if attempt else {}
        self._begin(self._attempt(delivery, urls[next(self._turn) % len(urls)], reason))

    async def _attempt(self, delivery: Delivery, url: str, headers: dict[str, str]) -> None:
        leaving = self._clock()
        body, content_type = _encoded(delivery)
        answered = await self.request(url, body, content_type, **headers)
        self.answers.append(answered)
        delivery.given_up |= answered.no_retry
        if answered.status is not None:
            delivery.sent_at.append(leaving)
        if answered.reason:
            delivery.reason = answered.reason
        else:
            delivery.acknowledge(self._clock(), _decoded(answered.text) or None)

    async def _exchange(self, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        try:
            async with (
                asyncio.timeout(self.limit),
                aiohttp.ClientSession() as session,
                session.post(url, data=body, headers=headers, max_redirects=REDIRECTS) as answer,
            ):
                text, no_retry = await answer.text(), answer.headers.get("X-Slack-No-Retry") == "1"
                ok = 200 <= answer.status < 300
                return Answered(answer.status, text, "" if ok else "http_error", no_retry and not ok)
        except TimeoutError:
            return Answered(None, reason="http_timeout")
        except aiohttp.TooManyRedirects:
            return Answered(None, reason="too_many_redirects")
        except aiohttp.ClientError:
            return Answered(None, reason="connection_failed")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    made = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return f"v0={made.hexdigest()}"


def _encoded(delivery: Delivery) -> tuple[bytes, str]:
    if delivery.kind == "events_api":
        return json.dumps(delivery.payload).encode(), JSON_TYPE
    if delivery.kind == "interactive":
        return urlencode({"payload": json.dumps(delivery.payload)}).encode(), FORM
    return urlencode(delivery.payload).encode(), FORM


def _decoded(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text} if text else {}
    return dict(found) if isinstance(found, dict) else {}
