"""
Markdown as Discord takes it: what Discord does not know is said with what it knows. Pure.

Discord has no tables, pictures, rules, deep headings, HTML or `~~~`. It has marks that Markdown does not have, which
would hide or shrink what a text says: spoilers (`||`), small lines (`-# `), quotes up to the end (`>>> `). And a
backtick that nothing closes finds its other one in the next paragraph.

Source: Discord, "Markdown Text 101".
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from bot.markdown import ZERO_WIDTH_SPACE, aligned
from bot.markdown.lines import Fence, Line, scan
from bot.markdown.spans import code_spans
from bot.platforms.discord.markup.shortcodes import SHORTCODES
from bot.platforms.discord.markup.text import safe

FENCE = "```"
RULE = "─" * 20
DEEPEST_HEADING = 3

# Lines
_LANGUAGE = re.compile(r"[a-zA-Z0-9_+\-.#]{1,40}")
_TICKS, _DOUBLE_TICKS = re.compile(r"`{3,}"), re.compile(r"`{2,}")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*+){3,}|(?:\*[ \t]*+){3,}|(?:_[ \t]*+){3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]++(?=\S)")
_CLOSING_SIGNS = re.compile(r"(?<![ \t])[ \t]++#++\Z")
_QUOTE = re.compile(r" {0,3}>(?:[ \t]{0,4}>)*+[ \t]?")  # all levels at once: what follows begins no other
_BULLET = re.compile(r"([ \t]*+)(?:[-*+]|(\d{1,9}[.)]))([ \t]++)(?:\[([ xX])\][ \t]++(?=\S))?")
_SMALL = re.compile(r"^((?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*+)-#", re.MULTILINE)
_LONG_QUOTE = re.compile(r"^([ \t]*+)>>>", re.MULTILINE)

# Within lines
_ADDRESS = r"[^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+"
_TITLE = r'(?:[ \t]++"[^"\n]*+")?[ \t]*+'
_SIGNS = {"b": "**", "strong": "**", "i": "*", "em": "*", "u": "__", "s": "~~", "del": "~~", "summary": "**"}
_INLINE = re.compile(
    rf"""(?P<escape>\\[!-/:-@\[-`{{|}}~])
       | (?P<ticks>`+)
       | \[!\[(?P<badge>[^\[\]\n]*+)\]\({_ADDRESS}{_TITLE}\)\]\((?P<home>{_ADDRESS}){_TITLE}\)
       | (?P<picture>!?)\[(?P<label>[^\[\]\n]*+)\]\((?:<(?P<angled>[^<>\n]*+)>|(?P<bare>{_ADDRESS})){_TITLE}\)
       | (?P<url><https?://[^\s<>]++>|https?://[^\s<>`|]++)
       | (?P<bars>\|{{2,}})
       | (?<![\w:]):(?P<shortcode>[a-z0-9_]{{1,40}}|[+-]1):(?![\w:])
       | (?<!\w)__(?=\S)(?P<strong>(?:(?!__)[^\n])++)(?<=\S)__(?![a-z0-9_])
       | <(?P<tag>{"|".join(_SIGNS)})>(?P<within>(?:(?!</?(?P=tag)>)[^\n])++)</(?P=tag)>
       | (?P<entity>&(?:[a-z][a-z0-9]{{1,31}}|\#[0-9]{{1,7}}|\#x[0-9a-f]{{1,6}});)
       | (?P<break><br[ ]?/?>)""",
    re.VERBOSE | re.IGNORECASE,
)
_WEB = re.compile(r"https?://", re.IGNORECASE)


def dialect(markdown: str) -> str:
    """
    *markdown*, a text that stands alone, as Discord shows it. Nothing in it calls anybody or is replaced.

    Code that is open at its end is closed.
    """
    text = aligned(markdown)
    scanned = scan(text)
    parts: list[str] = []
    at, hollow = 0, False  # nothing stands yet in the code that is open
    for block in _blocks(scanned.lines):
        first, start, end = block[0], block[0].start, block[-1].end
        content = text[start:end]
        filling = _filling(first.fence) if first.fence and hollow and first.fence.closed_by(content) else ""
        parts += [text[at:start], filling, _converted(content, block, text)]
        at, hollow = end, first.opens is not None or (hollow and not content.strip(" \t>"))
    parts.append(text[at:])
    if (fence := scanned.fence) is not None:
        parts += ["" if text.endswith("\n") else "\n", _filling(fence) if hollow else "", _quoted(fence), FENCE]
    return safe("".join(parts))


def _blocks(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Paragraphs, and single lines of all else."""
    first = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or not lines[number].joins:
            yield lines[first:number]
            first = number


def _converted(content: str, block: Sequence[Line], text: str) -> str:
    first = block[0]
    if first.opens is not None:
        return _opening(content, first.opens)
    if first.fence is not None:
        return _code(content, first.fence)
    return _paragraph("\n".join(_line(text[line.start : line.end]) for line in block))


# Code, moved to the left as far as its list goes


def _opening(line: str, fence: Fence) -> str:
    """One word is a language to Discord; more would be the first line of the code."""
    before = line[: len(fence.prefix)]
    language = _LANGUAGE.match(fence.info.strip())
    return f"{before if before.strip() else ''}{FENCE}{language[0] if language else ''}"


def _code(line: str, fence: Fence) -> str:
    if fence.closed_by(line):
        return _quoted(fence) + FENCE
    if not fence.quoted:
        blank = len(line) - len(line.lstrip(" \t"))
        line = line[min(blank, len(fence.prefix)) :]
    return _TICKS.sub(lambda ticks: ZERO_WIDTH_SPACE.join(ticks[0]), line)


def _quoted(fence: Fence) -> str:
    return fence.prefix if fence.quoted else ""


def _filling(fence: Fence) -> str:
    """A line for a block of code that has none: Discord knows no empty ones."""
    return f"{_quoted(fence)}{ZERO_WIDTH_SPACE}\n"


# All else


def _line(line: str) -> str:
    """The beginning of a line of a paragraph."""
    quote = _QUOTE.match(line)
    if quote:
        return f"> {_line(line[quote.end() :])}"  # Discord has one level, and wants the space
    if _RULE.fullmatch(line):
        return RULE
    heading = _HEADING.match(line)
    if heading:
        return _heading(len(heading[1]), _CLOSING_SIGNS.sub("", line[heading.end() :]))
    bullet = _BULLET.match(line)
    if bullet:
        indent, number, gap, box = bullet.groups()
        sign = "" if box is None else "☐ " if box == " " else "☑ "
        return f"{indent}{number or '-'}{gap}{sign}{line[bullet.end() :]}"
    return line


def _heading(level: int, words: str) -> str:
    if level <= DEEPEST_HEADING:
        return f"{'#' * level} {words}"
    return f"**{words.replace('**', '').replace('__', '')}**"


def _paragraph(text: str) -> str:
    parts: list[str] = []
    at = 0
    for start, end in code_spans(text, 0, len(text)):
        parts += [_inline(text[at:start]), _span(text[start:end])]
        at = end
    shown = "".join([*parts, _inline(text[at:])])
    return _SMALL.sub(r"\1\\-#", _LONG_QUOTE.sub(r"\1\>>>", shown))


def _span(code: str) -> str:
    """
    Code within a line. A line break in it is a space: what follows it is not the beginning of a line. Three backticks
    would begin a block, which ends at the next three.
    """
    code = " ".join(code.split("\n"))
    ticks = len(code) - len(code.lstrip("`"))
    if ticks < len(FENCE):
        return code
    within = _DOUBLE_TICKS.sub(lambda run: ZERO_WIDTH_SPACE.join(run[0]), code[ticks:-ticks])
    return f"``{' ' * within.startswith('`')}{within}{' ' * within.endswith('`')}``"


def _inline(text: str) -> str:
    return _INLINE.sub(_mark, text)


def _mark(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "ticks" | "bars":
            return "".join(f"\\{sign}" for sign in found[0])
        case "home":
            return _link(found["badge"], found["home"])
        case "angled" | "bare":
            return _linked(found)
        case "strong":
            return f"**{_inline(found['strong'])}**"
        case "within":
            sign = _SIGNS[found["tag"].lower()]
            return f"{sign}{_inline(found['within'])}{sign}"
        case "shortcode":
            return SHORTCODES.get(found["shortcode"].lower(), found[0])
        case "entity":
            return _character(found[0])
        case "break":
            return "\n"
    return found[0]


def _linked(found: re.Match[str]) -> str:
    address = found["angled"] if found["angled"] is not None else found["bare"]
    if found["picture"] or not _WEB.match(address):
        return _link(found["label"], address)
    label = found["label"]
    return f"[{_inline(label)}]{found[0][len(label) + 2 :]}"


def _link(label: str, address: str) -> str:
    """Discord makes links of addresses on the web only."""
    if _WEB.match(address):
        return f"[{_inline(label)}](<{address}>)" if label.strip() else f"<{address}>"
    address = address.removeprefix("mailto:")
    return _inline(label) if address in ("", label) or address[0] == "#" else f"{_inline(label)} ({address})"


def _character(entity: str) -> str:
    """The character of an entity, which is no mark."""
    meant = html.unescape(entity)
    if meant == entity or not meant:
        return entity
    if not meant.isprintable() and meant != "\u00a0":
        return " "
    return f"\\{meant}" if meant.isascii() and not meant.isalnum() and not meant.isspace() else meant
