"""
The commands that there are, as Discord takes them, and whether it has them so. Pure.

Nobody needs a permission for them: who may use what is for the people of a guild to set.
Source: Discord, "Application Command Object".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.core.texts import DEFAULT_LANGUAGE, LABELS, label
from bot.platforms.discord.places.payloads import Json, mapping, mappings

CHAT_INPUT, ON_MESSAGE, ENTRY_POINT = 1, 3, 4  # "Application Command Types"
STRING, BOOLEAN = 3, 5  # "Application Command Option Type"
IN_GUILD, BOT_DM = 0, 1  # "Interaction Context Types"
GUILD_INSTALL = 0
LONGEST_QUESTION = 6_000  # characters; "Application Command Option Structure"

ASK, DETAILS, HELP = "ask", "details", "help"
QUIET, LISTEN, MENTION_ONLY = "quiet", "listen", "mention-only"
DETAILS_OF, TRY_AGAIN, ASK_THIS = "Details", "Try again", "Ask about this"
QUESTION, PRIVATE = "question", "private"
SET_BY = {QUIET: "quiet", LISTEN: "listen", MENTION_ONLY: "mention only"}
"""The text of each as a message: decide/commands.py knows the words."""


def commands() -> list[Json]:
    return [
        _command(ASK, "command_ask", [_question(), _private()]),
        *(_command(name, f"command_{name.replace('-', '_')}") for name in (*SET_BY, DETAILS, HELP)),
        _on_message("command_details_of"),
        _on_message("command_try_again"),
        _on_message("command_ask_this"),
    ]


def missing(registered: Sequence[Json]) -> list[Json] | None:
    """
    All that is to be registered instead of what is; None where nothing is to change.

    How an activity is started (its entry point) is none of our business, and stays.
    """
    kept = [each for each in registered if each.get("type") == ENTRY_POINT]
    ours = [each for each in registered if each.get("type") != ENTRY_POINT]
    wanted = commands()
    same = sorted(map(_normal, ours), key=repr) == sorted(map(_normal, wanted), key=repr)
    return None if same else [*wanted, *kept]


def _command(name: str, key: str, options: Sequence[Json] = ()) -> Json:
    return {**_named(name, key), "type": CHAT_INPUT, "options": list(options), **_EVERYWHERE}


def _on_message(key: str) -> Json:
    return {**_called(label(key, DEFAULT_LANGUAGE), key), "type": ON_MESSAGE, **_EVERYWHERE}


def _question() -> Json:
    needed = {"required": True, "min_length": 1, "max_length": LONGEST_QUESTION}
    return {**_named(QUESTION, "command_question"), "type": STRING, **needed}


def _private() -> Json:
    return {**_named(PRIVATE, "command_private"), "type": BOOLEAN, "required": False}


def _named(name: str, key: str) -> Json:
    about = f"{key}_about"
    described = {"description": label(about, DEFAULT_LANGUAGE), "description_localizations": _translated(about)}
    return {**_called(name, key), **described}


def _called(name: str, key: str) -> Json:
    return {"name": name, "name_localizations": _translated(key)}


def _translated(key: str) -> dict[str, str]:
    """Discord's locales of the languages that we speak are named like them."""
    return {language: label(key, language) for language in LABELS if language != DEFAULT_LANGUAGE}


_EVERYWHERE: Json = {
    "contexts": [IN_GUILD, BOT_DM],
    "integration_types": [GUILD_INSTALL],
    "default_member_permissions": None,
}


def _normal(command: Json) -> dict[str, Any]:
    """A command as it is compared: Discord leaves out what is usual, or writes it down, and adds ids."""
    return {
        "type": command.get("type", CHAT_INPUT),
        "permissions": command.get("default_member_permissions"),
        "adults": bool(command.get("nsfw")),
        "contexts": sorted(command.get("contexts") or ()),
        "installed": sorted(command.get("integration_types") or ()),
        "options": [_normal_option(each) for each in mappings(command, "options")],
        **_words(command),
    }


def _normal_option(option: Json) -> dict[str, Any]:
    same = {name: option.get(name) for name in ("type", "min_length", "max_length")}
    return {**same, "required": bool(option.get("required")), **_words(option)}


def _words(named: Json) -> dict[str, Any]:
    return {
        "name": named.get("name"),
        "names": dict(mapping(named, "name_localizations")),
        "description": named.get("description") or "",
        "descriptions": dict(mapping(named, "description_localizations")),
    }
