"""The CDN of the Discord stand-in: attachments at an origin of their own, under signed addresses that expire."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import quote

from aiohttp import web

from tests.standins.discord.state.objects import Attachment
from tests.standins.slack.workspace import Clock

LIFETIME_SECONDS = 24 * 3600.0
GONE = "This content is no longer available."


class Cdn:
    """*requests*: the paths that were asked for. *missing*: attachments that it lost; *failing*: it serves nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._key = clock, secrets.token_bytes(16)
        self._kept: dict[str, Attachment] = {}
        self.lifetime_seconds = LIFETIME_SECONDS
        self.base = ""
        self.requests: list[str] = []
        self.missing: set[str] = set()
        self.failing = False

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/attachments/{channel}/{id}/{name}", self.serve)]

    def url(self, attachment: Attachment) -> str:
        """A new address each time a message is shown, so that reading the message again refreshes it."""
        self._kept[attachment.id] = attachment
        path = f"/attachments/{attachment.channel}/{attachment.id}/{quote(attachment.name)}"
        now = int(self._clock())
        expires, issued = f"{now + int(self.lifetime_seconds):x}", f"{now:x}"
        return f"{self.base}{path}?ex={expires}&is={issued}&hm={self._sign(attachment.id, expires, issued)}&"

    def _sign(self, attachment_id: str, expires: str, issued: str) -> str:
        return hmac.new(self._key, f"{attachment_id} {expires} {issued}".encode(), hashlib.sha256).hexdigest()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.path_qs)
        if self.failing:
            return web.Response(status=503)
        attachment = self._kept.get(request.match_info["id"])
        if attachment is None or attachment.id in self.missing or not self._fits(attachment, request):
            return web.Response(status=404, text=GONE)
        headers = {"Content-Type": attachment.content_type or "application/octet-stream", "Cache-Control": "private"}
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(attachment.name)}"
        return web.Response(body=attachment.content, headers=headers)

    def _fits(self, attachment: Attachment, request: web.Request) -> bool:
        expires, issued = request.query.get("ex", "0"), request.query.get("is", "0")
        signed = hmac.compare_digest(self._sign(attachment.id, expires, issued), request.query.get("hm", ""))
        place = (request.match_info["channel"], request.match_info["name"])
        return signed and place == (attachment.channel, attachment.name) and int(expires, 16) > self._clock()
