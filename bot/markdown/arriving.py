"""
Divides a Markdown text that is still being written into parts that can be shown: whole words, links, rows and lines.

An incomplete part, or one whose meaning the next characters may change, waits, but never for long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.markdown.emphasis import held_back, insertions, paired
from bot.markdown.graphemes import boundary
from bot.markdown.lines import Line, Rank, Scanner
from bot.markdown.spans import Span, merge, whole_spans
from bot.markdown.splitting import GAP, MARKERS, inside

LONG_WORD = 200  # characters without a space; longer words and lines of code or tables are shown in parts
LONG_DELIMITERS = 80  # characters; a longer run of delimiters at the beginning of a line does not wait
LONG_LINE = 1_000  # characters of a line that may yet become a table's


@dataclass(frozen=True, slots=True)
class Atom:
    """The smallest unit that is shown: words of a paragraph, or a line of code or of a table."""

    start: int
    end: int
    line: Line  # its own line, or the first line of its paragraph

    @property
    def joins(self) -> bool:
        """Whether it stays together with the atom before it."""
        return self.start == self.line.start and self.line.rank in (Rank.NEVER, Rank.AWKWARD)


@dataclass(slots=True)
class Arriving:
    """A growing text; everything before *at* was taken."""

    scanner: Scanner = field(default_factory=lambda: Scanner(""))
    at: int = 0
    air: list[int] = field(default_factory=list)  # where the text after *at* needs a zero-width space; sorted
    _scanned: int = 0  # whole lines, up to here
    _first: int = 0  # the first line that was not taken completely

    @property
    def text(self) -> str:
        return self.scanner.text

    def atoms(self, text: str) -> list[Atom]:
        """The atoms of *text* from *at* on that can be shown. *text* begins with the text of the last call."""
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
        """The lines that are not yet taken completely; whether the last of them is incomplete."""
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
        """A long word or line in pieces. The last piece waits unless the text is *whole*."""
        while end - begin > 2 * LONG_WORD:
            cut = boundary(self.text, begin + LONG_WORD, begin)
            yield begin, cut
            begin = cut
        if whole and begin < end:
            yield begin, end

    def _paragraph_atoms(self, lines: list[Line], *, last: bool, partial: bool) -> Iterator[Atom]:
        """
        The lines of a paragraph, an item or a heading.

        *last*: the text ends with it, so more lines may come. *partial*: its last line is incomplete.
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
        """Where the rest of *line* begins, after blank space."""
        if line.start >= self.at:
            return line.start
        return line.end - len(self.text[self.at : line.end].lstrip())

    def _gaps(self, lines: list[Line], begin: int) -> Iterator[Span]:
        """The gaps between words and lines: where an atom may end, and where the next one begins."""
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
        """Where the part of an unfinished paragraph ends whose meaning cannot change any more."""
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
            stop = min(stop, line.start)  # only delimiters so far: nobody knows of what
        return max(stop, begin)


def _whole(line: Line) -> bool:
    return line.fence is not None or line.opens is not None or line.row
