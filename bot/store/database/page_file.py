"""
The pages of an SQLite file as they lie on the disk, to be read only: where rows stand, and what lies between them.

SQLite has virtual tables for this (dbstat, sqlite_dbpage), but not in every build. The format is the one of
https://sqlite.org/fileformat2.html. What to do about what is found is said in residue.py.
"""

from __future__ import annotations

import os
import re
import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

INTERIOR, LEAF = 5, 13  # types of a table's pages
BLOCK = 256  # pages that are read at once where leaves stand side by side
NO_TEXT = 28
"""
The first bytes of a leaf that hold none, or four of one: its header, places of rows, and the head of a row.

A row alone on its page cannot be made so long that it reaches them.
"""

_LEFT = re.compile(rb"[^\0]{5}")
_LEAF_HEADER = struct.Struct(">xHHHB")  # the first free block, how many rows, where they begin, bytes in fragments


@dataclass(frozen=True, slots=True)
class Row:
    """As it stands on a page. What is too long for that goes on in other pages."""

    id: int
    payload: int  # bytes, wherever they are
    size: int  # bytes on this page
    columns: int  # how many it has: one may have been added to the table later


class PageFile:
    """
    Must not be closed before all connections that this process has to *file*: that lets go of their locks (fcntl).

    What is in the WAL is not seen. Raises OSError.
    """

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        header = os.pread(self._descriptor, 100, 0)
        size = int.from_bytes(header[16:18])
        self.page_size = 65536 if size == 1 else size
        self.usable = self.page_size - header[20]

    def close(self) -> None:
        os.close(self._descriptor)

    def page(self, number: int) -> bytes:
        """They count from 1."""
        return os.pread(self._descriptor, self.page_size, (number - 1) * self.page_size)

    def leaves(self, root: int) -> Sequence[int]:
        """Those of the table whose first page is *root*: all are as far below it, and few pages are above them."""
        level = [root]
        while self.page(level[0])[0] == INTERIOR:
            level = [child for number in level for child in _children(self.page(number))]
        return level

    def leaf_of(self, root: int, row: int) -> int:
        """Where a row with the id *row* is, or would be."""
        number = root
        while (page := self.page(number))[0] == INTERIOR:
            places = _places(page, 12)
            at = bisect_left(places, row, key=lambda place: _varint(page, place + 4)[0])
            number = int.from_bytes(page[places[at] :][:4] if at < len(places) else page[8:12])
        return number

    def unclean(self, leaves: Sequence[int]) -> Iterator[int]:
        """Those of *leaves*, sorted, which have something where no row is."""
        for block, numbers in groupby(leaves, lambda number: (number - 1) // BLOCK):
            start = block * BLOCK * self.page_size
            pages = os.pread(self._descriptor, BLOCK * self.page_size, start)
            for number in numbers:
                if not is_clean(pages, (number - 1) * self.page_size - start):
                    yield number


def is_clean(pages: bytes, at: int = 0) -> bool:
    """
    Whether nothing is left of rows in the unused bytes before the first row of the leaf at *at*.

    secure_delete overwrites rows that are deleted, not those that are moved to other pages, to level them (btree.c,
    rebuildPage). What it has overwritten begins with four bytes of SQLite's, if with any.
    """
    _, count, begin, _ = _LEAF_HEADER.unpack_from(pages, at)
    unused = pages[at + max(8 + 2 * count, NO_TEXT) : at + (begin or 65536)]
    few = len(unused.translate(None, b"\0")) < 5  # ten times as fast as the search, and true of most
    return few or not _LEFT.search(unused)


def rows(page: bytes, usable: int) -> Iterator[Row]:
    """Those of a leaf."""
    for place in _places(page, 8):
        payload, at = _varint(page, place)
        id_, at = _varint(page, at)
        size = at - place + _kept(payload, usable)
        header, at_column = _varint(page, at)
        columns = 0
        while at_column < at + header:
            _, at_column = _varint(page, at_column)
            columns += 1
        yield Row(id_, payload, size, columns)


def first_row(page: bytes) -> int | None:
    """The id of the first row of a leaf."""
    for place in _places(page, 8)[:1]:
        return _varint(page, _varint(page, place)[1])[0]
    return None


def free_bytes(page: bytes) -> int:
    """All those of a leaf that no row takes, wherever they are."""
    block, count, begin, fragments = _LEAF_HEADER.unpack_from(page)
    free: int = (begin or 65536) - 8 - 2 * count + fragments
    while block:
        block, size = struct.unpack_from(">HH", page, block)
        free += size
    return free


def stored_size(value: object) -> int:
    """Bytes of a payload that a column takes with *value*; no less, if it is a float."""
    if isinstance(value, str | bytes):
        size = len(value.encode() if isinstance(value, str) else value)
        return size + _varint_size(12 + 2 * size)
    if isinstance(value, float):
        return 9
    if not isinstance(value, int) or value in (0, 1):
        return 1
    return 1 + next(size for size in (1, 2, 3, 4, 6, 8) if -(1 << 8 * size - 1) <= value < 1 << 8 * size - 1)


def filling_blob(row: Row, others: int, free: int, usable: int) -> int:
    """
    How long a blob makes *row* take *free* more bytes of its page: all but two, or as many as a row can.

    *others*: bytes of the payload that the other columns take. A row that is too long then goes on in other pages.
    """
    room, ids = row.size + free, _varint_size(row.id)
    most, elsewhere = usable - 35, usable - 4  # bytes of a payload on the leaf, and on each page beyond
    pages = 0
    while True:
        payload = most + pages * elsewhere
        payload -= max(0, _varint_size(payload) + ids + _kept(payload, usable) - room)
        if payload > others and (pages or payload < most):
            break
        pages += 1
    sizes = ((payload - others - type_size, type_size) for type_size in (1, 2, 3))
    return next(size for size, type_size in sizes if _varint_size(12 + 2 * size) <= type_size)


def _children(page: bytes) -> Iterator[int]:
    for place in _places(page, 12):
        yield int.from_bytes(page[place : place + 4])
    yield int.from_bytes(page[8:12])


def _places(page: bytes, header: int) -> tuple[int, ...]:
    """Of the rows of a page, or of the ids in an interior one, in their order."""
    count = int.from_bytes(page[3:5])
    return struct.unpack_from(f">{count}H", page, header)


def _kept(payload: int, usable: int) -> int:
    """Bytes that a payload takes on its leaf, with the number of the page where it goes on."""
    if payload <= usable - 35:
        return payload
    least = (usable - 12) * 32 // 255 - 23
    kept = least + (payload - least) % (usable - 4)
    return 4 + (kept if kept <= usable - 35 else least)


def _varint(page: bytes, at: int) -> tuple[int, int]:
    """The number at *at*, and where it ends."""
    value = 0
    for byte in range(8):
        value = value << 7 | page[at + byte] & 0x7F
        if page[at + byte] < 0x80:
            return value, at + byte + 1
    return value << 8 | page[at + 8], at + 9


def _varint_size(value: int) -> int:
    return max(1, -(-value.bit_length() // 7))
