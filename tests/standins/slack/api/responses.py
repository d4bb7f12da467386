"""
The response_url of the Slack stand-in, at `/response/{token}`: five answers to what somebody did, for half an hour.

Knows nothing of bot/.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.standins.slack.api.blocks import content
from tests.standins.slack.workspace import BOT, BOT_USER, Changed, Json, Message, SlackError, Workspace

USES, SECONDS = 5, 1_800.0


@dataclass(slots=True)
class _Given:
    user: str
    channel: str
    message: Message | None
    at: float
    uses: int = 0


class Responses:
    def __init__(self, workspace: Workspace, changed: Changed, base: Callable[[], str]) -> None:
        self._workspace, self._changed, self._base = workspace, changed, base
        self._given: dict[str, _Given] = {}

    def url(self, user: str, channel: str, message: Message | None = None) -> str:
        """For what *user* did: to *message*, if it was one."""
        token = secrets.token_hex(12)
        self._given[token] = _Given(user, channel, message, self._workspace.clock())
        return f"{self._base()}/response/{token}"

    async def serve(self, request: web.Request) -> web.Response:
        given = self._given.get(request.match_info["token"])
        try:
            self._answer(given, await request.json())
        except SlackError as error:
            return web.json_response({"ok": False, "error": error.code}, status=404)
        return web.json_response({"ok": True})

    def _answer(self, given: _Given | None, arguments: Json) -> None:
        if given is None or self._workspace.clock() - given.at > SECONDS:
            raise SlackError("expired_url")
        if given.uses >= USES:
            raise SlackError("used_url")
        given.uses += 1
        message, place = given.message, self._workspace.channels[given.channel]
        if message is not None and arguments.get("delete_original"):
            place.messages.pop(message.ts, None)
            self._changed("deleted", message)
            return
        text, blocks = content(arguments)
        if message is not None and arguments.get("replace_original"):
            message.text, message.blocks, message.edits = text, blocks, message.edits + 1
            self._changed("changed", message)
        elif arguments.get("response_type") == "in_channel":
            thread = arguments.get("thread_ts")
            self._changed(
                "posted", self._workspace.add_message(place.id, BOT_USER, text, thread, blocks=blocks, bot_id=BOT)
            )
        else:
            self._workspace.whisper(place.id, given.user, text, arguments.get("thread_ts"), blocks)
