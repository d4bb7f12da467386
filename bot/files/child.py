"""
The process that parses one file: it reads the file from stdin and writes the Reading to stdout. See wire.py.

It has no access to the bot: no settings, no environment, no database. Before it parses anything, it loads the parser
for the file's first bytes and then confines itself for good. After that it cannot load anything.
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
    """Tests pass their own *reader* and *layers*."""
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
    """Import only the parser for *kind*: loading the others takes longer than reading most files."""
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
    """Read a file. No content makes it raise."""
    try:
        with warnings.catch_warnings(action="ignore"):  # about odd files; nobody reads them
            return _read(content, media_type, limits)
    except MemoryError:
        return Reading(FileOutcome.TOO_COMPLEX)
    except Exception:  # noqa: BLE001 - any exception means that the parser cannot read the file
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
