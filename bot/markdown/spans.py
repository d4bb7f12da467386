"""
Where a paragraph's code spans, links and strong words begin and end. Nothing here knows of lines or blocks.

Every function takes time in proportion to the length of what it looks at, whatever that holds.
"""

from __future__ import annotations

import re
from bisect import bisect_right

Span = tuple[int, int]  # from, to; positions in the whole text

_TICKS = re.compile(r"`+")
# What follows the label of a link: parentheses go one level deep, as in most addresses that have some
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
    """Code spans between *start* and *end*, their backticks included; an opening run without its equal is no span."""
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
    """Whether a backslash takes the character at *at* its meaning. One before a closing backtick does not."""
    backslashes = at - len(text[max(at - 64, 0) : at].rstrip("\\")) - max(at - 64, 0)
    return backslashes % 2 == 1


def whole_spans(text: str, start: int, end: int) -> list[Span]:
    """What should stay in one piece: code spans, links, addresses, strong and struck words. Sorted; may touch."""
    codes = code_spans(text, start, end)
    hidden = _hide(text[start:end], codes, start)
    others = [(start + match.start(), start + match.end()) for match in _TOGETHER.finditer(hidden)]
    return merge(codes + others)


def _hide(text: str, codes: list[Span], offset: int) -> str:
    """*text* of the same length, with what stands in code spans blotted out, so that it is not read as Markdown."""
    parts = []
    at = 0
    for first, last in codes:
        parts += [text[at : first - offset], "\0" * (last - first)]
        at = last - offset
    return "".join([*parts, text[at:]])


def merge(spans: list[Span]) -> list[Span]:
    """Those that lie in each other as one; sorted."""
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
