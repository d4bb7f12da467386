"""
Files of the bot's own in the Slack stand-in: an address, an upload to `/upload/v1/{file}`, and the sharing.

As on Slack, the answer to the sharing does not say where, and the message may come later. Sources: "Working with
files", files.getUploadURLExternal, files.completeUploadExternal, files.delete. Knows nothing of bot/.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.standins.slack.api.files import FileHost
from tests.standins.slack.workspace import BOT, BOT_USER, Changed, Json, Message, Method, SlackError, Workspace

NEVER = 1_000_000  # looks
TYPES = {"md": "text/markdown", "txt": "text/plain"}


@dataclass(slots=True)
class _Upload:
    name: str
    length: int
    content: bytes | None = None  # None: nothing was sent yet


class Uploads:
    """
    *late*: how many times files.info is asked for a file before its message is there. *status*: of what uploads answer.
    """

    def __init__(self, workspace: Workspace, files: FileHost, changed: Changed, base: Callable[[], str]) -> None:
        self._workspace, self._files, self._changed, self._base = workspace, files, changed, base
        self._begun: dict[str, _Upload] = {}
        self._unshared: dict[str, tuple[int, Message]] = {}  # looks that are left, and the message to come
        self.late, self.status = 0, 200
        self.authorized: list[str] = []  # tokens that came with uploads, where none belongs
        self.methods: dict[str, Method] = {
            "files.getUploadURLExternal": self._url,
            "files.completeUploadExternal": self._complete,
            "files.delete": self._delete,
            "files.info": self._info,
        }

    def _url(self, arguments: Json) -> Json:
        self._workspace.require("files:write")
        name, length = arguments.get("filename"), int(arguments.get("length") or 0)
        if not name or length <= 0:
            raise SlackError("missing_argument")
        file = f"F0OURS{len(self._begun) + 1:05d}"
        self._begun[file] = _Upload(str(name), length)
        return {"upload_url": f"{self._base()}/upload/v1/{file}", "file_id": file}

    async def serve(self, request: web.Request) -> web.Response:
        upload = self._begun.get(request.match_info["file"])
        content = await request.read()
        self.authorized += [request.headers["Authorization"]] if "Authorization" in request.headers else []
        if self.status != 200:
            return web.Response(status=self.status)
        if upload is None or len(content) != upload.length:
            return web.Response(status=400)
        upload.content = content
        return web.Response(text=f"OK - {len(content)}")

    def _complete(self, arguments: Json) -> Json:
        self._workspace.require("files:write")
        [wanted] = _list(arguments.get("files"))
        upload = self._begun.get(wanted["id"])
        if upload is None or upload.content is None:
            raise SlackError("file_not_found")
        place, thread = self._workspace.writable(arguments.get("channel_id")), arguments.get("thread_ts")
        if thread is not None and not place.thread(thread):
            raise SlackError("thread_not_found")
        kind = TYPES.get(upload.name.rpartition(".")[2], "application/octet-stream")
        described = self._files.keep(wanted["id"], upload.name, upload.content, kind)
        described["title"] = wanted.get("title", upload.name)
        message = Message("", place.id, BOT_USER, "", thread, bot_id=BOT, subtype="file_share", files=[described])
        self._unshared[wanted["id"]] = (self.late, message)
        if not self.late:
            self._share(wanted["id"])
        return {"files": [{"id": wanted["id"], "title": described["title"]}]}

    def _share(self, file: str) -> None:
        _, message = self._unshared.pop(file)
        kept = {"bot_id": BOT, "subtype": message.subtype, "files": message.files}
        posted = self._workspace.add_message(message.channel, BOT_USER, "", message.thread_ts, **kept)
        kind = "public" if self._workspace.channels[message.channel].kind == "channel" else "private"
        share = {"ts": posted.ts, "thread_ts": posted.thread_ts}
        message.files[0]["shares"] = {kind: {message.channel: [share]}}
        self._changed("posted", posted)

    def _info(self, arguments: Json) -> Json:
        file = str(arguments.get("file"))
        described = self._files.info(arguments)
        if file in self._unshared:
            left, message = self._unshared[file]
            if left:
                self._unshared[file] = (left - 1, message)
            else:
                self._share(file)
        return {"file": {"shares": {}, **described}}

    def _delete(self, arguments: Json) -> Json:
        """What is left in the messages that shared it says that it is gone."""
        self._workspace.require("files:write")
        file = str(arguments.get("file"))
        self._unshared.pop(file, None)
        if self._files.stored.pop(file, None) is None:
            raise SlackError("file_not_found")
        for place in self._workspace.channels.values():
            for message in place.messages.values():
                message.files = [
                    {"id": file, "mode": "tombstone"} if each["id"] == file else each for each in message.files
                ]
        return {}


def _list(value: object) -> list[Json]:
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, list) or len(found) != 1:
        raise SlackError("invalid_arguments")
    return found
