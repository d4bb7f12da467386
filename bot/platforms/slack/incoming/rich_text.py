"""
Rich text as Slack's composer writes it, in the form of `text`: tokens for people and links, escapes. Pure.

Source: Slack, "Rich text block", "Block elements".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from bot.platforms.common.payloads import Json, mappings, string
from bot.platforms.slack.incoming.pressed import is_pressed
from bot.platforms.slack.markup.dates import date_in_words

DEEPEST = 24  # levels of elements that keep their form; Slack's documentation shows five
_DEEPEST_INDENT = 8

_AMPERSAND = re.compile(r"&(?!(?:lt|gt|amp);)")
_ID = re.compile(r"[A-Z][A-Z0-9]{1,40}")
_BACKTICKS = re.compile("`+")
_UNSAFE_IN_URL = {ord("<"): "%3C", ord(">"): "%3E", ord("|"): "%7C", ord(" "): "%20", ord("\n"): "%0A"}
_BROADCASTS = ("here", "channel", "everyone")
_STYLES = (("code", "`"), ("strike", "~"), ("italic", "_"), ("bold", "*"))
_NAMED_BY = ("text", "title", "name", "label", "fallback", "alt_text", "url")  # of elements that came later than this
_SAID_BY = ("title", "subtitle", "text", "body", "description", "details", "output", "caption", "message", "alt_text")


def escaped(plain: str) -> str:
    """*plain*, such that nothing in it is a token. Text that Slack has escaped already stays escaped."""
    return _AMPERSAND.sub("&amp;", plain).replace("<", "&lt;").replace(">", "&gt;")


def rich_text(block: Json, depth: int = 0) -> str:
    """The lines of a `rich_text` block, or of whatever has elements like one."""
    if depth > DEEPEST:
        return flat(block)
    parts = [_part(each, depth + 1) for each in mappings(block, "elements")]
    return "\n".join(part for part in parts if part.strip())


def _part(element: Json, depth: int) -> str:
    """Of a list the items stand in lines of their own, and so does each section, quote and piece of code."""
    if depth > DEEPEST:
        return flat(element)
    match element.get("type"):
        case "rich_text_list":
            return "\n".join(_items(element, depth))
        case "rich_text_preformatted":
            return _code(_inline(element, depth))
        case "rich_text_quote":
            return "\n".join(f"&gt; {line}" for line in _inline(element, depth).strip("\n").split("\n"))
        case "rich_text":
            return rich_text(element, depth)
        case "rich_text_section":
            return _inline(element, depth).strip("\n")
    return _word(element, depth)


def _items(element: Json, depth: int) -> Iterator[str]:
    margin = "    " * min(_number(element.get("indent")), _DEEPEST_INDENT)
    number = _number(element.get("offset"))
    for item in mappings(element, "elements"):
        words = _part(item, depth + 1)
        if not words.strip():
            continue
        if item.get("type") == "rich_text_list":
            yield from (f"    {line}" for line in words.split("\n"))
            continue
        number += 1
        sign = f"{number}." if element.get("style") == "ordered" else "•"
        yield f"{margin}{sign} " + words.replace("\n", f"\n{margin}  ")


def flat(element: Json) -> str:
    """The words of what is nested too deep to keep its form, each on a line: nothing that somebody says is left out."""
    words: list[str] = []
    rest: list[object] = [element]
    while rest:
        each = rest.pop()
        if isinstance(each, Mapping):
            type_ = string(each, "type")
            if is_pressed(type_):
                continue
            write = _WORDS.get(type_)
            said = (string(each, name) for name in _SAID_BY)
            words += [write(each)] if write else [text if type_ == "mrkdwn" else escaped(text) for text in said]
            each = [] if write else list(each.values())
        if isinstance(each, list):
            rest += reversed(each)
    return "\n".join(found for found in words if found.strip())


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 < value < 10_000 else 0


def _code(code: str) -> str:
    longest = max((len(ticks) for ticks in _BACKTICKS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code.strip(chr(10))}\n{fence}"


def _inline(element: Json, depth: int) -> str:
    """Elements in a row; what begins a line of its own does so here, too."""
    if depth > DEEPEST:
        return flat(element)
    words: list[str] = []
    for each in mappings(element, "elements"):
        is_line = string(each, "type").startswith("rich_text")
        words.append(f"\n{_part(each, depth + 1)}\n" if is_line else _word(each, depth))
    return "".join(words)


def _word(element: Json, depth: int) -> str:
    write = _WORDS.get(string(element, "type"))
    if write is not None:
        return write(element)
    if mappings(element, "elements"):
        return rich_text(element, depth + 1)
    return next((escaped(words) for name in _NAMED_BY if (words := string(element, name)).strip()), "")


def link(url: str, label: str = "") -> str:
    """A link as `text` has it: `<https://example.com|label>`."""
    if not url.strip():
        return escaped(label)
    address = _AMPERSAND.sub("&amp;", url.strip().translate(_UNSAFE_IN_URL))
    return f"<{address}|{escaped(label)}>" if label.strip() else f"<{address}>"


def _styled(words: str, element: Json) -> str:
    """Marked as Slack's own `text` marks it: inside of the blanks around it, and on one line."""
    style = element.get("style")
    meant = words.strip()
    if not isinstance(style, Mapping) or not meant or "\n" in meant:
        return words
    marked = meant
    for name, sign in _STYLES:
        if style.get(name) is True and sign not in meant:
            marked = f"{sign}{marked}{sign}"
    before, _, after = words.partition(meant)
    return f"{before}{marked}{after}"


def _emoji(element: Json) -> str:
    name, tone = string(element, "name").strip(": "), element.get("skin_tone")
    if not name:
        return ""
    return escaped(f":{name}::skin-tone-{tone}:" if isinstance(tone, int) and 1 < tone < 7 else f":{name}:")


def _token(sign: str, id_: str) -> str:
    return f"<{sign}{_id(id_)}>" if _id(id_) else ""


def _id(id_: str) -> str:
    return id_ if _ID.fullmatch(id_) else ""


def _broadcast(element: Json) -> str:
    called = string(element, "range")
    return f"<!{called}>" if called in _BROADCASTS else ""


def _date(element: Json) -> str:
    words = string(element, "fallback") or date_in_words(element.get("timestamp"), string(element, "format"))
    return link(string(element, "url"), words)


_WORDS: Mapping[str, Callable[[Json], str]] = {
    "text": lambda element: _styled(escaped(string(element, "text")), element),
    "link": lambda element: link(string(element, "url"), string(element, "text")),
    "user": lambda element: _token("@", string(element, "user_id")),
    "canvas_user_mention": lambda element: _token("@", string(element, "user_id")),
    "usergroup": lambda element: _token("!subteam^", string(element, "usergroup_id")),
    "channel": lambda element: _token("#", string(element, "channel_id")),
    "team": lambda element: _id(string(element, "team_id")),
    "broadcast": _broadcast,
    "emoji": _emoji,
    "color": lambda element: escaped(string(element, "value")),
    "date": _date,
}
