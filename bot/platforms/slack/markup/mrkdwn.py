"""
Markdown in Slack's older markup, for messages without blocks: readable, not faithful. Pure.

What keeps it from calling people is in text.py: hand in what safe() gave.
"""

from __future__ import annotations

import html
import re

from bot.markdown import ZERO_WIDTH_SPACE, aligned
from bot.platforms.common.links import with_targets_of_tokens
from bot.platforms.slack.markup.text import escape

_CODE = re.compile(
    r"^(?P<fence>`{3,}+|~{3,}+)[^\n`]*\n(?P<block>.*?)(?:^(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?P<ticks>(?<!`)`+(?!`)).+?(?<!`)(?P=ticks)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_ASIDE = "\0"  # stands around the number of a piece of code while all else is rewritten; no text of Slack's holds it
_PLACE = re.compile(rf"{_ASIDE}(\d+){_ASIDE}")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[-*+][ \t]+(?=\S)", re.MULTILINE)
_TASK = re.compile(r"^([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\][ \t]+(?=\S)", re.MULTILINE)
_RULE = re.compile(r"^ {0,3}(?:(?:-[ \t]*+){3,}|(?:\*[ \t]*+){3,}|(?:_[ \t]*+){3,})$", re.MULTILINE)
_QUOTE = re.compile(r"^ {0,3}&gt;(?:[ \t]?&gt;)*", re.MULTILINE)  # Slack has one level
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_ESCAPE = re.compile(r"\\([*_~#|>])")  # not those that formulas begin with
# All of it after escaping: what could be an angle bracket of ours is an entity by then.
_MARKS = re.compile(
    r"!?\[(?P<label>[^\[\]\n]+)\]\((?P<url>(?:https?://|mailto:)[^\s()|]*(?:\([^\s()|]*\)[^\s()|]*)*)\)"
    r"|&lt;(?P<address>https?://(?:[^\s|&]|&amp;)++)&gt;"
    r"|\*{3}(?=[^\s*])(?P<both>[^*\n]+)(?<=\S)\*{3}(?!\*)"
    r"|(?P<strong>\*\*|(?<!\w)__)(?=\S)(?P<bold>(?:(?!\*\*|__)[^\n])+)(?<=\S)(?P=strong)"
    r"|~~(?=\S)(?P<struck>(?:(?!~~)[^\n])+)(?<=\S)~~"
    r"|(?<![\w*])\*(?=[^\s*])(?P<italic>[^*\n]+)(?<=\S)\*(?![a-zA-Z0-9_*])"
)


def mrkdwn(markdown: str) -> str:
    """
    *markdown* with its lines and code as they are; strong words, links, headings, items and quotes as Slack has them.

    Tables become code with aligned columns.
    """
    asides: list[str] = []

    def aside(text: str) -> str:
        asides.append(text)
        return f"{_ASIDE}{len(asides) - 1}{_ASIDE}"

    prose = _CODE.sub(lambda code: aside(_code(code)), aligned(markdown.replace(_ASIDE, "")))
    prose = _ESCAPE.sub(lambda sign: aside(escape(sign[1]) + ZERO_WIDTH_SPACE), prose)
    prose = escape(_ENTITY.sub(lambda entity: html.unescape(entity[0]).replace(_ASIDE, ""), prose))
    prose = _RULE.sub("─" * 20, prose)
    prose = _TASK.sub(lambda task: f"{task[1]}{'☐' if task[2] == ' ' else '☑'} ", prose)
    prose = _QUOTE.sub(">", prose)  # what stands in it can be a token no more: its other bracket is an entity
    prose = _HEADING.sub(lambda heading: f"**{_bare(heading[1])}**", _BULLET.sub(r"\1• ", prose))
    return with_targets_of_tokens(_PLACE.sub(lambda place: asides[int(place[1])], _marked(prose)))


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
    if found["both"]:
        return _apart(found, f"*_{_marked(found['both'])}_*")
    for name, sign in (("bold", "*"), ("struck", "~"), ("italic", "_")):
        if found[name]:
            return _apart(found, f"{sign}{_marked(found[name])}{sign}")
    return found[0]


def _apart(found: re.Match[str], marked: str) -> str:
    """Slack takes a sign for a delimiter only between words, and Korean particles stand at the word: `**굵게**은`."""
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    left = ZERO_WIDTH_SPACE if before.isalnum() else ""
    return f"{left}{marked}{ZERO_WIDTH_SPACE if after.isalnum() else ''}"
