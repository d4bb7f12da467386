"""What may be shown of a Markdown text while it is written, where only additions are possible: what was shown stays."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise

from bot.markdown.arriving import Arriving, Atom
from bot.markdown.emphasis import ZERO_WIDTH_SPACE
from bot.markdown.lines import Line, is_delimiter


@dataclass(slots=True)
class Growing:
    """
    A text on its way to a reader. *shown* only grows.

    Each text given to take() begins with the one before: make delimiters safe first, and hold back what may yet change.
    Words, links, strong words and rows are shown as a whole, code and tables by lines, headings with what follows, so
    little that is shown looks broken, and what comes next never makes something else of it. Delimiters beside letters
    get a zero-width space, as spaced() does. Takes time in proportion to what is new, or held back.
    """

    shown: str = ""
    _source: Arriving = field(default_factory=Arriving)

    def take(self, markdown: str) -> None:
        """Show what may be shown now that the text is *markdown*, which more will follow on."""
        source = self._source
        for atom in self._ready(source.atoms(markdown)):
            gap = markdown[source.at : atom.start] if self.shown else ""
            self.shown += gap + self._spaced(atom.start, atom.end)
            source.at = atom.end

    def _ready(self, atoms: list[Atom]) -> list[Atom]:
        """All but the last that stay together, if what follows may belong to them."""
        if not atoms or not self._waits(atoms[-1].line):
            return atoms
        first = next((number for number in range(len(atoms) - 1, 0, -1) if not atoms[number].joins), 0)
        return atoms[:first]

    def _waits(self, line: Line) -> bool:
        header = line.row and (not line.header or is_delimiter(self._source.text[line.start : line.end]))
        return line.heading or line.opens is not None or header

    def _spaced(self, start: int, end: int) -> str:
        """The text from *start* to *end* with the air that its delimiters need."""
        text, air = self._source.text, self._source.air
        positions = air[bisect_left(air, start) : bisect_left(air, end)]
        return ZERO_WIDTH_SPACE.join(text[first:last] for first, last in pairwise([start, *positions, end]))
