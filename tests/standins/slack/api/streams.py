"""
Streamed messages of the Slack stand-in: chat.startStream, .appendStream and .stopStream.

The rules are those of the methods' reference, and of what others measured on Slack: a stream ends five minutes after it
began, holds about 10,600 bytes, an open one can be neither edited nor deleted, and there is a `message` event at its
start, a `message_changed` at its end, and none between. (On Slack only its recipient sees it grow; the others see the
first text, and the whole at the end.) Knows nothing of bot/.
"""

from __future__ import annotations

from tests.standins.slack.api.agents import Agents, session_status
from tests.standins.slack.api.blocks import metadata_of, valid_blocks
from tests.standins.slack.workspace import (
    BOT,
    BOT_USER,
    TEAM,
    Changed,
    Channel,
    Json,
    Message,
    Method,
    SlackError,
    Stream,
    Workspace,
)

CALL_LIMIT = 12_000  # characters of markdown_text in one call
MESSAGE_BYTES = 10_600  # of UTF-8, in one streamed message; between 10,600 and 11,300 were seen
CHUNK_TYPES = ("markdown_text", "task_update", "plan_update", "blocks")


class Streams:
    """*changed* is told "posted" at the start of a stream and "changed" at its end."""

    def __init__(self, workspace: Workspace, changed: Changed, agents: Agents) -> None:
        self._workspace, self._changed, self._agents = workspace, changed, agents
        self.methods: dict[str, Method] = {
            "chat.startStream": self._start,
            "chat.appendStream": self._append,
            "chat.stopStream": self._stop,
        }

    def stop_by(self, user: str, message: Message) -> None:
        """A person stops it: what was written stays, and the app may add nothing."""
        if message.stream is None or not self._workspace.streaming(message):
            raise ValueError(f"{message.ts} is not being streamed")
        message.stream.ended_by = user
        self._changed("changed", message)

    def _start(self, arguments: Json) -> Json:
        self._workspace.require("chat:write")
        channel = self._workspace.writable(arguments.get("channel"))
        if channel.kind not in self._workspace.stream_kinds:
            raise SlackError("channel_type_not_supported")
        thread = arguments.get("thread_ts")
        if not thread:
            raise SlackError("invalid_arguments")  # documented as optional; refused without it, as others saw
        if not channel.thread(thread):
            raise SlackError("thread_not_found")
        self._check_recipient(channel, arguments)
        stream = Stream(self._workspace.clock())
        text = _extended("", stream, arguments)
        message = self._workspace.add_message(channel.id, BOT_USER, text, thread, bot_id=BOT, stream=stream)
        self._agents.enter(message, "processing")
        self._changed("posted", message)
        return {"channel": channel.id, "ts": message.ts}

    def _append(self, arguments: Json) -> Json:
        message, stream = self._open(arguments)
        if not arguments.get("markdown_text") and not arguments.get("chunks"):
            raise SlackError("no_text")
        message.text = _extended(message.text, stream, arguments)
        return {"channel": message.channel, "ts": message.ts}

    def _stop(self, arguments: Json) -> Json:
        message, stream = self._open(arguments)
        blocks, metadata = valid_blocks(arguments.get("blocks") or []), metadata_of(arguments)
        status = session_status(arguments.get("session_status", "active"))
        text = _extended(message.text, stream, arguments)
        if not text and not blocks:
            raise SlackError("no_text")
        written: list[Json] = [{"type": "markdown", "text": text}] if text and blocks else []
        message.text, message.blocks, message.metadata = text, [*written, *blocks], metadata
        stream.ended_by = "app"
        self._agents.enter(message, status)
        self._changed("changed", message)
        return {"channel": message.channel, "ts": message.ts, "message": message.wire()}

    def _check_recipient(self, channel: Channel, arguments: Json) -> None:
        user, team = arguments.get("recipient_user_id"), arguments.get("recipient_team_id")
        if channel.kind != "im" and not team:
            raise SlackError("missing_recipient_team_id")
        if channel.kind != "im" and not user:
            raise SlackError("missing_recipient_user_id")
        if user and self._workspace.users.get(user, {}).get("team_id") != (team or TEAM):
            raise SlackError("user_not_found")

    def _open(self, arguments: Json) -> tuple[Message, Stream]:
        self._workspace.require("chat:write")
        message = self._workspace.own_message(arguments, "message_not_owned_by_app")
        stream = message.stream
        if stream is not None and stream.ended_by not in ("", "app"):
            raise SlackError("stopped_by_user")
        if stream is None or not self._workspace.streaming(message):
            raise SlackError("message_not_in_streaming_state")
        return message, stream


def _extended(shown: str, stream: Stream, arguments: Json) -> str:
    """The text with what a call adds. Text and chunks do not mix, neither in a call nor in a stream."""
    text, chunks = arguments.get("markdown_text") or "", arguments.get("chunks") or []
    if text and chunks:
        raise SlackError("cannot_provide_both_markdown_text_and_chunks")
    mode = "text" if text else "chunks" if chunks else ""
    if mode and stream.mode not in ("", mode):
        raise SlackError("streaming_mode_mismatch")
    added = text or "".join(map(_chunk_text, _chunks(chunks)))
    if len(added) > CALL_LIMIT or len((shown + added).encode()) > MESSAGE_BYTES:
        raise SlackError("msg_too_long")
    stream.mode = stream.mode or mode
    return shown + added


def _chunks(chunks: object) -> list[Json]:
    if not isinstance(chunks, list):
        raise SlackError("invalid_chunks")
    if any(not isinstance(chunk, dict) or chunk.get("type") not in CHUNK_TYPES for chunk in chunks):
        raise SlackError("invalid_chunks")
    return chunks


def _chunk_text(chunk: Json) -> str:
    if chunk["type"] != "markdown_text":
        return ""
    if not isinstance(chunk.get("text"), str):
        raise SlackError("invalid_chunks")
    return str(chunk["text"])
