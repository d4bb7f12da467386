"""
A Markdown text that is still being written, in what of it can be shown: whole words, links, rows and lines of code.

What is there in part, or may become something else by what comes next, waits; but nothing waits for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.markdown.emphasis import held_back, insertions, paired
from bot.markdown.graphemes import boundary
from bot.markdown.lines import Line, Rank, Scanner
from bot.markdown.spans import Span, merge, whole_spans
from bot.markdown.splitting import GAP, MARKERS, inside

LONG_WORD = 200  # characters without a space: goes out in parts, as do longer lines of code and tables
LONG_DELIMITERS = 80  # characters at the beginning of a line: those of a paragraph, an item, a rule
LONG_LINE = 1_000  # characters of a line that may yet become a table's


@dataclass(frozen=True, slots=True)
class Atom:
    """What is shown as a whole: words of a paragraph, or a line of code or of a table."""

    start: int
    end: int
    line: Line  # that it is, or with which its paragraph begins

    @property
    def joins(self) -> bool:
        """Whether it stays together with what is before it."""
        return self.start == self.line.start and self.line.rank in (Rank.NEVER, Rank.AWKWARD)


@dataclass(slots=True)
class Arriving:
    """A text that goes on, and of which what is before *at* was taken."""

    scanner: Scanner = field(default_factory=lambda: Scanner(""))
    at: int = 0
    air: list[int] = field(default_factory=list)  # where a zero-width space is needed, in what is not taken; sorted
    _scanned: int = 0  # whole lines, up to here
    _first: int = 0  # the first line of which not all was taken

    @property
    def text(self) -> str:
        return self.scanner.text

    def atoms(self, text: str) -> list[Atom]:
        """What can be shown now that the text is *text*, from where we are on; it begins as it did the last time."""
        self.scanner.text = text
        lines, partial = self._lines()
        self.air = []
        atoms: list[Atom] = []
        number = 0
        while number < len(lines):
            following = number + 1
            if _whole(lines[number]):
                atoms += self._line_atoms(lines[number], there=not partial or following < len(lines))
            else:
                while following < len(lines) and lines[following].joins:
                    following += 1
                last = following == len(lines)
                atoms += self._paragraph_atoms(lines[number:following], last=last, partial=partial and last)
            number = following
        return atoms

    def _lines(self) -> tuple[list[Line], bool]:
        """The lines from the one that is being taken on; whether the last of them is there only in part."""
        scanner, text = self.scanner, self.text
        while (end := text.find("\n", self._scanned)) >= 0:
            scanner.take(self._scanned, end)
            self._scanned = end + 1
        while self._first < len(scanner.lines) and scanner.lines[self._first].end <= self.at:
            self._first += 1
        lines = scanner.lines[self._first :]
        if self._scanned >= len(text):
            return lines, False
        ahead = scanner.ahead()
        before = len(ahead.lines)
        ahead.take(self._scanned, len(text))
        if len(ahead.lines) == before:
            return lines, False
        if lines:
            lines[-1] = ahead.lines[-2]  # it may have become the header of a table
        return [*lines, ahead.lines[-1]], True

    def _line_atoms(self, line: Line, *, there: bool) -> list[Atom]:
        """A line of code or of a table, or a fence. In pieces when it is very long."""
        begin = max(line.start, self.at)
        if line.row:
            self.air += insertions(self.text, begin, line.end)
        if there and line.end - begin <= 2 * LONG_WORD:
            return [Atom(begin, line.end, line)]
        return [Atom(first, after, line) for first, after in self._chunks(begin, line.end, whole=there)]

    def _chunks(self, begin: int, end: int, *, whole: bool) -> Iterator[Span]:
        """A long word or line in pieces; the last, unless it is there as a *whole*, waits."""
        while end - begin > 2 * LONG_WORD:
            cut = boundary(self.text, begin + LONG_WORD, begin)
            yield begin, cut
            begin = cut
        if whole and begin < end:
            yield begin, end

    def _paragraph_atoms(self, lines: list[Line], *, last: bool, partial: bool) -> Iterator[Atom]:
        """
        The lines of a paragraph, an item or a heading.

        *last*: more of it may come. *partial*: more of its last line will.
        """
        text = self.text
        begin, end = self._begin_of(lines[0]), lines[-1].end
        spans = merge([*whole_spans(text, begin, end), *paired(text, begin, end)])
        stop = self._stop(lines, begin, end, partial=partial) if last else end
        candidates = [(at, after) for at, after in self._gaps(lines, begin) if at <= stop]
        if last and partial and (not candidates or candidates[-1][0] < stop):
            stop = candidates[-1][0] if candidates else begin  # the last word may go on
        self.air += insertions(text, begin, stop)
        at = begin
        for end_of_atom, next_start in [*candidates, (stop, stop)]:
            if inside(spans, end_of_atom) or end_of_atom <= at or end_of_atom > stop:
                continue
            yield from (Atom(*chunk, lines[0]) for chunk in self._chunks(at, end_of_atom, whole=True))
            at = next_start
        if last and end - at > 2 * LONG_WORD and len(text[at:end].split(None, 1)) == 1:
            yield from (Atom(*chunk, lines[0]) for chunk in self._chunks(at, end, whole=False))

    def _begin_of(self, line: Line) -> int:
        """Where in *line* we are, blank space left behind."""
        if line.start >= self.at:
            return line.start
        return line.end - len(self.text[self.at : line.end].lstrip())

    def _gaps(self, lines: list[Line], begin: int) -> Iterator[Span]:
        """Where what is shown may end, and where what comes behind that begins."""
        for number, line in enumerate(lines):
            if number and line.start > begin:
                yield lines[number - 1].end, line.start
            first = max(line.start, begin)
            if first == line.start and (markers := MARKERS.match(self.text, first, line.end)):
                first = markers.end()
            for gap in GAP.finditer(self.text, first + 1, line.after):
                end, start = gap.span()
                if first < end <= line.end:
                    yield end, start

    def _stop(self, lines: list[Line], begin: int, end: int, *, partial: bool) -> int:
        """How much of an unfinished paragraph means already what it will mean."""
        text = self.text
        stop = held_back(text, begin, end)
        line = lines[-1]
        above = lines[-2] if len(lines) > 1 else None
        if "|" in text[line.start : line.end] and end - line.start <= LONG_LINE:
            stop = min(stop, line.start)  # may become a table's header
        if above and "|" in text[above.start : above.end] and set(text[line.start : end]) <= set("|:- \t>"):
            stop = min(stop, above.start)
        if (
            partial
            and end - line.start <= LONG_DELIMITERS
            and not text[line.start : end].strip(" \t>*+-#=_`~.)0123456789")
        ):
            stop = min(stop, line.start)  # nothing but delimiters: not yet known of what
        return max(stop, begin)


def _whole(line: Line) -> bool:
    return line.fence is not None or line.opens is not None or line.row
