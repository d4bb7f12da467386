"""
The delimiters of strong, slanted and struck words: which belong together, are open, or need a zero-width space.

Follows the writer's intention rather than CommonMark: in ``**"굵게"**은`` the second delimiter closes the first.
Parsers see it differently: in CommonMark a delimiter between a quote sign and a letter closes nothing, and in Slack no
caseless letter may follow a delimiter. A zero-width space between delimiter and letter helps both.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass, field

from bot.markdown.lines import Line, scan
from bot.markdown.spans import DESTINATION, Span, code_spans

ZERO_WIDTH_SPACE = "\u200b"
HELD = 400  # characters; a delimiter that is open for longer is never closed
NESTING = 32  # of delimiters; with more, the outer ones are no Markdown, and a search takes quadratic time

_DESTINATION = re.compile(DESTINATION)
_LINK_GOES_ON = re.compile(r"\((?:[^()\s]|\([^()\s]*\))*(?:\([^()\s]*)?(?:[ \t\n]++(?:\"[^\"]*\"?[ \t]*)?)?\Z")
_DELIMITER = re.compile(
    r"""\\\( .{0,400}? \\\) | \$\$ [^$]{0,400} \$\$ | \$ (?=\S) [^$\n]{1,200} (?<=\S) \$ (?!\d)  # formulas
      | \\[\s\S]? | `+ | \*+ | _+ | ~+ | !?\[ | \]
      | <[^<>\s]+> | https?://[^\s*)\]]+""",
    re.VERBOSE,
)


def spaced(markdown: str) -> str:
    """*markdown* with zero-width spaces at delimiters that need them, outside code. A second call changes nothing."""
    lines = scan(markdown).lines
    positions: list[int] = []
    number = 0
    while number < len(lines):
        following = number + 1
        while following < len(lines) and lines[following].joins:
            following += 1
        if not _code(lines[number]):
            positions += insertions(markdown, lines[number].start, lines[following - 1].end)
        number = following
    bounds = itertools.pairwise([0, *positions, len(markdown)])
    return ZERO_WIDTH_SPACE.join(markdown[first:last] for first, last in bounds)


def _code(line: Line) -> bool:
    return line.fence is not None or line.opens is not None


def insertions(text: str, start: int, end: int) -> list[int]:
    """The positions in a paragraph, *start* to *end* of *text*, that need a zero-width space; sorted."""
    found = _Delimiters(text, start, end)
    positions: set[int] = set()
    for (first, inner_first), (inner_last, last) in found.pairs:
        positions.update(_spaces_at_run(text, outer=first - 1, inner=inner_first, first=first, last=inner_first))
        positions.update(_spaces_at_run(text, outer=last, inner=inner_last - 1, first=last, last=inner_last))
    return sorted(positions)


def _spaces_at_run(text: str, *, outer: int, inner: int, first: int, last: int) -> list[int]:
    """Where the run of delimiters from *first* to *last*, between *outer* and *inner*, needs a zero-width space."""
    letter = text[outer : outer + 1] if outer >= 0 else ""
    if not letter.isalnum():
        return []
    sign = unicodedata.category(text[inner])[0] in "PS"
    return [first, last] if sign else [] if letter.isascii() else [first]


def paired(text: str, start: int, end: int) -> list[Span]:
    """The strong, slanted and struck ranges of a paragraph, *start* to *end* of *text*."""
    return [(opened[0], closed[1]) for opened, closed in _Delimiters(text, start, end).pairs]


def held_back(text: str, start: int, end: int) -> int:
    """
    Where the first construct begins that is open at *end*; *end* if none is. A paragraph begins at *start*.

    Counts delimiters of strong, slanted and struck words, code spans and links. One that is open for more than HELD
    characters is plain text.
    """
    found = _Delimiters(text, max(start, end - HELD), end)
    return min([end, found.code, *(opened.run[0] for opened in found.opened)])


@dataclass(frozen=True, slots=True)
class _Opened:
    delimiter: str
    run: Span  # the whole run of delimiters


@dataclass(slots=True)
class _Delimiters:
    """The delimiters of a paragraph: which belong together, and which are open at the end."""

    text: str
    start: int
    end: int
    opened: list[_Opened] = field(default_factory=list)
    pairs: list[tuple[Span, Span]] = field(default_factory=list)
    code: int = 0  # where an open code span begins; the end if none is open

    def __post_init__(self) -> None:
        self.code = self.end
        codes = dict(code_spans(self.text, self.start, self.end))
        at = self.start
        while at < self.code and (token := _DELIMITER.search(self.text, at, self.end)):
            first, at = token.span()
            match token[0][0]:
                case "`" if first in codes:
                    at = codes[first]
                case "`":
                    self.code = first
                case "*" | "_" | "~":
                    self._take_run(first, at)
                case "]":
                    at = self._take_closing_bracket(first)
                case "!" | "[":
                    self._open([_Opened("]", (first, at))])

    def _take_run(self, first: int, last: int) -> None:
        """A run of delimiters can close after a letter, and open before one."""
        text, sign, left = self.text, self.text[first], last - first
        before, after = text[first - 1 : first] if first else "", text[last : self.end][:1]
        if sign == "~" and left != 2:
            return
        within_a_word = before.isalnum() and after.isalnum() and (before + after).isascii()
        if before.strip() and not (sign == "_" and within_a_word):
            left = self._close(sign, left, (first, last))
        if not left or (last < self.end and not after.strip()):
            return
        if before.isalnum() and (sign == "_" or within_a_word):
            return
        delimiters = [sign * 2] * (left // 2) + [sign] * (left % 2)
        self._open([_Opened(delimiter, (first, last)) for delimiter in delimiters[-NESTING:]])

    def _open(self, delimiters: list[_Opened]) -> None:
        self.opened += delimiters
        del self.opened[:-NESTING]

    def _close(self, sign: str, left: int, run: Span) -> int:
        """Close what a run can close. Returns how many of its characters are left."""
        while left:
            numbers = range(len(self.opened) - 1, -1, -1)
            fitting = [
                n for n in numbers if self.opened[n].delimiter[0] == sign and len(self.opened[n].delimiter) <= left
            ]
            fitting = [n for n in fitting if self.opened[n].run[1] < run[0]]
            if not fitting:
                return left
            exact = [n for n in fitting if left == 2 and len(self.opened[n].delimiter) == 2]
            number = (exact or fitting)[0]
            self.pairs.append((self.opened[number].run, run))
            left -= len(self.opened[number].delimiter)
            del self.opened[number:]
        return 0

    def _take_closing_bracket(self, first: int) -> int:
        """The position after a bracket. A link stays open until its address is complete."""
        number = next((n for n in range(len(self.opened) - 1, -1, -1) if self.opened[n].delimiter == "]"), None)
        if number is None:
            return first + 1
        destination = _DESTINATION.match(self.text, first + 1, self.end)
        there = first + 1 < self.end and not _LINK_GOES_ON.match(self.text, first + 1, self.end)
        if destination or there:
            del self.opened[number]
        return destination.end() if destination else first + 1
