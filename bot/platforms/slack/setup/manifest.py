"""
The Slack app as this program needs it: what it may do, what it hears, and why.

Only what is used today: every scope is a question that an administrator must answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.core.texts import label
from bot.platforms.slack.markup.buttons import RECEIPT
from bot.platforms.slack.markup.views import prompts

EVENTS_PATH, INTERACTIONS_PATH, COMMANDS_PATH = "/slack/events", "/slack/interactions", "/slack/commands"
"""Where Slack delivers over HTTP."""


@dataclass(frozen=True, slots=True)
class Scope:
    name: str
    reason: str
    without: str = ""  # what becomes of it where the scope is missing; empty: it is needed


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    reason: str


SCOPES = (
    Scope("app_mentions:read", "hear when it is mentioned"),
    Scope("assistant:write", "suggest prompts in its Messages tab, and name the conversations there"),
    Scope("chat:write", "answer, and edit its answers while they grow"),
    Scope("channels:history", "read and follow a thread in a public channel it is in; find its own post after a crash"),
    Scope("channels:read", "know the public channels it is in, to read there what it missed; name those referred to"),
    Scope("commands", "put “Details of this answer” into the menu of a message (Slack asks it for shortcuts)"),
    Scope("files:read", "read the pictures, texts and PDFs that come with what it is told"),
    Scope("files:write", "send a long answer as a file, where people have asked for that"),
    Scope("groups:history", "read and follow a thread in a private channel; find its own post after a crash"),
    Scope("groups:read", "know the private channels it is in, to read there what it missed; name each in itself"),
    Scope("im:history", "read direct messages to it, and what was said in their threads before"),
    Scope("im:read", "know its direct message conversations, to read there what it missed"),
    Scope("mpim:history", "read and follow a thread in a group direct message; find its own post after a crash"),
    Scope("mpim:read", "know the group direct messages it is in, to read there what it missed"),
    Scope("reactions:read", "see the reactions that steer a conversation, such as :pushpin:"),
    Scope("reactions:write", "show :eyes: on a question until it is answered, where it cannot show that it is writing"),
    Scope(
        "usergroups:read",
        "know user groups by their handles; optional",
        without="a user group that is mentioned is called “@group” where the message does not name it",
    ),
    Scope("users:read", "know people by their names, and in which language they read Slack"),
)

EVENTS = (
    Event("agent_session_stopped", "somebody pressed Slack's own stop button, where it shows one"),
    Event("app_home_opened", "its Home tab is filled, and prompts are suggested in its Messages tab"),
    Event("app_mention", "a mention is answered"),
    Event("channel_deleted", "what was said in a channel that is deleted is erased"),
    Event("channel_id_changed", "what was said and set in a channel is kept when Slack gives it another id"),
    Event("group_deleted", "the same in a private channel"),
    Event("member_joined_channel", "what was said in a channel before it was invited (back) is missing in its threads"),
    Event("message.channels", "what is said in a thread it takes part in is context"),
    Event("message.groups", "the same in a private channel"),
    Event("message.im", "a direct message is answered"),
    Event("message.mpim", "the same in a group direct message"),
    Event("reaction_added", "a reaction on a message of a conversation, or on an answer, steers it"),
    Event("reaction_removed", "taking it away undoes that"),
)

APP_TOKEN_SCOPE = Scope("connections:write", "open the Socket Mode connection (app-level token)")


def manifest(name: str = "Threadbot", url: str | None = None, language: str = "en") -> dict[str, Any]:
    """
    The app manifest that Slack's "create from manifest" takes, as JSON data (schema version 2).

    *url*, without a path at its end, is where Slack reaches the public listener; None: over Socket Mode.
    *language* is that of the few words in it, which Slack shows to everybody; all others come in each reader's own.
    """
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": name,
            "description": label("app_description", language),
        },
        "features": {
            "bot_user": {"display_name": name, "always_online": True},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "agent_view": {
                "agent_description": label("agent_description", language),
                "suggested_prompts": prompts(language),
            },
            "shortcuts": [
                {
                    "name": label("shortcut_name", language),
                    "type": "message",
                    "callback_id": RECEIPT,
                    "description": label("shortcut_description", language),
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": [scope.name for scope in SCOPES]}},
        "settings": {
            "event_subscriptions": {**_at(url, EVENTS_PATH), "bot_events": [event.name for event in EVENTS]},
            "interactivity": {"is_enabled": True, **_at(url, INTERACTIONS_PATH)},
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }


def _at(url: str | None, path: str) -> dict[str, str]:
    return {} if url is None else {"request_url": url.rstrip("/") + path}
