"""
A Markdown text that is still being written, in what of it can be sent: whole words, links, rows and lines of code.

What is there in part, or may become something else by what comes next, waits; but nothing waits for long.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.markdown.emphasis import held_back, insertions, paired
from bot.markdown.graphemes import boundary
from bot.markdown.lines import Fence, Line, Rank, Scanner
from bot.markdown.spans import Span, merge, whole_spans
from bot.markdown.splitting import GAP, MARKERS, SENTENCE, inside

LONG_WORD = 200  # characters without a space: goes out in parts, as do longer lines of code and tables
LONG_MARKS = 80  # characters at the beginning of a line: those of a paragraph, an item, a rule
LONG_LINE = 1_000  # characters of a line that may yet become a table's


@dataclass(frozen=True, slots=True)
class Atom:
    """What is not cut unless it must be: words of a paragraph, or a line of code or of a table."""

    start: int
    end: int
    rank: Rank  # of a cut before it
    line: Line
    fence: Fence | None = None  # open behind it


@dataclass(slots=True)
class Arriving:
    """The text so far, *finished* or not, of which what is before *at* was taken."""

    scanner: Scanner = field(default_factory=lambda: Scanner(""))
    at: int = 0
    finished: bool = False
    air: list[int] = field(default_factory=list)  # where marks need a zero-width space, in what is not taken; sorted
    _scanned: int = 0  # whole lines, up to here
    _first: int = 0  # the first line of which not all was taken

    @property
    def text(self) -> str:
        return self.scanner.text

    def grow(self, text: str, *, finished: bool) -> None:
        self.scanner.text, self.finished = text, finished

    def _lines(self) -> tuple[list[Line], bool]:
        """The lines from the one that is being sent on; whether the last of them is there only in part."""
        scanner, text = self.scanner, self.text
        while (end := text.find("\n", self._scanned)) >= 0 or (self.finished and self._scanned < len(text)):
            end = end if end >= 0 else len(text)
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

    def atoms(self) -> list[Atom]:
        """What can be sent, from where we are on."""
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

    def _line_atoms(self, line: Line, *, there: bool) -> list[Atom]:
        """A line of code or of a table, or a fence. In pieces when it is very long."""
        closes = line.fence is not None and line.fence.closed_by(self.text[line.start : line.end])
        fence = line.opens or (None if closes else line.fence)
        begin = max(line.start, self.at)
        if line.row:
            self.air += insertions(self.text, begin, line.end)
        if there and line.end - begin <= 2 * LONG_WORD:
            return [Atom(begin, line.end, line.rank if begin == line.start else Rank.WORD, line, fence)]
        chunks = list(self._chunks(begin, line.end, whole=there))
        return [Atom(a, b, line.rank if a == line.start else Rank.INSIDE, line, fence) for a, b in chunks]

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
        more = last and not self.finished
        spans = merge([*whole_spans(text, begin, end), *paired(text, begin, end)])
        stop = self._stop(lines, begin, end, partial=partial) if more else end
        candidates = [(at, after, rank) for at, after, rank in self._gaps(lines, begin) if at <= stop]
        if more and partial and (not candidates or candidates[-1][0] < stop):
            stop = candidates[-1][0] if candidates else begin  # the last word may go on
        self.air += insertions(text, begin, stop)
        at, rank = begin, self._rank_at(lines[0], begin)
        for end_of_atom, next_start, next_rank in [*candidates, (stop, stop, Rank.NEVER)]:
            if inside(spans, end_of_atom) or end_of_atom <= at or end_of_atom > stop:
                continue
            yield from self._words(at, end_of_atom, rank, lines)
            at, rank = next_start, next_rank
        if more and end - at > 2 * LONG_WORD and len(text[at:end].split(None, 1)) == 1:
            for first, after in self._chunks(at, end, whole=False):
                yield Atom(first, after, rank, _line_at(lines, first))
                rank = Rank.INSIDE

    def _begin_of(self, line: Line) -> int:
        """Where in *line* we are, blank space left behind."""
        if line.start >= self.at:
            return line.start
        return line.end - len(self.text[self.at : line.end].lstrip())

    def _rank_at(self, line: Line, begin: int) -> Rank:
        """Of a cut where we are in *line*."""
        if begin == line.start:
            return line.rank
        between_words = begin > self.at or GAP.match(self.text, begin)
        if not between_words:
            return Rank.INSIDE
        return Rank.SENTENCE if SENTENCE.search(self.text, max(self.at - 8, 0), self.at) else Rank.WORD

    def _words(self, start: int, end: int, rank: Rank, lines: list[Line]) -> Iterator[Atom]:
        """The atoms of what should not be cut: several when lines are in it, as each may be indented."""
        for first, after in self._chunks(start, end, whole=True):
            at = first
            for line in lines[bisect_right(lines, first, key=lambda line: line.start) :]:
                if line.start >= after:
                    break
                before = at + len(self.text[at : line.start].rstrip())
                yield Atom(at, before, rank, _line_at(lines, at))
                at, rank = line.start, Rank.INSIDE
            yield Atom(at, after, rank, _line_at(lines, at))
            rank = Rank.INSIDE

    def _gaps(self, lines: list[Line], begin: int) -> Iterator[tuple[int, int, Rank]]:
        """Where a cut ends one piece, begins the next, and how good it is."""
        for number, line in enumerate(lines):
            if number and line.start > begin:
                yield lines[number - 1].end, line.start, line.rank
            first = max(line.start, begin)
            if first == line.start and (markers := MARKERS.match(self.text, first, line.end)):
                first = markers.end()
            for gap in GAP.finditer(self.text, first + 1, line.after):
                end, start = gap.span()
                if end <= first or end > line.end:
                    continue
                sentence = SENTENCE.search(self.text, max(first, end - 8), end)
                yield end, start, Rank.SENTENCE if sentence else Rank.WORD

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
        if partial and end - line.start <= LONG_MARKS and not text[line.start : end].strip(" \t>*+-#=_`~.)0123456789"):
            stop = min(stop, line.start)  # nothing but marks: not yet known of what
        return max(stop, begin)


def _whole(line: Line) -> bool:
    return line.fence is not None or line.opens is not None or line.row


def _line_at(lines: list[Line], position: int) -> Line:
    return lines[max(bisect_right(lines, position, key=lambda line: line.start) - 1, 0)]
