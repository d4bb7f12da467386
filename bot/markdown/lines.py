"""
The lines of a Markdown text. Each says how good a break before it is, and what a piece after the break must reopen.

One pass takes about a microsecond a line. markdown-it-py takes 2 ms for a thousand characters, too slow for a text
that is split again with every update. Inline Markdown is ignored here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from enum import IntEnum

# Possessive quantifiers ("*+") prevent backtracking where a pattern could match in many ways.
LIST_MARKER = re.compile(r"[ \t]*+(?:>[ \t]*+)*+(?:[-*+]|\d{1,9}[.)])(?=[ \t])")
HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*+){3,}|(?:\*[ \t]*+){3,}|(?:_[ \t]*+){3,})$")
_FENCE = re.compile(r"((?:[ \t]*+>)*+[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)*+)(`{3,}+(?=[^`]*$)|~{3,}+)(.*)$")
_DELIMITER = re.compile(r"[ \t>]*+\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+$")


class Rank(IntEnum):
    """How good a break is; the highest is the best."""

    NEVER = 0
    INSIDE = 1  # inside a link, a code span, a table row, a line of code
    AWKWARD = 2  # between a heading and what follows it
    WORD = 3
    SENTENCE = 4
    LINE = 5
    ITEM = 6
    PARAGRAPH = 7


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced code block. *prefix* is the text before its delimiters: quote signs, or a list's indentation."""

    prefix: str
    delimiters: str
    info: str

    @property
    def closing(self) -> str:
        return self.prefix + self.delimiters

    def closed_by(self, line: str) -> bool:
        rest = line.lstrip(" \t>" if self.quoted else " \t").rstrip()
        return len(rest) >= len(self.delimiters) and rest == self.delimiters[0] * len(rest)

    @property
    def quoted(self) -> bool:
        return ">" in self.prefix


@dataclass(slots=True)
class Line:
    """A line that is not blank, or any line of code. *after*: where the next one begins."""

    start: int
    end: int  # without the newline and, except in code, without blank space before it
    after: int
    indent: int  # characters
    rank: Rank  # of a break before this line
    fence: Fence | None = None  # the code block that is open where this line begins
    header: str = ""  # of the table whose row this is, its delimiter row and newlines included
    row: bool = False  # of a table, its header included
    listed: bool = False  # belongs to a list item
    joins: bool = False  # continues the paragraph of the line before
    opens: Fence | None = None  # the code block that this line begins
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """The lines of a text, and the constructs that are open at its end."""

    lines: list[Line]
    fence: Fence | None
    fence_empty: bool  # the open code block has only its opening line
    blank: bool  # the last line is
    header: str  # of the table that may continue, its delimiter row and newlines included; empty if there is none


def scan(text: str) -> Scan:
    """The lines of *text*, without blank lines outside code."""
    scanner = Scanner(text)
    for start, end in _bounds(text):
        scanner.take(start, end)
    return Scan(scanner.lines, scanner.fence, scanner.fence_opened, scanner.blank, scanner.header)


def prose(text: str) -> Iterator[tuple[int, int]]:
    """The ranges of *text* outside fenced code. A closing fence counts as outside, an opening one as code."""
    start = 0
    for line in scan(text).lines:
        if line.fence:
            if start < line.start:
                yield start, line.start
            start = line.after
    if start < len(text):
        yield start, len(text)


def fence_in(line: str) -> Fence | None:
    """The code block that *line* begins, at any indentation."""
    if "```" not in line and "~~~" not in line:
        return None
    match = _FENCE.match(line)
    if not match:
        return None
    before, delimiters, info = match.groups()
    prefix = re.sub(r"[^ \t>]", " ", before)  # spaces take the place of a list marker
    return Fence(prefix, delimiters, info)


def is_delimiter(line: str) -> bool:
    """Whether *line* looks like the row between a table's header and its body."""
    return "-" in line and set(line) <= set("|:- \t>") and _DELIMITER.match(line) is not None


def cells(line: str) -> int:
    """Columns of a table's row."""
    return line.replace("\\|", "").strip(" \t>").strip("|").count("|") + 1


def _bounds(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


class Scanner:
    """Tracks open constructs line by line: take() the lines in order. *text* may grow in between."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[Line] = []
        self.fence: Fence | None = None
        self.fence_opened = False  # by the line before
        self.header = ""
        self.blank = True  # the line before was blank, or there was none
        self.listed = False
        self.headed = False  # the last line that was not blank is a heading
        self.paragraph = False  # the line before can be continued

    def ahead(self) -> Scanner:
        """A copy in the same state, for a look at a line that is still incomplete."""
        other = copy(self)
        other.lines = [replace(line) for line in self.lines[-2:]]
        return other

    def take(self, start: int, end: int) -> None:
        """Take the line from *start* to *end*, its newline or the end of the text."""
        content = self.text[start:end]
        if self.fence and self.fence.quoted and not content.lstrip().startswith(">"):
            self.fence = None  # the quote has ended, and the code with it
        if self.fence:
            self._take_code(start, end, content, self.fence)
        elif not content.strip():
            self.blank, self.header, self.paragraph = True, "", False
        else:
            self._take_text(start, content)

    def _take_code(self, start: int, end: int, content: str, fence: Fence) -> None:
        closes = fence.closed_by(content)
        rank = Rank.NEVER if closes or self.fence_opened else Rank.LINE
        line = self._line(start, end, content, rank)
        line.fence = fence
        self.fence_opened = False
        if closes:
            self.fence = None
            self.blank, self.headed, self.paragraph = False, False, False

    def _take_text(self, start: int, content: str) -> None:
        lead = content.lstrip(" \t>")[:1]
        marker = (lead in "-*+" or lead.isdigit()) and LIST_MARKER.match(content) and not _RULE.match(content)
        indented = content[0] in " \t"
        if marker:
            self.listed = True
        elif self.blank and not indented:
            self.listed = False
        heading = lead == "#" and HEADING.match(content) is not None
        opened = self._opened(content)
        joins = self.paragraph and not self.blank and not (marker or heading or opened)
        rank = self._rank(bool(marker), indented, heading or opened is not None)
        line = self._line(start, start + len(content.rstrip()), content, rank)
        line.joins, line.opens, line.heading = joins, opened, heading
        self._take_row(line, content)
        self.fence, self.fence_opened = opened, opened is not None
        self.blank, self.headed = False, heading
        self.paragraph = not (heading or opened or line.row)

    def _rank(self, marker: bool, indented: bool, new_block: bool) -> Rank:
        if self.headed:
            return Rank.AWKWARD
        if self.blank:
            return Rank.LINE if indented and self.listed else Rank.ITEM if marker else Rank.PARAGRAPH
        return Rank.ITEM if (marker or new_block) and not indented else Rank.LINE

    def _line(self, start: int, end: int, content: str, rank: Rank) -> Line:
        indent = len(content) - len(content.lstrip(" \t"))
        line = Line(start, end, min(start + len(content) + 1, len(self.text)), indent, rank, listed=self.listed)
        self.lines.append(line)
        return line

    def _take_row(self, line: Line, content: str) -> None:
        """Note rows: a table begins at its second line, and ends at the first line without a bar."""
        if "|" not in content:
            self.header = ""
        elif self.header:
            above = self.lines[-2]
            line.header, line.row, line.joins = self.header, True, False
            line.rank = Rank.NEVER if is_delimiter(self.text[above.start : above.end]) else Rank.LINE
        elif not self.blank and is_delimiter(content) and len(self.lines) > 1:
            self._begin_table(self.lines[-2], line, content)

    def _begin_table(self, above: Line, line: Line, content: str) -> None:
        header = self.text[above.start : above.end]
        if above.fence or "|" not in header or cells(header) != cells(content):
            return
        self.header = self.text[above.start : line.end] + "\n"
        above.row = line.row = True
        line.rank, line.joins = Rank.NEVER, False
        if above.joins:  # a table may begin right under a paragraph
            above.joins = False

    def _opened(self, content: str) -> Fence | None:
        opened = fence_in(content)
        indented = not self.listed and content.startswith(("    ", "\t"))
        return None if indented else opened
