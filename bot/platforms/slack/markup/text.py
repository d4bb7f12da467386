"""
Texts as Slack writes them, made readable; texts of ours, made safe. Pure.

Cutting long texts is in bot/markdown; what a message is made of, in message.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.core.ports import References
from bot.markdown import plain_text
from bot.platforms.common.links import with_targets
from bot.platforms.common.mentions import uncalled
from bot.platforms.slack.markup.dates import date_in_words
from bot.platforms.slack.markup.mention_tokens import defused

NOTIFICATION_LIMIT = 3_000  # characters; chat.update refuses a `text` above 4,000
_READ_FOR_NOTIFICATION = 4_000  # characters of Markdown; its parser takes quadratic time for brackets without an end

_TOKEN = re.compile(r"<([^<>]*)>")
_PERSON, _CHANNEL = re.compile("@[UWB][A-Z0-9]{1,40}"), re.compile("#[CG][A-Z0-9]{1,40}")
_GROUP = re.compile("S[A-Z0-9]{1,40}")
_SUBTEAM = "!subteam^"
NAMELESS_GROUP = "group"
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


def readable(text: str, bot_user_id: str, names: Mapping[str, str] | None = None) -> str:
    """
    What a person reads of a message's wire text: tokens in words, escapes undone.

    Our own mention is gone where it only calls us, at the beginning or the end of a line; elsewhere it is a name.

    *names*: of people and channels, by their ids; who is not among them is called as the token says, or by the id.
    Source: "Formatting text for app surfaces", retrieving messages.
    """
    # A name is text already: what looks like an escape in it is none.
    own = rf"<@{re.escape(bot_user_id)}(?:\|[^<>]*)?>"
    pieces = _TOKEN.split(uncalled(text, own))
    words = [_words(piece, names or {}) if n % 2 else unescaped(piece) for n, piece in enumerate(pieces)]
    return "".join(words).strip()


def references(text: str) -> References:
    """Whom and what a wire text refers to by ids. A channel, or group, whose name is in its token needs no other."""
    targets = [token.partition("|") for token in _TOKEN.findall(text)] if "<" in text else []
    people = ((target[1:] if _PERSON.fullmatch(target) else _group(target, label)) for target, _, label in targets)
    return References(
        [each for each in people if each],
        [target[1:] for target, _, label in targets if not label and _CHANNEL.fullmatch(target)],
    )


def unescaped(text: str) -> str:
    """The reverse of escape()."""
    return re.sub(r"&(?:lt|gt|amp);", lambda match: _ENTITIES[match[0]], text)


def _words(token: str, names: Mapping[str, str]) -> str:
    target, _, label = token.partition("|")
    match target[:1]:
        case "@":
            return "@" + (names.get(target[1:]) or unescaped(label.removeprefix("@") or target[1:]))
        case "#":
            return "#" + (unescaped(label.removeprefix("#")) or names.get(target[1:]) or target[1:])
        case "!":
            return unescaped(_special(target[1:], label or names.get(_group(target), "")))
    return unescaped(_link(target, label))


def _link(target: str, label: str) -> str:
    bare = re.sub(r"^(?:https?://|mailto:|tel:)", "", target)
    if not label or label == target:
        return target if target.startswith("http") else bare
    return label if label == bare else f"{label} ({target})"


def _special(command: str, label: str) -> str:
    if command.startswith("date^"):
        timestamp, _, pattern = command.removeprefix("date^").partition("^")
        pattern, _, address = pattern.partition("^")
        words = label or date_in_words(timestamp, pattern) or command
        return _link(address, words) if address else words
    return "@" + (label.removeprefix("@") or (NAMELESS_GROUP if _group(f"!{command}") else command))


def _group(target: str, label: str = "") -> str:
    """The id of a user group without a name in its token; empty where it is none."""
    id_ = target.removeprefix(_SUBTEAM)
    return id_ if not label and id_ != target and _GROUP.fullmatch(id_) else ""


def safe(markdown: str, *, unfinished: bool = False) -> str:
    """
    *markdown* without a token that pings or is replaced by Slack, and with links that show where they go.

    A zero-width space stands behind the bracket of a token. All that only looks similar (`<!DOCTYPE html>`,
    `<!-- -->`, `#include <stdio.h>`) is left alone. Of an *unfinished* text an end that may yet become a token is held
    back: what is returned for a beginning of a text is a beginning of what is returned for more of it.
    """
    return defused(with_targets(markdown), unfinished=unfinished)


def escape(text: str) -> str:
    """*text* such that mrkdwn shows it literally: & < > only, as Slack asks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def notification(markdown: str, notes: Sequence[str] = ()) -> str:
    """The plain text that goes with blocks, within NOTIFICATION_LIMIT: notifications and screen readers use it."""
    beginning = markdown[:_READ_FOR_NOTIFICATION]
    plain = plain_text(beginning).strip() or beginning.strip()
    text = escape("\n".join([plain, *notes]).strip())
    if len(text) <= NOTIFICATION_LIMIT:
        return text
    cut = re.sub(r"&[a-z]*\Z", "", text[: NOTIFICATION_LIMIT - 1])  # never half an escape
    return cut.rstrip() + "…"
