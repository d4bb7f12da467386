"""
Links that show where they go. Pure.

A label that looks like an address is taken for it: `[https://bank.com](https://evil.com)` gets the host it goes to
behind it. Where it goes cannot be said, as the address stands elsewhere (`[https://bank.com][1]`), it is no link.
"""

from __future__ import annotations

import html
import re

from bot.markdown import ZERO_WIDTH_SPACE, prose

_LONGEST_LABEL = 1_000  # characters
_SEAM = re.compile(
    r"""\](?: \([ \t\n]*(?P<url><[^<>\n]*>|(?:[^()\s<]|\([^()\s]*\))(?:[^()\s]|\([^()\s]*\))*)
              (?:[ \t\n]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t\n]*\)
            | (?P<reference>(?=\[))
            | (?P<definition>(?=:)) )
      | <(?P<address>https?://[^<>|\s]+)\|(?P<label>[^<>\n]*)>""",
    re.VERBOSE | re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\\\\*_~`]")
_ENDINGS = "com|net|org|edu|gov|io|dev|app|info|biz|xyz|ai|co|me|kr|jp|cn|uk|de|fr|us|eu|ru"
_ENDINGS += "|au|br|ca|ch|cz|dk|es|fi|hk|hu|mx|nl|nz|pl|pt|ro|se|sg|th|tr|tv|tw|ua|vn|za"  # no words of programs
_SHOWN_HOST = re.compile(
    rf"(?:https?:/*|www\.)([^\s/?#|<>]+)|(?<![\w.-])((?:[\w-]+\.)+(?:{_ENDINGS}))(?![a-z0-9_-]|\.\w)"
)
_HOST = re.compile(r"(?:https?:/*|mailto:)(?:[^\s/?#@]*@)*([^\s/?#:|<>]+)")


def with_targets(markdown: str) -> str:
    """
    *markdown* with the host behind every link whose label looks like another address, between zero-width spaces.

    What is returned for a beginning of a text is a beginning of what is returned for more of it, or will be once the
    last line is there. Twice is once.
    """
    parts: list[str] = []
    at = 0
    for start, end in prose(markdown):
        for seam in _SEAM.finditer(markdown, start, end):
            position, added = _needed(markdown, seam, start)
            if added and not markdown.startswith(added, position):
                parts += [markdown[at:position], added]
                at = position
    return "".join([*parts, markdown[at:]])


def _needed(text: str, seam: re.Match[str], start: int) -> tuple[int, str]:
    """What has to stand where, so that nobody takes this link for another."""
    if seam["address"]:
        return seam.end(), _host_behind(seam["label"], seam["address"])
    label = _label(text, seam.start(), start)
    if seam["url"]:
        return seam.end(), _host_behind(label, seam["url"].strip("<>"))
    return seam.start() + 1, ZERO_WIDTH_SPACE if _host_shown(label) else ""


def _host_behind(label: str, url: str) -> str:
    shown, goes = _host_shown(label), _HOST.match(html.unescape(url).casefold())
    if not shown or not goes:
        return ""
    host = goes[1].removeprefix("www.")
    return "" if f".{host}".endswith(f".{shown}") else f"{ZERO_WIDTH_SPACE} ({goes[1]}){ZERO_WIDTH_SPACE}"


def _host_shown(label: str) -> str:
    """The host that a label seems to name, if any."""
    found = _SHOWN_HOST.search(_INVISIBLE.sub("", html.unescape(label)).casefold())
    host = (found[1] or found[2]) if found else ""
    return host.rsplit("@", 1)[-1].split(":", 1)[0].removeprefix("www.").rstrip(".,)")


def _label(text: str, closing: int, start: int) -> str:
    """What stands in the brackets that end at *closing*."""
    depth = 0
    for at in range(closing, max(start, closing - _LONGEST_LABEL) - 1, -1):
        if text[at] in "[]" and text[at - 1 : at] != "\\":
            depth += 1 if text[at] == "]" else -1
            if not depth:
                return text[at + 1 : closing]
    return ""
