"""
What the Slack stand-in holds: a team, its people, channels and messages, and the rules of writing them.

No HTTP here: methods are in methods.py, Socket Mode in socket.py. Knows nothing of bot/.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEAM, ENTERPRISE = "T0STANDIN1", None
APP, BOT, BOT_USER = "A0STANDIN1", "B0STANDIN1", "U0BOT00001"
BOT_TOKEN = "xoxb-10000000001-20000000002-standinstandinstandinsta"
APP_TOKEN = "xapp-1-A0STANDIN1-30000000003-standinstandinstandinsta"
SCOPES: tuple[str, ...] = (
    "app_mentions:read",
    "assistant:write",
    "chat:write",
    "channels:history",
    "channels:read",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "mpim:history",
    "mpim:read",
    "reactions:read",
    "reactions:write",
    "usergroups:read",
    "users:read",
)


STREAM_SECONDS = 300.0  # after this long Slack ends a stream by itself; nowhere documented, often reported


class Clock:
    """The time, in seconds: *source*'s, and what was advanced beyond it."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source, self._ahead = source, 0.0

    def __call__(self) -> float:
        return self._source() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


class SlackError(Exception):
    """An answer with ok: false; *code* is what Slack would say."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Stream:
    """How a message is being streamed, or was."""

    started: float  # the workspace's clock
    mode: str = ""  # "text" or "chunks", once the first came
    ended_by: str = ""  # "app", or the person who stopped it


@dataclass(slots=True)
class Message:
    ts: str
    channel: str
    user: str
    text: str
    thread_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    bot_id: str | None = None
    subtype: str | None = None
    edits: int = 0
    edited_ts: str | None = None  # by a person; without it an edit is dated like the message
    reactions: dict[str, set[str]] = field(default_factory=dict)  # name → users
    files: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    user_profile: Json | None = None  # of the author, as some events bring it
    user_team: str | None = None  # of the author, where it is not this one
    stream: Stream | None = None
    ephemeral_to: str | None = None  # the only person who sees it

    @property
    def shown(self) -> str:
        """What a reader sees: the texts of the blocks, but of no buttons, or the text where there are none."""
        return "\n\n".join(texts_of(self.blocks)) if self.blocks else self.text

    def wire(self, *, with_metadata: bool = False) -> Json:
        team = self.user_team or TEAM
        data: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts, "team": team}
        optional = ("thread_ts", "bot_id", "subtype", "user_profile", "user_team")
        data |= {key: value for key in optional if (value := getattr(self, key)) is not None}
        if self.blocks:
            data["blocks"] = self.blocks
        if self.attachments:
            data["attachments"] = self.attachments
        if self.stream is not None:
            data["streaming_state"] = "completed" if self.stream.ended_by else "in_progress"
        if self.files:
            data["files"] = self.files
        if self.bot_id is not None:
            app = APP if self.bot_id == BOT else f"A{self.bot_id[1:]}"
            data |= {"app_id": app, "bot_profile": {"id": self.bot_id, "app_id": app, "name": self.user}}
        if self.edits:
            data["edited"] = {"user": self.user, "ts": self.edited_ts or self.ts}
        if self.reactions:
            data["reactions"] = [
                {"name": name, "users": sorted(users), "count": len(users)} for name, users in self.reactions.items()
            ]
        if with_metadata and self.metadata is not None:
            data["metadata"] = self.metadata
        return data


def texts_of(blocks: list[Json]) -> Iterator[str]:
    """What stands in blocks to be read; not what can be pressed."""
    for block in blocks:
        if block["type"] in ("actions", "context_actions"):
            continue
        text = block.get("text")
        if isinstance(text, str):
            yield text
        elif isinstance(text, Mapping):
            yield str(text.get("text", ""))
        for element in block.get("elements", ()):
            yield str(element.get("text", ""))


@dataclass(slots=True)
class Session:
    """Of an agent, in one thread."""

    status: str
    title: str
    since: float  # the workspace's clock; when the status was set last
    initiator: str | None = None


@dataclass(slots=True)
class Channel:
    id: str
    name: str
    kind: str = "channel"  # channel, group, mpim, im
    has_bot: bool = True
    archived: bool = False
    user: str | None = None  # the other side of an im
    messages: dict[str, Message] = field(default_factory=dict)  # by ts, oldest first
    whispers: dict[str, Message] = field(default_factory=dict)  # what one person sees, by ts
    statuses: dict[str, str] = field(default_factory=dict)  # of the assistant, by thread
    sessions: dict[str, Session] = field(default_factory=dict)  # of the agent, by thread
    titles: dict[str, str] = field(default_factory=dict)  # of conversations, by thread
    prompts: dict[str, list[Json]] = field(default_factory=dict)  # suggested ones, by thread; "": of all

    def thread(self, root: str) -> list[Message]:
        """The root and its replies, oldest first; empty when there is no such root."""
        if root not in self.messages or self.messages[root].thread_ts not in (None, root):
            return []
        replies = [m for m in self.messages.values() if m.thread_ts == root and m.ts != root]
        return [self.messages[root], *sorted(replies, key=lambda message: message.ts)]

    def root_wire(self, message: Message, *, with_metadata: bool = False) -> Json:
        """A message as conversations.history and .replies show it: it says how its thread goes on, or who opened it."""
        data = message.wire(with_metadata=with_metadata)
        replies = self.thread(message.ts)[1:]
        if replies:
            data |= {"reply_count": len(replies), "latest_reply": replies[-1].ts}
        return data | self.parent(message)

    def parent(self, message: Message) -> Json:
        """What a reply says of who opened its thread."""
        root = self.messages.get(message.thread_ts or message.ts)
        return {} if root is None or root is message else {"parent_user_id": root.user}

    def wire(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_private": self.kind != "channel",
            "is_mpim": self.kind == "mpim",
            "is_im": self.kind == "im",
            "is_member": self.has_bot,
            "is_archived": self.archived,
        }


Method = Callable[[Json], Json]
"""A method of the Web API: its arguments in, its answer but for `ok` out; raises SlackError."""

Changed = Callable[[str, Message], None]
"""Told "posted", "changed" or "deleted" and the message, after one of ours was written."""


class Workspace:
    """The state of one team. Every ts is new, and later than all before it."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self._last = 0
        self._numbers = itertools.count(1)
        self.users: dict[str, Json] = {}
        self.groups: dict[str, Json] = {}
        self.bots: dict[str, Json] = {BOT: {"id": BOT, "name": "threadbot", "app_id": APP, "user_id": BOT_USER}}
        self.channels: dict[str, Channel] = {}
        self.bot_token, self.app_token, self.scopes = BOT_TOKEN, APP_TOKEN, SCOPES
        self.is_agent = True  # whether the app may set an assistant's status
        self.has_sessions = False  # whether there are agent sessions, with their native stop button
        self.hears_stops = True  # whether the app subscribed to agent_session_stopped
        self.has_home = True  # whether the app has a Home tab
        self.switched_off: dict[
            tuple[str, str | None], str
        ] = {}  # a method, or an argument of it → what it is refused with
        self.stream_kinds: tuple[str, ...] = ("channel", "group", "mpim", "im")  # of channels that may be streamed to
        self.add_user("threadbot", BOT_USER, is_bot=True)

    def ts(self) -> str:
        self._last = max(self._last + 1, int(time.time() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def add_user(
        self,
        name: str,
        user: str | None = None,
        *,
        is_bot: bool = False,
        locale: str | None = None,
        team: str = TEAM,
    ) -> str:
        user = user or f"U0USER{next(self._numbers):05d}"
        real = name.title()
        profile = {"display_name": name, "real_name": real}
        more = {"real_name": real, "deleted": False, "is_bot": is_bot, "profile": profile}
        self.users[user] = {"id": user, "team_id": team, "name": name, **more}
        if locale is not None:  # on Slack everybody has one
            self.users[user]["locale"] = locale
        return user

    def add_group(self, handle: str) -> str:
        """A user group, as Slack gives each a handle that people write."""
        group = f"S0GROUP{next(self._numbers):05d}"
        self.groups[group] = {"id": group, "handle": handle, "name": handle.title(), "is_usergroup": True}
        return group

    def add_channel(self, name: str, kind: str = "channel", *, has_bot: bool = True) -> str:
        prefix = "D" if kind == "im" else "C"
        channel = f"{prefix}0CHAN{next(self._numbers):05d}"
        self.channels[channel] = Channel(channel, name, kind, has_bot)
        return channel

    def direct(self, user: str) -> str:
        """The direct message channel between *user* and the bot."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.user == user:
                return channel.id
        found = self.add_channel(f"im-{user}", "im")
        self.channels[found].user = user
        return found

    def channel(self, channel: object) -> Channel:
        if not isinstance(channel, str) or channel not in self.channels:
            raise SlackError("channel_not_found")
        return self.channels[channel]

    def require(self, scope: str) -> None:
        if scope not in self.scopes:
            raise SlackError("missing_scope")

    def writable(self, channel: object) -> Channel:
        """The channel, if the bot may post to it."""
        place = self.channel(channel)
        if place.archived:
            raise SlackError("is_archived")
        if not place.has_bot:
            raise SlackError("not_in_channel")
        return place

    def own_message(self, arguments: Json, refusal: str) -> Message:
        """The message that `channel` and `ts` name, if it is the bot's; else *refusal*."""
        message = self.channel(arguments.get("channel")).messages.get(str(arguments.get("ts")))
        if message is None:
            raise SlackError("message_not_found")
        if message.bot_id != BOT:
            raise SlackError(refusal)
        return message

    def streaming(self, message: Message) -> bool:
        """Whether the message is open for more text."""
        stream = message.stream
        return stream is not None and not stream.ended_by and self.clock() - stream.started < STREAM_SECONDS

    def visible(self, user: str, channel: str, ts: str) -> Message:
        """A message as *user* finds it; LookupError where there is none."""
        place = self.channels[channel]
        whisper = place.whispers.get(ts)
        if user not in self.users or (place.kind == "im" and place.user != user):
            raise LookupError(f"{user} does not see {channel}")
        return whisper if whisper is not None and whisper.ephemeral_to == user else place.messages[ts]

    def whisper(self, channel: str, user: str, text: str, thread_ts: str | None, blocks: list[Json]) -> Message:
        """Something of ours that only *user* sees, and nobody reads again."""
        message = Message(self.ts(), channel, BOT_USER, text, thread_ts, blocks, bot_id=BOT, ephemeral_to=user)
        self.channels[channel].whispers[message.ts] = message
        return message

    def add_message(self, channel: str, user: str, text: str, thread_ts: str | None = None, **more: Any) -> Message:
        message = Message(self.ts(), channel, user, text, thread_ts, **more)
        place = self.channels[channel].messages
        place[message.ts] = message
        if user == BOT_USER:
            self.channels[channel].statuses.pop(thread_ts or message.ts, None)  # an answer ends the status
        if thread_ts in place and place[thread_ts].thread_ts is None:
            place[thread_ts].thread_ts = thread_ts  # a root knows its thread once there is a reply
        return message
