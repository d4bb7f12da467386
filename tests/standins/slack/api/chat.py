"""
What the bot writes in the Slack stand-in: messages, edits, reactions.

Streams are in streams.py, statuses in agents.py. Knows nothing of bot/.
"""

from __future__ import annotations

from tests.standins.slack.api.blocks import content, metadata_of
from tests.standins.slack.workspace import BOT, BOT_USER, Changed, Json, Method, SlackError, Workspace

TEXT_LIMIT, UPDATE_TEXT_LIMIT = 40_000, 4_000  # characters; the first truncates, the second refuses


class Chat:
    def __init__(self, workspace: Workspace, changed: Changed) -> None:
        self._workspace, self._changed = workspace, changed
        self.methods: dict[str, Method] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._post_ephemeral,
            "reactions.add": self._react,
            "reactions.remove": self._unreact,
        }

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

    def _post_ephemeral(self, arguments: Json) -> Json:
        self._workspace.require("chat:write")
        channel, user = self._workspace.writable(arguments.get("channel")), arguments.get("user")
        if user not in self._workspace.users or (channel.kind == "im" and channel.user != user):
            raise SlackError("user_not_in_channel")
        text, blocks = content(arguments)
        return {"message_ts": self._workspace.whisper(channel.id, user, text, arguments.get("thread_ts"), blocks).ts}

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
