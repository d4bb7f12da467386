"""Tells by its form alone what was given as the bot's token. Pure; it says the kind and nothing of the value."""

from __future__ import annotations

import base64
import binascii
import re

WHERE = "Copy the token from discord.com/developers/applications → your application → Bot → Reset Token"

_BOT = re.compile(r"([\w-]{18,40})\.[\w-]{5,8}\.[\w-]{25,}", re.ASCII)
_KINDS = (
    (r"https?://\S*/api(/v\d+)?/webhooks/\S+", "the address of a webhook"),
    (r"https?://\S+", "an address"),
    (r"[0-9]{15,20}", "an id, such as the application's"),
    (r"[0-9a-fA-F]{64}", "the application's public key"),
    (r"mfa\.[\w-]{20,}", "the token of a person's account, which a bot may not use"),
    (r"xox[a-z]-\S+|xapp-\S+", "one of Slack's tokens"),
    (r"sk-\S+", "a key of a model provider"),
    (r"gh[a-z]_\w+|github_pat_\w+|glpat-\S+", "a token of GitHub or GitLab"),
    (r"[0-9]{6,12}:[\w-]{30,}", "a token of Telegram's"),
    (r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "a token of some other service (a JWT)"),
    (r"[\w-]{32}", "the application's client secret"),
)
"""The first form that fits tells the kind."""
OTHER = "something other than a bot's token"


def kind(token: str) -> str | None:
    """The kind of *token*, such as "the application's client secret"; None for the form of a bot's token."""
    if owner(token) is not None:
        return None
    return next((name for form, name in _KINDS if re.fullmatch(form, token, re.ASCII)), OTHER)


def problem(token: str) -> str | None:
    """One sentence on what is wrong with *token*; None where only Discord can tell."""
    found = kind(token)
    return None if found is None else f"DISCORD_TOKEN looks like {found}. {WHERE}."


def owner(token: str) -> str | None:
    """The id of the bot whose token it is, or was; None for what is no bot's token."""
    match = _BOT.fullmatch(token)
    if match is None:
        return None
    try:
        padded = match[1] + "=" * (-len(match[1]) % 4)
        id_ = base64.urlsafe_b64decode(padded).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return id_ if id_.isdecimal() else None
