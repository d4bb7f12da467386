"""
Markdown in Slack's older markup, for messages without blocks: readable, not faithful. Pure.

What keeps it from calling people is in text.py: hand in what safe() gave.
"""

from __future__ import annotations

import re

from bot.markdown import ZERO_WIDTH_SPACE
from bot.platforms.slack.text import escape

_CODE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[^\n`]*\n(?P<block>.*?)(?:^(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?P<ticks>(?<!`)`+(?!`)).+?(?<!`)(?P=ticks)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_ASIDE = "\0"  # stands around the number of a piece of code while all else is rewritten; no text of Slack's holds it
_PLACE = re.compile(rf"{_ASIDE}(\d+){_ASIDE}")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[-*+][ \t]+(?=\S)", re.MULTILINE)
# All of it after escaping: what could be an angle bracket of ours is an entity by then.
_MARKS = re.compile(
    r"!?\[(?P<label>[^\[\]\n]+)\]\((?P<url>(?:https?://|mailto:)[^\s()|]*(?:\([^\s()|]*\)[^\s()|]*)*)\)"
    r"|&lt;(?P<address>https?://[^\s|]+?)&gt;"
    r"|(?P<strong>\*\*|(?<!\w)__)(?=\S)(?P<bold>(?:(?!\*\*|__)[^\n])+)(?<=\S)(?P=strong)"
    r"|~~(?=\S)(?P<struck>(?:(?!~~)[^\n])+)(?<=\S)~~"
    r"|(?<![\w*])\*(?=[^\s*])(?P<italic>[^*\n]+)(?<=\S)\*(?![\w*])"
)


def mrkdwn(markdown: str) -> str:
    """*markdown* with its lines and code as they are; strong words, links, headings, bullets as Slack writes them."""
    codes: list[str] = []

    def set_aside(code: re.Match[str]) -> str:
        codes.append(_code(code))
        return f"{_ASIDE}{len(codes) - 1}{_ASIDE}"

    prose = escape(_CODE.sub(set_aside, markdown.replace(_ASIDE, "")))
    prose = _HEADING.sub(lambda heading: f"**{_bare(heading[1])}**", _BULLET.sub(r"\1• ", prose))
    return _PLACE.sub(lambda place: codes[int(place[1])], _marked(prose))


def _code(code: re.Match[str]) -> str:
    """Of a block's first line Slack would show the language as code."""
    if code["fence"] is None:
        return escape(code[0])
    return f"```\n{escape(code['block'])}```"


def _bare(heading: str) -> str:
    """A heading is strong as a whole."""
    return heading.replace("**", "").replace("__", "")


def _marked(text: str) -> str:
    return _MARKS.sub(_mark, text)


def _mark(found: re.Match[str]) -> str:
    if found["url"]:
        return f"<{found['url']}|{_bare(found['label'])}>"
    if found["address"]:
        return f"<{found['address']}>"
    for name, sign in (("bold", "*"), ("struck", "~"), ("italic", "_")):
        if found[name]:
            return _apart(found, f"{sign}{_marked(found[name])}{sign}")
    return found[0]


def _apart(found: re.Match[str], marked: str) -> str:
    """Slack takes a sign for a mark only between words, and Korean particles stand at the word: `**굵게**은`."""
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    left = ZERO_WIDTH_SPACE if before.isalnum() else ""
    return f"{left}{marked}{ZERO_WIDTH_SPACE if after.isalnum() else ''}"
