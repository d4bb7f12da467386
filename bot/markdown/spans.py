"""
Where a paragraph's code spans, links and strong words begin and end. Nothing here knows of lines or blocks.

Every function takes time in proportion to the length of what it looks at, whatever that holds.
"""

from __future__ import annotations

import re
from bisect import bisect_right

Span = tuple[int, int]  # from, to; positions in the whole text

HELD = 400  # characters: what is still open by then, nobody will close

_TICKS = re.compile(r"`+")
# What follows the label of a link: parentheses go one level deep, as in most addresses that have some
DESTINATION = r"\((?:[^()\s]|\([^()\s]*\))*(?:[ \t\n]+\"[^\"]*\")?[ \t]*\)"
_DESTINATION = re.compile(DESTINATION)
_LINK_GOES_ON = re.compile(r"\((?:[^()\s]|\([^()\s]*\))*(?:\([^()\s]*)?(?:[ \t\n]++(?:\"[^\"]*\"?[ \t]*)?)?\Z")
_MARK = re.compile(r"\\[\s\S]?|`+|\*+|_+|~+|!?\[|\]")
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
    return _merge(sorted(codes + others))


def held_back(text: str, start: int, end: int) -> int:
    """
    Where in *text*, from *start* to *end* the beginning of a paragraph, something is open at the end; *end* if nothing.

    That is a mark of strong, slanted or struck words, a code span or a link. What is open for long is not meant so.
    """
    start = max(start, end - HELD)
    codes = dict(code_spans(text, start, end))
    opened: list[tuple[str, int]] = []
    at = start
    while token := _MARK.search(text, at, end):
        first, at = token.span()
        mark = token[0]
        if mark[0] == "\\":
            continue
        if mark[0] == "`":
            if first not in codes:
                return min([first, *(position for _, position in opened)])
            at = codes[first]
        elif mark[0] in "*_~":
            _take_run(opened, text, token, end)
        elif mark == "]":
            at = _take_closing_bracket(opened, text, first, end)
        else:
            opened.append(("]", first))
    return min([end, *(position for _, position in opened)])


def _take_run(opened: list[tuple[str, int]], text: str, run: re.Match[str], end: int) -> None:
    """Note what a run of marks closes, or opens: it can close behind a letter, and open before one."""
    first, last = run.span()
    before, after = text[first - 1 : first], text[last:end][:1]
    if run[0] == "~" or (run[0][0] == "_" and before.isalnum() and after.isalnum()):
        return
    left = len(run[0])
    while before.strip() and left:
        closed = next((n for n in range(len(opened) - 1, -1, -1) if _closable(opened[n][0], run[0], left)), None)
        if closed is None:
            break
        left -= len(opened[closed][0])
        del opened[closed:]
    within_a_word = before.isalnum() and after.isalnum() and (before + after).isascii()
    if left and (last == end or (after.strip() and not within_a_word)):
        opened.append((run[0][:left], first))


def _closable(mark: str, run: str, left: int) -> bool:
    return mark[0] == run[0] and len(mark) <= left


def _take_closing_bracket(opened: list[tuple[str, int]], text: str, first: int, end: int) -> int:
    """Where to go on behind a bracket; a link stays open until its address is there."""
    number = next((n for n in range(len(opened) - 1, -1, -1) if opened[n][0] == "]"), None)
    if number is None:
        return first + 1
    destination = _DESTINATION.match(text, first + 1, end)
    if destination or (text[first + 1 : end] and not _LINK_GOES_ON.match(text, first + 1, end)):
        del opened[number:]
    return destination.end() if destination else first + 1


def _hide(text: str, codes: list[Span], offset: int) -> str:
    """*text* of the same length, with what stands in code spans blotted out, so that it is not read as Markdown."""
    parts = []
    at = 0
    for first, last in codes:
        parts += [text[at : first - offset], "\0" * (last - first)]
        at = last - offset
    return "".join([*parts, text[at:]])


def _merge(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for first, last in spans:
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
