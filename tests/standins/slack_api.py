"""
The Web API of the Slack stand-in: each method with the refusals that Slack documents for it.

State is in slack_workspace.py; what goes wrong on purpose in slack_faults.py. Knows nothing of bot/.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence

from aiohttp import web

from tests.standins.slack_blocks import content, metadata_of
from tests.standins.slack_faults import Faults, Leaner, Lost, RateLimited, Refused, ServerError, Stranger, now
from tests.standins.slack_files import FileHost
from tests.standins.slack_streams import Streams
from tests.standins.slack_workspace import BOT, BOT_USER, TEAM, Channel, Json, Message, SlackError, Workspace

TEXT_LIMIT, UPDATE_TEXT_LIMIT = 40_000, 4_000  # characters; the first truncates, the second refuses
STRINGS = ("channel", "text", "ts", "thread_ts", "markdown_text", "cursor", "user", "users", "bot", "parse", "types")
JSON_FORMS = ("blocks", "chunks", "metadata")  # arguments that a form carries as JSON
KINDS = {"public_channel": "channel", "private_channel": "group", "mpim": "mpim", "im": "im"}
FAMILIES = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}  # in the names of scopes

Changed = Callable[[str, Message], None]
"""Told "posted", "changed" or "deleted" and the message, after one of ours was written."""


class WebApi:
    """Answers `POST|GET /api/{method}`. Performs first, answers then: faults may come between the two."""

    def __init__(
        self, workspace: Workspace, faults: Faults, changed: Changed, socket_url: Callable[[], str], files: FileHost
    ) -> None:
        self._workspace, self._faults, self._changed, self._socket_url = workspace, faults, changed, socket_url
        self._tickets: set[str] = set()
        self.streams = Streams(workspace, changed)
        self._methods: dict[str, Callable[[Json], Json]] = {
            "auth.test": self._auth_test,
            "apps.connections.open": self._connections_open,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.startStream": self.streams.start,
            "chat.appendStream": self.streams.append,
            "chat.stopStream": self.streams.stop,
            "conversations.replies": self._replies,
            "conversations.history": self._history,
            "conversations.info": self._info,
            "conversations.open": self._open,
            "users.info": self._users_info,
            "bots.info": self._bots_info,
            "users.conversations": self._users_conversations,
            "assistant.threads.setStatus": self._set_status,
            "reactions.add": self._react,
            "reactions.remove": self._unreact,
            "files.info": files.info,
        }

    def redeem(self, ticket: str) -> bool:
        """Whether a Socket Mode address may be used; each may be, once."""
        known = ticket in self._tickets
        self._tickets.discard(ticket)
        return known

    def forget_tickets(self) -> None:
        """Addresses that were given out and not used have expired."""
        self._tickets.clear()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method, at = request.match_info["method"], now()
        arguments = await _arguments(request)
        await self._faults.gate(method)
        fault = self._faults.next(method)
        status, answer = 200, self._perform(method, arguments, request) if _performs(fault) else {}
        if isinstance(fault, RateLimited):
            status, answer = 429, {"ok": False, "error": "ratelimited"}
        elif isinstance(fault, Refused):
            answer = {"ok": False, "error": fault.code}
        elif isinstance(fault, ServerError | Stranger):
            status, answer = fault.status, {}
        elif isinstance(fault, Leaner):
            answer = {key: value for key, value in answer.items() if key not in fault.without}
        self._faults.note(method, arguments, status, {} if isinstance(fault, Lost) else answer, at)
        return _response(request, fault, status, answer, self._workspace)

    def _perform(self, method: str, arguments: Json, request: web.Request) -> Json:
        try:
            self._authorize(method, arguments.pop("token", None) or _bearer(request))
            return {"ok": True, **self._method(method, arguments)(arguments)}
        except SlackError as error:
            return {"ok": False, "error": error.code}

    def _method(self, method: str, arguments: Json) -> Callable[[Json], Json]:
        for argument in (None, *arguments):
            if (method, argument) in self._workspace.switched_off:
                raise SlackError(self._workspace.switched_off[method, argument])
        if method not in self._methods:
            raise SlackError("unknown_method")
        if any(not isinstance(arguments[name], str) for name in STRINGS if name in arguments):
            raise SlackError("invalid_arguments")
        return self._methods[method]

    def _authorize(self, method: str, token: str | None) -> None:
        if not token:
            raise SlackError("not_authed")
        if token not in (self._workspace.bot_token, self._workspace.app_token):
            raise SlackError("invalid_auth")
        if (token == self._workspace.app_token) != (method == "apps.connections.open"):
            raise SlackError("not_allowed_token_type")

    def _auth_test(self, _arguments: Json) -> Json:
        return {
            "url": "https://standin.slack.com/",
            "team": "Stand-in",
            "user": "threadbot",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT,
            "is_enterprise_install": False,
        }

    def _connections_open(self, _arguments: Json) -> Json:
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return {"url": f"{self._socket_url()}?ticket={ticket}&app_id=stand-in"}

    def _post(self, arguments: Json) -> Json:
        self._workspace.require("chat:write")
        channel = self._workspace.writable(arguments.get("channel"))
        thread = arguments.get("thread_ts")
        if thread is not None and not channel.thread(thread):
            raise SlackError("thread_not_found")
        text, blocks = content(arguments)
        message = self._workspace.add_message(
            channel.id,
            BOT_USER,
            text[:TEXT_LIMIT],
            thread,
            blocks=blocks,
            metadata=metadata_of(arguments),
            bot_id=BOT,
        )
        self._changed("posted", message)
        return {"channel": channel.id, "ts": message.ts, "message": message.wire()}

    def _update(self, arguments: Json) -> Json:
        self._workspace.require("chat:write")
        message = self._workspace.own_message(arguments, "cant_update_message")
        if self._workspace.streaming(message):
            raise SlackError("streaming_state_conflict")
        text, blocks = content(arguments)
        if len(text) > UPDATE_TEXT_LIMIT:
            raise SlackError("msg_too_long")
        message.text = text
        if "blocks" in arguments or "markdown_text" in arguments:  # not named: the old ones stay
            message.blocks = blocks
        message.metadata = metadata_of(arguments) or message.metadata
        message.edits += 1
        self._changed("changed", message)
        return {"channel": message.channel, "ts": message.ts, "text": text, "message": message.wire()}

    def _delete(self, arguments: Json) -> Json:
        self._workspace.require("chat:write")
        message = self._workspace.own_message(arguments, "cant_delete_message")
        if self._workspace.streaming(message):
            raise SlackError("cant_delete_message")
        del self._workspace.channels[message.channel].messages[message.ts]
        self._changed("deleted", message)
        return {"channel": message.channel, "ts": message.ts}

    def _replies(self, arguments: Json) -> Json:
        channel = self._readable(arguments)
        thread = channel.thread(str(arguments.get("ts")))
        if not thread:
            raise SlackError("thread_not_found")
        # The root comes first whatever the limits of time.
        return _messages(channel, [thread[0], *_within(thread[1:], arguments)], arguments)

    def _history(self, arguments: Json) -> Json:
        channel = self._readable(arguments)
        top = [m for m in channel.messages.values() if m.thread_ts in (None, m.ts) or m.subtype == "thread_broadcast"]
        newest_first = sorted(top, key=lambda message: message.ts, reverse=True)
        return _messages(channel, _within(newest_first, arguments), arguments)

    def _readable(self, arguments: Json) -> Channel:
        channel = self._workspace.channel(arguments.get("channel"))
        self._workspace.require(f"{FAMILIES[channel.kind]}:history")
        if not channel.has_bot:
            raise SlackError("not_in_channel")
        return channel

    def _users_conversations(self, arguments: Json) -> Json:
        kinds = [KINDS.get(name) for name in str(arguments.get("types", "public_channel")).split(",")]
        if None in kinds:
            raise SlackError("invalid_types")
        for kind in kinds:
            self._workspace.require(f"{FAMILIES[str(kind)]}:read")
        without_archived = _flag(arguments, "exclude_archived")
        found = [
            channel.wire()
            for channel in self._workspace.channels.values()
            if channel.kind in kinds and channel.has_bot and not (without_archived and channel.archived)
        ]
        return _page("channels", found, arguments)

    def _set_status(self, arguments: Json) -> Json:
        self._workspace.require("chat:write")
        channel, thread = self._workspace.channel(arguments.get("channel_id")), str(arguments.get("thread_ts"))
        if not self._workspace.is_agent:
            raise SlackError("not_agent_app")
        if not channel.has_bot:
            raise SlackError("channel_not_found")
        if not channel.thread(thread):
            raise SlackError("invalid_thread_ts")
        status = arguments.get("status")
        if not isinstance(status, str):
            raise SlackError("invalid_arguments")
        if status:
            channel.statuses[thread] = status
        else:
            channel.statuses.pop(thread, None)
        return {}

    def _react(self, arguments: Json) -> Json:
        users = self._reacting(arguments)
        if BOT_USER in users:
            raise SlackError("already_reacted")
        users.add(BOT_USER)
        return {}

    def _unreact(self, arguments: Json) -> Json:
        users = self._reacting(arguments)
        if BOT_USER not in users:
            raise SlackError("no_reaction")
        users.remove(BOT_USER)
        return {}

    def _reacting(self, arguments: Json) -> set[str]:
        """Who has reacted to a message with a name."""
        self._workspace.require("reactions:write")
        channel, name = self._workspace.channel(arguments.get("channel")), str(arguments.get("name"))
        message = channel.messages.get(str(arguments.get("timestamp")))
        if not channel.has_bot:
            raise SlackError("not_in_channel")
        if message is None:
            raise SlackError("message_not_found")
        if not name.replace("_", "").isalnum():
            raise SlackError("invalid_name")
        return message.reactions.setdefault(name, set())

    def _info(self, arguments: Json) -> Json:
        channel = self._workspace.channel(arguments.get("channel"))
        self._workspace.require(f"{FAMILIES[channel.kind]}:read")
        if channel.kind != "channel" and not channel.has_bot:
            raise SlackError("channel_not_found")
        return {"channel": channel.wire()}

    def _open(self, arguments: Json) -> Json:
        user = arguments.get("users")
        if user not in self._workspace.users:
            raise SlackError("user_not_found")
        return {"channel": {"id": self._workspace.direct(user)}}

    def _users_info(self, arguments: Json) -> Json:
        self._workspace.require("users:read")
        user = arguments.get("user")
        if user not in self._workspace.users:
            raise SlackError("user_not_found")  # for ids of bots (B…), too
        return {"user": self._workspace.users[user]}

    def _bots_info(self, arguments: Json) -> Json:
        self._workspace.require("users:read")
        bot = arguments.get("bot")
        if bot not in self._workspace.bots:
            raise SlackError("bot_not_found")
        return {"bot": self._workspace.bots[bot]}


def _performs(fault: object) -> bool:
    if isinstance(fault, Lost | ServerError):
        return fault.performed
    return fault is None or isinstance(fault, Leaner)


def _response(
    request: web.Request, fault: object, status: int, answer: Json, workspace: Workspace
) -> web.StreamResponse:
    if isinstance(fault, Lost):
        if request.transport is not None:
            request.transport.abort()
        return web.Response()  # nobody reads it
    if isinstance(fault, Stranger):
        return web.Response(status=fault.status, text=fault.body, content_type=fault.content_type)
    if isinstance(fault, ServerError):
        page = "<html><body>Bad gateway</body></html>"
        return web.Response(status=status, text=page if fault.html else "", content_type="text/html")
    headers = {"x-oauth-scopes": ",".join(workspace.scopes)}
    if isinstance(fault, RateLimited) and fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    return web.json_response(answer, status=status, headers=headers)


async def _arguments(request: web.Request) -> Json:
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json()
        return arguments | (body if isinstance(body, dict) else {})
    form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    return arguments | {key: _decoded(value) if key in JSON_FORMS else value for key, value in form.items()}


def _decoded(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme == "Bearer" else None


def _within(messages: list[Message], arguments: Json) -> list[Message]:
    oldest, latest = str(arguments.get("oldest", "0")), str(arguments.get("latest", "9" * 10))
    inclusive = _flag(arguments, "inclusive")
    return [m for m in messages if oldest < m.ts < latest or (inclusive and m.ts in (oldest, latest))]


def _flag(arguments: Json, name: str) -> bool:
    return str(arguments.get(name, "")).lower() in ("1", "true")


def _messages(channel: Channel, messages: list[Message], arguments: Json) -> Json:
    with_metadata = _flag(arguments, "include_all_metadata")
    return _page("messages", [channel.root_wire(m, with_metadata=with_metadata) for m in messages], arguments)


def _page(name: str, found: Sequence[Json], arguments: Json) -> Json:
    start = int(arguments.get("cursor") or 0)
    end = start + min(int(arguments.get("limit") or 100), 999)
    more = end < len(found)
    cursor = {"next_cursor": str(end) if more else ""}
    return {name: list(found[start:end]), "has_more": more, "response_metadata": cursor}
