"""
Splits Markdown into pieces that fit a platform's messages. Each piece reads well alone.

Cuts are chosen from left to right, by the text of one piece and a little after it. So text that is added at the end
changes only the last piece, at most the last two. Each platform passes its own limit.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bot.markdown.graphemes import boundary
from bot.markdown.lines import Fence, Line, Rank, scan
from bot.markdown.spans import Span, whole_spans

GAP = re.compile(r"[ \t]+|(?<=[。！？])(?=[^\s。！？])")
SENTENCE = re.compile(r"(?:[^\d\s][.!?…]|[。！？])[\"'”’»)\]*_]*$")
MARKERS = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?:#{1,6}[ \t]+)?(?:\[[ xX]\][ \t]+)?")


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A part of a Markdown text that reads well alone. The ranges of all pieces together cover the whole text.

    *text* is *opened*, then ``markdown[start:end]``, then *closed*. *opened* and *closed* are delimiters that the cut
    makes necessary: a code fence, a table's header. The middle loses blank space at both ends (not in code), and the
    indentation of a list that began in an earlier piece.
    """

    text: str
    start: int
    end: int
    opened: str = ""
    closed: str = ""


class Cut(NamedTuple):
    """A place to cut: one piece ends at *end*, the next begins at *start*. Only blank space lies between them."""

    rank: Rank
    end: int
    start: int


def split(markdown: str, limit: int) -> list[str]:
    """The texts of the pieces of *markdown*, each at most *limit* characters; empty for a blank text."""
    return [piece.text for piece in pieces(markdown, limit)]


def pieces(markdown: str, limit: int) -> list[Piece]:
    """*markdown* in pieces of at most *limit* characters. Raises ValueError when *limit* is not positive."""
    if limit < 1:
        raise ValueError("A piece must have room for something.")
    return list(_Splitter(markdown, limit).pieces())


class _Splitter:
    """Splits one text. Lines have numbers, everything else has positions."""

    def __init__(self, text: str, limit: int) -> None:
        self.text, self.limit = text, limit
        self.lines = scan(text).lines
        self.starts = [line.start for line in self.lines]
        self.stop = self.lines[-1].end if self.lines else 0  # only blank space follows

    def pieces(self) -> Iterator[Piece]:
        start = first = 0
        while self.lines and start < self.stop:
            begin = max(start, self.lines[self._line_at(start, next_if_blank=True)].start)
            opened = self._opening(begin)
            end, after = self._cut(begin, opened)
            piece = self._piece((first, after), (begin, end), opened)
            start = after
            if piece.text.strip():  # blank code lines without room for delimiters go to the next piece
                yield piece
                first = after

    # Deciding

    def _cut(self, begin: int, opened: str) -> tuple[int, int]:
        """Where the piece that begins at *begin* ends, and where the next one begins."""
        if self._reach(begin, opened, "") >= self.stop:
            return self.stop, len(self.text)
        cuts = list(self._line_cuts(begin, opened))
        reach = self._reach(begin, opened, "")
        cut = _best(cuts, begin, reach)
        if cut is None:
            cuts += self._word_cuts(begin, opened)
            cut = _best(cuts, begin, reach) or _fallback(cuts)
        if cut is not None:
            return cut.end, self._or_end(cut.start)
        fence = self.lines[self._line_at(reach)].fence
        anywhere = boundary(self.text, self._reach(begin, opened, self._closing(fence)), begin)
        return anywhere, self._or_end(anywhere)

    def _or_end(self, position: int) -> int:
        """*position*, or the end of the text when only blank space is left."""
        return position if position < self.stop else len(self.text)

    def _line_cuts(self, begin: int, opened: str) -> Iterator[Cut]:
        """The cuts before lines."""
        number = self._line_at(begin) + 1
        spans: list[Span] = []
        reaches: dict[str, int] = {}
        while number < len(self.lines):
            line, above = self.lines[number], self.lines[number - 1]
            closing = self._closing(line.fence)
            if closing not in reaches:
                reaches[closing] = self._reach(begin, opened, closing)
            end = above.end
            if end > max(reaches.values()):
                return
            if line.joins and (not above.joins or above.start <= begin):
                spans = self._spans(max(above.start, begin), begin)
            if line.rank and begin < end <= reaches[closing]:
                cut_through = line.joins and inside(spans, line.start)
                yield Cut(Rank.INSIDE if cut_through else line.rank, end, line.start)
            number += 1

    def _word_cuts(self, begin: int, opened: str) -> Iterator[Cut]:
        """The cuts within lines."""
        number = self._line_at(begin)
        far = self._reach(begin, opened, "")
        spans: list[Span] = []
        while number < len(self.lines) and self.lines[number].start < far:
            line = self.lines[number]
            first = max(line.start, begin)
            if line.fence or line.row:
                yield from self._rough_cuts(line, first, self._reach(begin, opened, self._closing(line.fence)))
            else:
                if not line.joins or first == begin:
                    spans = self._spans(first, begin)
                yield from self._fine_cuts(line, first, far, spans)
            number += 1

    def _rough_cuts(self, line: Line, first: int, far: int) -> Iterator[Cut]:
        """In code and table rows: after a space, which stays in its place."""
        for match in re.finditer(r"(?<=\S)[ \t]+", self.text[first : min(line.end, far)]):
            at = first + match.end()
            if first < at < line.end:
                yield Cut(Rank.INSIDE, at, at)

    def _fine_cuts(self, line: Line, first: int, far: int, spans: list[Span]) -> Iterator[Cut]:
        """In a paragraph: between sentences and words, preferably outside *spans*."""
        if first == line.start and (markers := MARKERS.match(self.text, first, line.end)):
            first = markers.end()
        for match in GAP.finditer(self.text, first + 1, min(line.end, far + self.limit)):
            end, start = match.span()
            if end > far:
                return
            if start >= line.end or end <= first:
                continue
            rank = Rank.SENTENCE if SENTENCE.search(self.text, max(first, end - 8), end) else Rank.WORD
            yield Cut(Rank.INSIDE if inside(spans, end) else rank, end, start)

    # Measuring

    def _reach(self, begin: int, opened: str, closed: str) -> int:
        """How far a piece that begins at *begin* with these delimiters can go; always at least one character."""
        room = self.limit - len(opened) - len(closed)
        return min(begin + max(room, 1), len(self.text))

    def _spans(self, first: int, begin: int) -> list[Span]:
        """The spans to keep whole in the paragraph from *first* on, as far as the next piece can reach."""
        number = self._line_at(first) + 1
        while (
            number < len(self.lines) and self.lines[number].joins and self.lines[number].start < begin + 2 * self.limit
        ):
            number += 1
        end = min(self.lines[number - 1].end, begin + 2 * self.limit)
        spans = whole_spans(self.text, first, end)
        return [(start, after) for start, after in spans if after - start <= self.limit]

    def _line_at(self, position: int, *, next_if_blank: bool = False) -> int:
        """The number of the line at *position*; in the blank space after it, of the next one if *next_if_blank*."""
        number = max(bisect_right(self.starts, position) - 1, 0)
        if next_if_blank and self.lines[number].end < position and number + 1 < len(self.lines):
            return number + 1
        return number

    # Writing

    def _piece(self, whole: Span, content: Span, opened: str) -> Piece:
        begin, end = content
        closed = self._closing(self.lines[self._line_at(whole[1])].fence) if whole[1] < len(self.text) else ""
        body, to_the_end = self._outdented(begin, end)
        if closed and to_the_end:
            closed = "\n" + closed[1 + self._outdent(begin) :]
        return Piece(opened + body + closed, whole[0], whole[1], opened, closed)

    def _opening(self, begin: int) -> str:
        """The opening delimiters of a piece that begins at *begin*; fewer or none if they take too much room."""
        line = self.lines[self._line_at(begin)]
        outdent = self._outdent(begin)
        if line.fence:
            delimiter = line.fence.closing[outdent:]
            choices = [delimiter + line.fence.info + "\n", delimiter + "\n"]
        elif line.header and begin == line.start:
            choices = ["".join(row[outdent:] for row in line.header.splitlines(keepends=True))]
        else:
            return ""
        return next((delimiters for delimiters in choices if len(delimiters) <= self.limit // 2), "")

    def _closing(self, fence: Fence | None) -> str:
        delimiters = "\n" + fence.closing if fence else ""
        return delimiters if len(delimiters) <= self.limit // 4 else ""

    def _outdent(self, begin: int) -> int:
        """How many columns a piece moves to the left, because it begins inside a list of an earlier piece."""
        line = self.lines[self._line_at(begin)]
        if begin == 0 or not line.listed:
            return 0
        if line.fence:
            return 0 if line.fence.quoted else len(line.fence.prefix)
        return line.indent

    def _outdented(self, begin: int, end: int) -> tuple[str, bool]:
        """The text from *begin* to *end*, moved left to the end of its list; whether the list reaches *end*."""
        outdent = self._outdent(begin)
        if not outdent:
            return self.text[begin:end], False
        parts: list[str] = []
        at = begin
        for line in itertools.islice(self.lines, self._line_at(begin), None):
            if line.start >= end:
                break
            if line.indent < outdent and not line.fence and line.start > begin:
                return "".join([*parts, self.text[at:end]]), False
            if line.start >= begin:
                parts.append(self.text[at : line.start])
                at = min(line.start + min(line.indent, outdent), end)
        return "".join([*parts, self.text[at:end]]), True


def inside(spans: list[Span], at: int) -> bool:
    """Whether a cut at *at* would divide one of the sorted *spans*."""
    number = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return number >= 0 and spans[number][0] < at < spans[number][1]


def _best(cuts: list[Cut], begin: int, reach: int) -> Cut | None:
    """The last cut of the best rank that fills the piece well; never AWKWARD or INSIDE."""
    room = reach - begin
    for rank in (Rank.PARAGRAPH, Rank.ITEM, Rank.LINE, Rank.SENTENCE, Rank.WORD):
        least = begin + (room // 3 if rank is Rank.PARAGRAPH else room // 2)
        good = [cut for cut in cuts if cut.rank == rank and cut.end >= least]
        if good:
            return max(good, key=lambda cut: cut.end)
    return None


def _fallback(cuts: list[Cut]) -> Cut | None:
    """The last cut, even if the piece is short: that is better than a broken word, link or row."""
    for ranks in ((Rank.WORD, Rank.SENTENCE, Rank.LINE, Rank.ITEM, Rank.PARAGRAPH), (Rank.AWKWARD,), (Rank.INSIDE,)):
        good = [cut for cut in cuts if cut.rank in ranks]
        if good:
            return max(good, key=lambda cut: cut.end)
    return None
