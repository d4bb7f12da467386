"""Draws tables as code blocks with aligned columns, for platforms without tables. A Korean letter takes two columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise, zip_longest

from bot.markdown.graphemes import ZWJ
from bot.markdown.lines import Line, is_delimiter, scan
from bot.markdown.spans import DESTINATION, code_spans
from bot.markdown.splitting import inside

WIDEST_CELL = 40  # columns; a wider cell pushes the rest of its row to the right
WIDEST_ROW = 120  # columns; wider tables are not aligned
EMOJI_FORM = "\ufe0f"  # turns a sign into an emoji: VARIATION SELECTOR-16

_LINK = re.compile(rf"!?\[([^\[\]]*)\]({DESTINATION})")
_DELIMITERS = re.compile(r"\*\*|~~|`+|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)")


def aligned(markdown: str) -> str:
    """*markdown* with its tables as fenced code, without delimiters in cells. The rest is unchanged."""
    parts: list[str] = []
    at = 0
    for is_row, lines in groupby(scan(markdown).lines, key=lambda line: line.row):
        if is_row:
            for table in _tables(list(lines)):
                parts += [markdown[at : table[0].start], _drawn([markdown[each.start : each.end] for each in table])]
                at = table[-1].end
    return "".join([*parts, markdown[at:]])


def _tables(rows: Sequence[Line]) -> Iterator[list[Line]]:
    """Group rows by table. The first row of a table has no header above it."""
    table: list[Line] = []
    for row in rows:
        if not row.header and len(table) > 1:
            yield table
            table = []
        table.append(row)
    yield table


def _drawn(rows: Sequence[str]) -> str:
    fence = "````" if any("```" in row for row in rows) else "```"
    delimiter = next((row for row in rows[:2] if is_delimiter(row)), "")
    right = [cell.endswith(":") and not cell.startswith(":") for cell in _cells(delimiter)]
    cells = [[_plain(cell) for cell in _cells(row)] for row in rows if row != delimiter]
    columns = zip_longest(*cells, fillvalue="")
    widths = [
        max((width for cell in column if (width := _width(cell)) <= WIDEST_CELL), default=0) for column in columns
    ]
    if sum(widths) + 3 * len(widths) > WIDEST_ROW:
        widths = [0] * len(widths)
    lines = [_row(row, widths, right) for row in cells]
    lines[1:1] = ["-+-".join("-" * width for width in widths)] if any(widths) else []
    return "\n".join([fence, *lines, fence])


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, width, to_the_right in zip_longest(cells, widths[: len(cells)], right[: len(cells)]):
        blank = " " * max((width or 0) - _width(cell), 0)
        padded.append(blank + cell if to_the_right else cell + blank)
    return " | ".join(padded).rstrip()


def _cells(row: str) -> list[str]:
    """The cells of a row. A bar that is escaped or in code divides nothing."""
    row = row.strip(" \t>")
    codes = code_spans(row, 0, len(row))
    bars = [bar.start() for bar in re.finditer(r"(?<!\\)\|", row) if not inside(codes, bar.start())]
    ends = [-1, *bars, len(row)]
    cells = [row[first + 1 : last].strip() for first, last in pairwise(ends)]
    return cells[row.startswith("|") : len(cells) - (len(cells) > 1 and not cells[-1])]


def _plain(cell: str) -> str:
    """A cell's text without delimiters, with the address after each link's label."""
    return _DELIMITERS.sub("", _LINK.sub(r"\1 \2", cell)).replace("\\|", "|").replace("<br>", " ").strip()


def _width(text: str) -> int:
    """The width in terminal columns. An emoji takes two, however many characters it consists of."""
    if text.isascii():
        return len(text)
    columns, joined = 0, False
    for before, character in zip(("", *text), text, strict=False):
        columns += _columns(character, before) if not joined else 0
        joined = character == ZWJ
    return columns


def _columns(character: str, before: str) -> int:
    """The columns that *character* adds to the character *before* it."""
    if character.isascii():
        return 1
    if character == EMOJI_FORM:
        return 2 - _columns(before, "") if before else 0
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or "\U0001f3fb" <= character <= "\U0001f3ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
