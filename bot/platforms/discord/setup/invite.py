"""
What the bot asks for when it is invited: permissions, scopes and intents, and why; and the link that asks for them.

Only what is used today: every permission is a question that somebody who manages a server must answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from bot.platforms.discord.places import guilds

AUTHORIZE = "https://discord.com/oauth2/authorize"


@dataclass(frozen=True, slots=True)
class Permission:
    """*label*: as Discord's own pages name it."""

    name: str
    bit: int
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A scope or an intent."""

    name: str
    reason: str


VIEW = Permission("VIEW_CHANNEL", guilds.VIEW_CHANNEL, "View Channels", "hear what is said in a channel, and read it")
SEND = Permission("SEND_MESSAGES", guilds.SEND_MESSAGES, "Send Messages", "answer where it may open no thread")
FILES = Permission(
    "ATTACH_FILES", guilds.ATTACH_FILES, "Attach Files", "send a long answer as a file, where people asked for that"
)
HISTORY = Permission(
    "READ_MESSAGE_HISTORY",
    guilds.READ_MESSAGE_HISTORY,
    "Read Message History",
    "read a thread before it answers, what it missed, and its own post after a crash; reply to a message",
)
THREADS = Permission(
    "CREATE_PUBLIC_THREADS", guilds.CREATE_PUBLIC_THREADS, "Create Public Threads", "open a thread below a question"
)
SEND_THERE = Permission(
    "SEND_MESSAGES_IN_THREADS",
    guilds.SEND_MESSAGES_IN_THREADS,
    "Send Messages in Threads",
    "answer in threads and posts",
)

PERMISSIONS = (VIEW, SEND, FILES, HISTORY, THREADS, SEND_THERE)
"""Discord, "Permissions"."""

SCOPES = (
    Asked("bot", "be a member of the server"),
    Asked("applications.commands", "have its commands there"),
)

INTENTS = (
    Asked("GUILDS", "know channels, threads and roles, by their names and permissions"),
    Asked("GUILD_MESSAGES", "hear what is said in channels"),
    Asked("GUILD_MESSAGE_REACTIONS", "see the reactions that steer a conversation"),
    Asked("DIRECT_MESSAGES", "be spoken to in direct messages"),
    Asked("DIRECT_MESSAGE_REACTIONS", "the same reactions there"),
    Asked(
        "MESSAGE_CONTENT",
        "optional, and switched on in the Developer Portal: hear what is said in its threads without a mention",
    ),
)
"""Discord, "Gateway Intents"; the last one is privileged."""

INTEGER = sum(permission.bit for permission in PERMISSIONS)


def link(application: str) -> str:
    """Where somebody who may manage a server invites the bot to it."""
    scopes = " ".join(scope.name for scope in SCOPES)
    return f"{AUTHORIZE}?{urlencode({'client_id': application, 'permissions': INTEGER, 'scope': scopes})}"
