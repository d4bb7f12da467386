"""The people whom a message of Slack's names, and the ids and the name of its author. Pure; see names.py, too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.platforms.common.payloads import mapping, string

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)|<!(here|channel|everyone|subteam\^[A-Z0-9]+)")


def mentioned_in(text: str) -> frozenset[str]:
    """Ids of people and bots; groups and everybody as Slack writes them (`subteam^S1`, `here`)."""
    return frozenset(person or group for person, group in _MENTION.findall(text)) if "<" in text else frozenset()


def all_ids(message: Mapping[str, Any]) -> frozenset[str]:
    """All ids of the author: those of a bot are its user's, its own and its app's, as far as the message tells."""
    profile = mapping(message, "bot_profile")
    own = (message.get(key) for key in ("user", "bot_id", "app_id"))
    return frozenset(each for each in (*own, profile.get("id"), profile.get("app_id")) if isinstance(each, str))


def name_of(who: Mapping[str, Any]) -> str | None:
    """The name in a user or bot object, on one line: the display name, else the real one, else the handle."""
    profile = mapping(who, "profile")
    names = string(profile, "display_name"), string(profile, "real_name"), string(who, "real_name"), string(who, "name")
    for name in names:
        if words := " ".join(name.split()):
            return words
    return None


def user_changed(body: Mapping[str, Any], user: str) -> Mapping[str, Any] | None:
    """The user object of *user*, where an event says that it has changed."""
    event = mapping(body, "event")
    is_change = event.get("type") in ("user_change", "user_profile_changed")
    found = mapping(event, "user")
    return found if is_change and found.get("id") == user else None


def opened_by(message: Mapping[str, Any], bot_user_id: str) -> str | None:
    """Who opened the thread that *message* replies in, if the message tells; None for a thread of ours."""
    author = message.get("parent_user_id")
    return author if isinstance(author, str) and author != bot_user_id else None


def home_of(message: Mapping[str, Any], workspace: str) -> str | None:
    """
    The author's team, where that is another one than *workspace*, in a channel of several teams (Slack Connect).

    Of an organization that is named instead of it (E…) nobody is told the team: Bolt's extract_actor_team_id.
    """
    team = message.get("user_team") or message.get("source_team") or message.get("team")
    return team if isinstance(team, str) and team.startswith("T") and team != workspace else None
