"""
Finds the code spans, links and strong words of a paragraph. Knows nothing of lines or blocks.

Every function takes linear time, on any input.
"""

from __future__ import annotations

import re
from bisect import bisect_right

Span = tuple[int, int]  # from, to; positions in the whole text

_TICKS = re.compile(r"`+")
# The destination of a link. Parentheses nest one level deep, as in most addresses that have any.
DESTINATION = r"\((?:[^()\s]|\([^()\s]*\))*(?:[ \t\n]+\"[^\"]*\")?[ \t]*\)"
_TOGETHER = re.compile(
    rf"""\[!\[[^\[\]]*\]{DESTINATION}\]{DESTINATION}   # a picture that is a link
       | !?\[[^\[\]]*\](?:{DESTINATION}|\[[^\[\]]*\])?  # a link, a picture, a reference
       | <[^<>\s]+>                                      # an address, or a tag
       | \*\*(?=\S)(?:(?!\*\*)[\s\S])+\*\*
       | ~~(?=\S)(?:(?!~~)[\s\S])+~~""",
    re.VERBOSE,
)


def code_spans(text: str, start: int, end: int) -> list[Span]:
    """Code spans between *start* and *end*, backticks included. An opening run without an equal closing run is none."""
    runs = [match.span() for match in _TICKS.finditer(text, start, end)]
    by_length: dict[int, list[int]] = {}
    for number, (first, last) in enumerate(runs):
        by_length.setdefault(last - first, []).append(number)
    spans: list[Span] = []
    number = 0
    while number < len(runs):
        first, last = runs[number]
        first += _escaped(text, first)
        equals = by_length.get(last - first, [])
        following = bisect_right(equals, number)
        if following < len(equals):
            number = equals[following]
            spans.append((first, runs[number][1]))
        number += 1
    return spans


def _escaped(text: str, at: int) -> bool:
    """Whether a backslash escapes the character at *at*. A backslash before a closing backtick does not."""
    backslashes = at - len(text[max(at - 64, 0) : at].rstrip("\\")) - max(at - 64, 0)
    return backslashes % 2 == 1


def whole_spans(text: str, start: int, end: int) -> list[Span]:
    """Spans that should stay in one piece: code, links, addresses, strong and struck words. Sorted; they may touch."""
    codes = code_spans(text, start, end)
    hidden = _hide(text[start:end], codes, start)
    others = [(start + match.start(), start + match.end()) for match in _TOGETHER.finditer(hidden)]
    return merge(codes + others)


def _hide(text: str, codes: list[Span], offset: int) -> str:
    """*text* at the same length with its code spans blanked, so that their content is not read as Markdown."""
    parts = []
    at = 0
    for first, last in codes:
        parts += [text[at : first - offset], "\0" * (last - first)]
        at = last - offset
    return "".join([*parts, text[at:]])


def merge(spans: list[Span]) -> list[Span]:
    """Merge nested spans; sorted."""
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
