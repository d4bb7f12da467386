"""Shows a Markdown text while it is written, for readers where text can only be appended and never changed."""

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

    Each text passed to take() begins with the one before. Callers make delimiters safe first, and hold back text that
    may still change.
    Words, links, strong words and rows appear as a whole, code and tables line by line, headings with the text that
    follows. So little looks broken, and later text never changes the meaning of shown text. Delimiters next to letters
    get a zero-width space, as in spaced(). Takes time in proportion to the new and the held-back text.
    """

    shown: str = ""
    _source: Arriving = field(default_factory=Arriving)

    def take(self, markdown: str) -> None:
        """Show as much as possible of *markdown*, the text so far. More text follows."""
        source = self._source
        for atom in self._ready(source.atoms(markdown)):
            gap = markdown[source.at : atom.start] if self.shown else ""
            self.shown += gap + self._spaced(atom.start, atom.end)
            source.at = atom.end

    def _ready(self, atoms: list[Atom]) -> list[Atom]:
        """All atoms but the last ones that stay together, if the next text may belong to them."""
        if not atoms or not self._waits(atoms[-1].line):
            return atoms
        first = next((number for number in range(len(atoms) - 1, 0, -1) if not atoms[number].joins), 0)
        return atoms[:first]

    def _waits(self, line: Line) -> bool:
        header = line.row and (not line.header or is_delimiter(self._source.text[line.start : line.end]))
        return line.heading or line.opens is not None or header

    def _spaced(self, start: int, end: int) -> str:
        """The text from *start* to *end* with the zero-width spaces that its delimiters need."""
        text, air = self._source.text, self._source.air
        positions = air[bisect_left(air, start) : bisect_left(air, end)]
        return ZERO_WIDTH_SPACE.join(text[first:last] for first, last in pairwise([start, *positions, end]))
