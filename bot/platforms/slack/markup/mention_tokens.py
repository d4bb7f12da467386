"""
Tokens of Slack's in a text that somebody else wrote: `<!channel>`, `<@U…>`, `<#C…>`. Found, and made harmless. Pure.

Markdown blocks and streams resolve them too, and no switch of Slack's turns that off; whether they do in code is not
documented, so code is treated alike.
"""

from __future__ import annotations

import html
import re

from bot.markdown import ZERO_WIDTH_SPACE

# An angle bracket as it is, or as Markdown can write it; a token may also come out of escapes.
_OPENER = re.compile(r"<|&lt;?|&#0*60(?!\d);?|&#x0*3c(?![0-9a-f]);?", re.IGNORECASE)
_LOOK_AHEAD = 250  # characters; the longest token that anybody is called by has 24, each up to 10 as an entity
_UNSEEN = dict.fromkeys([*range(9), *range(14, 32), 127])  # control characters: somebody on the way may drop them
_CALLS = ("channel", "here", "everyone", "group")
_COMMANDS = ("subteam", "date")
_TOKEN = re.compile(
    rf"!\s*(?i:{'|'.join(_CALLS)})\s*[|>^]|!\s*(?i:{'|'.join(_COMMANDS)})\s*\^"
    r"|@\s*[UWB][A-Z0-9]+\s*[|>]|\#\s*[CGD][A-Z0-9]+\s*[|>]"
)
_ID_BEGUN = re.compile(r"(?:@\s*(?:[UWB][A-Z0-9]*\s*)?|#\s*(?:[CGD][A-Z0-9]*\s*)?)\Z")
_BEGUN = re.compile(r"(?:\\|&[#a-zA-Z0-9]{0,12})\Z")  # an escape


def defused(text: str, *, unfinished: bool = False) -> str:
    """
    *text* with a zero-width space behind the bracket of every token.

    Of an *unfinished* text an end that may yet become a token is held back: what is returned for a beginning of a
    text is a beginning of what is returned for more of it.
    """
    parts: list[str] = []
    at = 0
    end = _entity_begun(text) if unfinished else len(text)
    for opener in _OPENER.finditer(text, 0, end):
        rest = text[opener.end() : opener.end() + _LOOK_AHEAD]
        if unfinished and opener.end() + _LOOK_AHEAD > len(text):
            rest = _BEGUN.sub("", rest)
        meant = html.unescape(rest).replace("\\", "").translate(_UNSEEN).lstrip()
        if _TOKEN.match(meant):
            parts += [text[at : opener.end()], ZERO_WIDTH_SPACE]
            at = opener.end()
        elif unfinished and opener.end() + _LOOK_AHEAD > len(text) and _may_become_token(meant):
            end = opener.start()
            break
    return "".join([*parts, text[at:end]])


def _entity_begun(text: str) -> int:
    begun = re.search(r"&[#a-zA-Z0-9]{0,12}\Z", text)
    return begun.start() if begun else len(text)


def _may_become_token(meant: str) -> bool:
    if meant[:1] == "!":
        word = meant[1:].strip().lower()
        return any(name.startswith(word) for name in _CALLS + _COMMANDS)
    return not meant or _ID_BEGUN.match(meant) is not None
