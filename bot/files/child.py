"""
The process in which files are parsed: one file in on stdin, what was read of it out on stdout. See wire.py.

It has nothing of the bot: no settings, no environment, no database. Before it parses anything it loads the parser that
the first bytes of the file ask for, then confines itself for good: afterwards nothing can be loaded.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence

from bot.core.files import FileOutcome, Reading
from bot.core.shortage import is_shortage
from bot.files import wire
from bot.files.confinement import LAYERS, Layer, confine
from bot.files.kinds import Kind, kind_of
from bot.files.limits import Limits, limit
from bot.files.text import load_encodings, read_text

Reader = Callable[[bytes, str, Limits], Reading]


def main(reader: Reader | None = None, layers: Sequence[Layer] = LAYERS) -> None:
    """*reader*, *layers*: others than the product's, for tests."""
    try:
        content, media_type, limits = wire.requested(sys.stdin.buffer.read())
        load(kind_of(content, media_type))
    except (OSError, ImportError, MemoryError) as error:
        if not is_shortage(error):
            raise
        sys.exit(wire.SHORT)
    limit(limits)
    confine(layers)
    _say(wire.BEGUN)
    _say(wire.answer((reader or read)(content, media_type, limits)))


def _say(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def load(kind: Kind) -> None:
    """Import all that reading a file of *kind* takes. The other parsers take longer to load than most files to read."""
    match kind:
        case Kind.IMAGE:
            from bot.files import image

            image.load()
        case Kind.PDF:
            from bot.files import pdf

            pdf.load()
        case Kind.TEXT:
            load_encodings()
        case Kind.MISLABELED | Kind.OTHER:
            pass


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
