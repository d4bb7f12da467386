"""
Texts as Discord writes them, made readable; texts of ours, made safe. Pure.

Markdown becomes Discord's in dialect.py; what a message is made of is in message.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from bot.core.ports import References
from bot.markdown import ZERO_WIDTH_SPACE, boundary, plain_text
from bot.platforms.common.mentions import uncalled

THREAD_NAME_LIMIT = 100  # Discord, "Start Thread from Message"
NAMELESS_ROLE = "unknown-role"  # Discord's own words for one that was deleted
_READ_FOR_NAME = 400  # characters

# Discord, "Message Formatting"
_TOKEN = re.compile(
    r"""<(?: @!?(?P<person>[0-9]{1,20}) | (?P<role>@&[0-9]{1,20}) | \#(?P<channel>[0-9]{1,20})
           | a?:(?P<emoji>\w{1,64}):[0-9]{1,20} | t:(?P<time>-?[0-9]{1,13})(?::[a-zA-Z])?
           | (?P<command>/[^<>:\n]{1,120}):[0-9]{1,20} | id:(?P<place>[a-z-]{1,40})(?::[0-9]{1,20})? )>""",
    re.VERBOSE,
)
# The beginnings of all that Discord replaces, more than it would: escapes may be dropped on the way.
_REPLACED = re.compile(
    r"""<(?=\\*+(?: @\\*+[!&]?+\\*+[0-9] | \#\\*+[0-9] | t\\*+:\\*+-?[0-9] | id\\*+:\\*+[a-z] | sound:[0-9]
                  | a?\\*+:[\w\\]{1,80}:[0-9] | /[^<>\n]{1,120}:\\*+[0-9] ))
      | @(?=\\*+(?:everyone|here))""",
    re.VERBOSE,
)
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # somebody on the way may drop them
_HALVES = re.compile(r"[\ud800-\udfff]")  # of characters; no JSON parser has to take them
_MARKS = re.compile(r"[\\*_~`|<>\[\]]|\A[#-]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def readable(text: str, bot_user_id: str, names: Mapping[str, str] | None = None, roles: Collection[str] = ()) -> str:
    """
    What a person reads of a message's text: tokens in words, its Markdown as it is.

    Our own mention is gone where it only calls us, at the beginning or the end of a line; elsewhere it is a name.

    *names*: of people and channels by their ids, of roles by `&` and the id. *roles*: our own ones, which call us, too.
    """
    own = "|".join([f"@!?{re.escape(bot_user_id)}", *(f"@&{re.escape(role)}" for role in roles)])
    return _TOKEN.sub(lambda token: _words(token, names or {}), uncalled(text, f"<(?:{own})>")).strip()


def _words(token: re.Match[str], names: Mapping[str, str]) -> str:
    match token.lastgroup:
        case "person":
            return "@" + (names.get(token["person"]) or token["person"])
        case "role":
            return "@" + (names.get(token["role"][1:]) or NAMELESS_ROLE)
        case "channel":
            return "#" + (names.get(token["channel"]) or token["channel"])
        case "emoji":
            return f":{token['emoji']}:"
        case "time":
            return _moment(int(token["time"])) or token[0]
        case "command":
            return token["command"]
    return f"#{token['place']}"


def _moment(seconds: int) -> str:
    try:
        return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M UTC")
    except OverflowError:
        return ""


def references(text: str) -> References:
    """Whom and what a text refers to by ids, of roles with `&` before it."""
    tokens = list(_TOKEN.finditer(text)) if "<" in text else []
    people = [token["person"] or token["role"][1:] for token in tokens if token["person"] or token["role"]]
    return References(people, [token["channel"] for token in tokens if token["channel"]])


def cleaned(text: str) -> str:
    """*text* without what a message cannot hold, or nobody sees: control characters, halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HALVES.sub("\ufffd", _UNSEEN.sub("", text))


def safe(text: str) -> str:
    """
    *text*, cleaned, without a token that calls somebody or is replaced by Discord; in code, too.

    A zero-width space stands behind the sign that it begins with. What only looks similar (`</div>`, `<T: int>`,
    `kim@example.com`) is left alone. Twice is once.
    """
    return _REPLACED.sub(lambda sign: sign[0] + ZERO_WIDTH_SPACE, cleaned(text))


def literal(text: str) -> str:
    """*text* on one line, such that Discord shows it as it is."""
    return safe(_MARKS.sub(r"\\\g<0>", " ".join(cleaned(text).split())))


def thread_name(title: str, fallback: str) -> str:
    """A name for a thread, of the words of *title*; *fallback* where there are none."""
    words = " ".join(plain_text(cleaned(title)[:_READ_FOR_NAME]).replace("||", " ").split())
    name = safe(words)
    if not any(character.isalnum() for character in name):
        return fallback
    return name if units(name) <= THREAD_NAME_LIMIT else cut(name, THREAD_NAME_LIMIT - 1).rstrip() + "…"


def units(text: str) -> int:
    """The length of *text* as JavaScript counts, which is never less than Discord's."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, most: int) -> str:
    """The beginning of *text*, of at most *most* units."""
    if units(text) <= most:
        return text
    length = 0
    for at, character in enumerate(text):
        length += 1 + (character > "\uffff")
        if length > most:
            return text[: boundary(text, at, 0)]
    return text
