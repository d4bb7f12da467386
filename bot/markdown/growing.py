"""
Splitting a Markdown text while it is written, for a platform that takes additions only: what was sent stays.

splitting.py knows the whole text and looks for the best cuts; here a part is ended at the first cut that is good
enough, and the fuller the part, the less is asked of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bot.markdown.arriving import Arriving, Atom
from bot.markdown.emphasis import ZERO_WIDTH_SPACE
from bot.markdown.graphemes import boundary
from bot.markdown.lines import Fence, Line, Rank, is_delimiter
from bot.markdown.splitting import Piece, Size

# From how full a part is, in percent, a cut of this rank ends it.
ENOUGH = ((60, Rank.ITEM), (80, Rank.LINE), (90, Rank.SENTENCE), (95, Rank.WORD))


@dataclass(frozen=True, slots=True)
class Addition:
    """
    What to append to a part. Parts are numbered from 1; behind one that *ends* nothing more is appended to it.

    *text* may be empty where a part ends.
    """

    part: int
    text: str
    ends: bool


@dataclass(slots=True)
class _Part:
    start: int
    opened: str
    outdent: int
    body: str = ""
    size: int = 0  # of opened and body
    fence: Fence | None = None  # open behind the body
    sent: int = 0  # characters of opened and body


@dataclass(slots=True)
class Growing:
    """
    A text on its way into parts of at most *limit*, as *size* measures it: characters, or bytes of UTF-8.

    Each text given to take() begins with the one before: make marks safe first, and hold back what may yet change.
    Words, links, strong words and rows are sent as a whole, code and tables by lines, headings with what follows, so
    little that is sent looks broken, and what comes next never makes something else of it. A code block that goes on
    in the next part is closed and opened again with its language; a table's header is repeated.

    A single character that is larger than *limit* is a part of its own. Takes time in proportion to what is new.
    """

    limit: int
    size: Size = len
    air: bool = False  # whether marks beside letters get a zero-width space, as spaced() does
    parts: list[Piece] = field(default_factory=list)  # those that have ended, as pieces() gives them
    _source: Arriving = field(default_factory=Arriving)
    _part: _Part | None = None
    _sent: list[int] = field(default_factory=list)  # characters, of the parts that have ended, when they did

    def take(self, markdown: str, *, finished: bool = False) -> list[Addition]:
        """What may be sent now that the text is *markdown*, or its beginning unless *finished*; in order."""
        self._source.grow(markdown, finished=finished)
        ended = len(self.parts)
        for unit in list(self._units(self._source.atoms())):
            self._place(unit)
        if finished:
            self._finish(len(markdown))
        return self._additions(ended)

    def end_part(self) -> list[Addition]:
        """End the part that is being written, because its message has to end: what comes next begins another one."""
        ended = len(self.parts)
        if self._part:
            self._end(self._source.at)
        return self._additions(ended)

    @property
    def shown(self) -> str:
        """What was sent of the part that has not ended; empty when there is none."""
        return self._part.opened + self._part.body if self._part else ""

    @property
    def held(self) -> int:
        """Characters of the text that are in no part yet."""
        return len(self._source.text) - self._source.at

    # Placing it

    def _units(self, atoms: list[Atom]) -> Iterator[list[Atom]]:
        """Atoms that stay together; the last waits if what follows may belong to it."""
        unit: list[Atom] = []
        for atom in atoms:
            if unit and atom.rank not in (Rank.NEVER, Rank.AWKWARD):
                yield unit
                unit = []
            unit.append(atom)
        if unit and (self._source.finished or not self._waits(unit[-1])):
            yield unit

    def _waits(self, atom: Atom) -> bool:
        line = atom.line
        header = line.row and (not line.header or is_delimiter(self._source.text[line.start : line.end]))
        return line.heading or line.opens is not None or header

    def _place(self, unit: list[Atom]) -> None:
        if self._part and (self._full_enough(unit[0]) or not self._fits(unit)):
            self._end(unit[0].start)
        for atom in unit:
            self._put(atom)

    def _full_enough(self, atom: Atom) -> bool:
        part = self._part
        assert part is not None  # noqa: S101 - for the type checker; who asks has one
        text, at = self._source.text, self._source.at
        if self._source.finished and len(text) - at <= self.limit and part.size + self.size(text[at:]) <= self.limit:
            return False  # all the rest fits
        full = 100 * part.size // self.limit
        return any(full >= percent and atom.rank >= rank for percent, rank in ENOUGH)

    def _fits(self, unit: list[Atom]) -> bool:
        part = self._part
        if part is None:
            return True
        room = self.limit - part.size - self.size(_closing(unit[-1].fence, part.outdent, self))
        return room >= self.size(self._written(self._source.at, unit[-1].end))

    def _put(self, atom: Atom) -> None:
        """One atom, cut where it must be."""
        while True:
            part = self._part or self._begin(atom)
            text = self._source.text
            start = atom.start
            if start == atom.line.start and part.outdent:
                part.outdent = part.outdent if atom.line.fence else min(part.outdent, _indent(atom.line, part))
                start += min(atom.line.indent, part.outdent, atom.end - atom.start)
            gap = text[self._source.at : atom.start]
            closing = self.size(_closing(atom.fence, part.outdent, self))
            if part.size + self.size(gap) + self.size(self._written(start, atom.end)) + closing <= self.limit:
                self._add(part, gap + self._written(start, atom.end), atom.end, atom.fence)
                return
            if part.body.strip():
                self._end(atom.start)
                continue
            room = self.limit - part.size - self.size(gap) - closing
            cut = self._cut(start, atom.end, room)
            if cut < atom.end:
                self._add(part, gap + self._written(start, cut), cut, atom.line.fence or atom.fence)
                self._end(cut)
                atom = Atom(cut, atom.end, Rank.INSIDE, atom.line, atom.fence)
            else:
                self._add(part, gap + self._written(start, cut), cut, None)
                return

    def _cut(self, start: int, end: int, room: int) -> int:
        """How much of what does not fit does: at least a character."""
        low, high = start + 1, min(end, start + max(room, 1))
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.size(self._written(start, middle)) <= room else (low, middle - 1)
        return max(boundary(self._source.text, low, start), start + 1)

    def _written(self, start: int, end: int) -> str:
        """The text from *start* to *end* as it is sent."""
        text, air = self._source.text, self._source.air
        positions = air[bisect_left(air, start) : bisect_left(air, end)] if self.air else []
        if not positions:
            return text[start:end]
        return ZERO_WIDTH_SPACE.join(text[first:last] for first, last in pairwise([start, *positions, end]))

    def _begin(self, atom: Atom) -> _Part:
        start = self.parts[-1].end if self.parts else 0
        outdent = _outdent(atom.line) if start else 0
        opened = self._opening(atom, outdent) if start else ""
        self._part = _Part(start, opened, outdent, size=self.size(opened), fence=atom.line.fence)
        self._source.at = atom.start
        return self._part

    def _opening(self, atom: Atom, outdent: int) -> str:
        line = atom.line
        if line.fence:
            mark = line.fence.closing[outdent:]
            choices = [mark + line.fence.info + "\n", mark + "\n"]
        elif line.header and atom.start == line.start:
            choices = ["".join(row[outdent:] for row in line.header.splitlines(keepends=True))]
        else:
            return ""
        return next((marks for marks in choices if self.size(marks) <= self.limit // 2), "")

    def _add(self, part: _Part, text: str, end: int, fence: Fence | None) -> None:
        part.body += text
        part.size += self.size(text)
        part.fence = fence
        self._source.at = end

    def _end(self, at: int, closed: str | None = None) -> None:
        """End the part; what follows in the text begins at *at*, which may be behind blank space."""
        part, self._part = self._part, None
        if part is None:
            return
        if closed is None:
            closed = _closing(part.fence, part.outdent, self)
        self._source.at = at
        self.parts.append(Piece(part.opened + part.body + closed, part.start, at, part.opened, closed))
        self._sent.append(part.sent)

    def _finish(self, length: int) -> None:
        """End the last part as the text ends; blank space at the end is its too."""
        if self._part:
            self._end(length, closed="")
        elif self.parts:
            self.parts[-1] = replace(self.parts[-1], end=length)
        self._source.at = length

    def _additions(self, ended: int) -> list[Addition]:
        additions = [
            Addition(number + 1, self.parts[number].text[self._sent[number] :], ends=True)
            for number in range(ended, len(self.parts))
        ]
        if self._part:
            if new := self.shown[self._part.sent :]:
                additions.append(Addition(len(self.parts) + 1, new, ends=False))
            self._part.sent = len(self.shown)
        return additions


def _outdent(line: Line) -> int:
    """By how many columns a part is moved to the left, because the list that it begins in is not there."""
    if not line.listed:
        return 0
    if line.fence:
        return 0 if line.fence.quoted else len(line.fence.prefix)
    return line.indent


def _indent(line: Line, part: _Part) -> int:
    """Behind a line that is further to the left nothing is moved any more."""
    return part.outdent if line.indent >= part.outdent else 0


def _closing(fence: Fence | None, outdent: int, growing: Growing) -> str:
    marks = "\n" + fence.closing[outdent:] if fence else ""
    return marks if growing.size(marks) <= growing.limit // 4 else ""
