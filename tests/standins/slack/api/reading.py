"""
What the bot reads in the Slack stand-in: threads, channels, people.

Knows nothing of bot/.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.standins.slack.workspace import BOT, BOT_USER, TEAM, Channel, Json, Message, Method, SlackError, Workspace

KINDS = {"public_channel": "channel", "private_channel": "group", "mpim": "mpim", "im": "im"}
FAMILIES = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}  # in the names of scopes


class Reading:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.methods: dict[str, Method] = {
            "auth.test": self._auth_test,
            "conversations.replies": self._replies,
            "conversations.history": self._history,
            "conversations.info": self._info,
            "conversations.open": self._open,
            "users.info": self._users_info,
            "bots.info": self._bots_info,
            "usergroups.list": self._usergroups_list,
            "users.conversations": self._users_conversations,
        }

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

    def _users_info(self, arguments: Json) -> Json:
        self._workspace.require("users:read")
        user = arguments.get("user")
        if user not in self._workspace.users:
            raise SlackError("user_not_found")  # for ids of bots (B…), too
        found = self._workspace.users[user]
        told = found if _flag(arguments, "include_locale") else {k: v for k, v in found.items() if k != "locale"}
        return {"user": told}

    def _bots_info(self, arguments: Json) -> Json:
        self._workspace.require("users:read")
        bot = arguments.get("bot")
        if bot not in self._workspace.bots:
            raise SlackError("bot_not_found")
        return {"bot": self._workspace.bots[bot]}

    def _usergroups_list(self, _arguments: Json) -> Json:
        self._workspace.require("usergroups:read")
        return {"usergroups": list(self._workspace.groups.values())}


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
