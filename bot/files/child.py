"""
The process in which files are parsed: one file in on stdin, what was read of it out on stdout. See wire.py.

It confines itself before it parses anything, and it has nothing of the bot: no settings, no environment, no database.
"""

from __future__ import annotations

import sys
import warnings

from bot.core.files import FileOutcome, Reading
from bot.files import wire
from bot.files.kinds import Kind, kind_of
from bot.files.limits import Limits, confine
from bot.files.text import read_text


def main() -> None:
    content, media_type, limits = wire.requested(sys.stdin.buffer.read())
    confine(limits)
    sys.stdout.buffer.write(wire.answer(read(content, media_type, limits)))
    sys.stdout.buffer.flush()


def read(content: bytes, media_type: str, limits: Limits) -> Reading:
    """What is in a file; never raises for what is in it."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what is odd in a file; nobody would read them
            return _read(content, media_type, limits)
    except MemoryError:
        return Reading(FileOutcome.TOO_COMPLEX)
    except Exception:  # noqa: BLE001 - whatever a parser raises, the file is one that it cannot read
        return Reading(FileOutcome.BROKEN)


def _read(content: bytes, media_type: str, limits: Limits) -> Reading:
    """The parsers are loaded when they are needed: each takes longer to load than most files to read."""
    if not content:
        return Reading(FileOutcome.EMPTY)
    match kind_of(content, media_type):
        case Kind.IMAGE:
            from bot.files.image import read_image

            return read_image(content, limits)
        case Kind.PDF:
            from bot.files.pdf import read_pdf

            return read_pdf(content, limits)
        case Kind.TEXT:
            return read_text(content, limits.characters)
        case Kind.MISLABELED:
            return Reading(FileOutcome.BROKEN)
        case Kind.OTHER:
            return Reading(FileOutcome.UNSUPPORTED)


if __name__ == "__main__":
    main()
