"""
The bodies of the events that the Slack stand-in sends: what Slack tells of a message, and what is around it.

When they are sent is decided in slack.py. Knows nothing of bot/.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Literal

from tests.standins.slack.workspace import APP, BOT_USER, TEAM, Json, Message, Workspace

Copy = Literal["app_mention", "message"]


class Events:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._numbers = itertools.count(1)

    def copies(self, message: Message, copies: Sequence[Copy]) -> list[Json]:
        """What tells of a new message: `message`, and `app_mention` where the bot is mentioned in a channel."""
        place = self._workspace.channels[message.channel]
        kind = place.kind
        mentioned = f"<@{BOT_USER}>" in message.text and kind != "im"
        common = {**message.wire(), "channel": message.channel, "event_ts": message.ts, **place.parent(message)}
        events: dict[Copy, Json] = {
            "message": {**common, "channel_type": kind},
            "app_mention": {**common, "type": "app_mention"},
        }
        return [events[copy] for copy in copies if copy == "message" or mentioned]

    def of_ours(self, what: str, message: Message) -> Json:
        """What tells of a message of the bot: "posted", "changed" or "deleted"."""
        if what == "deleted":
            return self.deleted(message)
        if what == "posted":
            kind = self._workspace.channels[message.channel].kind
            return {**message.wire(), "channel": message.channel, "channel_type": kind, "event_ts": message.ts}
        event = self.changed(message)
        if message.stream is not None and not message.edits:  # told once, when it ends
            event["previous_message"] = event["message"] | {"streaming_state": "in_progress", "text": ""}
        return event

    def changed(self, message: Message) -> Json:
        return self._hidden("message_changed", message) | {"message": message.wire()}

    def deleted(self, message: Message) -> Json:
        more = {"deleted_ts": message.ts, "previous_message": message.wire()}
        return self._hidden("message_deleted", message) | more

    def body(self, event: Json) -> Json:
        """An event with what Slack says around it."""
        authorization = {
            "enterprise_id": None,
            "team_id": TEAM,
            "user_id": BOT_USER,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": "stand-in",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev0{next(self._numbers):08d}",
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
        }

    def _hidden(self, subtype: str, message: Message) -> Json:
        kind, stamp = self._workspace.channels[message.channel].kind, self._workspace.ts()
        place = {"channel": message.channel, "channel_type": kind}
        return {"type": "message", "subtype": subtype, **place, "hidden": True, "ts": stamp, "event_ts": stamp}
